"""What a run tells of itself to other processes: kept in the catalog while it goes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice

from shotlog.catalog import Catalog
from shotlog.exports.building import shown
from shotlog.pipeline.job import Job
from shotlog.pipeline.progress import Progress
from shotlog.rows import InHand, RunProgress, TrailPoint

TELL_SECONDS = 1.0
"""How often the catalog is told."""

MOST_IN_HAND = 24
"""Videos on their way that are named."""

MOST_POINTS = 120
"""Of the trail; when there are more, every second one is left out."""


class ProgressSaver:
    """Keeps the catalog told of a run."""

    def __init__(self, catalog: Catalog, run_id: int) -> None:
        self._catalog, self._run_id = catalog, run_id
        self._told_at = -TELL_SECONDS
        self._trail: list[TrailPoint] = []
        self._step_seconds = TELL_SECONDS

    def look(self, progress: Progress, jobs: Iterable[Job]) -> None:
        """Tells, unless it did a moment ago."""
        if progress.elapsed_seconds >= self._told_at + TELL_SECONDS:
            self.tell(progress, jobs)

    def tell(self, progress: Progress, jobs: Iterable[Job] = ()) -> None:
        """Tells the catalog now; ``jobs`` are the videos on their way, the first ones named."""
        self._told_at = progress.elapsed_seconds
        self._go_on(TrailPoint(round(progress.elapsed_seconds, 1), progress.clips_described))
        named = (
            InHand(job.video.id, shown(job.name), job.stage, job.clips_open)
            for job in islice(jobs, MOST_IN_HAND)
        )
        told = told_of(progress, tuple(named), tuple(self._trail))
        self._catalog.save_progress(self._run_id, progress.spent, told)

    def _go_on(self, point: TrailPoint) -> None:
        last = self._trail[-1].elapsed_seconds if self._trail else -self._step_seconds
        if point.elapsed_seconds < last + self._step_seconds:
            return
        self._trail.append(point)
        if len(self._trail) > MOST_POINTS:
            self._trail = self._trail[::2]
            self._step_seconds *= 2


def told_of(
    progress: Progress, in_hand: tuple[InHand, ...] = (), trail: tuple[TrailPoint, ...] = ()
) -> RunProgress:
    """A progress as it stands now, for the catalog."""
    return RunProgress(
        told_at=datetime.now(UTC),
        elapsed_seconds=progress.elapsed_seconds,
        seconds_left=progress.seconds_left,
        videos=progress.videos,
        videos_unchanged=progress.videos_unchanged,
        videos_done=progress.videos_done,
        videos_partial=progress.videos_partial,
        videos_failed=progress.videos_failed,
        videos_left=progress.videos_left,
        clips_made=progress.clips_made + progress.clips_under_way,
        clips_described=progress.clips_described,
        clips_described_before=progress.clips_described_before,
        clips_reused=progress.clips_reused,
        clips_failed=progress.clips_failed,
        bytes_fetched=progress.bytes_fetched,
        seconds_scanned=progress.seconds_scanned,
        fetching=progress.fetching,
        waiting_to_scan=progress.waiting_to_scan,
        scanning=progress.scanning,
        hearing=progress.hearing,
        waiting_to_describe=progress.waiting_to_describe,
        describing=progress.describing,
        summarizing=progress.summarizing,
        stopping=progress.stopping,
        stopped_because=progress.stopped_because,
        notes=tuple(progress.notes),
        in_hand=in_hand,
        trail=trail,
    )
