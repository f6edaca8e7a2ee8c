"""WebVTT tracks of a video: what is to be seen in it, and what is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response

from shotlog import api
from shotlog.rows import ClipRow
from shotlog.subtitles.cues import Cue, cues_between, described_cues, spoken_cues
from shotlog.subtitles.webvtt import webvtt
from shotlog.web.api import UNKNOWN, unknown
from shotlog.web.library_access import Door

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
    """What is to be seen, clip by clip; of one clip, its own description for as long as it is."""
    with shelf.open() as library:
        clips = _clips(library, video_id)
    if index is None:
        return _track(described_cues(clips))
    clip = _numbered(clips, index)
    return _track(_of_clip(described_cues([clip]), clip))


@router.get("/videos/{video_id}/transcript.vtt")
def transcript(shelf: Door, video_id: str, index: OfClip = None) -> Response:
    """The words heard; no cue where nobody speaks, or nobody listened."""
    with shelf.open() as library:
        clips = _clips(library, video_id)
        heard = library.transcript(video_id)
    cues = spoken_cues(heard.words if heard else ())
    return _track(cues if index is None else _of_clip(cues, _numbered(clips, index)))


def _clips(library: api.Library, video_id: str) -> Sequence[ClipRow]:
    if library.row(video_id) is None:
        raise unknown(video_id)
    return library.clips(video_id)


def _numbered(clips: Sequence[ClipRow], index: int) -> ClipRow:
    for each in clips:
        if each.clip.span.index == index:
            return each
    raise HTTPException(404, f"The video has no clip {index}.")


def _of_clip(cues: Iterable[Cue], clip: ClipRow) -> Iterable[Cue]:
    """On the clock of the clip's file."""
    return cues_between(cues, clip.clip.span.start, clip.clip.span.end)


def _track(cues: Iterable[Cue]) -> Response:
    return Response(webvtt(cues), media_type="text/vtt")
