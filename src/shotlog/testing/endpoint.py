"""A model server that is none: real HTTP on 127.0.0.1, strict about what it is sent.

For tests of shotlog and of programs around it::

    with Endpoint(models=("qwen",), key="secret") as endpoint:
        endpoint.fail(Fault(status=429, retry_after="0"))
        ...  # ask endpoint.url (OpenAI-style chat) or endpoint.plain_url
        assert endpoint.answered == 1

Or as a program of its own, which outlives the one that is tested and writes one JSON line for each
request it answered: ``python -m shotlog.testing.endpoint --port 8901 --journal FILE``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from shotlog.testing.questions import Question, Rejected, read_chat, read_plain
from shotlog.testing.serving import Exchange, LoopbackServer

PLAIN_PATH = "/describe"


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it came; the key itself is never kept."""

    order: int
    """From 1, by arrival."""
    path: str
    has_authorization: bool
    question: Question | None
    """None where the request could not be read."""
    answered: bool = False
    """Whether a description was sent."""
    status: int | None = None
    """Of the response; None while it is kept waiting, or when the connection was dropped."""

    @property
    def is_of_a_whole(self) -> bool:
        return self.question is not None and self.question.is_of_a_whole


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do instead of answering, ``times`` times; None: from now on."""

    status: int = 500
    body: bytes | None = None
    """None: an error object as vLLM sends."""
    content_type: str = "application/json"
    retry_after: str | None = None
    times: int | None = 1
    latency_seconds: float = 0.0
    """Waited before the response."""
    drop: bool = False
    """Closes the connection without a word."""
    hang: bool = False
    """Waits until ``release()`` or the end, then drops the connection."""
    delay_only: bool = False
    """Answers rightly after ``latency_seconds``."""


Answering = Callable[[Question], str]


def describe_question(question: Question) -> str:
    """The answer where none was given: the same for the same question."""
    if question.video_url is not None:
        return f"A clip at {question.video_url.partition('?')[0]}."
    if question.is_of_a_whole:
        first = re.search(r"^clips? (\d+)", "\n".join(question.labels), re.MULTILINE)
        chapters = [{"first_clip": int(first[1]), "title": "All of it"}] if first else []
        told = {"title": "A video", "description": "Clips in a row.", "chapters": chapters}
        return json.dumps(told)
    return f"{question.frame_count} frames, {question.frames_hash}."


class Endpoint:
    """The server, running while the ``with`` block lasts; used from any thread.

    Without ``key`` no key is asked for. ``bare_key`` wants it without ``Bearer``, as PAI-EAS does.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = ("test-model",),
        key: str | None = None,
        bare_key: bool = False,
        answer: Answering = describe_question,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        self._models = tuple(models)
        self._authorization = key if key is None or bare_key else f"Bearer {key}"
        self._answer = answer
        self._journal = journal
        self._changed = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._ending = threading.Event()
        self._releases = 0
        self._requests: list[SeenRequest] = []
        self._faults: deque[Fault] = deque()
        self._server = LoopbackServer(port, self._handle)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self.release()
        self._server.stop()

    @property
    def url(self) -> str:
        """The address for ``--endpoint`` that speaks OpenAI's protocol."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def plain_url(self) -> str:
        """The address for ``--endpoint`` that speaks the plain protocol."""
        return self.url + PLAIN_PATH

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The questions in order of arrival; looking at the models is none."""
        with self._changed:
            return tuple(self._requests)

    @property
    def answered(self) -> int:
        """How many descriptions of clips were sent."""
        return sum(each.answered and not each.is_of_a_whole for each in self.requests)

    @property
    def summed_up(self) -> int:
        """How many summaries of videos, and of their parts, were sent."""
        return sum(each.answered and each.is_of_a_whole for each in self.requests)

    def fail(self, *faults: Fault) -> None:
        """What befalls the next questions, one fault after the other."""
        with self._changed:
            self._faults.extend(faults)

    def hold(self) -> None:
        """Keeps all questions waiting from now on, until ``release()``."""
        self._open.clear()

    def release(self) -> None:
        """Answers the questions that are held, and all later ones; drops those that hang."""
        self._open.set()
        with self._changed:
            self._releases += 1
            self._changed.notify_all()

    def wait_for_requests(self, count: int, timeout_seconds: float = 10.0) -> None:
        """Returns once ``count`` questions have arrived in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._requests)} of {count} requests arrived")

    def _handle(self, exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0]
        allowed = self._authorization in (None, exchange.authorization)
        if exchange.method == "GET" and path == "/health":
            exchange.send(200, b"")
        elif exchange.method == "GET" and path.endswith("/v1/models"):
            self._list_models(exchange, allowed=allowed)
        elif exchange.method == "POST" and path.endswith("/v1/chat/completions"):
            self._ask(exchange, allowed, lambda body: read_chat(body, self._models))
        elif path == PLAIN_PATH:
            if exchange.method == "POST":
                self._ask(exchange, allowed, read_plain)
            else:
                exchange.send_json(405, {"detail": "Method Not Allowed"})
        else:
            exchange.send_json(404, {"detail": "Not Found"})

    def _list_models(self, exchange: Exchange, *, allowed: bool) -> None:
        if not allowed:
            exchange.send_json(401, {"error": "Unauthorized"})
            return
        cards = [{"id": name, "object": "model", "root": name} for name in self._models]
        exchange.send_json(200, {"object": "list", "data": cards})

    def _ask(self, exchange: Exchange, allowed: bool, read: Callable[[bytes], Question]) -> None:
        rejected: Rejected | None = None if allowed else Rejected(401, "Unauthorized")
        question = None
        try:
            question = read(exchange.body) if allowed else None
        except Rejected as error:
            rejected = error
        request = self._note(exchange, question)
        fault = self._next_fault()
        if fault is not None and not self._befall(exchange, request, fault):
            return
        self._open.wait()
        if self._ending.is_set():
            exchange.drop()
        elif question is None:
            status, body = rejected.response() if rejected is not None else (500, {})
            self._conclude(request, status)
            exchange.send_json(status, body)
        else:
            text = self._answer(question)
            self._conclude(request, 200, answered=True)
            exchange.send_json(200, question.response(text))

    def _note(self, exchange: Exchange, question: Question | None) -> SeenRequest:
        with self._changed:
            request = SeenRequest(
                order=len(self._requests) + 1,
                path=exchange.path.partition("?")[0],
                has_authorization=exchange.authorization is not None,
                question=question,
            )
            self._requests.append(request)
            self._changed.notify_all()
        return request

    def _next_fault(self) -> Fault | None:
        with self._changed:
            if not self._faults:
                return None
            fault = self._faults[0]
            if fault.times is not None:
                self._faults.popleft()
                if fault.times > 1:
                    self._faults.appendleft(replace(fault, times=fault.times - 1))
            return fault

    def _befall(self, exchange: Exchange, request: SeenRequest, fault: Fault) -> bool:
        """Lets ``fault`` happen; whether the question is to be answered all the same."""
        if fault.latency_seconds:
            self._ending.wait(fault.latency_seconds)
        if fault.delay_only:
            return True
        if fault.hang:
            with self._changed:
                before = self._releases
                self._changed.wait_for(lambda: self._releases > before or self._ending.is_set())
        if fault.hang or fault.drop:
            exchange.drop()
            return False
        self._conclude(request, fault.status)
        body = fault.body
        if body is None:
            error = {"message": "scripted", "type": "Fault", "param": None, "code": fault.status}
            body = json.dumps({"error": error}).encode()
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        exchange.send(fault.status, body, fault.content_type, headers)
        return False

    def _conclude(self, request: SeenRequest, status: int, *, answered: bool = False) -> None:
        """Notes the outcome before it is sent: whoever has an answer finds it in the journal."""
        with self._changed:
            done = replace(request, status=status, answered=answered)
            self._requests[request.order - 1] = done
            if answered and self._journal is not None:
                with self._journal.open("a", encoding="utf-8") as journal:
                    journal.write(json.dumps(asdict(done), ensure_ascii=False) + "\n")
            self._changed.notify_all()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves on a fixed port until it is interrupted or ended."""
    parser = argparse.ArgumentParser(
        prog="python -m shotlog.testing.endpoint", description="A fake model server for tests."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="gets a JSON line for each request answered")
    parser.add_argument("--model", action="append", help="a model it has; may be given again")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args(arguments)
    with Endpoint(
        models=given.model or ("test-model",), journal=given.journal, port=given.port
    ) as endpoint:
        if given.latency > 0:
            endpoint.fail(Fault(delay_only=True, latency_seconds=given.latency, times=None))
        sys.stdout.write(f"{endpoint.url}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
