"""Tags and classes as they hold now, by the place of what has them.

A place is ``videos.number * PLACES + clip_index``, 0 being the video as a whole, as in
:mod:`shotlog.catalog.word_index`. What is told, what rules give and what a hand changes stands
elsewhere each; here is what comes of them, to be asked for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from shotlog.catalog import columns
from shotlog.queries import plain
from shotlog.rows import TagCount, tags_now

PLACES = 1_000_000
"""Clips that a video may have."""

CREATE = (
    """
    CREATE TABLE tags (
        number INTEGER PRIMARY KEY,
        class_group TEXT NOT NULL,
        folded TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (class_group, folded)
    )
    """,
    """
    CREATE TABLE clip_tags (
        tag INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (tag, place)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX clip_tags_of_place ON clip_tags (place)",
)
"""``class_group`` is empty for a tag, and a class's group else."""

_OF_CLIPS = """
    SELECT number, clips.clip_index, answers.tags, clips.rule_tags, clip_edits.edit
    FROM clips JOIN videos ON videos.id = clips.video_id
        LEFT JOIN answers ON answers.key = clips.answer_key
        LEFT JOIN clip_edits USING (video_id, start_exact, end_exact)
    WHERE clips.video_id = ?
"""
_OF_VIDEO = "SELECT number, 0 AS clip_index, tags, rule_tags, edit FROM videos WHERE id = ?"

_HAS = """
    SELECT class_group, folded FROM clip_tags JOIN tags ON tags.number = tag WHERE place = ?
"""
_NAME = "INSERT OR IGNORE INTO tags (class_group, folded, name) VALUES (?, ?, ?)"
_GIVE = """
    INSERT OR IGNORE INTO clip_tags
    SELECT number, ? FROM tags WHERE class_group = ? AND folded = ?
"""
_TAKE = """
    DELETE FROM clip_tags
    WHERE tag = (SELECT number FROM tags WHERE class_group = ? AND folded = ?) AND place = ?
"""
_COUNTS = f"""
    SELECT name, class_group, total(place % {PLACES} <> 0) AS clips,
        total(place % {PLACES} = 0) AS videos
    FROM tags JOIN clip_tags ON tag = number
    GROUP BY number ORDER BY count(*) DESC, name LIMIT ?
"""  # noqa: S608 - made of this module's own constant


def fold(tag: str) -> str:
    """A tag as it is compared: in any case."""
    return " ".join(plain(tag).casefold().split())


def tag_clips(
    connection: sqlite3.Connection, video_id: str, indexes: Iterable[int] | None = None
) -> None:
    """What these clips (None: all of the video's) have now, in place of what they had."""
    if indexes is None:
        for row in connection.execute(_OF_CLIPS, (video_id,)).fetchall():
            _say(connection, row)
        return
    one = f"{_OF_CLIPS} AND clips.clip_index = ?"
    for index in indexes:
        row = connection.execute(one, (video_id, index)).fetchone()
        if row is not None:
            _say(connection, row)


def tag_video(connection: sqlite3.Connection, video_id: str) -> None:
    """What a video as a whole has now."""
    _say(connection, connection.execute(_OF_VIDEO, (video_id,)).fetchone())


def untag_clips(connection: sqlite3.Connection, number: int) -> None:
    """The clips of this video are gone."""
    first = number * PLACES
    connection.execute(
        "DELETE FROM clip_tags WHERE place > ? AND place < ?", (first, first + PLACES)
    )


def numbers_of(connection: sqlite3.Connection, tag: str) -> Sequence[int]:
    """Of the tag of this name; one at most."""
    sql = "SELECT number FROM tags WHERE class_group = '' AND folded = ?"
    return [row[0] for row in connection.execute(sql, (fold(tag),))]


def class_numbers_of(connection: sqlite3.Connection, named: str) -> Sequence[int]:
    """Of the classes that ``NAME`` or ``GROUP=NAME`` means, whatever their groups."""
    group, equals, name = named.partition("=")
    if equals:
        sql = "SELECT number FROM tags WHERE class_group = ? AND folded = ?"
        return [row[0] for row in connection.execute(sql, (group.strip(), fold(name)))]
    sql = "SELECT number FROM tags WHERE class_group <> '' AND folded = ?"
    return [row[0] for row in connection.execute(sql, (fold(named),))]


def alike(connection: sqlite3.Connection, tag: str, letters_apart: int = 3) -> Sequence[str]:
    """Tags that begin with the same letter and are about as long, folded; the tag itself too."""
    folded = fold(tag)
    sql = """
        SELECT folded FROM tags
        WHERE class_group = '' AND folded >= ? AND folded < ? AND length(folded) BETWEEN ? AND ?
            AND EXISTS (SELECT 1 FROM clip_tags WHERE tag = number) LIMIT 5000
    """
    first = folded[:1]
    bounds = len(folded) - letters_apart, len(folded) + letters_apart
    after = chr(min(ord(first) + 1, 0x10FFFF)) if first else ""
    return [row[0] for row in connection.execute(sql, (first, after, *bounds))]


def counts(connection: sqlite3.Connection, limit: int) -> Sequence[TagCount]:
    """Tags and classes, the most frequent first."""
    return [
        TagCount(row["name"], row["class_group"] or None, int(row["clips"]), int(row["videos"]))
        for row in connection.execute(_COUNTS, (limit,))
    ]


def _say(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    place = row["number"] * PLACES + row["clip_index"]
    names = _named(row)
    has = {tuple(each) for each in connection.execute(_HAS, (place,))}
    for group, folded in has - names.keys():
        connection.execute(_TAKE, (group, folded, place))
    for group, folded in names.keys() - has:
        connection.execute(_NAME, (group, folded, names[group, folded]))
        connection.execute(_GIVE, (place, group, folded))


def _named(row: sqlite3.Row) -> dict[tuple[str, str], str]:
    """What it has, as (group, folded name): name."""
    told = json.loads(row["tags"]) if row["tags"] else ()
    given = columns.rule_tags_out(row["rule_tags"])
    named = {("", fold(tag)): tag for tag in tags_now(told, given, columns.edit_out(row["edit"]))}
    classes = {(each.group, fold(each.name)): each.name for each in given if each.group}
    return {key: plain(name).strip() for key, name in (named | classes).items() if key[1]}
