"""Between records and the catalog's columns; the one place that knows both."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from shotlog.catalog.timed_records import (
    clip_file_in_json,
    exact,
    frame_file_in_json,
    scores_in_json,
    words_in_json,
)
from shotlog.fields import ClipFields
from shotlog.records import (
    Answer,
    Chapter,
    Clip,
    ClipFile,
    Failure,
    FrameFile,
    GivenClip,
    Resolution,
    SceneScore,
    Source,
    Span,
    Spent,
)
from shotlog.rows import (
    UNEDITED,
    AppliedSettings,
    ClipRow,
    Edit,
    Evidence,
    FailureRow,
    RuleTag,
    RunProgress,
    RunRow,
    SameClip,
    VideoRow,
)
from shotlog.speech import Word

T = TypeVar("T")

SOURCE_COLUMNS = (
    "id, file_name, public_url, url, size_bytes, last_modified, max_long_side, max_short_side,"
    " max_fps, given_clips, further"
)


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""Of each kind made once, at its first use: that takes milliseconds."""


def to_json(kind: type[T], value: T) -> str:
    return _adapter(kind).dump_json(value).decode()


def from_json(kind: type[T], text: str | bytes) -> T:
    """Raises pydantic's ValidationError where the text is no ``kind``."""
    found: T = _adapter(kind).validate_json(text)
    return found


def packed(kind: type[T], value: T) -> bytes:
    """Deflated JSON, for what is long and is only ever read whole."""
    return zlib.compress(_adapter(kind).dump_json(value), level=1)


def unpacked(kind: type[T], data: bytes) -> T:
    return from_json(kind, zlib.decompress(data))


def words_out(data: bytes) -> tuple[Word, ...]:
    """What :func:`packed` made of words heard."""
    return words_in_json(zlib.decompress(data))


def scores_out(data: bytes) -> tuple[SceneScore, ...]:
    """What :func:`packed` made of scene scores."""
    return scores_in_json(zlib.decompress(data))


def name_in(name: str) -> str | bytes:
    """A name or address as SQLite takes it; a file name's undecodable bytes survive as a blob."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def name_out(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def words_in(text: str) -> str:
    """A model's words; half an emoji, cut off by a token limit, becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def source_in(source: Source) -> tuple[object, ...]:
    """The values of :data:`SOURCE_COLUMNS`."""
    cap = source.max_resolution
    given = [[each.url, _text(each.start), _text(each.end)] for each in source.given_clips]
    return (
        source.id,
        name_in(source.file_name),
        name_in(source.public_url),
        name_in(source.url),
        source.size_bytes,
        source.last_modified.isoformat() if source.last_modified else None,
        cap.long_side if cap else None,
        cap.short_side if cap else None,
        _text(source.max_fps),
        json.dumps(given) if given else None,
        json.dumps(source.further) if source.further else None,
    )


def source_out(row: sqlite3.Row) -> Source:
    given = json.loads(row["given_clips"]) if row["given_clips"] else []
    further = json.loads(row["further"]) if row["further"] else []
    modified = row["last_modified"]
    long_side, short_side = row["max_long_side"], row["max_short_side"]
    return Source(
        public_url=name_out(row["public_url"]),
        url=name_out(row["url"]),
        file_name=name_out(row["file_name"]),
        size_bytes=row["size_bytes"],
        last_modified=datetime.fromisoformat(modified) if modified else None,
        given_clips=tuple(GivenClip(url, _exact(start), _exact(end)) for url, start, end in given),
        max_resolution=Resolution(long_side, short_side) if long_side else None,
        max_fps=_exact(row["max_fps"]),
        further=tuple((name, value) for name, value in further),
    )


def video_out(row: sqlite3.Row) -> VideoRow:
    return VideoRow(
        id=row["id"],
        source=source_out(row),
        source_key=row["source_key"],
        etag=row["etag"],
        folder=row["folder"],
        scan_key=row["scan_key"],
        clips_key=row["clips_key"],
        frames_key=row["frames_key"],
        scenes_key=row["scenes_key"],
        text_key=row["text_key"],
        complete_key=row["complete_key"],
        clip_count=row["clip_count"],
        applied=_applied_out(row["applied"]) if row["applied"] else None,
        status=row["status"],
        failure=failure_out(row["failure"]),
        description=row["description"],
        tags=tuple(json.loads(row["tags"])) if row["tags"] else (),
        title=row["title"],
        chapters=_chapters_out(row["chapters"]) if row["chapters"] else (),
        sound_key=row["sound_key"],
        rules_key=row["rules_key"],
        rule_tags=rule_tags_out(row["rule_tags"]),
        edit=edit_out(row["edit"]),
    )


def edit_in(edit: Edit) -> str | None:
    """None for an empty one."""
    if edit.is_empty:
        return None
    said = None if edit.description is None else words_in(edit.description)
    added, removed = (list(map(words_in, tags)) for tags in (edit.added, edit.removed))
    at = edit.edited_at.isoformat(timespec="seconds") if edit.edited_at else None
    return json.dumps([said, added, removed, at], ensure_ascii=False)


def edit_out(text: str | None) -> Edit:
    if text is None:
        return UNEDITED
    said, added, removed, at = json.loads(text)
    edited_at = datetime.fromisoformat(at) if at else None
    return Edit(said, tuple(added), tuple(removed), edited_at)


