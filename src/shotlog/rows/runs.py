"""Runs: how each ended, and how far one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shotlog.records import Failure, Spent

RunStatus = Literal["running", "done", "partial", "stopped", "interrupted", "failed", "killed"]
"""``stopped``: the model or a cap said no for good; the same command goes on. ``killed``: it never
said how it ended, found so by the run after it."""

Step = Literal[
    "fetch", "scan", "clips", "frames", "hear", "describe", "summarize", "tag", "refused"
]
"""What ``--redo`` may name: a step, or what the model refused."""

Stage = Literal["waiting", "fetch", "scan", "hear", "describe", "summarize"]
"""Where a video is on its way through a run; ``waiting`` for its turn."""


@dataclass(frozen=True, slots=True)
class InHand:
    """A video that a run is at."""

    video_id: str
    file_name: str
    """As it is shown; not always the listing's own."""
    stage: Stage
    clips_open: int = 0
    """Clips whose description has not come yet, once they are known."""


@dataclass(frozen=True, slots=True)
class TrailPoint:
    """How far a run was at a moment of it."""

    elapsed_seconds: float
    clips: int
    """Described by then, in this run."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is, as it tells about once a second; counts are of this run alone."""

    told_at: datetime
    """In UTC."""
    elapsed_seconds: float = 0.0
    seconds_left: float | None = None
    """If the videos to come are like those ended; None where it cannot be told yet."""
    videos: int = 0
    """Chosen in all."""
    videos_unchanged: int = 0
    """Found complete, nothing done."""
    videos_done: int = 0
    videos_partial: int = 0
    videos_failed: int = 0
    videos_left: int = 0
    """Made ready for a model that was not to be asked."""
    clips_made: int = 0
    """Those that scans under way have cut counted in."""
    clips_described: int = 0
    clips_described_before: int = 0
    clips_reused: int = 0
    clips_failed: int = 0
    bytes_fetched: int = 0
    seconds_scanned: float = 0.0
    """Of video."""
    fetching: int = 0
    waiting_to_scan: int = 0
    scanning: int = 0
    hearing: int = 0
    waiting_to_describe: int = 0
    """Clips."""
    describing: int = 0
    """Clips."""
    summarizing: int = 0
    stopping: bool = False
    stopped_because: Failure | None = None
    notes: tuple[str, ...] = ()
    """What people should know of whom the run asks."""
    in_hand: tuple[InHand, ...] = ()
    """Some of the videos that are on their way, those that came first."""
    trail: tuple[TrailPoint, ...] = ()
    """From the run's beginning, in order, as far apart as leaves them few."""

    @property
    def videos_ended(self) -> int:
        asked = self.videos_done + self.videos_partial + self.videos_failed
        return self.videos_unchanged + self.videos_left + asked


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of shotlog over this library."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    status: RunStatus
    options: Mapping[str, object]
    spent: Spent = field(default_factory=Spent)
    """What it used of the model."""
    progress: RunProgress | None = None
    """As told last; None where it never did."""
