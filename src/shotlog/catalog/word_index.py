"""The index that searches go to: one row a clip, and one a video for what is said of it as a whole.

A row's number is ``videos.number * PLACES + clip_index``; the video's own has index 0. The index
holds its words itself, since they are kept as :func:`~shotlog.queries.spaced` makes them. Whatever
is put into the index here has its tags brought up to date too (:mod:`shotlog.catalog.tags`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from shotlog.catalog import columns
from shotlog.catalog.tags import PLACES, tag_clips, tag_video, untag_clips
from shotlog.fields import ClipFields
from shotlog.queries import plain, spaced
from shotlog.speech import heard_in

COLUMNS = (
    *("name", "title", "summary", "video", "description", "objects", "actions", "setting"),
    *("text", "tags", "transcript"),
)
"""Of the index. ``video`` is the file name in a clip's row."""

_OF_ANSWERS = ("description", "objects", "actions", "setting", "text", "tags")
_NOTHING_SAID = ("",) * len(_OF_ANSWERS)

CREATE_INDEX = (
    f"CREATE VIRTUAL TABLE clip_words USING fts5 ({', '.join(COLUMNS)},"
    " tokenize = 'porter unicode61 remove_diacritics 2')"
)
CREATE = (
    CREATE_INDEX,
    "CREATE VIRTUAL TABLE clip_vocabulary USING fts5vocab (clip_words, 'row')",
    "CREATE INDEX videos_by_time ON videos (last_modified)",
)

_VIDEO_ROW = ("name", "title", "summary", "tags")
_CLIP_ROW = ("video", *_OF_ANSWERS, "transcript")


def _insert(names: Sequence[str]) -> str:
    marks = ", ".join("?" * (len(names) + 1))
    return f"INSERT INTO clip_words (rowid, {', '.join(names)}) VALUES ({marks})"  # noqa: S608


_ADD_VIDEO, _ADD_CLIP = _insert(_VIDEO_ROW), _insert(_CLIP_ROW)

_CLIPS = """
    SELECT clips.clip_index, start_exact, end_exact, answers.description, answers.tags, fields, edit
    FROM clips LEFT JOIN answers ON answers.key = clips.answer_key
        LEFT JOIN clip_edits USING (video_id, start_exact, end_exact)
    WHERE clips.video_id = ?
"""
_VIDEO = "SELECT number, file_name, title, description, tags, edit FROM videos WHERE id = ?"
_RENAMED = f"""
    SELECT id FROM videos JOIN clip_words ON clip_words.rowid = number * {PLACES}
    WHERE run_id = ? AND position > ? AND clip_words.name <> file_name
"""  # noqa: S608 - made of this module's own constants


def index_everything(connection: sqlite3.Connection) -> None:
    """Puts a library that was never indexed into the index."""
    for (video_id,) in connection.execute("SELECT id FROM videos ORDER BY number").fetchall():
        if connection.execute("SELECT 1 FROM clips WHERE video_id = ?", (video_id,)).fetchone():
            index_clips(connection, video_id)
        else:
            index_video(connection, video_id)


def index_video(connection: sqlite3.Connection, video_id: str) -> None:
    """What is said of a video as a whole, and its name in its clips; else they stay as they are."""
    row = connection.execute(_VIDEO, (video_id,)).fetchone()
    place, words = row["number"] * PLACES, _of_video(row)
    tag_video(connection, video_id)
    had = _words_at(connection, place, _VIDEO_ROW)
    if had is None:
        connection.execute(_ADD_VIDEO, (place, *words))
        return
    _say(connection, place, _VIDEO_ROW, words)
    if had[0] != words[0]:
        of_clips = "UPDATE clip_words SET video = ? WHERE rowid > ? AND rowid < ?"
        connection.execute(of_clips, (words[0], place, place + PLACES))


def index_renamed(connection: sqlite3.Connection, run_id: int, behind: int) -> None:
    """Videos that the listing calls by another name now, of the run's behind this position."""
    for (video_id,) in connection.execute(_RENAMED, (run_id, behind)).fetchall():
        index_video(connection, video_id)


def index_clips(connection: sqlite3.Connection, video_id: str) -> None:
    """A video and all its clips, in place of what was indexed of them."""
    index_video(connection, video_id)
    video = connection.execute(_VIDEO, (video_id,)).fetchone()
    first, name = video["number"] * PLACES, _indexed(columns.name_out(video["file_name"]))
    clips = connection.execute(_CLIPS, (video_id,)).fetchall()
    heard = _heard(connection, video_id, clips)
    rows = [
        (first + clip["clip_index"], name, *_of_answer(clip), words)
        for clip, words in zip(clips, heard, strict=True)
    ]
    connection.execute(
        "DELETE FROM clip_words WHERE rowid > ? AND rowid < ?", (first, first + PLACES)
    )
    connection.executemany(_ADD_CLIP, rows)
    untag_clips(connection, video["number"])
    tag_clips(connection, video_id)


