"""The last step: a video is closed in the catalog and written as JSON."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from shotlog.catalog import Catalog
from shotlog.exports import write_video
from shotlog.media.hdr import WITHOUT_BASE
from shotlog.pipeline.job import Job, Next, Run
from shotlog.pipeline.recipe import Recipe
from shotlog.records import Failure, Status
from shotlog.rows import ClipRow, VideoRow

log = logging.getLogger("shotlog.run")


class Finishing:
    """Ends a video's way, well or badly."""

    def __init__(self, run: Run, *, then: Next) -> None:
        self._run, self._then = run, then

    def take(self, job: Job) -> None:
        """Closes the video as what it has by now makes it: done, partial or failed."""
        status, failure = close(
            self._run.catalog,
            self._run.recipe,
            job.video,
            unheard=job.unheard,
            is_open=job.summary_open,
        )
        if failure is not None:
            self._run.reporter.failed(job.name, None, failure)
        self._end(job, status)

    def leave(self, job: Job) -> None:
        """Nobody is to be asked about the video: it stays open, and what is known of it is told."""
        write_video(self._run.catalog, job.video.id, self._run.library)
        self._run.progress.videos_left += 1
        log.info("left %s without answers", job.name)
        self._then(job)

    def fail(self, job: Job, failure: Failure) -> None:
        """The video as a whole could not be done; while the run is stopping that is no failure."""
        if self._run.stopping and failure.retryable:
            self._then(job)
            return
        self._run.catalog.save_video_failure(job.video.id, failure)
        self._run.reporter.failed(job.name, None, failure)
        self._end(job, "failed")

    def _end(self, job: Job, status: Status) -> None:
        self._run.tagger.finish(self._run.catalog, job.video.id)
        write_video(self._run.catalog, job.video.id, self._run.library)
        progress = self._run.progress
        if status == "done":
            progress.videos_done += 1
        elif status == "partial":
            progress.videos_partial += 1
        else:
            progress.videos_failed += 1
        log.info("finished %s: %s", job.name, status)
        self._then(job)


def close(
    catalog: Catalog,
    recipe: Recipe,
    video: VideoRow,
    *,
    unheard: Failure | None = None,
    is_open: bool = False,
) -> tuple[Status, Failure | None]:
    """Says in the catalog how the video ended; its summary is kept before.

    ``unheard`` is why its words were not written down, ``is_open`` whether a summary is still to
    come. Returns how it ended, and what is wrong with the video as a whole.
    """
    rows = catalog.clips(video.id)
    scan = catalog.scan(video.id)
    status, failure = _verdict(rows, scan.facts.damage if scan else (), unheard)
    answered = sum(row.answer is not None for row in rows)
    complete = answered == len(rows) and not is_open and unheard is None
    catalog.finish_video(
        video.id,
        status,
        complete_key=recipe.complete_key(video) if complete else None,
        applied=recipe.applied(video),
        failure=failure,
    )
    return status, failure


def _verdict(
    rows: Sequence[ClipRow], damage: Sequence[str], unheard: Failure | None
) -> tuple[Status, Failure | None]:
    """How a video ended, and what is wrong with it as a whole; clips tell their own failures."""
    failure = unheard
    if tuple(damage) == (WITHOUT_BASE,):
        failure = Failure(
            step="scan",
            code="colours",
            message=f"The file is whole, but {WITHOUT_BASE}.",
            hint="Times, scenes and clips are right. For right colours, make an SDR or HDR10 file "
            "of it with a program that reads Dolby Vision.",
        )
    elif damage:
        failure = Failure(
            step="scan",
            code="damaged",
            message="The file is damaged: " + "; ".join(damage) + ".",
            hint="What could be read was done; upload it again to have the rest.",
        )
    answered = sum(row.answer is not None for row in rows)
    if not answered:
        return "failed", failure
    return ("partial" if failure or answered < len(rows) else "done"), failure
