"""The first step: a video's bytes come to this machine, several videos at a time."""

from __future__ import annotations

import threading
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from shotlog import ledger
from shotlog.fetch import ByteBudget, Fetched, Fetcher
from shotlog.pipeline.job import End, Failed, Job, Next, Run
from shotlog.pipeline.material import materials_of
from shotlog.pipeline.runner import attempt
from shotlog.records import Failure


class Shelf:
    """Where fetched sources lie while they are needed, within the budget of bytes."""

    def __init__(self, budget: ByteBudget, stop: threading.Event, *, keep: bool) -> None:
        """``stop`` ends waiting for room; with ``keep`` sources stay where they lie."""
        self._budget, self._stop, self._keep = budget, stop, keep

    def reserve(self, job: Job, size_bytes: int | None) -> None:
        """Waits until there is room. Called from the threads that fetch."""
        job.is_guessed = size_bytes is None
        job.reserved_bytes += self._budget.acquire(size_bytes, self._stop)

    def arrived(self, job: Job, count: int) -> None:
        """So many more bytes lie here; a source that was guessed too small takes more.

        Called from the threads that fetch.
        """
        job.arrived_bytes += count
        more = job.arrived_bytes - job.reserved_bytes
        if job.is_guessed and more > 0:
            self._budget.grow(more)
            job.reserved_bytes += more

    def free(self, job: Job) -> None:
        """Gives back the disk that the video's sources took."""
        if not self._keep:
            for path in job.to_delete:
                path.unlink(missing_ok=True)
                _remove_if_empty(path.parent)
        job.to_delete.clear()
        if job.reserved_bytes:
            self._budget.release(job.reserved_bytes)
        job.reserved_bytes = job.arrived_bytes = 0


class Fetching:
    """Fetches what a video is read from; passes over one of which nothing must be read."""

    def __init__(
        self,
        run: Run,
        threads: Executor,
        fetcher: Fetcher,
        shelf: Shelf,
        *,
        then: Next,
        failed: Failed,
    ) -> None:
        self._run, self._threads, self._fetcher, self._shelf = run, threads, fetcher, shelf
        self._then, self._failed = then, failed

    @property
    def busy(self) -> int:
        """Videos that are being fetched now."""
        return self._run.progress.fetching

    def take(self, job: Job) -> None:
        """Begins to fetch the video; hands one on of which nothing must be read."""
        if not job.needs.media or self._frames_can_come_from_clips(job):
            self._then(job)
            return
        job.stage = "fetch"
        self._run.progress.fetching += 1
        self._run.in_thread(
            self._threads, lambda: self._fetch(job), lambda end: self._fetched(job, end)
        )

    def _frames_can_come_from_clips(self, job: Job) -> bool:
        """Whether only the model's frames are missing and every clip file is there to make them."""
        needs = job.needs
        if needs.scan or needs.clips or needs.scenes or needs.sound or job.video.source.given_clips:
            return False
        rows = self._run.catalog.clips(job.video.id)
        files = [self._run.library / row.clip.video.file for row in rows if row.clip.video]
        return bool(files) and len(files) == len(rows) and all(file.is_file() for file in files)

    def _fetch(self, job: Job) -> list[Fetched]:
        """In a thread. A kept source is taken as it lies: its folder bears the source's key."""
        run = self._run
        folder = run.sources / job.video.source_key
        sources = [material.source for material in materials_of(job.video, run.recipe)]
        sizes = [each.size_bytes for each in sources if not each.url.startswith("file:")]
        if sizes:
            known = [size for size in sizes if size is not None]
            self._shelf.reserve(job, sum(known) if len(known) == len(sizes) else None)
        fetched = []
        for source in sources:
            got = self._fetcher.fetch(
                source,
                folder,
                progress=lambda count: self._arrived(job, count),
                stop=run.stop.gentle,
            )
            job.files[source.url] = got.path
            if not got.borrowed:
                job.to_delete.append(got.path)
            fetched.append(got)
        if not fetched[0].was_here:
            key = ledger.source_key(job.video.source, fetched[0].etag)
            _move(job, folder, run.sources / key)
        return fetched

    def _arrived(self, job: Job, count: int) -> None:
        """In a thread."""

        def add() -> None:
            self._run.progress.bytes_fetched += count

        self._shelf.arrived(job, count)
        self._run.events.put(add)

    def _fetched(self, job: Job, end: End[list[Fetched]]) -> None:
        self._run.progress.fetching -= 1
        got = attempt("fetch", job.name, end)
        if isinstance(got, Failure):
            self._shelf.free(job)
            self._failed(job, got)
            return
        source, first = job.video.source, got[0]
        if source.size_bytes is None and source.last_modified is None and not first.was_here:
            key = self._run.catalog.save_etag(job.video.id, first.etag)
            job.video = replace(job.video, source_key=key, etag=first.etag)
        self._then(job)


def _move(job: Job, old: Path, new: Path) -> None:
    """Brings what was fetched to where the next run looks for it: its ETag may change its key."""
    if old == new or not any(path.parent == old for path in job.files.values()):
        return
    new.mkdir(parents=True, exist_ok=True)
    job.files = {
        address: path.replace(new / path.name) if path.parent == old else path
        for address, path in job.files.items()
    }
    job.to_delete = [path for path in job.files.values() if path.parent == new]
    _remove_if_empty(old)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
