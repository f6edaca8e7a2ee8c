"""The library that the page shows, opened anew for each request."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from shotlog import api
from shotlog.rows import TagCount

COUNTS_SECONDS = 10.0
"""While a run writes, tags are counted anew no more often: that goes through the whole library."""


@dataclass(frozen=True, slots=True)
class _Counts:
    revision: int
    at: float
    counts: Sequence[TagCount]


class Shelf:
    """Where the library lies. Nothing stays open between requests, so a run may begin or end, and
    the folder may be moved or made, while the page is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._counts: _Counts | None = None
        self._counting = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[api.Library]:
        """For the thread that asks. Raises LibraryError where there is none that can be read."""
        with api.open(self.folder) as library:
            yield library

    def tag_counts(self) -> Sequence[TagCount]:
        """Tags and classes, the most frequent first; as of some seconds ago while a run writes."""
        with self.open() as library, self._counting:
            revision, now = library.revision(), time.monotonic()
            kept = self._counts
            if kept and (kept.revision == revision or now - kept.at < COUNTS_SECONDS):
                return kept.counts
            self._counts = _Counts(revision, now, library.tag_counts())
            return self._counts.counts


def _shelf(request: Request) -> Shelf:
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)  # noqa: S101 - starlette's state has no types
    return shelf


Door = Annotated[Shelf, Depends(_shelf)]
"""What a route asks for: ``def videos(shelf: Door)``."""
