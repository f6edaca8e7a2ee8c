"""How much a library holds, and how quickly it was described."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag or a class, and how much of the library has it now."""

    name: str
    group: str | None
    """Of a class; None for a tag."""
    clips: int
    videos: int
    """That have it as a whole."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a library, or one run's part of it, holds."""

    videos: int
    videos_done: int
    videos_partial: int
    videos_failed: int
    clips: int
    clips_described: int
    clips_failed: int

    @property
    def videos_unfinished(self) -> int:
        return self.videos - self.videos_done - self.videos_partial - self.videos_failed


@dataclass(frozen=True, slots=True)
class DescribingRate:
    """How quickly a run described clips, whatever else it did meanwhile counted in."""

    clips: int
    video_seconds: float
    """Of the clips that were described."""
    took_seconds: float

    @property
    def clips_a_minute(self) -> float:
        return self.clips / self.took_seconds * 60.0

    @property
    def times_real_time(self) -> float:
        return self.video_seconds / self.took_seconds
