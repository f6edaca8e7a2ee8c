"""A model server that is none: real HTTP on 127.0.0.1, strict about what it is sent.

For tests of shotlog and of programs around it::

    with Endpoint(models=("qwen",), key="secret", flavour="vllm") as endpoint:
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from shotlog.fields import fields_schema
from shotlog.testing.flavours import RULES, FakeName, Rules, error_body
from shotlog.testing.made_up import instance_of
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
    """None: an error object as the flavour sends."""
    content_type: str = "application/json"
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further ones of the response."""
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
    """The answer where none was given: the same for the same question, in JSON where it must be."""
    if question.video_url is not None:
        text = f"A clip at {question.video_url.partition('?')[0]}."
    elif question.form == "clip":
        text = f"A clip, {question.frames_hash}."
    elif question.is_of_a_whole:
        return json.dumps(_whole(question))
    else:
        text = f"{question.frame_count} frames, {question.frames_hash}."
    if question.schema is None and not question.json_only:
        return text
    return json.dumps(instance_of(question.schema or fields_schema(), text))


def _whole(question: Question) -> dict[str, object]:
    """A summary with one chapter."""
    first = re.search(r"^clips? (\d+)", "\n".join(question.labels), re.MULTILINE)
    chapters = [{"first_clip": int(first[1]), "title": "All of it"}] if first else []
    return {"title": "A video", "description": "Clips in a row.", "chapters": chapters}


class Endpoint:
    """The server, running while the ``with`` block lasts; used from any thread.

    ``flavour`` names the server it is as strict as: its error bodies, limits and frame rules; the
    plain one takes images alone. Rules of one's own will do as well.
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
        flavour: FakeName | Rules = "openai",
    ) -> None:
        self._rules = flavour if isinstance(flavour, Rules) else RULES[flavour]
        self._models = tuple(models)
        self._authorization = key if key is None or bare_key else f"Bearer {key}"
        self._answer = answer
        self._models_fault: Fault | None = None
        self._journal = journal
        self._changed = threading.Condition()
        self._is_open = True
        self._held = 0
        self._answering = 0
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
        return f"{self._root}{self._rules.path}"

    @property
    def plain_url(self) -> str:
        """The address for ``--endpoint`` that speaks the plain protocol."""
        return self._root + PLAIN_PATH

    @property
    def _root(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

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

    def fail_models(self, fault: Fault) -> None:
        """What befalls whoever asks for the models, from now on."""
        self._models_fault = fault

    @property
    def held(self) -> int:
        """How many questions wait for ``release()`` now, those that hang aside."""
        with self._changed:
            return self._held

    def hold(self) -> None:
        """Keeps all questions waiting until ``release()``; returns once no answer is under way."""
        with self._changed:
            self._is_open = False
            self._changed.wait_for(lambda: self._answering == 0)

    def release(self) -> None:
        """Answers the questions that are held, and all later ones; drops those that hang."""
        with self._changed:
            self._is_open = True
            self._releases += 1
            self._changed.notify_all()

    def wait_for_requests(self, count: int, timeout_seconds: float = 10.0) -> None:
        """Returns once ``count`` questions have arrived in all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._requests)} of {count} requests arrived")

    def _handle(self, exchange: Exchange) -> None:
        # A proxy is asked with the whole address.
        path = urlsplit(exchange.path).path
        rules = self._rules
        allowed = self._authorization in (None, exchange.authorization)
        own = path.removeprefix(rules.path) if path.startswith(rules.path) else ""
        any_path = rules.name == "openai"
        if exchange.method == "GET" and own == "/health":
            exchange.send(200, b"")
        elif exchange.method == "GET" and (
            own == "/v1/models" or (any_path and own.endswith("/v1/models"))
        ):
            self._list_models(exchange, allowed=allowed)
        elif exchange.method == "GET" and own in rules.beside:
            exchange.send_json(200, rules.beside[own])
        elif exchange.method == "POST" and (
            own == "/v1/chat/completions" or (any_path and own.endswith("/v1/chat/completions"))
        ):
            self._ask(exchange, allowed, self._read_chat)
        elif path == PLAIN_PATH:
            if exchange.method == "POST":
                self._ask(exchange, allowed, read_plain)
            else:
                exchange.send_json(405, {"detail": "Method Not Allowed"})
        else:
            exchange.send_json(404, {"detail": "Not Found"})

    def _read_chat(self, body: bytes) -> Question:
        return read_chat(body, self._models, self._rules)

    def _list_models(self, exchange: Exchange, *, allowed: bool) -> None:
        if not allowed:
            exchange.send_json(401, error_body(self._rules.style, 401, "Unauthorized"))
            return
        if self._models_fault is not None:
            self._send_fault(exchange, self._models_fault)
            return
        card: dict[str, object] = {"object": "model", "owned_by": self._rules.owner}
        if self._rules.lists_context and self._rules.context_length is not None:
            card["max_model_len"] = self._rules.context_length
        cards = [{"id": name, "root": name, **card} for name in self._models]
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
        with self._once_open():
            if self._ending.is_set():
                exchange.drop()
            elif question is None:
                rejected = rejected or Rejected(500, "nothing was read")
                status, body = rejected.response(self._rules.style)
                self._conclude(request, status)
                exchange.send_json(status, body)
            else:
                text = self._answer(question)
                self._conclude(request, 200, answered=True)
                if self._rules.streams:
                    exchange.send(200, question.streamed(text), "text/event-stream")
                else:
                    exchange.send_json(200, question.response(text))

    @contextmanager
    def _once_open(self) -> Iterator[None]:
        with self._changed:
            self._held += 1
            self._changed.wait_for(lambda: self._is_open)
            self._held -= 1
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def _note(self, exchange: Exchange, question: Question | None) -> SeenRequest:
        with self._changed:
            request = SeenRequest(
                order=len(self._requests) + 1,
                path=exchange.path.partition("?")[0],
                has_authorization=exchange.authorization is not None,
                question=replace(question, jpegs=()) if question else None,
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
        self._send_fault(exchange, fault)
        return False

    def _send_fault(self, exchange: Exchange, fault: Fault) -> None:
        body = fault.body
        if body is None:
            body = json.dumps(error_body(self._rules.style, fault.status, "scripted")).encode()
        headers = dict(fault.headers)
        if fault.retry_after is not None:
            headers["Retry-After"] = fault.retry_after
        exchange.send(fault.status, body, fault.content_type, headers)

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
    parser.add_argument("--flavour", choices=sorted(RULES), default="openai", help="which server")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args(arguments)
    with Endpoint(
        models=given.model or ("test-model",),
        journal=given.journal,
        port=given.port,
        flavour=given.flavour,
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
