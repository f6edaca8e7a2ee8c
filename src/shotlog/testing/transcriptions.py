"""A speech server that is none: real HTTP on 127.0.0.1, strict about the form it is sent.

It hears: every burst of sound between silences is a word, named after its pitch, with the times
that it has in the file. So a test that beeps at known moments knows what must be written down::

    with TranscriptionEndpoint(key="secret") as speech:
        ...  # ask speech.url
        assert speech.requests[0].language == "en"
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import av
import numpy as np
import numpy.typing as npt

from shotlog.testing.serving import Exchange, LoopbackServer

PATH = "/v1/audio/transcriptions"
MOST_BYTES = 25 * 1024**2
FIELDS = frozenset(
    {
        "file",
        "model",
        "language",
        "prompt",
        "response_format",
        "temperature",
        "timestamp_granularities[]",
    }
)
LOUD = 0.02
"""Of full scale; what is softer is silence."""
PAUSE_SECONDS = 0.2
"""Silence that ends a word."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word in one file of sound."""

    start_seconds: float
    end_seconds: float
    text: str


Hearing = Callable[[Samples, int], Sequence[SpokenWord]]
"""From samples, -1..1, and their rate to the words in them."""


@dataclass(frozen=True, slots=True)
class SeenSound:
    """One request as it came; the key itself is never kept."""

    has_authorization: bool
    model: str = ""
    language: str | None = None
    response_format: str = "json"
    granularities: tuple[str, ...] = ()
    seconds: float = 0.0
    """Of the sound that was sent."""
    rate_hz: int = 0
    channels: int = 0
    size_bytes: int = 0


class _Rejected(Exception):  # noqa: N818 - it is a response in the making
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def bursts(samples: Samples, rate_hz: int) -> list[SpokenWord]:
    """Every burst of sound, named by its pitch to 10 Hz: ``tone440``."""
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > PAUSE_SECONDS * rate_hz)
    firsts = [loud[0], *loud[breaks + 1]]
    lasts = [*loud[breaks], loud[-1]]
    return [_word(samples, int(a), int(b), rate_hz) for a, b in zip(firsts, lasts, strict=True)]


def _word(samples: Samples, first: int, last: int, rate_hz: int) -> SpokenWord:
    crossings = np.count_nonzero(np.diff(np.signbit(samples[first : last + 1])))
    pitch = crossings * rate_hz / 2 / max(1, last - first)
    return SpokenWord(first / rate_hz, (last + 1) / rate_hz, f"tone{round(pitch, -1):.0f}")


class TranscriptionEndpoint:
    """The server, running while the ``with`` block lasts; used from any thread.

    ``formats`` are those that it answers in; ``word_times`` says whether it knows single words.
    """

    def __init__(
        self,
        *,
        models: Sequence[str] = ("whisper-1",),
        key: str | None = None,
        formats: Sequence[str] = ("json", "verbose_json"),
        word_times: bool = True,
        hear: Hearing = bursts,
    ) -> None:
        self._models, self._formats = tuple(models), tuple(formats)
        self._authorization = f"Bearer {key}" if key else None
        self._word_times, self._hear = word_times, hear
        self._lock = threading.Lock()
        self._requests: list[SeenSound] = []
        self._faults: list[int] = []
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
        self._server.stop()

    @property
    def url(self) -> str:
        """The address for ``--hearing``."""
        return f"http://127.0.0.1:{self._server.port}/v1"

    @property
    def requests(self) -> tuple[SeenSound, ...]:
        """What was sent, in order of arrival, refused requests too."""
        with self._lock:
            return tuple(self._requests)

    def fail(self, *statuses: int) -> None:
        """The next requests are answered with these, one after the other."""
        with self._lock:
            self._faults.extend(statuses)

    def _handle(self, exchange: Exchange) -> None:
        try:
            found = self._answer(exchange)
        except _Rejected as error:
            kind = {"message": str(error), "type": "invalid_request_error", "code": None}
            exchange.send_json(error.status, {"error": kind})
        else:
            exchange.send_json(200, found)

    def _answer(self, exchange: Exchange) -> Mapping[str, object]:
        allowed = self._authorization in (None, exchange.authorization)
        if exchange.method != "POST" or exchange.path != PATH:
            raise _Rejected(404, "Not Found")
        seen, samples = SeenSound(exchange.authorization is not None), np.zeros(0, np.float32)
        try:
            if allowed:
                seen, samples = _read(exchange)
        finally:
            with self._lock:
                self._requests.append(seen)
                fault = self._faults.pop(0) if self._faults else None
        if not allowed:
            raise _Rejected(401, "Incorrect API key provided.")
        if fault is not None:
            raise _Rejected(fault, "scripted")
        if seen.model not in self._models:
            raise _Rejected(404, f"The model `{seen.model}` does not exist.")
        if seen.response_format not in self._formats:
            raise _Rejected(400, f"response_format '{seen.response_format}' is not compatible.")
        return self._told(seen, self._hear(samples, seen.rate_hz))

    def _told(self, seen: SeenSound, words: Sequence[SpokenWord]) -> Mapping[str, object]:
        text = " ".join(word.text for word in words)
        if seen.response_format == "json":
            return {"text": text}
        told: dict[str, object] = {
            "task": "transcribe",
            "language": seen.language or "english",
            "duration": seen.seconds,
            "text": text,
        }
        times = [(word.start_seconds, word.end_seconds, word.text) for word in words]
        if "word" in seen.granularities and self._word_times:
            told["words"] = [{"word": w, "start": a, "end": b} for a, b, w in times]
        if "segment" in seen.granularities or not seen.granularities or not self._word_times:
            told["segments"] = [
                {"id": number, "text": f" {w}", "start": a, "end": b}
                for number, (a, b, w) in enumerate(times)
            ]
        return told