def rule_tags_in(tags: Sequence[RuleTag]) -> str | None:
    told = [
        [
            each.name,
            each.rule,
            each.group,
            [[one.clip, one.field, one.value] for one in each.evidence],
        ]
        for each in tags
    ]
    return words_in(json.dumps(told, ensure_ascii=False)) if told else None


def rule_tags_out(text: str | None) -> tuple[RuleTag, ...]:
    return tuple(
        RuleTag(name, rule, tuple(Evidence(*each) for each in evidence), group)
        for name, rule, group, evidence in (json.loads(text) if text else ())
    )


def chapters_in(chapters: tuple[Chapter, ...]) -> str | None:
    told = [[str(each.start), str(each.end), words_in(each.title)] for each in chapters]
    return json.dumps(told, ensure_ascii=False) if told else None


def _chapters_out(text: str) -> tuple[Chapter, ...]:
    return tuple(Chapter(exact(start), exact(end), title) for start, end, title in json.loads(text))


@lru_cache(maxsize=64)
def _applied_out(text: str) -> AppliedSettings:
    """One run applies the same settings to nearly all of its videos."""
    return from_json(AppliedSettings, text)


def failure_in(failure: Failure | None) -> str | None:
    return json.dumps(asdict(failure)) if failure else None


def failure_out(text: str | None) -> Failure | None:
    return Failure(**json.loads(text)) if text else None


def clip_in(video_id: str, clip: Clip) -> tuple[object, ...]:
    span = clip.span
    return (
        video_id,
        span.index,
        str(span.start),
        str(span.end),
        float(span.start),
        float(span.end),
        clip.url,
        to_json(ClipFile, clip.video) if clip.video else None,
        clip.thumb,
        to_json(FrameFile, clip.frames) if clip.frames else None,
    )


def clip_out(row: sqlite3.Row) -> ClipRow:
    start, end = exact(row["start_exact"]), exact(row["end_exact"])
    clip = Clip(
        span=Span(row["clip_index"], start, end),
        url=row["url"],
        video=clip_file_in_json(row["file"]) if row["file"] else None,
        thumb=row["thumb"],
        frames=frame_file_in_json(row["frames"]) if row["frames"] else None,
    )
    return ClipRow(
        video_id=row["video_id"],
        clip=clip,
        answer_key=row["answer_key"],
        answer=answer_out(row) if row["answer_key"] else None,
        failure=failure_out(row["failure"]),
        attempts=row["attempts"],
        same_as=_same_out(row),
        rule_tags=rule_tags_out(row["rule_tags"]),
        edit=edit_out(row["edit"]),
    )


def _same_out(row: sqlite3.Row) -> SameClip | None:
    if row["same_video_id"] is None:
        return None
    return SameClip(row["same_video_id"], name_out(row["same_file_name"]), row["same_clip_index"])


def answer_in(answer: Answer) -> tuple[object, ...]:
    return (
        words_in(answer.description),
        words_in(answer.model),
        json.dumps(answer.tags),
        answer.prompt_tokens,
        answer.completion_tokens,
        json.dumps(answer.evidence),
        words_in(answer.fields.model_dump_json()) if answer.fields else None,
        json.dumps(answer.flags),
        answer.requests,
        None if answer.cost is None else str(answer.cost),
    )


def answer_out(row: sqlite3.Row) -> Answer:
    return Answer(
        description=row["description"],
        model=row["model"],
        tags=tuple(json.loads(row["tags"])),
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        evidence=tuple((word, value) for word, value in json.loads(row["evidence"])),
        fields=ClipFields.model_validate_json(row["fields"]) if row["fields"] else None,
        flags=tuple(json.loads(row["flags"])),
        requests=row["requests"],
        cost=None if row["cost"] is None else Decimal(row["cost"]),
    )


def failure_row_out(row: sqlite3.Row) -> FailureRow:
    failure = Failure(**json.loads(row["failure"]))
    return FailureRow(row["id"], name_out(row["file_name"]), row["clip_index"], failure)


def run_out(row: sqlite3.Row) -> RunRow:
    ended = row["ended_at"]
    options: Mapping[str, object] = json.loads(row["options"])
    return RunRow(
        id=row["id"],
        started_at=datetime.fromisoformat(row["started_at"]),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        status=row["status"],
        options=options,
        spent=spent_out(row),
        progress=from_json(RunProgress, row["progress"]) if row["progress"] else None,
    )


def progress_in(progress: RunProgress) -> str:
    return words_in(json.dumps(asdict(progress), ensure_ascii=False, default=datetime.isoformat))


def spent_in(spent: Spent) -> tuple[object, ...]:
    """Requests, tokens in and out, cost and currency."""
    cost = None if spent.cost is None else str(spent.cost)
    used = spent.requests, spent.prompt_tokens, spent.completion_tokens
    return (*used, cost, spent.currency)


def spent_out(row: sqlite3.Row) -> Spent:
    return Spent(
        requests=row["requests"],
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        cost=None if row["cost"] is None else Decimal(row["cost"]),
        currency=row["currency"],
    )


def _text(number: Fraction | None) -> str | None:
    return None if number is None else str(number)


def _exact(text: str | None) -> Fraction | None:
    return None if text is None else exact(text)
