"""How a media process shows that it is alive and how far it has come: a small file, overwritten.

A file needs no lock, so a process that is killed can leave none locked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

BEAT_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Beat:
    """How far a scan has come."""

    seconds: float
    """Of the video, from its first frame."""
    clips: int
    """Finished so far."""


class Heart:
    """Beats at most four times a second, whoever asks how often."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last = 0.0

    def beat(self, seconds: float, clips: int) -> None:
        now = time.monotonic()
        if self._path is None or now - self._last < BEAT_SECONDS:
            return
        self._last = now
        self._path.write_text(f"{seconds:.3f} {clips}")


def read_beat(path: Path) -> Beat | None:
    """The last beat; None before the first, or while one is being written."""
    try:
        seconds, clips = path.read_text().split()
        return Beat(float(seconds), int(clips))
    except (OSError, ValueError):
        return None
