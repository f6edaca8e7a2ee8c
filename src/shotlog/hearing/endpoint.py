"""An OpenAI-style endpoint: sound goes to ``POST …/audio/transcriptions`` as a form with a file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import httpx

from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
    HearingError,
    HearingInterruptedError,
    HearingRefusedError,
)
from shotlog.hearing.replies import Heard, read_transcription
from shotlog.hearing.transcripts import transcript_of
from shotlog.model_servers.addresses import shown
from shotlog.model_servers.server import ModelServer
from shotlog.retries import RetryPolicy
from shotlog.speech import SoundFile, SoundStretch, Transcript

PATH = "/audio/transcriptions"

VIDEOS_AT_A_TIME = 4

HEARING_POLICY = RetryPolicy(attempts=6, base_seconds=1.0, cap_seconds=60.0)

Field = tuple[str, str]

FORMS: tuple[tuple[Field, ...], ...] = (
    (
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    ),
    (("response_format", "verbose_json"),),
    (("response_format", "json"),),
)
"""How the answer is asked for, what tells most first; a server that refuses one gets the next."""


class SpeechServer(ModelServer):
    """A speech model's server: like any model's, but a question is a form with a file."""

    def __init__(
        self, url: httpx.URL, *, key: str | None, timeout_seconds: float, policy: RetryPolicy
    ) -> None:
        super().__init__(
            url,
            key=key,
            timeout_seconds=timeout_seconds,
            policy=policy,
        )
        self._boundary = f"shotlog-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={self._boundary}"

    def post_form(self, fields: tuple[Field, ...], name: str, sound: bytes) -> dict[str, object]:
        """The answer to a form, sent again where that may help. Raises DescribeError."""
        content = form_of(fields, name, sound, self._boundary)
        url = transcriptions_address(self.url)
        return self._retrying(lambda: self.read(self._asked("POST", url, content)))


class SpeechEndpoint:
    """Has a video's sound written down, one stretch after the other."""

    name = "openai"
    concurrency = VIDEOS_AT_A_TIME

    def __init__(self, server: SpeechServer, *, model: str, language: str | None) -> None:
        self._server, self._model, self._language = server, model, language
        self._form = 0

    def identity(self) -> Mapping[str, str]:
        return {"listener": self.name, "model": self._model, "language": self._language or ""}

    def hear(self, sound: SoundFile, folder: Path) -> Transcript:
        """The words of all stretches on the video's clock. Raises HearingError."""
        return transcript_of(sound, lambda stretch: self._heard(stretch, folder))

    def close(self) -> None:
        self._server.close()

    def _heard(self, stretch: SoundStretch, folder: Path) -> Heard:
        path = folder / stretch.file
        try:
            sound = path.read_bytes()
        except OSError as error:
            raise HearingError(
                f"The sound {stretch.file} cannot be read: {error.strerror}.",
                hint="Run again; what is missing is made anew.",
            ) from None
        try:
            return self._asked(path.name, sound)
        except DescribeError as error:
            raise _as_hearing_error(error) from None

    def _asked(self, name: str, sound: bytes) -> Heard:
        """Steps down where the server refuses the form of the answer, and remembers it."""
        form = self._form
        while True:
            try:
                found = self._server.post_form(self._fields(form), name, sound)
                break
            except DescribeRefusedError:
                if form + 1 == len(FORMS):
                    raise
                form += 1
        # Threads that start together may each find it out; they find the same.
        self._form = form
        return read_transcription(found, shown(self._server.url))

    def _fields(self, form: int) -> tuple[Field, ...]:
        language = (("language", self._language),) if self._language else ()
        return (("model", self._model), ("temperature", "0"), *language, *FORMS[form])


def transcriptions_address(url: httpx.URL) -> httpx.URL:
    """Where sound is posted: users give the host, a base that ends in ``/v1``, or all of it."""
    path = url.path.rstrip("/").removesuffix(PATH)
    base = path if path.endswith("/v1") or "/v1/" in path else f"{path}/v1"
    return url.copy_with(path=base + PATH)


def form_of(fields: tuple[Field, ...], name: str, sound: bytes, boundary: str) -> bytes:
    """``multipart/form-data`` (RFC 7578). ``name`` is ours: plain letters and digits."""
    lines = []
    for key, value in fields:
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{key}"', "", value]
    lines += [
        f"--{boundary}",
        f'Content-Disposition: form-data; name="file"; filename="{name}"',
        "Content-Type: audio/flac",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + sound + f"\r\n--{boundary}--\r\n".encode()


def _as_hearing_error(error: DescribeError) -> HearingError:
    """The same for whoever gave the settings of hearing: other places are to be looked at."""
    if isinstance(error, EndpointRefusedError):
        return HearingRefusedError(
            error.what,
            hint="Check Endpoint, Model and AccessKey (or SHOTLOG_HEARING_KEY) in section "
            "[Hearing], and the bill there.",
        )
    if isinstance(error, DescribeInterruptedError):
        return HearingInterruptedError(
            error.what, hint="Run again later; only the videos not heard yet are asked for."
        )
    return HearingError(
        error.what, hint="The server will not take this sound as it is sent; its words say why."
    )
