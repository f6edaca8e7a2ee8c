"""A server of vectors that is none: real HTTP on 127.0.0.1, strict about what it is sent.

Texts that share words are near each other, and words may be said to mean the same, so that a test
knows what must be found::

    with EmbeddingEndpoint(alike=(("car", "automobile"),), key="secret") as server:
        ...  # ask server.url
        assert server.texts == ["a red car"]
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shotlog.testing.serving import Exchange, LoopbackServer

PATH = "/v1/embeddings"
FIELDS = frozenset({"model", "input", "encoding_format", "dimensions", "user"})
DIMENSIONS = 64

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SeenTexts:
    """One request as it came; the key itself is never kept."""

    has_authorization: bool
    texts: tuple[str, ...] = ()
    encoding_format: str | None = None
    status: int | None = None
    """Of the response."""


class _Rejected(Exception):  # noqa: N818 - it is a response in the making
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class EmbeddingEndpoint:
    """The server, running while the ``with`` block lasts; used from any thread.

    ``formats`` are the encodings that it knows (None: it overlooks the field and sends numbers),
    ``batch`` the texts and ``longest`` the characters that it takes. ``alike`` holds groups of
    words that mean the same.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = ("test-vectors",),
        key: str | None = None,
        dimensions: int = DIMENSIONS,
        formats: Sequence[str] | None = ("float", "base64"),
        batch: int = 2048,
        longest: int = 30_000,
        alike: Sequence[Sequence[str]] = (),
    ) -> None:
        self.dimensions = dimensions
        self._models, self._formats, self._batch = tuple(models), formats, batch
        self._authorization = f"Bearer {key}" if key else None
        self._longest = longest
        self._refused_word: str | None = None
        self._meant = {word: group[0] for group in alike for word in group}
        self._lock = threading.Lock()
        self._requests: list[SeenTexts] = []
        self._faults: list[tuple[int, str | None]] = []
        self._open = threading.Event()
        self._open.set()
        self._server = LoopbackServer(0, self._handle)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.set()
        self._server.stop()

    @property
    def url(self) -> str:
        """The address for ``EmbeddingEndpoint``."""
        return f"http://127.0.0.1:{self._server.port}/v1"

    @property
    def requests(self) -> tuple[SeenTexts, ...]:
        """What was sent, in order of arrival, refused requests too."""
        with self._lock:
            return tuple(self._requests)

    @property
    def texts(self) -> list[str]:
        """All texts that became vectors, in order."""
        return [text for each in self.requests if each.status == 200 for text in each.texts]

    def fail(self, *statuses: int, retry_after: str | None = None) -> None:
        """The next requests are answered with these, one after the other."""
        with self._lock:
            self._faults.extend((status, retry_after) for status in statuses)

    def refuse(self, word: str) -> None:
        """From now on it takes no text that holds ``word``."""
        self._refused_word = word

    def hold(self) -> None:
        """Keeps all requests waiting from now on, until ``release()``."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def vector(self, text: str) -> Floats:
        """What it makes of a text; its words' own directions added up, each of length 1."""
        words = re.findall(r"\w+", text.casefold()) or [text]
        total = np.sum([self._direction(self._meant.get(word, word)) for word in words], axis=0)
        vector: Floats = (total / max(float(np.linalg.norm(total)), 1e-9)).astype(np.float32)
        return vector

    def _direction(self, word: str) -> npt.NDArray[np.float64]:
        seed = int.from_bytes(sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "little")
        found: npt.NDArray[np.float64] = np.random.default_rng(seed).standard_normal(
            self.dimensions
        )
        return found / np.linalg.norm(found)

    def _handle(self, exchange: Exchange) -> None:
        seen = SeenTexts(exchange.authorization is not None)
        status, headers = 200, {}
        try:
            seen, answer = self._answer(exchange, seen)
        except _Rejected as error:
            status = error.status
            kind = {"message": str(error), "type": "invalid_request_error", "code": None}
            answer = {"error": kind}
        with self._lock:
            fault, retry_after = self._faults.pop(0) if self._faults else (None, None)
            if fault is not None:
                status, answer = fault, {"error": {"message": "scripted", "code": None}}
                headers = {"Retry-After": retry_after} if retry_after else {}
            self._requests.append(
                SeenTexts(seen.has_authorization, seen.texts, seen.encoding_format, status)
            )
        self._open.wait()
        exchange.send(status, json.dumps(answer).encode(), headers=headers)

    def _answer(
        self, exchange: Exchange, seen: SeenTexts
    ) -> tuple[SeenTexts, Mapping[str, object]]:
        if exchange.method != "POST" or exchange.path != PATH:
            raise _Rejected(404, "Not Found")
        if self._authorization not in (None, exchange.authorization):
            raise _Rejected(401, "Incorrect API key provided.")
        question = _read(exchange.body)
        texts = question["input"]
        encoding = question.get("encoding_format")
        if question["model"] not in self._models:
            raise _Rejected(404, f"The model `{question['model']}` does not exist.")
        if self._formats is not None and encoding not in (None, *self._formats):
            raise _Rejected(400, f"encoding_format '{encoding}' is not supported.")
        if len(texts) > self._batch:
            raise _Rejected(
                400, f"batch size is invalid, it should not be larger than {self._batch}."
            )
        if any(len(text) > self._longest for text in texts):
            raise _Rejected(400, "This model's maximum context length is exceeded: too long.")
        if self._refused_word and any(self._refused_word in text for text in texts):
            raise _Rejected(400, "Input data may contain inappropriate content.")
        cut = question.get("dimensions", self.dimensions)
        base64_wanted = encoding == "base64" and self._formats is not None
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _encoded(self.vector(text)[:cut], as_base64=base64_wanted),
            }
            for index, text in enumerate(texts)
        ]
        tokens = sum(len(text.split()) for text in texts)
        answer = {
            "object": "list",
            # Nobody promises the order.
            "data": data[::-1],
            "model": question["model"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        return SeenTexts(seen.has_authorization, tuple(texts), encoding), answer


def _encoded(vector: Floats, *, as_base64: bool) -> object:
    if as_base64:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(each) for each in vector]


def _read(body: bytes) -> dict[str, Any]:
    """The question, as strictly as a server may read it. Raises _Rejected."""
    try:
        question = json.loads(body)
    except ValueError:
        raise _Rejected(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(question, dict) or not isinstance(question.get("model"), str):
        raise _Rejected(400, "you must provide a model parameter")
    if strange := sorted(set(question) - FIELDS):
        raise _Rejected(400, f"Unrecognized request arguments supplied: {', '.join(strange)}")
    texts = question.get("input")
    whole = isinstance(texts, list) and texts and all(isinstance(t, str) and t for t in texts)
    if not whole:
        raise _Rejected(400, "'$.input' is invalid.")
    return question
