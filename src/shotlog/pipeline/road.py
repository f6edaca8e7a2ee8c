"""The road: every video of a run goes from step to step, many videos at a time.

The driver is one thread. It alone decides, and it alone writes the catalog. Downloads and model
requests run in threads, media work in processes; each hands back what came of it as an event.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shotlog.catalog import Catalog
from shotlog.exports import write_video
from shotlog.fetch import ByteBudget, Fetcher
from shotlog.media.process import MediaPool
from shotlog.pipeline.delivering import Delivering
from shotlog.pipeline.describing import Describing
from shotlog.pipeline.fetching import Fetching, Shelf
from shotlog.pipeline.finishing import Finishing
from shotlog.pipeline.first_look import FirstLook
from shotlog.pipeline.hearing import Hearing, needs_sound
from shotlog.pipeline.job import Job, Run, Stop
from shotlog.pipeline.manners import Manners
from shotlog.pipeline.models import Models
from shotlog.pipeline.progress import Progress, Reporter
from shotlog.pipeline.progress_saving import ProgressSaver
from shotlog.pipeline.recipe import Recipe
from shotlog.pipeline.scanning import Scanning
from shotlog.pipeline.summarizing import Summarizing
from shotlog.pipeline.tagging import Tagger
from shotlog.rows import VideoRow
from shotlog.settings import Settings

TICK_SECONDS = 0.2
"""How long the driver waits for an event before it looks around."""

CLIPS_AHEAD = 256
"""No further video is begun while so many clips wait, beside those that could be asked now."""


@dataclass(frozen=True)
class Steps:
    """The steps of the road, in order. Each takes a video and hands it to the next."""

    first_look: FirstLook
    fetching: Fetching
    scanning: Scanning
    hearing: Hearing
    describing: Describing
    summarizing: Summarizing
    finishing: Finishing

    @property
    def in_hand(self) -> int:
        """Work that is finished even when the run is to stop; a download goes on another time."""
        asking = self.hearing.busy + self.describing.busy + self.summarizing.busy
        return self.scanning.busy + asking


class Road:
    """Carries a run's videos along. Use once, by :meth:`go`."""

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        models: Models,
        tagger: Tagger,
        reporter: Reporter,
        stop: Stop,
    ) -> None:
        self._models = models
        self._run = Run(
            catalog=catalog,
            settings=settings,
            recipe=Recipe.of(settings, models),
            reporter=reporter,
            stop=stop,
            workers=settings.workers or os.cpu_count() or 1,
            sources=_sources(settings, catalog),
            tagger=tagger,
            gate=models.gate,
        )
        self._jobs: dict[str, Job] = {}

    def go(self, run_id: int, videos: int) -> Progress:
        """Carries the ``videos`` that ``run_id`` chose to their end; returns the last progress.

        Raises LibraryError, DiskFullError where the library cannot be written any more; all that
        was finished is kept.
        """
        run = self._run
        run.progress.videos = videos
        began = time.monotonic()
        pending = run.catalog.pending(run_id)
        manners = Manners(run.catalog, self._models.describer)
        manners.recall()
        saver = ProgressSaver(run.catalog, run_id)

        def tell() -> None:
            run.progress.elapsed_seconds = time.monotonic() - began
            saver.look(run.progress, self._jobs.values())

        with ExitStack() as stack:
            steps = self._steps(stack)
            delivering = stack.enter_context(Delivering(run))
            while True:
                self._admit(pending, steps)
                steps.scanning.begin()
                steps.describing.begin()
                if self._is_over(steps):
                    break
                self._handle_events()
                manners.keep()
                run.progress.elapsed_seconds = time.monotonic() - began
                delivering.look()
                self._look_around(steps)
                saver.look(run.progress, self._jobs.values())
            steps.describing.account()
            delivering.end(meanwhile=tell)
        manners.keep()
        run.progress.elapsed_seconds = time.monotonic() - began
        saver.tell(run.progress)
        run.reporter.progress(run.progress)
        return run.progress

    def _look_around(self, steps: Steps) -> None:
        """What is done again and again while a run goes."""
        run = self._run
        run.progress.stopping = run.stopping
        if run.stopping and run.gate is not None:
            run.gate.stop()
        steps.first_look.look()
        steps.scanning.look()
        steps.describing.account()
        run.reporter.progress(run.progress)

    def _steps(self, stack: ExitStack) -> Steps:
        run, settings = self._run, self._run.settings
        downloads = _threads(stack, settings.downloads, "fetch")
        # Threads are made as they are needed; those that wait for another try take one too.
        describer, listener = self._models.describer, self._models.listener
        most = 3 * run.gate.ceiling if run.gate is not None else describer.concurrency
        requests = _threads(stack, most, "describe")
        listening = _threads(stack, listener.concurrency if listener else 1, "hear")
        fetcher = stack.enter_context(Fetcher())
        media = stack.enter_context(
            MediaPool(
                run.workers,
                run.library / ".beats",
                float(settings.stall_seconds),
                memory_limit_bytes=settings.memory_limit,
            )
        )
        budget = ByteBudget(settings.disk_budget, run.sources)
        shelf = Shelf(budget, run.stop.gentle, keep=settings.keep_sources)
        finishing = Finishing(run, then=self._arrived)
        summarizing = Summarizing(run, requests, self._models.teller, then=finishing.take)
        describing = Describing(
            run, requests, describer, then=summarizing.take, left=finishing.leave
        )
        hearing = Hearing(run, listening, listener, then=describing.take)
        scanning = Scanning(
            run,
            media,
            then=hearing.take,
            failed=finishing.fail,
            free=shelf.free,
        )
        fetching = Fetching(
            run, downloads, fetcher, shelf, then=scanning.take, failed=finishing.fail
        )
        first_look = FirstLook(run, requests, describer, then=fetching.take)
        return Steps(first_look, fetching, scanning, hearing, describing, summarizing, finishing)

    def _admit(self, pending: Iterator[VideoRow], steps: Steps) -> None:
        """Begins further videos while there is room on the road."""
        run = self._run
        room = run.workers + 2 * run.settings.downloads
        ahead = CLIPS_AHEAD + self._models.describer.concurrency
        while not run.stopping and steps.describing.waiting < ahead:
            if steps.first_look.busy:
                return
            if steps.fetching.busy + steps.scanning.busy + steps.scanning.waiting >= room:
                return
            video = next(pending, None)
            if video is None:
                return
            if video.complete_key == run.recipe.complete_key(video):
                self._retag(video)
                run.progress.videos_unchanged += 1
                continue
            needs = run.recipe.needs(video, sound=needs_sound(run, video))
            job = self._jobs[video.id] = Job(video, needs)
            steps.first_look.take(job)

    def _retag(self, video: VideoRow) -> None:
        """Applies other rules than before; a run without rules leaves what rules gave."""
        run = self._run
        if run.tagger.key is None or run.tagger.key == video.rules_key:
            return
        change = run.tagger.again(run.catalog, video.id)
        if change is not None and change.is_shown:
            write_video(run.catalog, video.id, run.library)
            run.progress.videos_retagged += 1

    def _arrived(self, job: Job) -> None:
        self._jobs.pop(job.video.id, None)

    def _is_over(self, steps: Steps) -> bool:
        if self._run.stop.immediate.is_set():
            return True
        return not steps.in_hand if self._run.stopping else not self._jobs

    def _handle_events(self) -> None:
        """Waits for an event, then handles all that have come."""
        try:
            self._run.events.get(timeout=TICK_SECONDS)()
            while True:
                self._run.events.get_nowait()()
        except queue.Empty:
            return


def _sources(settings: Settings, catalog: Catalog) -> Path:
    """In a folder for temporary files, which may be that of many libraries, a part of it."""
    if settings.temporary is None:
        return settings.output / "sources"
    return settings.temporary / f"shotlog-{catalog.library_id()}"


def _threads(stack: ExitStack, count: int, name: str) -> ThreadPoolExecutor:
    """A pool that is left without waiting for what it has in hand."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=f"shotlog-{name}")
    stack.callback(pool.shutdown, wait=False, cancel_futures=True)
    return pool
