"""What every describer is: something that is shown one clip and says what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from shotlog.records import Answer, FrameFile, Resolution, Signals, Span

Place = tuple[str, str, str]
"""A clip by its video and its exact start and end, whatever number it has."""


@dataclass(frozen=True, slots=True)
class ClipToDescribe:
    """One clip as a describer sees it."""

    video_id: str
    span: Span
    instruction: str
    url: str
    """Plays this clip, whoever opens it (the output's ``segment_url``)."""
    signals: Signals
    max_resolution: Resolution
    max_fps: float
    frames: FrameFile | None = None
    """None where the describer needs none."""
    frames_path: Path | None = None
    """The file that ``frames`` describes."""
    frame_fps: Fraction = Fraction(2)
    """Frames a second of ``frames``."""
    clip_path: Path | None = None
    """The clip file on this machine; None where none was written."""
    published_url: str | None = None
    """Where the clip itself is published, without a fragment; None where it is not."""
    video_seconds: Fraction | None = None
    """Length of the whole video; None where it is not known."""
    before: str | None = None
    """What was said of the clip before, where the run tells the model."""
    heard: str | None = None
    """The words spoken in the clip, where they were written down."""


class Describer(Protocol):
    """Shown one clip at a time, from several threads at once."""

    name: str
    """Short, for logs and tables."""
    needs_frames: bool
    """Whether frames must be made for it."""

    @property
    def concurrency(self) -> int:
        """How many clips it would be shown now; may change from one moment to the next."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of whom it asks, each once; grows while it is asked."""
        ...

    def identity(self) -> Mapping[str, str]:
        """What decides its answers besides the clip: protocol, model, prompt version, settings.

        Part of the key under which an answer is kept, so never the key, address or time-out.
        """
        ...

    def describe(self, clip: ClipToDescribe) -> Answer:
        """Says what is in the clip, or raises DescribeError: an apology is no answer."""
        ...

    def remember(self, said: Iterable[tuple[str, Place]]) -> None:
        """Told, before the first clip, the descriptions that clips of earlier runs share."""
        ...

    def close(self) -> None:
        """Frees connections; may be called twice."""
        ...