def _read(exchange: Exchange) -> tuple[SeenSound, Samples]:
    """The form, as strictly as a server may read it. Raises _Rejected."""
    fields = _parts(exchange)
    if strange := sorted(set(fields) - FIELDS):
        raise _Rejected(400, f"Unrecognized request arguments supplied: {', '.join(strange)}")
    for name in ("file", "model"):
        if len(fields.get(name, ())) != 1:
            raise _Rejected(400, f"you must provide one {name}")
    texts = {name: [each.decode() for each in v] for name, v in fields.items() if name != "file"}
    granularities = tuple(texts.get("timestamp_granularities[]", ()))
    response_format = texts.get("response_format", ["json"])[0]
    if granularities and response_format != "verbose_json":
        raise _Rejected(400, "timestamp_granularities needs response_format verbose_json.")
    if set(granularities) - {"word", "segment"}:
        raise _Rejected(400, f"timestamp_granularities: {granularities}")
    data = fields["file"][0]
    if len(data) > MOST_BYTES:
        raise _Rejected(413, f"Maximum content size limit ({MOST_BYTES}) exceeded.")
    samples, rate_hz, channels = _decoded(data)
    seen = SeenSound(
        has_authorization=exchange.authorization is not None,
        model=texts["model"][0],
        language=texts.get("language", [None])[0],
        response_format=response_format,
        granularities=granularities,
        seconds=len(samples) / rate_hz,
        rate_hz=rate_hz,
        channels=channels,
        size_bytes=len(data),
    )
    return seen, samples


def _parts(exchange: Exchange) -> Mapping[str, list[bytes]]:
    """The fields of ``multipart/form-data`` (RFC 7578)."""
    kind = exchange.handler.headers.get("Content-Type", "")
    media, _, boundary = kind.partition("; boundary=")
    if media != "multipart/form-data" or not boundary:
        raise _Rejected(400, f"wanted multipart/form-data, got {kind!r}")
    first, *pieces, last = (b"\r\n" + exchange.body).split(b"\r\n--" + boundary.encode())
    if first or last != b"--\r\n":
        raise _Rejected(400, "There was an error parsing the body")
    found: dict[str, list[bytes]] = {}
    for piece in pieces:
        head, _, data = piece.partition(b"\r\n\r\n")
        name = re.search(rb'\r\nContent-Disposition: form-data; name="([^"]+)"', head)
        if name is None:
            raise _Rejected(400, "a part without a name")
        found.setdefault(name[1].decode(), []).append(data)
    return found


def _decoded(data: bytes) -> tuple[Samples, int, int]:
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.audio[0]
            frames = [frame.to_ndarray()[0] for frame in container.decode(stream)]
            whole = np.concatenate(frames) if frames else np.zeros(0, np.int16)
            samples = whole.astype(np.float32) / np.float32(32768)
            return samples, stream.rate, stream.channels
    except (av.error.FFmpegError, IndexError):
        raise _Rejected(400, "Invalid file format.") from None
