"""The JSON API: what the page itself asks, and programs may."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from shotlog.web.objects import CardsObject, card
from shotlog.web.shelf import Door

PAGE_VIDEOS = 48
MOST_VIDEOS = 500

router = APIRouter(prefix="/api", tags=["library"])


@router.get("/videos")
def videos(
    shelf: Door, limit: Annotated[int, Query(ge=1, le=MOST_VIDEOS)] = PAGE_VIDEOS
) -> CardsObject:
    """Videos that fit, a page at a time."""
    with shelf.open() as library:
        return CardsObject(videos=tuple(map(card, library.browse(limit=limit))), after=None)
