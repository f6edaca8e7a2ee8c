"""WebVTT tracks of a video: what is to be seen in it, and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response

from shotlog import api
from shotlog.rows import ClipRow
from shotlog.web.api import UNKNOWN, unknown
from shotlog.web.cues import Cue, cues_between, cues_of_words, webvtt
from shotlog.web.shelf import Door

TRACK: dict[int | str, dict[str, object]] = {
    **UNKNOWN,
    200: {"content": {"text/vtt": {}}, "description": "A WebVTT track."},
}

router = APIRouter(tags=["library"], responses=TRACK, default_response_class=Response)

OfClip = Annotated[
    int | None, Query(alias="clip", ge=1, description="on the clock of this clip's file")
]


@router.get("/videos/{video_id}/descriptions.vtt")
def descriptions(shelf: Door, video_id: str, index: OfClip = None) -> Response:
    """What is to be seen, clip by clip."""
    with shelf.open() as library:
        clips = _clips(library, video_id)
    cues = (
        Cue(each.clip.span.start, each.clip.span.end, each.description_now)
        for each in clips
        if each.description_now
    )
    return _track(cues, clips, index)


@router.get("/videos/{video_id}/transcript.vtt")
def transcript(shelf: Door, video_id: str, index: OfClip = None) -> Response:
    """The words heard; no cue where nobody speaks, or nobody listened."""
    with shelf.open() as library:
        clips = _clips(library, video_id)
        heard = library.transcript(video_id)
    return _track(cues_of_words(heard.words if heard else ()), clips, index)


def _clips(library: api.Library, video_id: str) -> Sequence[ClipRow]:
    if library.row(video_id) is None:
        raise unknown(video_id)
    return library.clips(video_id)


def _track(cues: Iterable[Cue], clips: Sequence[ClipRow], index: int | None) -> Response:
    if index is not None:
        spans = [each.clip.span for each in clips if each.clip.span.index == index]
        if not spans:
            raise HTTPException(404, f"The video has no clip {index}.")
        cues = cues_between(cues, spans[0].start, spans[0].end)
    return Response(webvtt(cues), media_type="text/vtt")
