"""A server of batch files that is none: real HTTP on 127.0.0.1, as strict as OpenAI and DashScope.

For tests of shotlog and of programs around it::

    with BatchEndpoint(models=("qwen",), key="secret", script=Script(polls=1)) as endpoint:
        ...  # upload to endpoint.url + "/files", make a batch at endpoint.url + "/batches"
        assert endpoint.batches_made == 1

Questions of a file are answered as :class:`~shotlog.testing.endpoint.Endpoint` answers live ones,
by the same rules; the results come shuffled, errors in a file of their own.
"""

from __future__ import annotations

import email
import email.policy
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from shotlog.testing.endpoint import Answering, Endpoint, describe_question
from shotlog.testing.flavours import RULES, FakeName, Rules, error_body
from shotlog.testing.questions import Question, Rejected, read_chat
from shotlog.testing.serving import Exchange

Ends = Literal["completed", "expired", "failed"]

Reply = Callable[[], object]
"""Sends what was made ready."""

CHAT_DOOR = "/v1/chat/completions"
DRY_RUN = ("batch-test-model", "/v1/chat/ds-test")

_DASHSCOPE_METADATA = {"ds_name", "ds_description", "ds_batch_finish_callback"}
_LINE_KEYS = {"custom_id", "method", "url", "body"}


