"""The JSON API: what the page itself asks, and programs may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from shotlog.queries import COLUMNS, FilterFields, columns_named
from shotlog.search import DEFAULT_LIMIT
from shotlog.web.curves import points_of
from shotlog.web.library_access import Door
from shotlog.web.objects import (
    CardsObject,
    CurvesObject,
    DetailObject,
    FaultAnswer,
    HitsObject,
    LibraryObject,
    TagObject,
    WordsObject,
    card,
    curves,
    detail,
    hit,
    numbers,
    spoken,
    tag,
)
from shotlog.web.query_parameters import Text, Texts, Wanted

PAGE_VIDEOS = 48
MOST_VIDEOS = 500
MOST_HITS = 500
COUNTED = 1000

FAULTS: dict[int | str, dict[str, Any]] = {
    400: {"model": FaultAnswer, "description": "What was asked cannot be meant."},
    422: {"model": FaultAnswer, "description": "A value is of another kind."},
    503: {"model": FaultAnswer, "description": "There is no library that can be read."},
}
UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": FaultAnswer, "description": "The library has no such video."}
}

router = APIRouter(prefix="/api", tags=["library"], responses=FAULTS)


@router.get("/library")
def library_in_numbers(shelf: Door) -> LibraryObject:
    """How many videos there are, and how they stand."""
    with shelf.open() as library:
        return numbers(library)


@router.get("/videos")
def videos(
    shelf: Door,
    asked: Wanted,
    after: Annotated[str | None, Query(max_length=10_000, description="of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_VIDEOS)] = PAGE_VIDEOS,
) -> CardsObject:
    """Videos that fit, or of which a clip does, a page at a time."""
    with shelf.open() as library:
        found = library.browse(asked.q, sort=asked.order, after=after, limit=limit, **asked.filters)
        count = library.count(asked.q, most=COUNTED, **asked.filters)
    return CardsObject(
        videos=tuple(map(card, found.rows)),
        after=found.after,
        count=min(count, COUNTED),
        more_than_counted=count > COUNTED,
    )


@router.get("/videos/{video_id}", responses=UNKNOWN)
def video(shelf: Door, video_id: str) -> DetailObject:
    """All that is known of a video, as results.json has it, and the addresses of its files."""
    with shelf.open() as library:
        row = library.row(video_id)
        if row is None:
            raise unknown(video_id)
        return detail(row, library.object_of(row), library.clips(video_id))


@router.get("/videos/{video_id}/words", responses=UNKNOWN)
def words(shelf: Door, video_id: str) -> WordsObject:
    """The words heard in a video, each with its time."""
    with shelf.open() as library:
        if library.row(video_id) is None:
            raise unknown(video_id)
        heard = library.transcript(video_id)
    return spoken(heard) if heard else WordsObject(language=None, words=())


@router.get("/videos/{video_id}/curves", responses=UNKNOWN)
def measured(shelf: Door, video_id: str) -> CurvesObject:
    """Motion, loudness and brightness along a video."""
    with shelf.open() as library:
        if library.row(video_id) is None:
            raise unknown(video_id)
        return curves(points_of(library.samples(video_id)))


@router.get("/search")
def search(
    shelf: Door,
    asked: Wanted,
    column: Annotated[
        Texts, Query(alias="in", description=f"look only there: {', '.join(COLUMNS)}")
    ] = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=MOST_HITS)] = DEFAULT_LIMIT,
) -> HitsObject:
    """Moments that fit, the best first; lengths are those of clips, and there is one order."""
    columns = columns_named(column)
    wanted: FilterFields = {**asked.filters, "columns": columns}
    with shelf.open() as library:
        found = library.search(asked.q, limit=limit, **wanted)
        hits = tuple(map(hit, found))
        meant = library.did_you_mean(asked.q, columns=columns) if asked.q and not hits else None
    return HitsObject(hits=hits, did_you_mean=meant)


@router.get("/tags")
def tags(shelf: Door, begins: Text = "") -> tuple[TagObject, ...]:
    """Tags and classes, the most frequent first; ``begins`` keeps those that begin so."""
    folded = begins.strip().casefold()
    return tuple(
        tag(each) for each in shelf.tag_counts() if each.name.casefold().startswith(folded)
    )


def unknown(video_id: str) -> HTTPException:
    return HTTPException(404, f"The library has no video {video_id[:100]!r}.")
