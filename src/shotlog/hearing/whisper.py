"""faster-whisper in this process: speech is written down without any server."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shotlog.errors import HearingError, HearingInterruptedError, MissingToolError
from shotlog.hearing.replies import Heard, Piece, exact
from shotlog.hearing.transcripts import transcript_of
from shotlog.speech import SoundFile, SoundStretch, Transcript

PACKAGE = "faster_whisper"


class LocalWhisper:
    """Hears one video at a time. The model is loaded with the first one."""

    name = "local"
    concurrency = 1

    def __init__(self, model: str, language: str | None) -> None:
        """``model`` is a size, a name at Hugging Face, or a folder. Raises MissingToolError."""
        if not _installed():
            raise MissingToolError(
                "Hearing in this process needs the package faster-whisper.",
                hint='Install it: pip install "shotlog[hearing]"',
            )
        self._name, self._language = model, language
        self._lock = threading.Lock()
        self._model: Any = None
        self._closed = threading.Event()

    def identity(self) -> Mapping[str, str]:
        return {"listener": self.name, "model": self._name, "language": self._language or ""}

    def hear(self, sound: SoundFile, folder: Path) -> Transcript:
        """The words of all stretches on the video's clock. Raises HearingError."""
        with self._lock:
            return transcript_of(sound, lambda stretch: self._heard(stretch, folder))

    def close(self) -> None:
        """Calls off what is being heard."""
        self._closed.set()

    def _heard(self, stretch: SoundStretch, folder: Path) -> Heard:
        segments, info = self._loaded().transcribe(
            str(folder / stretch.file),
            language=self._language,
            word_timestamps=True,
            vad_filter=True,
        )
        pieces: list[Piece] = []
        texts = []
        for segment in segments:
            if self._closed.is_set():
                raise HearingInterruptedError("Hearing was called off.", hint="Run again.")
            texts.append(segment.text.strip())
            pieces += [(exact(w.start), exact(w.end), w.word.strip()) for w in segment.words or ()]
        return Heard(" ".join(texts), tuple(pieces), info.language)

    def _loaded(self) -> Any:
        if self._model is None:
            from faster_whisper import WhisperModel

            try:
                self._model = WhisperModel(self._name, device="auto", compute_type="default")
            except (OSError, RuntimeError, ValueError) as error:
                raise HearingError(
                    f"The speech model {self._name!r} cannot be loaded ({type(error).__name__}).",
                    hint="Name in [Hearing] Model a size (tiny, base, small, medium, large-v3), a "
                    "model at Hugging Face, or a folder; it is fetched once.",
                ) from error
        return self._model


def _installed() -> bool:
    try:
        return importlib.util.find_spec(PACKAGE) is not None
    except ValueError:
        return False
