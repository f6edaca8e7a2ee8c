"""The pages for people."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from shotlog.web.api import PAGE_VIDEOS
from shotlog.web.objects import card
from shotlog.web.rendering import page
from shotlog.web.shelf import Door

router = APIRouter(include_in_schema=False)


@router.get("/")
def grid(request: Request, shelf: Door) -> HTMLResponse:
    """All videos as a grid."""
    with shelf.open() as library:
        cards = tuple(map(card, library.browse(limit=PAGE_VIDEOS)))
        counts = library.counts()
    return page(request, "grid.html", cards=cards, counts=counts)


@router.get("/videos/{video_id}")
def video(request: Request, shelf: Door, video_id: str) -> HTMLResponse:
    """A video and all that is known of it."""
    with shelf.open() as library:
        row = library.row(video_id)
        if row is None:
            raise HTTPException(404, f"The library has no video {video_id!r}.")
        found = library.object_of(row)
        clips = library.clips(video_id)
    return page(request, "video.html", row=row, video=found, clips=clips)
