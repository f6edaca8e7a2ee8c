"""The objects of ``results.json``, ``video.json`` and the manifest, field by field.

The models are the published format: ``results_schema()`` is their JSON schema, docs/output.md says
the same in prose. Times are seconds from the first frame shown, spans half-open.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from shotlog.fields import ClipFields
from shotlog.records import AnswerFlag

DECIMALS = 6
"""Digits kept of seconds and frame rates: a microsecond."""

Rounded = Annotated[float, AfterValidator(lambda value: round(value, DECIMALS))]
Seconds = Annotated[Rounded, Field(ge=0)]


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorObject(_Object):
    """Why a video or a clip was not done."""

    step: str = Field(description="the step that failed: fetch, scan, describe, …")
    code: str = Field(description="a stable word for programs, such as fetch_refused")
    message: str = Field(description="what was seen, what would have been right, what to do")
    retryable: bool = Field(description="whether the same may succeed later with nothing changed")


class SceneObject(_Object):
    """A stretch between two cuts, half-open."""

    start_seconds: Seconds = Field(description="its first frame's time")
    end_seconds: Seconds = Field(description="the next scene's first frame, or the video's end")


class MediaObject(_Object):
    """What a video is, as measured while decoding it."""

    duration_seconds: Seconds = Field(description="from the first frame shown to the last's end")
    width: int = Field(description="pixels as displayed: upright, with square pixels")
    height: int = Field(description="pixels as displayed")
    fps: Rounded = Field(description="frames shown over the duration")
    video_codec: str = Field(description="ffmpeg's name of the codec")
    pixel_format: str = Field(description="ffmpeg's name of the pixel format")
    rotation_degrees: Literal[0, 90, 180, 270] = Field(
        description="the clockwise turn that shows the picture upright"
    )
    mirrored: bool = Field(description="whether it is also flipped left to right before the turn")
    has_audio: bool = Field(description="whether there is a sound track")
    audio_codec: str | None = Field(description="ffmpeg's name of it; null without sound")
    audio_sample_rate_hz: int | None = Field(description="null without sound")
    audio_channels: int | None = Field(description="null without sound")
    container: str = Field(description="ffmpeg's name of the file format")
    size_bytes: int = Field(description="bytes of the file that was decoded")
    frame_count: int = Field(description="frames shown")
    coded_width: int = Field(description="pixels as stored, before turning and squaring")
    coded_height: int = Field(description="pixels as stored")
    sample_aspect_ratio: str = Field(description="a stored pixel's width:height, as 4:3")
    duration_seconds_declared: Rounded | None = Field(description="what the header claims, or null")
    fps_declared: Rounded | None = Field(description="what the header claims, or null")
    first_frame_seconds: Rounded = Field(description="the first frame on the file's own clock")
    color_range: Literal["limited", "full"] = Field(description="how far luma reaches")
    color_matrix: str = Field(description="ffmpeg's name of it")
    color_primaries: str = Field(description="ffmpeg's name of them")
    color_transfer: str = Field(description="ffmpeg's name of it")
    interlaced: bool = Field(description="whether frames of two fields were found and made whole")
    damage: tuple[str, ...] = Field(description="what could not be read; empty for a sound file")


class SameObject(_Object):
    """An earlier clip of the library that shows the same picture."""

    video_id: str = Field(description="the id of its video: the end of the video's folder's name")
    file_name: str = Field(description="its video's name in the listing")
    index: int = Field(description="its number in that video, from 1", ge=1)


class UsageObject(_Object):
    """What an answer took of the model."""

    requests: int = Field(description="requests, those asked again counted in")
    prompt_tokens: int | None = Field(description="tokens sent, or null: not said")
    completion_tokens: int | None = Field(description="tokens answered, or null: not said")
    cost: Decimal | None = Field(description="by the tariff, as decimal text, or null: no tariff")


class EvidenceObject(_Object):
    """One thing that a rule saw."""

    clip: int | None = Field(description="the clip's number, or null: the video as a whole")
    field: str = Field(description="a field of the rules file; clips where clips were counted")
    value: str | float | bool | None = Field(description="what stood there, or null: nothing did")


class RuleTagObject(_Object):
    """A tag that a rule gave."""

    name: str = Field(description="the tag; it is among tags too")
    rule: str = Field(description="the rule's name")
    evidence: tuple[EvidenceObject, ...] = Field(description="what the rule saw")


class ClassObject(_Object):
    """A class that a rule gave; of each group there is one at most."""

    name: str = Field(description="the class")
    group: str = Field(description="its group: class where the rule names no other")
    rule: str = Field(description="the rule's name")
    evidence: tuple[EvidenceObject, ...] = Field(description="what the rule saw")


class EditObject(_Object):
    """What a person changed by hand; the description and the tags beside it hold it already."""

    description_told: str | None = Field(description="the description that it replaces, or null")
    tags_added: tuple[str, ...] = Field(description="tags that hold besides those told")
    tags_removed: tuple[str, ...] = Field(description="tags that do not hold, whoever gives them")
    edited_at: datetime | None = Field(description="when, in UTC")


class SegmentObject(_Object):
    """One clip, half-open, and what is in it."""

    index: int = Field(description="from 1", ge=1)
    start_seconds: Seconds = Field(description="its first moment, from the video's first frame")
    end_seconds: Seconds = Field(description="the first moment after it")
    file: str | None = Field(description="the clip below the library's folder, or null: not cut")
    segment_url: str = Field(description="plays this clip: where it is published, or #t=START,END")
    width: int | None = Field(description="pixels of the clip file; null where none was cut")
    height: int | None = Field(description="pixels of the clip file; null where none was cut")
    fps: Rounded | None = Field(description="frames a second of the clip file; null likewise")
    description: str | None = Field(description="the model's words, or a person's; null: none")
    heard: str | None = Field(description="the words spoken in it, or null: none, or not heard")
    tags: tuple[str, ...] = Field(description="words that hold for this clip")
    rule_tags: tuple[RuleTagObject, ...] = Field(description="those of them that rules gave")
    classes: tuple[ClassObject, ...] = Field(description="what rules class it as")
    model: str | None = Field(description="who described it: a model's name, or signals")
    fields: ClipFields | None = Field(description="the model's answer in fields, or null")
    flags: tuple[AnswerFlag, ...] = Field(description="what is doubtful about the description")
    usage: UsageObject | None = Field(description="what the answer took, or null: no model")
    same_as: SameObject | None = Field(description="an earlier clip with this picture, or null")
    edit: EditObject | None = Field(description="what was changed by hand, or null")
    status: Literal["done", "failed"] = Field(description="done where it has a description")
    error: ErrorObject | None = Field(description="why it has none; null where it has one")


class ChapterObject(_Object):
    """A stretch of a video that belongs together, half-open."""

    start_seconds: Seconds = Field(description="where its first clip begins")
    end_seconds: Seconds = Field(description="where the next chapter begins, or the video ends")
    title: str = Field(description="the model's words")


class TranscriptObject(_Object):
    """What is spoken in a video."""

    language: str | None = Field(description="as the listener names it, or null: not said")
    text: str = Field(description="all words in order; empty where nobody speaks")


class VideoObject(_Object):
    """One video and all that is known of it."""

    file_name: str = Field(description="the name in the listing")
    file_size: int | None = Field(description="bytes: as listed, else as measured, else null")
    last_modified: datetime | None = Field(description="as listed, in UTC, or null")
    public_url: str = Field(description="the address as the listing shows it")
    status: Literal["done", "partial", "failed"] = Field(
        description="all done; some of it done; nothing to show"
    )
    media: MediaObject | None = Field(description="null where it could not be read")
    scenes: tuple[SceneObject, ...] = Field(description="in order; empty where it was not read")
    max_resolution: str | None = Field(description="the cap that was applied, as 720p")
    max_fps: Rounded | None = Field(description="the cap that was applied")
    title: str | None = Field(description="the model's title for it; null where there is none")
    description: str | None = Field(description="a summary of the whole, or null")
    chapters: tuple[ChapterObject, ...] = Field(description="in order; empty where there are none")
    tags: tuple[str, ...] = Field(description="words that hold for the video")
    rule_tags: tuple[RuleTagObject, ...] = Field(description="those of them that rules gave")
    classes: tuple[ClassObject, ...] = Field(description="what rules class it as")
    transcript: TranscriptObject | None = Field(description="words heard; null: nobody listened")
    segments: tuple[SegmentObject, ...] = Field(description="its clips, in order")
    edit: EditObject | None = Field(description="what was changed by hand, or null")
    error: ErrorObject | None = Field(description="why the video is not done, or null")


class GivenSegmentObject(_Object):
    """A clip as the manifest gives it back: it is described where it lies."""

    file: str | None = Field(description="the clip file beside the manifest, or null")
    segment_url: str = Field(description="plays this clip")
    start_seconds: Seconds = Field(description="where it begins in its video")
    end_seconds: Seconds = Field(description="the first moment after it")


class ManifestObject(_Object):
    """One entry of ``videos_with_segments.json``, ready to be given back by ``--json``."""

    file_name: str = Field(description="the name in the listing")
    file_size: int | None = Field(description="bytes as listed, or null")
    last_modified: datetime | None = Field(description="as listed, in UTC, or null")
    public_url: str = Field(description="the address as the listing shows it")
    segments: tuple[GivenSegmentObject, ...] = Field(description="its clips; empty: cut them")
    max_resolution: str | None = Field(description="the cap for this video, as 720p, or null")
    max_fps: Rounded | None = Field(description="the cap for this video, or null")


def results_schema() -> dict[str, Any]:
    """The JSON schema of ``results.json``."""
    return TypeAdapter(list[VideoObject]).json_schema(mode="serialization")


def manifest_schema() -> dict[str, Any]:
    """The JSON schema of ``videos_with_segments.json``."""
    return TypeAdapter(list[ManifestObject]).json_schema(mode="serialization")
