"""What the JSON API answers with, field by field; OpenAPI is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shotlog import api
from shotlog.exports import VideoObject
from shotlog.exports.building import shown
from shotlog.records import Status
from shotlog.rows import BrowsedRow, ClipRow, TagCount, VideoRow
from shotlog.speech import Transcript
from shotlog.web.curves import Point
from shotlog.web.rendering import media_address


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultObject(_Object):
    """What is wrong with a request, or with the library."""

    code: str = Field(description="a stable word for programs")
    message: str = Field(description="what was seen, and what would have been right")
    hint: str = Field(description="what to do; may be empty")


class FaultAnswer(_Object):
    """The body of every answer of 400 and above."""

    error: FaultObject = Field(description="what is wrong")


class CardObject(_Object):
    """A video as it stands among others."""

    id: str = Field(description="twelve letters and digits")
    address: str = Field(description="its page")
    file_name: str = Field(description="the name in the listing")
    title: str | None = Field(description="the model's title for it, or null")
    description: str | None = Field(description="what it is about, or null")
    status: Status | None = Field(description="null while no run has finished it")
    failure: str | None = Field(description="why it is not done, or null")
    duration_seconds: float | None = Field(description="null where it was not read")
    size_bytes: int | None = Field(description="as listed, else as measured, else null")
    last_modified: datetime | None = Field(description="as listed, in UTC, or null")
    clips: int = Field(description="how many clips it has")
    tags: tuple[str, ...] = Field(description="those of the video as a whole")
    classes: tuple[str, ...] = Field(description="what rules class it as")
    thumb: str | None = Field(description="address of a picture of its middle, or null")


class CardsObject(_Object):
    """A page of videos."""

    videos: tuple[CardObject, ...] = Field(description="in the order asked for")
    after: str | None = Field(description="asks for the next page; null on the last")
    count: int = Field(description="videos that fit, counted up to 1000")
    more_than_counted: bool = Field(description="whether there are more than were counted")


class PlayObject(_Object):
    """A clip as the page plays it."""

    index: int = Field(description="its number, from 1")
    start_seconds: float = Field(description="where it begins in its video")
    end_seconds: float = Field(description="the first moment after it")
    media: str | None = Field(description="address of its file, or null: none was cut")
    thumb: str | None = Field(description="address of a picture of it, or null")


class DetailObject(_Object):
    """A video, all that is known of it, and where it is to be had."""

    id: str = Field(description="twelve letters and digits")
    address: str = Field(description="its page")
    video: VideoObject = Field(description="as results.json has it")
    clips: tuple[PlayObject, ...] = Field(description="in order")


class WordObject(_Object):
    """A word heard, or a sentence where the listener told no single words."""

    start_seconds: float = Field(description="from the first frame shown")
    end_seconds: float = Field(description="the first moment after it")
    text: str = Field(description="as it was heard")


class WordsObject(_Object):
    """What is spoken in a video."""

    language: str | None = Field(description="as the listener names it, or null: not said")
    words: tuple[WordObject, ...] = Field(description="in order; empty where nobody speaks")


class CurvesObject(_Object):
    """What was measured along a video; at each place of the lists one stretch of it."""

    start_seconds: tuple[float, ...] = Field(description="where each begins; it ends at the next")
    motion: tuple[float, ...] = Field(description="the most change between samples, 0..1")
    loudness_db: tuple[float | None, ...] = Field(
        description="the most, in dB below full scale; null without sound"
    )
    brightness: tuple[float, ...] = Field(description="on average, 0 black .. 1 white")


class SnippetObject(_Object):
    """The text in which words were found."""

    column: str = Field(description="where it stands: description, transcript, text, …")
    text: str = Field(description="the part of it around the words")
    marks: tuple[tuple[int, int], ...] = Field(
        description="where the words are in it, half-open, in characters (code points)"
    )


class HitObject(_Object):
    """A moment that fits, half-open."""

    video_id: str = Field(description="its video")
    address: str = Field(description="plays it on the page")
    file_name: str = Field(description="of the video, as listed")
    title: str | None = Field(description="of the video, or null")
    index: int | None = Field(description="of the clip; null: the whole video")
    start_seconds: float = Field(description="from the first frame shown")
    end_seconds: float = Field(description="the first moment after it")
    thumb: str | None = Field(description="address of a picture of it, or null")
    score: float = Field(description="higher is better; scores of one search compare")
    snippet: SnippetObject | None = Field(description="null where nothing is said")
    tags: tuple[str, ...] = Field(description="of the clip, or of the whole video")


class HitsObject(_Object):
    """What a search finds."""

    hits: tuple[HitObject, ...] = Field(description="the best first")
    did_you_mean: str | None = Field(description="a sentence, where nothing was found")


class TagObject(_Object):
    """A tag or a class, and how much has it."""

    name: str = Field(description="as it was first written")
    group: str | None = Field(description="of a class; null for a tag")
    clips: int = Field(description="clips that have it")
    videos: int = Field(description="videos that have it as a whole")


class LibraryObject(_Object):
    """A library in numbers."""

    videos: int = Field(description="videos it knows")
    done: int = Field(description="of which all is done")
    partial: int = Field(description="of which a part is missing")
    failed: int = Field(description="of which nothing is there")
    unfinished: int = Field(description="that no run has finished")
    revision: int = Field(description="grows with every change of what is shown")


def card(row: BrowsedRow) -> CardObject:
    video = row.video
    return CardObject(
        id=video.id,
        address=f"/videos/{video.id}",
        file_name=shown(video.source.file_name),
        title=video.title,
        description=video.description_now,
        status=video.status,
        failure=shown(video.failure.message) if video.failure else None,
        duration_seconds=row.duration_seconds,
        size_bytes=row.size_bytes,
        last_modified=video.source.last_modified,
        clips=video.clip_count,
        tags=video.tags_now,
        classes=tuple(each.name for each in video.rule_tags if each.group is not None),
        thumb=media_address(row.thumb) if row.thumb else None,
    )


def play(row: ClipRow) -> PlayObject:
    clip = row.clip
    return PlayObject(
        index=clip.span.index,
        start_seconds=round(float(clip.span.start), 6),
        end_seconds=round(float(clip.span.end), 6),
        media=media_address(clip.video.file) if clip.video else None,
        thumb=media_address(clip.thumb) if clip.thumb else None,
    )


def detail(row: VideoRow, video: VideoObject, clips: Sequence[ClipRow]) -> DetailObject:
    return DetailObject(
        id=row.id, address=f"/videos/{row.id}", video=video, clips=tuple(map(play, clips))
    )


def spoken(heard: Transcript) -> WordsObject:
    return WordsObject(
        language=heard.language,
        words=tuple(
            WordObject(
                start_seconds=round(float(each.start), 3),
                end_seconds=round(float(each.end), 3),
                text=each.text,
            )
            for each in heard.words
        ),
    )


def curves(points: Sequence[Point]) -> CurvesObject:
    return CurvesObject(
        start_seconds=tuple(round(each.start_seconds, 3) for each in points),
        motion=tuple(round(each.motion, 4) for each in points),
        loudness_db=tuple(
            None if each.loudness_db is None else round(each.loudness_db, 1) for each in points
        ),
        brightness=tuple(round(each.brightness, 3) for each in points),
    )


def hit(found: api.Hit) -> HitObject:
    start = round(float(found.start), 3)
    snippet = found.snippet
    return HitObject(
        video_id=found.video_id,
        address=f"/videos/{found.video_id}#t={start:g}",
        file_name=shown(found.file_name),
        title=found.title,
        index=found.index,
        start_seconds=start,
        end_seconds=round(float(found.end), 3),
        thumb=media_address(found.thumb) if found.thumb else None,
        score=round(found.score, 6),
        snippet=SnippetObject(column=snippet.column, text=snippet.text, marks=snippet.marks)
        if snippet
        else None,
        tags=found.tags,
    )


def tag(count: TagCount) -> TagObject:
    return TagObject(name=count.name, group=count.group, clips=count.clips, videos=count.videos)


def numbers(library: api.Library) -> LibraryObject:
    stand = library.statuses()
    return LibraryObject(
        videos=sum(stand.values()),
        done=stand.get("done", 0),
        partial=stand.get("partial", 0),
        failed=stand.get("failed", 0),
        unfinished=stand.get(None, 0),
        revision=library.revision(),
    )
