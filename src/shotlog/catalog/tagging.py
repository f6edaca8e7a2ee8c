"""The part of the catalog that rules read and write: quick, and one video at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from shotlog.catalog import columns
from shotlog.catalog.edits import Editing
from shotlog.catalog.tags import tag_clips, tag_video
from shotlog.records import Signals
from shotlog.rows import RuleTag
from shotlog.rules import ClipSubject, VideoSubject

_VIDEOS = """
    SELECT number, videos.id, file_name, public_url, size_bytes, last_modified, status, title,
        description, tags, rules_key, rule_tags, edit, facts, transcripts.text AS transcript
    FROM videos LEFT JOIN scans ON scans.video_id = videos.id
        LEFT JOIN transcripts ON transcripts.video_id = videos.id
"""

_CLIPS = """
    SELECT clip_index, start_seconds, end_seconds, measured, heard, rule_tags,
        answers.description, model, tags, fields, edit
    FROM clips LEFT JOIN answers ON answers.key = clips.answer_key
        LEFT JOIN clip_edits USING (video_id, start_exact, end_exact)
    WHERE clips.video_id = ? ORDER BY clip_index
"""


@dataclass(frozen=True, slots=True)
class Taggable:
    """A video as rules see it, and what rules gave it before."""

    video_id: str
    subject: VideoSubject
    rules_key: str | None
    video_tags: tuple[RuleTag, ...]
    clip_tags: Mapping[int, tuple[RuleTag, ...]]
    """By the clip's number; clips without are left out."""
    is_measured: bool
    """Whether its clips' signals and words heard are there, as of when it was finished."""


@dataclass(frozen=True, slots=True)
class Retagged:
    """What rules give to a video now."""

    video_id: str
    rules_key: str | None
    video_tags: tuple[RuleTag, ...]
    clip_tags: Mapping[int, tuple[RuleTag, ...]]
    """Of those clips alone that change; empty takes away what is there."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What rules look at in a clip beside its answer."""

    index: int
    signals: Signals
    heard: str | None


class Tagging(Editing):
    """Each writing method is one transaction, as those of :class:`Catalog` are."""

    def taggable(self, video_id: str) -> Taggable | None:
        """One video for the rules; None where there is none of that id."""
        row = self._row(f"{_VIDEOS} WHERE videos.id = ?", (video_id,))
        return self._taggable(row) if row else None

    def all_taggable(self) -> Iterator[Taggable]:
        """All videos of the library for the rules, in the order first seen. Streams."""
        sql = f"{_VIDEOS} WHERE number > ? ORDER BY number LIMIT ?"
        for row in self._pages(sql, (), "number"):
            yield self._taggable(row)

    def save_measured(self, video_id: str, clips: Iterable[Measured]) -> None:
        """Keeps for the rules what was measured and heard of these clips."""
        rows = [
            (json.dumps(asdict(each.signals)), each.heard, video_id, each.index) for each in clips
        ]
        sql = "UPDATE clips SET measured = ?, heard = ? WHERE video_id = ? AND clip_index = ?"
        with self._transaction() as connection:
            connection.executemany(sql, rows)

    def save_rule_tags(self, videos: Iterable[Retagged]) -> None:
        """What rules give, in place of what they gave before."""
        of_video = "UPDATE videos SET rules_key = ?, rule_tags = ? WHERE id = ?"
        of_clip = "UPDATE clips SET rule_tags = ? WHERE video_id = ? AND clip_index = ?"
        with self._transaction() as connection:
            for each in videos:
                told = columns.rule_tags_in(each.video_tags)
                connection.execute(of_video, (each.rules_key, told, each.video_id))
                rows = [
                    (columns.rule_tags_in(tags), each.video_id, index)
                    for index, tags in each.clip_tags.items()
                ]
                connection.executemany(of_clip, rows)
                tag_video(connection, each.video_id)
                tag_clips(connection, each.video_id, each.clip_tags)

    def _taggable(self, row: sqlite3.Row) -> Taggable:
        subject = _video(row)
        clips = self._rows(_CLIPS, (row["id"],))
        subject.clips = [_clip(subject, each) for each in clips]
        tagged = {
            each["clip_index"]: columns.rule_tags_out(each["rule_tags"])
            for each in clips
            if each["rule_tags"]
        }
        # A video that is not finished may have been measured anew since.
        measured = row["status"] is not None and all(each["measured"] for each in clips)
        before = columns.rule_tags_out(row["rule_tags"])
        return Taggable(row["id"], subject, row["rules_key"], before, tagged, measured)


def _video(row: sqlite3.Row) -> VideoSubject:
    modified, facts = row["last_modified"], _facts(row["facts"])
    description, tags = _told(row)
    return VideoSubject(
        name=columns.name_out(row["file_name"]),
        size_bytes=facts.get("size_bytes") if row["size_bytes"] is None else row["size_bytes"],
        modified=datetime.fromisoformat(modified) if modified else None,
        address=columns.name_out(row["public_url"]),
        status=row["status"],
        facts=facts,
        title=row["title"],
        transcript=row["transcript"],
        description=description,
        tags=tags,
    )


def _told(row: sqlite3.Row) -> tuple[str | None, tuple[str, ...]]:
    """Description and tags, a hand's before what was told."""
    description, tags = row["description"], _tags(row["tags"])
    if row["edit"] is None:
        return description, tags
    edit = columns.edit_out(row["edit"])
    description = description if edit.description is None else edit.description
    return description, edit.tags_over(tags)


@lru_cache(maxsize=4096)
def _tags(text: str | None) -> tuple[str, ...]:
    """Clips of one library have much the same tags."""
    return tuple(json.loads(text)) if text else ()


def _facts(text: str | None) -> Mapping[str, Any]:
    """Exact numbers, which are stored as text, become floats."""
    facts: dict[str, Any] = json.loads(text) if text else {}
    for name in ("duration_seconds", "rate_fps"):
        if name in facts:
            facts[name] = float(Fraction(facts[name]))
    return facts


def _clip(video: VideoSubject, row: sqlite3.Row) -> ClipSubject:
    description, tags = _told(row)
    return ClipSubject(
        video=video,
        index=row["clip_index"],
        start_seconds=row["start_seconds"],
        end_seconds=row["end_seconds"],
        transcript=row["heard"],
        model=row["model"],
        description=description,
        tags=tags,
        fields_json=row["fields"],
        signals_json=row["measured"],
    )