@dataclass(frozen=True, slots=True)
class FileRules:
    """What a batch file may hold."""

    lines: int = 50_000
    file_bytes: int = 200_000_000
    line_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What becomes of batches."""

    polls: int = 1
    """A batch ends once it was looked at so often."""
    ends: Ends = "completed"
    """``expired`` answers the first half of the lines, ``failed`` none."""
    refuse: Callable[[Question], Rejected | None] = lambda _: None
    """Which questions get an error line."""
    loses: tuple[str, ...] = ()
    """Calls (``upload``, ``create``) that work, and whose answer is lost, one word a time."""
    holds: tuple[str, ...] = ()
    """The same, and the caller is kept waiting until the end."""


@dataclass
class _Batch:
    id: str
    input_file_id: str
    metadata: Mapping[str, str]
    looks: int = 0
    status: str = "validating"
    output_file_id: str | None = None
    error_file_id: str | None = None
    trouble: str = ""

    def told(self) -> dict[str, object]:
        errors = {"object": "list", "data": [{"code": "invalid", "message": self.trouble}]}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": CHAT_DOOR,
            "input_file_id": self.input_file_id,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "errors": errors if self.trouble else None,
            "metadata": dict(self.metadata),
        }


@dataclass
class _Store:
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, _Batch] = field(default_factory=dict)


class BatchEndpoint(Endpoint):
    """An endpoint that has ``/files`` and ``/batches`` as well.

    ``file_rules`` are the flavour's where none are given.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = ("test-model",),
        key: str | None = None,
        answer: Answering = describe_question,
        flavour: FakeName | Rules = "openai",
        script: Script | None = None,
        file_rules: FileRules | None = None,
    ) -> None:
        rules = flavour if isinstance(flavour, Rules) else RULES[flavour]
        super().__init__(models=models, key=key, answer=answer, flavour=rules)
        self._own, self._names, self._said = rules, tuple(models), answer
        strict = FileRules(file_bytes=500_000_000, line_bytes=6_000_000)
        self._file_rules = file_rules or (strict if rules.name == "dashscope" else FileRules())
        self._script = script or Script()
        self._loses, self._holds = list(self._script.loses), list(self._script.holds)
        self._store = _Store()
        self._guard = threading.Lock()
        self._random = random.Random(7)

    @property
    def uploads(self) -> int:
        """How many batch files were taken."""
        with self._guard:
            return sum(name.startswith("file-in") for name in self._store.files)

    @property
    def batches_made(self) -> int:
        with self._guard:
            return len(self._store.batches)

    def results(self) -> tuple[bytes, ...]:
        """The result and error files so far."""
        with self._guard:
            return tuple(b for name, b in self._store.files.items() if "-in" not in name)

    def _handle(self, exchange: Exchange) -> None:
        own = urlsplit(exchange.path).path.removeprefix(self._own.path)
        parts = own.removeprefix("/v1/").split("/")
        if parts[0] not in ("files", "batches"):
            super()._handle(exchange)
            return
        if self._authorization not in (None, exchange.authorization):
            self._say_no(exchange, Rejected(401, "Unauthorized"))
            return
        try:
            with self._guard:
                reply = self._serve(exchange, parts)
            reply()
        except Rejected as error:
            self._say_no(exchange, error)

    def _say_no(self, exchange: Exchange, error: Rejected) -> None:
        exchange.send_json(*error.response(self._own.style))

    def _serve(self, exchange: Exchange, parts: list[str]) -> Reply:
        """Does what is asked; the reply is sent once others may ask again."""
        match exchange.method, parts:
            case "POST", ["files"]:
                file_id = self._take_file(exchange)
                return self._reply(exchange, "upload", {"id": file_id, "object": "file"})
            case "GET", ["files", file_id, "content"] if file_id in self._store.files:
                body = self._store.files[file_id]
                return partial(exchange.send, 200, body, "application/octet-stream")
            case "POST", ["batches"]:
                batch = self._make_batch(exchange)
                return self._reply(exchange, "create", batch.told())
            case "GET", ["batches"]:
                return partial(exchange.send_json, 200, self._page(exchange))
            case "GET", ["batches", batch_id] if batch_id in self._store.batches:
                batch = self._store.batches[batch_id]
                self._go_on(batch)
                return partial(exchange.send_json, 200, batch.told())
            case _:
                raise Rejected(404, "Not Found")

    def _reply(self, exchange: Exchange, call: str, found: Mapping[str, object]) -> Reply:
        if call in self._loses:
            self._loses.remove(call)
            return exchange.drop
        if call in self._holds:
            self._holds.remove(call)
            return self._ending.wait
        return partial(exchange.send_json, 200, found)

    def _page(self, exchange: Exchange) -> dict[str, object]:
        """Newest first, as the real lists are."""
        asked = parse_qs(urlsplit(exchange.path).query)
        limit, after = int(asked.get("limit", ["20"])[0]), asked.get("after", [""])[0]
        every = list(reversed(self._store.batches))
        behind = every[every.index(after) + 1 :] if after in every else every
        data = [self._store.batches[name].told() for name in behind[:limit]]
        return {"object": "list", "data": data, "has_more": len(behind) > limit}

    def _take_file(self, exchange: Exchange) -> str:
        """A multipart form with ``purpose`` and ``file``, and nothing else."""
        kind = exchange.handler.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            raise Rejected(415, "The file must come as multipart/form-data.")
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        form = email.message_from_bytes(head + exchange.body, policy=email.policy.HTTP)
        parts = {
            str(each.get_param("name", header="content-disposition")): each
            for each in form.iter_parts()
        }
        if set(parts) != {"purpose", "file"}:
            raise Rejected(400, f"wanted purpose and file, got {sorted(parts)}")
        if _bytes_of(parts["purpose"]) != b"batch":
            raise Rejected(400, "purpose must be batch")
        if not str(parts["file"].get_filename() or "").endswith(".jsonl"):
            raise Rejected(400, "The file's name must end in .jsonl.")
        content = _bytes_of(parts["file"])
        if len(content) > self._file_rules.file_bytes:
            raise Rejected(400, f"The file is larger than {self._file_rules.file_bytes} bytes.")
        file_id = f"file-in-{len(self._store.files) + 1}"
        self._store.files[file_id] = content
        return file_id

    def _make_batch(self, exchange: Exchange) -> _Batch:
        try:
            order = json.loads(exchange.body)
        except ValueError:
            raise Rejected(400, "The body is no JSON.") from None
        file_id = order.get("input_file_id")
        if file_id not in self._store.files:
            raise Rejected(400, f"No such file: {file_id}")
        if order.get("completion_window") != "24h":
            raise Rejected(400, "completion_window must be 24h")
        if order.get("endpoint") not in (CHAT_DOOR, DRY_RUN[1]):
            raise Rejected(400, f"The endpoint {order.get('endpoint')} is not supported.")
        metadata = order.get("metadata") or {}
        strange = sorted(set(metadata) - _DASHSCOPE_METADATA)
        if strange and self._own.name == "dashscope":
            raise Rejected(400, f"Unknown metadata {strange}")
        batch = _Batch(f"batch-{len(self._store.batches) + 1}", file_id, metadata)
        self._store.batches[batch.id] = batch
        return batch

    def _go_on(self, batch: _Batch) -> None:
        """One step further at each look: validating, in_progress, ended."""
        batch.looks += 1
        if batch.status not in ("validating", "in_progress"):
            return
        if batch.looks <= self._script.polls:
            batch.status = "in_progress"
            return
        lines = self._store.files[batch.input_file_id].splitlines()
        ends = batch.status = self._script.ends
        try:
            asked = self._checked(lines)
            if ends == "failed":
                raise Rejected(400, "scripted")
        except Rejected as error:
            batch.status, batch.trouble = "failed", error.message
            return
        half = len(asked) if ends == "completed" else len(asked) // 2
        told = [self._answered(each) for each in asked[:half]]
        told += [_expired(each) for each in asked[half:]]
        self._random.shuffle(told)
        good = [
            each for each in told if each["response"] and each["response"]["status_code"] == 200
        ]
        bad = [each for each in told if each not in good]
        batch.output_file_id = self._kept(f"file-out-{batch.id}", good)
        batch.error_file_id = self._kept(f"file-errors-{batch.id}", bad)

    def _kept(self, name: str, told: Sequence[Mapping[str, object]]) -> str | None:
        if not told:
            return None
        self._store.files[name] = b"".join(json.dumps(each).encode() + b"\n" for each in told)
        return name

    def _checked(self, lines: Sequence[bytes]) -> list[dict[str, Any]]:
        """The file's questions. Raises Rejected where one of them is not as it must be."""
        rules = self._file_rules
        if len(lines) > rules.lines:
            raise Rejected(400, f"The file has {len(lines)} lines, more than {rules.lines}.")
        asked = []
        for number, raw in enumerate(lines, start=1):
            if rules.line_bytes is not None and len(raw) > rules.line_bytes:
                raise Rejected(400, f"Line {number} is longer than {rules.line_bytes} bytes.")
            line = json.loads(raw)
            if set(line) != _LINE_KEYS or line["method"] != "POST":
                raise Rejected(400, f"Line {number} has the fields {sorted(line)}.")
            if line["url"] not in (CHAT_DOOR, DRY_RUN[1]) or "stream" in line["body"]:
                raise Rejected(400, f"Line {number} asks for what batches have not.")
            asked.append(line)
        bodies = [each["body"] for each in asked]
        if len({(each.get("model"), each.get("enable_thinking")) for each in bodies}) > 1:
            raise Rejected(400, "The file holds several models or thinking modes.")
        if len({each["custom_id"] for each in asked}) != len(asked):
            raise Rejected(400, "A custom_id stands twice.")
        return asked

    def _answered(self, line: Mapping[str, Any]) -> dict[str, Any]:
        try:
            body = json.dumps(line["body"]).encode()
            question = read_chat(body, self._names, self._own)
            refused = self._script.refuse(question)
            if refused is not None:
                raise refused
        except Rejected as error:
            said = error_body(self._own.style, error.status, error.message, error.code)
            return _line(line, error.status, said)
        return _line(line, 200, question.response(self._said(question)))


def _line(line: Mapping[str, Any], status: int, body: Mapping[str, object]) -> dict[str, Any]:
    key = line["custom_id"]
    response = {"status_code": status, "request_id": f"req-{key[:8]}", "body": body}
    return {"id": f"line-{key[:8]}", "custom_id": key, "response": response, "error": None}


def _expired(line: Mapping[str, Any]) -> dict[str, Any]:
    error = {"code": "batch_expired", "message": "This request could not be executed in time."}
    return {
        "id": f"line-{line['custom_id'][:8]}",
        "custom_id": line["custom_id"],
        "response": None,
        "error": error,
    }


def _is_good(told: Mapping[str, Any]) -> bool:
    response = told["response"]
    return response is not None and response["status_code"] == 200


def _bytes_of(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
