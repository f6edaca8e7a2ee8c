"""Descriptions and tags by hand: as JSON, and as a form that needs no script."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shotlog import api
from shotlog.errors import EditedMeanwhileError
from shotlog.queries import plain
from shotlog.rows import ClipRow, Edit, VideoRow
from shotlog.web.api import FAULTS, UNKNOWN, unknown
from shotlog.web.forms import fields_of
from shotlog.web.library_access import Door, Shelf
from shotlog.web.objects import FaultAnswer
from shotlog.web.rendering import page

LONGEST_DESCRIPTION = 20_000
LONGEST_TAG = 200
MOST_TAGS = 200
LONGEST_FORM_BYTES = 400_000

CHANGED: dict[int | str, dict[str, Any]] = {
    409: {"model": FaultAnswer, "description": "Another has edited it since it was looked at."}
}
ANSWERS = {**FAULTS, **UNKNOWN, **CHANGED}

router = APIRouter(responses=ANSWERS)

Tag = Annotated[str, StringConstraints(max_length=LONGEST_TAG)]
Index = Annotated[int, Path(ge=1, le=10**6, description="the clip's number, from 1")]
Seen = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="the ETag as it was looked at; where another has edited since: 409",
    ),
]


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EditBody(_Object):
    """What a person says, in place of what was said by hand before."""

    description: Annotated[str, StringConstraints(max_length=LONGEST_DESCRIPTION)] | None = Field(
        default=None, description="null or blank: as told"
    )
    added: tuple[Tag, ...] = Field(
        default=(), max_length=MOST_TAGS, description="tags that hold besides those told"
    )
    removed: tuple[Tag, ...] = Field(
        default=(), max_length=MOST_TAGS, description="tags that do not hold, whoever gives them"
    )


class EditedObject(_Object):
    """A clip's, or a video's, description and tags: those that hold, told, and by hand."""

    description: str | None = Field(description="the one that holds, or null")
    tags: tuple[str, ...] = Field(description="those that hold")
    description_told: str | None = Field(description="the model's, or null")
    tags_told: tuple[str, ...] = Field(description="the model's and those that rules gave")
    description_by_hand: str | None = Field(description="null: as told")
    added: tuple[str, ...] = Field(description="by hand")
    removed: tuple[str, ...] = Field(description="by hand")
    edited_at: datetime | None = Field(description="in UTC; null where no hand has said anything")
    version: str = Field(description="its ETag without quotes: give it as If-Match")


Row = VideoRow | ClipRow


def state_of(row: Row) -> EditedObject:
    if isinstance(row, VideoRow):
        told = row.description
    else:
        told = row.answer.description if row.answer else None
    return EditedObject(
        description=row.description_now,
        tags=row.tags_now,
        description_told=told,
        tags_told=row.tags_told,
        description_by_hand=row.edit.description,
        added=row.edit.added,
        removed=row.edit.removed,
        edited_at=row.edit.edited_at,
        version=row.edit_version,
    )


def edit_over(state: EditedObject, description: str, tags: Iterable[str]) -> Edit:
    """The edit after which this description and these tags hold, and no others."""
    wanted = _tags(tags)
    kept = {tag.casefold() for tag in wanted}
    told = {tag.casefold() for tag in state.tags_told}
    text = _text(description)
    removed = _tags((*state.removed, *state.tags_told))
    return Edit(
        None if text == _text(state.description_told) else text,
        tuple(tag for tag in wanted if tag.casefold() not in told),
        tuple(tag for tag in removed if tag.casefold() not in kept),
    )


@router.get("/api/videos/{video_id}/edit", tags=["edits"])
def video_edit(shelf: Door, response: Response, video_id: str) -> EditedObject:
    """What is said of a video as a whole, and by whom."""
    return _answer(response, _row(shelf, video_id, None))


@router.put("/api/videos/{video_id}/edit", tags=["edits"])
def edit_video(
    shelf: Door, response: Response, video_id: str, body: EditBody, seen: Seen = None
) -> EditedObject:
    """Says it by hand, of a video as a whole."""
    return _write(shelf, response, video_id, None, body, seen)


@router.delete("/api/videos/{video_id}/edit", tags=["edits"])
def take_back_video(
    shelf: Door, response: Response, video_id: str, seen: Seen = None
) -> EditedObject:
    """Takes back what was said by hand of a video as a whole."""
    return _write(shelf, response, video_id, None, EditBody(), seen)


@router.get("/api/videos/{video_id}/clips/{index}/edit", tags=["edits"])
def clip_edit(shelf: Door, response: Response, video_id: str, index: Index) -> EditedObject:
    """What is said of a clip, and by whom."""
    return _answer(response, _row(shelf, video_id, index))


@router.put("/api/videos/{video_id}/clips/{index}/edit", tags=["edits"])
def edit_clip(
    shelf: Door,
    response: Response,
    video_id: str,
    index: Index,
    body: EditBody,
    seen: Seen = None,
) -> EditedObject:
    """Says it by hand, of a clip; it belongs to its stretch of the video for good."""
    return _write(shelf, response, video_id, index, body, seen)


@router.delete("/api/videos/{video_id}/clips/{index}/edit", tags=["edits"])
def take_back_clip(
    shelf: Door, response: Response, video_id: str, index: Index, seen: Seen = None
) -> EditedObject:
    """Takes back what was said by hand of a clip."""
    return _write(shelf, response, video_id, index, EditBody(), seen)


async def _fields(request: Request) -> dict[str, str]:
    return await fields_of(request, LONGEST_FORM_BYTES)


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.get("/videos/{video_id}/edit", include_in_schema=False)
def video_form(request: Request, shelf: Door, video_id: str) -> Response:
    return _form(request, shelf, video_id, None)


@router.post("/videos/{video_id}/edit", include_in_schema=False)
def save_video_form(request: Request, shelf: Door, video_id: str, fields: Fields) -> Response:
    return _save(request, shelf, video_id, None, fields)


@router.get("/videos/{video_id}/clips/{index}/edit", include_in_schema=False)
def clip_form(request: Request, shelf: Door, video_id: str, index: Index) -> Response:
    return _form(request, shelf, video_id, index)


@router.post("/videos/{video_id}/clips/{index}/edit", include_in_schema=False)
def save_clip_form(
    request: Request, shelf: Door, video_id: str, index: Index, fields: Fields
) -> Response:
    return _save(request, shelf, video_id, index, fields)


def _row(shelf: Shelf, video_id: str, index: int | None) -> Row:
    """Raises HTTPException where there is none."""
    with shelf.open() as library:
        video = library.row(video_id)
        if video is None:
            raise unknown(video_id)
        if index is None:
            return video
        clip = library.clip(video_id, index)
    if clip is None:
        raise HTTPException(404, f"The video has no clip {index}.")
    return clip


def _answer(response: Response, row: Row) -> EditedObject:
    response.headers["ETag"] = f'"{row.edit_version}"'
    return state_of(row)


def _write(
    shelf: Shelf,
    response: Response,
    video_id: str,
    index: int | None,
    body: EditBody,
    seen: str | None,
) -> EditedObject:
    _row(shelf, video_id, index)
    text = _text(body.description)
    edit = Edit(text, _tags(body.added), _tags(body.removed))
    version = None if seen is None or seen.strip() == "*" else seen.strip().strip('"')
    api.edit(shelf.folder, video_id, edit, index=index, seen=version)
    return _answer(response, _row(shelf, video_id, index))


def _form(
    request: Request,
    shelf: Shelf,
    video_id: str,
    index: int | None,
    said: EditedMeanwhileError | None = None,
    fields: dict[str, str] | None = None,
) -> Response:
    """With ``fields``, as a person filled it in, beside what another has said meanwhile."""
    row = _row(shelf, video_id, index)
    with shelf.open() as library:
        video = library.row(video_id)
    state = state_of(row)
    given = fields or {}
    return page(
        request,
        "edit.html",
        status=409 if said else 200,
        video=video,
        clip=row if isinstance(row, ClipRow) else None,
        state=state,
        description=given.get("description", state.description or ""),
        tags=_lines(given["tags"]) if "tags" in given else state.tags,
        said=said,
        back=_back(video_id, index),
    )


def _save(
    request: Request, shelf: Shelf, video_id: str, index: int | None, fields: dict[str, str]
) -> Response:
    if len(fields.get("description", "")) > LONGEST_DESCRIPTION:
        raise HTTPException(413, f"A description has at most {LONGEST_DESCRIPTION:,} characters.")
    state = state_of(_row(shelf, video_id, index))
    tags = _lines(fields.get("tags", ""))
    edit = edit_over(state, fields.get("description", ""), tags)
    if fields.get("do") == "take back":
        edit = Edit()
    try:
        api.edit(shelf.folder, video_id, edit, index=index, seen=fields.get("seen"))
    except EditedMeanwhileError as error:
        return _form(request, shelf, video_id, index, error, fields)
    return RedirectResponse(_back(video_id, index), 303)


def _back(video_id: str, index: int | None) -> str:
    return f"/videos/{video_id}" + ("" if index is None else f"?clip={index}#clip-{index}")


def _text(description: str | None) -> str | None:
    text = plain((description or "").replace("\r\n", "\n")).strip()
    return text or None


def _lines(text: str) -> list[str]:
    """As many tags as a hand may give, one a line."""
    return [line[:LONGEST_TAG] for line in text.splitlines() if line.strip()][:MOST_TAGS]


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each once, in any case, without blanks around it; empty ones left out."""
    named: dict[str, str] = {}
    for tag in tags:
        text = " ".join(plain(tag).split())
        if text:
            named.setdefault(text.casefold(), text)
    return tuple(named.values())
