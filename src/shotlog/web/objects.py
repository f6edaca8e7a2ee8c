"""What the JSON API answers with, field by field; OpenAPI is made of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shotlog.exports.building import shown
from shotlog.records import Status
from shotlog.rows import BrowsedRow
from shotlog.web.rendering import media_address


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CardObject(_Object):
    """A video as it stands among others."""

    id: str = Field(description="twelve letters and digits")
    address: str = Field(description="its page")
    file_name: str = Field(description="the name in the listing")
    title: str | None = Field(description="the model's title for it, or null")
    status: Status | None = Field(description="null while no run has finished it")
    duration_seconds: float | None = Field(description="null where it was not read")
    size_bytes: int | None = Field(description="as listed, or null")
    last_modified: datetime | None = Field(description="as listed, in UTC, or null")
    clips: int = Field(description="how many clips it has")
    tags: tuple[str, ...] = Field(description="those of the video as a whole")
    classes: tuple[str, ...] = Field(description="what rules class it as")
    thumb: str | None = Field(description="a picture of its middle, or null")


class CardsObject(_Object):
    """A page of videos."""

    videos: tuple[CardObject, ...] = Field(description="in the order asked for")
    after: str | None = Field(description="asks for the next page; null on the last")


def card(row: BrowsedRow) -> CardObject:
    video = row.video
    return CardObject(
        id=video.id,
        address=f"/videos/{video.id}",
        file_name=shown(video.source.file_name),
        title=video.title,
        status=video.status,
        duration_seconds=row.duration_seconds,
        size_bytes=video.source.size_bytes,
        last_modified=video.source.last_modified,
        clips=video.clip_count,
        tags=video.tags,
        classes=tuple(each.name for each in video.rule_tags if each.group is not None),
        thumb=media_address(row.thumb) if row.thumb else None,
    )
