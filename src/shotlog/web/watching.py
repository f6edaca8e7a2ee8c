"""The last run as it stands: one reader for all who watch it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from shotlog import api
from shotlog.errors import LibraryError
from shotlog.rows import RunRow
from shotlog.web.library_access import Shelf
from shotlog.web.run_objects import FailuresObject, NowObject, failures_object, run_object

LOOK_SECONDS = 0.5
"""How often the catalog is looked at while anybody watches, however many do."""

HEARTBEAT_SECONDS = 15.0
"""After so long without news a watcher is told that there are none."""

FailuresOf = tuple[int, int, int, str]


class Watch:
    """Watches the library's last run, which may begin, end, or be killed at any time."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._failures: tuple[FailuresOf, tuple[FailuresObject, ...]] | None = None
        self._now: NowObject | None = None
        self._news = asyncio.Event()
        self._watchers = 0
        self._looking: asyncio.Task[None] | None = None
        self._is_over = False

    def now(self) -> NowObject:
        """As it stands; for any thread. A library that cannot be read is told of, not raised."""
        try:
            with self._shelf.open() as library:
                row = library.last_run()
                if row is None:
                    return NowObject(run=None, failures=(), trouble=None)
                run = run_object(row, is_going=library.is_running())
                return NowObject(run=run, failures=self._failed(library, row), trouble=None)
        except LibraryError as error:
            return NowObject(run=None, failures=(), trouble=f"{error.what} {error.hint}".strip())

    def _failed(self, library: api.Library, row: RunRow) -> tuple[FailuresObject, ...]:
        """Looked up anew where the run says that more failed, or that it ended."""
        told = row.progress
        counts = (told.videos_failed + told.videos_partial, told.clips_failed) if told else (0, 0)
        of = (row.id, *counts, row.status)
        with self._lock:
            if self._failures is None or self._failures[0] != of or told is None:
                found = tuple(map(failures_object, library.failure_groups(row.id)))
                self._failures = of, found
            return self._failures[1]

    async def moments(self) -> AsyncIterator[NowObject | None]:
        """How it stands, and again whenever that changes; None as a heartbeat.

        Ends where it cannot be watched any longer.
        """
        self._watchers += 1
        try:
            if self._looking is None or self._looking.done():
                self._news = asyncio.Event()
                self._looking = asyncio.create_task(self._look())
            looking, seen = self._looking, None
            while not looking.done() and not self._is_over:
                now, news = self._now, self._news
                if now is not None and now is not seen:
                    seen = now
                    yield now
                elif not await _within(news, HEARTBEAT_SECONDS):
                    yield None
        finally:
            self._watchers -= 1
            if not self._watchers and self._looking is not None:
                self._looking.cancel()
                self._looking, self._now = None, None

    def end(self) -> None:
        """Lets all watchers go, for good; in the loop's own thread."""
        self._is_over = True
        self._tell()

    async def _look(self) -> None:
        try:
            while True:
                now = await run_in_threadpool(self.now)
                if now != self._now:
                    self._now = now
                    self._tell()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
            return True
    return False


async def _watch(request: Request) -> Watch:
    # Not a plain function: those each take a thread, and events would take one to begin.
    watch = request.app.state.watch
    assert isinstance(watch, Watch)  # noqa: S101 - starlette's state has no types
    return watch


Watching = Annotated[Watch, Depends(_watch)]
"""What a route asks for."""