def index_answers(
    connection: sqlite3.Connection, video_id: str, indexes: Iterable[int] | None = None
) -> None:
    """What these clips (None: all of the video's) show now, in place of what they showed."""
    number = connection.execute(_VIDEO, (video_id,)).fetchone()["number"]
    for clip in _clips(connection, video_id, indexes):
        place = number * PLACES + clip["clip_index"]
        _say(connection, place, _OF_ANSWERS, _of_answer(clip))
        tag_clips(connection, video_id, (clip["clip_index"],))


def index_answer(connection: sqlite3.Connection, key: str) -> None:
    """An answer, in the row of every clip that shows it."""
    sql = "SELECT video_id, clip_index FROM clips WHERE answer_key = ?"
    for video_id, index in connection.execute(sql, (key,)).fetchall():
        index_answers(connection, video_id, (index,))


def index_heard(connection: sqlite3.Connection, video_id: str) -> None:
    """The words heard in each of a video's clips, in place of those before."""
    number = connection.execute(_VIDEO, (video_id,)).fetchone()["number"]
    clips = connection.execute(_CLIPS, (video_id,)).fetchall()
    for clip, words in zip(clips, _heard(connection, video_id, clips), strict=True):
        _say(connection, number * PLACES + clip["clip_index"], ("transcript",), (words,))


def _words_at(
    connection: sqlite3.Connection, place: int, names: Sequence[str]
) -> tuple[str | None, ...] | None:
    sql = f"SELECT {', '.join(names)} FROM clip_words WHERE rowid = ?"  # noqa: S608
    row = connection.execute(sql, (place,)).fetchone()
    return tuple(row) if row else None


def _say(
    connection: sqlite3.Connection, place: int, names: Sequence[str], words: tuple[str, ...]
) -> None:
    """Another version of a row costs ten times what reading it does."""
    if _words_at(connection, place, names) == words:
        return
    sql = f"UPDATE clip_words SET {', '.join(f'{n} = ?' for n in names)} WHERE rowid = ?"  # noqa: S608
    connection.execute(sql, (*words, place))


def _clips(
    connection: sqlite3.Connection, video_id: str, indexes: Iterable[int] | None
) -> Iterator[sqlite3.Row]:
    if indexes is None:
        yield from connection.execute(_CLIPS, (video_id,)).fetchall()
        return
    for index in indexes:
        row = connection.execute(f"{_CLIPS} AND clips.clip_index = ?", (video_id, index)).fetchone()
        if row is not None:
            yield row


def _of_video(row: sqlite3.Row) -> tuple[str, ...]:
    """In the order of :data:`_VIDEO_ROW`."""
    description, tags = _told(row)
    name = columns.name_out(row["file_name"])
    return tuple(map(_indexed, (name, row["title"] or "", description or "", _listed(tags))))


def _of_answer(row: sqlite3.Row) -> tuple[str, ...]:
    """In the order of :data:`_OF_ANSWERS`."""
    description, tags = _told(row)
    if description is None and not tags:
        return _NOTHING_SAID
    found = ClipFields.model_validate_json(row["fields"]) if row["fields"] else None
    said = (
        description or "",
        _listed(found.objects) if found else "",
        _listed(found.actions) if found else "",
        found.setting if found else "",
        _listed(found.on_screen_text) if found else "",
        _listed(tags),
    )
    return tuple(map(_indexed, said))


def _told(row: sqlite3.Row) -> tuple[str | None, tuple[str, ...]]:
    """Description and tags, a hand's before what was told."""
    edit = columns.edit_out(row["edit"])
    told = json.loads(row["tags"]) if row["tags"] else []
    description = row["description"] if edit.description is None else edit.description
    return description, edit.tags_over(told)


def _heard(
    connection: sqlite3.Connection, video_id: str, clips: Sequence[sqlite3.Row]
) -> Sequence[str]:
    """What is heard in each of these clips."""
    sql = "SELECT words FROM transcripts WHERE video_id = ?"
    row = connection.execute(sql, (video_id,)).fetchone()
    if row is None:
        return [""] * len(clips)
    words = columns.words_out(row["words"])
    spans = [(Fraction(clip["start_exact"]), Fraction(clip["end_exact"])) for clip in clips]
    return [_indexed(text or "") for text in heard_in(words, spans)]


def _indexed(text: str) -> str:
    return spaced(plain(text))


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)
