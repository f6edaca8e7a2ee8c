"""What failed, to be listed."""

from __future__ import annotations

from dataclasses import dataclass

from shotlog.records import Failure


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failure to be listed: of a video, or of one of its clips."""

    video_id: str
    file_name: str
    clip_index: int | None
    """None where the video as a whole failed."""
    failure: Failure


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures at one step with one code and one remedy."""

    count: int
    first: tuple[FailureRow, ...]
    """Some of them, never none."""
