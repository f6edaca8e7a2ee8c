"""The charts of a library: as a page, and as JSON."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from shotlog.catalog.collection import Band, Collection
from shotlog.exports.building import shown
from shotlog.rows import TagCount
from shotlog.web.api import FAULTS
from shotlog.web.charts import axis_of, bar_of, charts_of, columns_of
from shotlog.web.library_access import Shelf
from shotlog.web.rendering import page

TAGS_BY_MONTH = 12

PATIENCE_SECONDS = 10.0
"""While a run writes, the library is counted anew no more often."""
PATIENCE = 20
"""Nor more often than takes this part of the time, however large the library is."""

router = APIRouter(responses=FAULTS)


@dataclass(frozen=True, slots=True)
class Counted:
    """The library in numbers, as of a revision of it."""

    revision: int
    at: float
    took_seconds: float
    collection: Collection
    counts: tuple[TagCount, ...]


class Counter:
    """Counts the library when it has changed, one thread for all who ask."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._last: Counted | None = None

    def counted(self) -> Counted:
        """As of now, or of a while ago where the library changes all the time.

        Raises LibraryError where it cannot be read.
        """
        with self._shelf.open() as library, self._lock:
            revision, now = library.revision(), time.monotonic()
            last = self._last
            if last is not None:
                patience = max(PATIENCE_SECONDS, PATIENCE * last.took_seconds)
                if last.revision == revision or now - last.at < patience:
                    return last
            counts = tuple(library.tag_counts())
            names = [each.name for each in counts if each.group is None][:TAGS_BY_MONTH]
            found = library.collection(names)
            took = time.monotonic() - now
            self._last = Counted(revision, now + took, took, found, counts)
            return self._last


async def _counter(request: Request) -> Counter:
    counter = request.app.state.counter
    assert isinstance(counter, Counter)  # noqa: S101 - starlette's state has no types
    return counter


Counting = Annotated[Counter, Depends(_counter)]
"""What a route asks for."""


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BandObject(_Object):
    """Videos within bounds, half-open."""

    low: int = Field(description="the least that belongs to it")
    high: int | None = Field(description="the first that no longer does; null: no bound")
    videos: int = Field(description="how many")


class MonthObject(_Object):
    """What was last modified in a month, as listed."""

    month: str = Field(description="as 2024-03, in UTC")
    videos: int = Field(description="how many")
    seconds: float = Field(description="of those whose length is known")


class CountedTagObject(_Object):
    """A tag or a class, and how much has it now."""

    name: str = Field(description="the tag, or the class")
    group: str | None = Field(description="the class's; null for a tag")
    clips: int = Field(description="that have it")
    videos: int = Field(description="that have it as a whole")


class TagMonthObject(_Object):
    """How much has a tag, of one month."""

    month: str = Field(description="as 2024-03, in UTC")
    places: int = Field(description="clips, and videos as a whole")


class TagMonthsObject(_Object):
    """A tag over time."""

    tag: str = Field(description="one of the most frequent")
    months: tuple[TagMonthObject, ...] = Field(description="in order; those without are left out")


class ModelObject(_Object):
    """Who described clips."""

    model: str = Field(description="a model's name, or signals: the built-in describer")
    clips: int = Field(description="that show its words, or a person's in their place")


class ChartsObject(_Object):
    """A library in numbers."""

    revision: int = Field(description="the library's, as of which these are")
    videos: int = Field(description="how many")
    clips: int = Field(description="how many")
    seconds: float = Field(description="of the videos whose length is known")
    size_bytes: int = Field(description="as listed, else as measured")
    lengths: tuple[BandObject, ...] = Field(description="in seconds")
    sizes: tuple[BandObject, ...] = Field(description="in bytes")
    short_sides: tuple[BandObject, ...] = Field(description="of pictures as displayed, in pixels")
    months: tuple[MonthObject, ...] = Field(description="in order; those without are left out")
    tags: tuple[CountedTagObject, ...] = Field(description="the most frequent first")
    tags_by_month: tuple[TagMonthsObject, ...] = Field(description="the most frequent first")
    models: tuple[ModelObject, ...] = Field(description="the most frequent first")


@router.get("/charts", include_in_schema=False)
def charts_page(request: Request, counter: Counting) -> HTMLResponse:
    """The collection in charts."""
    counted = counter.counted()
    return page(
        request,
        "charts.html",
        found=counted.collection,
        charts=charts_of(counted.collection, counted.counts),
        axis_of=axis_of,
        bar_of=bar_of,
        columns_of=columns_of,
    )


@router.get("/api/charts", tags=["library"])
def charts(counter: Counting) -> ChartsObject:
    """The library in numbers, as they are drawn on the page; at most some seconds old."""
    counted = counter.counted()
    found = counted.collection
    return ChartsObject(
        revision=counted.revision,
        videos=found.videos,
        clips=found.clips,
        seconds=found.seconds,
        size_bytes=found.size_bytes,
        lengths=tuple(map(_band, found.lengths)),
        sizes=tuple(map(_band, found.sizes)),
        short_sides=tuple(map(_band, found.short_sides)),
        months=tuple(
            MonthObject(month=each.name, videos=each.videos, seconds=each.seconds)
            for each in found.months
        ),
        tags=tuple(
            CountedTagObject(name=each.name, group=each.group, clips=each.clips, videos=each.videos)
            for each in counted.counts
        ),
        tags_by_month=tuple(
            TagMonthsObject(
                tag=each.tag,
                months=tuple(TagMonthObject(month=m, places=count) for m, count in each.counts),
            )
            for each in found.tags
        ),
        models=tuple(
            ModelObject(model=shown(each.name), clips=each.clips) for each in found.models
        ),
    )


def _band(band: Band) -> BandObject:
    return BandObject(low=band.low, high=band.high, videos=band.videos)
