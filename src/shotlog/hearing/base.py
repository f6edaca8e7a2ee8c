"""What every listener is: something that hears a video's sound and writes down the words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from shotlog.speech import SoundFile, Transcript


class Listener(Protocol):
    """Given one video's sound at a time, from several threads at once."""

    name: str
    """Short, for logs and keys."""
    concurrency: int
    """How many videos it can hear at a time."""

    def identity(self) -> Mapping[str, str]:
        """What decides its words besides the sound: who listens, which model, which language.

        Part of the key under which a transcript is kept, so never the key, address or time-out.
        """
        ...

    def hear(self, sound: SoundFile, folder: Path) -> Transcript:
        """The words, with times from the first frame shown; ``folder`` holds the sound's files.

        Raises HearingError.
        """
        ...

    def close(self) -> None:
        """Frees what it holds; may be called twice."""
        ...
