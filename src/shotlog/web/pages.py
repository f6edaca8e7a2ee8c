"""The pages for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from shotlog import api
from shotlog.exports.building import video_object
from shotlog.queries import Sort
from shotlog.web.api import COUNTED, MOST_HITS, PAGE_VIDEOS, unknown
from shotlog.web.library_access import Door
from shotlog.web.objects import card, hit, numbers, play
from shotlog.web.playing import playing_clips, playing_source
from shotlog.web.query_parameters import Wanted
from shotlog.web.rendering import page
from shotlog.web.safety import policy
from shotlog.web.timeline import length_of, timeline_of
from shotlog.web.transcript_lines import lines_by_clip

SORT_NAMES: tuple[tuple[Sort, str], ...] = (
    ("newest", "newest here first"),
    ("oldest", "oldest here first"),
    ("modified", "last modified first"),
    ("name", "by name"),
    ("longest", "longest first"),
    ("shortest", "shortest first"),
    ("largest", "largest first"),
    ("smallest", "smallest first"),
)
PAGE_HITS = 50

router = APIRouter(include_in_schema=False)


@router.get("/")
def grid(
    request: Request,
    shelf: Door,
    asked: Wanted,
    after: Annotated[str | None, Query(max_length=10_000)] = None,
) -> HTMLResponse:
    """All videos as a grid, or those that fit."""
    with shelf.open() as library:
        found = library.browse(
            asked.q, sort=asked.order, after=after, limit=PAGE_VIDEOS, **asked.filters
        )
        stand = numbers(library)
        count = stand.videos
        if not asked.asks_nothing:
            count = library.count(asked.q, most=COUNTED, **asked.filters)
        classes = library.class_names()
    return page(
        request,
        "grid.html",
        asked=asked,
        cards=tuple(map(card, found.rows)),
        more=asked.address("/", after=found.after) if found.after else None,
        begun=after is not None,
        stand=stand,
        count=count,
        counted=COUNTED,
        classes=classes,
        sorts=SORT_NAMES,
        folder=shelf.folder,
    )


@router.get("/videos/{video_id}")
def video(
    request: Request,
    shelf: Door,
    video_id: str,
    clip: Annotated[int, Query(ge=1)] = 1,
    source: bool = False,
) -> HTMLResponse:
    """A video and all that is known of it; with ``source``, the source itself is played."""
    with shelf.open() as library:
        row = library.row(video_id)
        if row is None:
            raise unknown(video_id)
        rows = library.clips(video_id)
        # Without the words, of which the page makes lines of its own: hours of them take a second.
        found = video_object(row, library.scan(video_id), rows)
        heard = library.transcript(video_id)
        samples = library.samples(video_id)
    clips = tuple(map(play, rows))
    whole = playing_source(row.source.url, length_of(found))
    playing = whole if source else playing_clips(clips, whole)
    return page(
        request,
        "video.html",
        headers={"Content-Security-Policy": policy(playing.origins)},
        row=row,
        video=found,
        clips=clips,
        playing=playing,
        first=min(clip, len(clips)) or 1,
        failed=[each for each in found.segments if each.error],
        timeline=timeline_of(found, [each.thumb for each in clips], samples),
        lines=lines_by_clip(heard.words if heard else (), found.segments),
        heard=heard,
    )


@router.get("/search")
def search(
    request: Request,
    shelf: Door,
    asked: Wanted,
    limit: Annotated[int, Query(ge=1, le=MOST_HITS)] = PAGE_HITS,
) -> HTMLResponse:
    """The moments that fit."""
    with shelf.open() as library:
        found: Sequence[api.Hit] = ()
        meant = None
        if not asked.asks_nothing:
            found = tuple(library.search(asked.q, limit=limit + 1, **asked.filters))
            meant = library.did_you_mean(asked.q) if asked.q and not found else None
    further = min(limit * 4, MOST_HITS)
    return page(
        request,
        "search.html",
        asked=asked,
        hits=tuple(map(hit, found[:limit])),
        meant=meant,
        more=asked.address("/search", limit=str(further))
        if len(found) > limit and further > limit
        else None,
    )
