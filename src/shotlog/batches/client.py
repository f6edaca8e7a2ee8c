"""A server's files and batches over HTTP, as OpenAI and DashScope have them."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx

from shotlog.describers.chat.flavours import flavour_by_address
from shotlog.errors import DescribeError, EndpointRefusedError, from_os_error
from shotlog.model_servers.addresses import batches_address, files_address, is_loopback, shown
from shotlog.model_servers.error_replies import error_from_complaint, quoted, read_complaint
from shotlog.model_servers.server import CONNECT_SECONDS, MODEL_POLICY, broken_exchange
from shotlog.retries import RetryPolicy, parse_retry_after, retrying
from shotlog.storage import atomic_write

WINDOW = "24h"
"""The time that a batch may take; all servers take this one."""

PAGE_BATCHES = 100
PAGES_LOOKED_AT = 20

_COMPLAINT_BYTES = 64 * 1024

Ended = Literal["done", "failed", "expired", "cancelled"]

_ENDED: Mapping[str, Ended] = {
    "completed": "done",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "cancelled",
}

Got = TypeVar("Got")

log = logging.getLogger("shotlog.batches")


@dataclass(frozen=True, slots=True)
class SeenBatch:
    """A batch as its server has it now."""

    id: str
    status: str
    """The server's own word."""
    input_file_id: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None
    trouble: str = ""
    """Why it failed as a whole, in the server's words."""

    @property
    def ended(self) -> Ended | None:
        """How it ended; None while answers may come."""
        return _ENDED.get(self.status)


class BatchClient:
    """Speaks to one server; every call is tried again where that may help. A context manager.

    All methods raise DescribeError; what it says holds no key and no signed address.
    """

    def __init__(
        self,
        url: httpx.URL,
        *,
        key: str | None = None,
        timeout_seconds: float = 300.0,
        policy: RetryPolicy = MODEL_POLICY,
    ) -> None:
        self._url, self._key, self._policy = url, key, policy
        self._timeout_seconds = timeout_seconds
        self._never = threading.Event()
        self._client = httpx.Client(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
            trust_env=not is_loopback(url),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def upload(self, path: Path) -> str:
        """The server's name for the file, sent in pieces. Raises LibraryError if it is gone."""

        def send() -> str:
            try:
                with path.open("rb") as file:
                    found = self._json(
                        "POST",
                        files_address(self._url),
                        data={"purpose": "batch"},
                        files={"file": (path.name, file, "application/jsonl")},
                    )
            except OSError as error:
                raise from_os_error(error, path) from None
            return self._text(found, "id")

        return self._retrying(send)

    def create(self, file_id: str, door: str, name: str, *, asked_before: bool) -> SeenBatch:
        """A batch of the uploaded file, made once.

        Where it was ``asked_before`` and the outcome never came, or an answer is lost now, the
        server's list is searched for it before another is made.
        """
        metadata = {"name": name}
        if flavour_by_address(self._url.host, self._url.path) == "dashscope":
            metadata = {"ds_name": name, "ds_description": "shotlog"}
        order = {
            "input_file_id": file_id,
            "endpoint": door,
            "completion_window": WINDOW,
            "metadata": metadata,
        }
        doubtful = asked_before

        def make() -> SeenBatch:
            nonlocal doubtful
            found = self._find(file_id) if doubtful else None
            if found is not None:
                return found
            doubtful = True
            return self._seen(self._json("POST", batches_address(self._url), json=order))

        return self._retrying(make)

    def look(self, batch_id: str) -> SeenBatch:
        url = batches_address(self._url, batch_id)
        return self._retrying(lambda: self._seen(self._json("GET", url)))

    def fetch(self, file_id: str, path: Path) -> None:
        """The file's content at ``path``, whole or not at all. Raises LibraryError too."""
        url = files_address(self._url, file_id, "content")

        def load() -> None:
            try:
                with self._client.stream("GET", url) as response:
                    if response.status_code >= 300:
                        raise self._complaint(
                            response.status_code, response.headers, _start(response)
                        )
                    with atomic_write(path) as file:
                        for piece in response.iter_bytes():
                            file.write(piece)
            except httpx.HTTPError as error:
                raise broken_exchange(error, url, self._timeout_seconds) from None

        self._retrying(load)

    def _find(self, file_id: str) -> SeenBatch | None:
        """The batch of that file in the server's list; None where there is none."""
        after: dict[str, str] = {}
        for _ in range(PAGES_LOOKED_AT):
            url = batches_address(self._url)
            found = self._json("GET", url, params={"limit": str(PAGE_BATCHES), **after})
            data = found.get("data")
            page = [e for e in data if isinstance(e, dict)] if isinstance(data, list) else []
            for each in page:
                if each.get("input_file_id") == file_id:
                    return self._seen(each)
            if not found.get("has_more") or not page:
                return None
            after = {"after": self._text(page[-1], "id")}
        return None

    def _seen(self, found: Mapping[str, object]) -> SeenBatch:
        return SeenBatch(
            id=self._text(found, "id"),
            status=self._text(found, "status"),
            input_file_id=_word(found, "input_file_id") or "",
            output_file_id=_word(found, "output_file_id"),
            error_file_id=_word(found, "error_file_id"),
            trouble=quoted(_trouble(found.get("errors")), self._secrets),
        )

    def _json(self, method: str, url: httpx.URL, **sent: object) -> Mapping[str, object]:
        """One exchange."""
        try:
            response = self._client.request(method, url, **sent)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise broken_exchange(error, url, self._timeout_seconds) from None
        log.debug("%s %s: %d", method, shown(url), response.status_code)
        if response.status_code >= 300:
            raise self._complaint(response.status_code, response.headers, response.content)
        with suppress(ValueError):
            found = response.json()
            if isinstance(found, dict):
                return found
        raise self._no_batches()

    def _complaint(self, status: int, headers: httpx.Headers, body: bytes) -> DescribeError:
        complaint = read_complaint(status, body[:_COMPLAINT_BYTES], self._secrets)
        if status in (404, 405) and "model" not in complaint.message.lower():
            return self._no_batches()
        return error_from_complaint(
            complaint,
            address=shown(self._url),
            retry_after_seconds=parse_retry_after(headers.get("retry-after")),
            purse_is_openai=self._url.host.endswith("openai.com"),
        )

    def _no_batches(self) -> DescribeError:
        return EndpointRefusedError(
            f"{shown(self._url)} takes no batch files, or has lost this one.",
            hint="Carry the files to it by hand (vllm run-batch -i FILE -o RESULTS), then give "
            "the results to shotlog batch read.",
        )

    def _text(self, found: Mapping[str, object], name: str) -> str:
        word = _word(found, name)
        if word is None:
            raise self._no_batches()
        return word

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self._key,) if self._key else ()

    def _retrying(self, call: Callable[[], Got]) -> Got:
        return retrying(call, self._policy, stop=self._never)


def _word(found: Mapping[str, object], name: str) -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) and value else None


def _trouble(errors: object) -> str:
    """The first of a failed batch's reasons."""
    data = errors.get("data") if isinstance(errors, dict) else errors
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict):
        return ""
    line = f"line {first['line']}: " if first.get("line") else ""
    return (
        f"{line}{json.dumps(first.get('message') or first.get('code') or '', ensure_ascii=False)}"
    )


def _start(response: httpx.Response) -> bytes:
    """The first bytes of an answer that is being streamed."""
    return next(response.iter_bytes(_COMPLAINT_BYTES), b"")
