"""A bucket and a fetcher of it, for the tests of this folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shotlog.fetch import Fetched, Fetcher, FetchSettings
from shotlog.records import Source
from shotlog.testing.bucket import Bucket

FILM = bytes(range(256)) * 1200
"""307,200 bytes."""

QUICK = FetchSettings(read_seconds=0.1)


class Fetching:
    """A bucket, a fetcher that takes no time to wait, and what was seen of its downloads."""

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self.bucket = bucket
        self.folder = folder
        self.waits: list[float] = []
        self.moved_bytes = 0
        self.stop = threading.Event()
        self.fetcher = self.another()

    def another(self) -> Fetcher:
        return Fetcher(QUICK, sleep=self.waits.append, random=lambda _, most: most)

    def source(self, name: str = "a.mp4", size_bytes: int | None = None) -> Source:
        url = self.bucket.url(name)
        return Source(public_url=url, url=url, file_name=name, size_bytes=size_bytes)

    def fetch(self, source: Source | None = None) -> Fetched:
        return self.fetcher.fetch(
            source or self.source(), self.folder, progress=self.count, stop=self.stop
        )

    def count(self, count: int) -> None:
        self.moved_bytes += count

    @property
    def statuses(self) -> list[int]:
        return [request.status for request in self.bucket.requests]

    @property
    def ranges(self) -> list[str | None]:
        return [request.range for request in self.bucket.requests]

    @property
    def left(self) -> list[str]:
        return sorted(path.suffix for path in self.folder.glob("*"))


@contextmanager
def a_bucket_with_a_film(folder: Path) -> Iterator[Fetching]:
    """A bucket with ``a.mp4``, and a fetcher into ``folder``."""
    with Bucket({"a.mp4": FILM}) as bucket:
        fetching = Fetching(bucket, folder)
        with fetching.fetcher:
            yield fetching
