"""A library's videos page by page, in an order that a person chose.

A page begins behind the last row of the one before (a keyset), so the thousandth page is as quick
as the first, and what is written meanwhile moves nothing under a reader's eyes.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from shotlog.catalog import columns
from shotlog.catalog.searching import Condition, conditions_of, expression_of
from shotlog.catalog.tags import PLACES, class_numbers_of, numbers_of
from shotlog.errors import UsageError
from shotlog.queries import Filters, Query, Sort
from shotlog.records import Facts
from shotlog.rows import BrowsedPage, BrowsedRow

FEW = 20_000
"""Of a tag that so many clips have, or fewer, the videos are looked up first; of one that more
have, each video in turn is asked whether it has it.
"""

FIRST_WORDED, MOST_WORDED = 200, 20_000
"""Videos that have certain words, taken from their index at a time."""

LAST_PLACE = 2**62
MOST_NUMBER = LAST_PLACE // PLACES

COUNTED = 1_000
"""Of more videos that fit, it is only said that there are more."""

LENGTH = "coalesce(duration_seconds, -1)"
SIZE = "coalesce(size_bytes, measured_bytes, -1)"
TIME = "coalesce(last_modified, '')"
NAME = "file_name COLLATE NOCASE"

CREATE = (
    "ALTER TABLE videos ADD COLUMN duration_seconds REAL",
    "ALTER TABLE videos ADD COLUMN measured_bytes INTEGER",
    f"CREATE INDEX videos_by_length ON videos ({LENGTH}, number)",
    f"CREATE INDEX videos_by_size ON videos ({SIZE}, number)",
    f"CREATE INDEX videos_by_day ON videos ({TIME}, number)",
    f"CREATE INDEX videos_by_name ON videos ({NAME}, number)",
    "CREATE INDEX videos_by_status ON videos (status, number)",
)
"""Expressions of an index are used where a query has the very same."""


@dataclass(frozen=True, slots=True)
class _Order:
    column: str
    descending: bool = False
    unknown: str | int | None = None
    """What stands for a value that is not known; such videos come last either way."""


_ORDERS: Mapping[Sort, _Order] = {
    "newest": _Order("number", descending=True),
    "oldest": _Order("number"),
    "modified": _Order(TIME, descending=True),
    "name": _Order(NAME),
    "longest": _Order(LENGTH, descending=True),
    "shortest": _Order(LENGTH, unknown=-1),
    "largest": _Order(SIZE, descending=True),
    "smallest": _Order(SIZE, unknown=-1),
}

_THUMB = """
    coalesce(
        (SELECT thumb FROM clips WHERE clips.video_id = videos.id
            AND clip_index = max(1, (clip_count + 1) / 2)),
        (SELECT thumb FROM clips WHERE clips.video_id = videos.id ORDER BY clip_index LIMIT 1)
    )
"""


_ONE_OF = "videos.number IN (SELECT value FROM json_each(?))"


def keep_measures(connection: sqlite3.Connection, video_id: str, facts: Facts) -> None:
    """What a video is sorted by, as measured."""
    connection.execute(
        "UPDATE videos SET duration_seconds = ?, measured_bytes = ? WHERE id = ?",
        (float(facts.duration_seconds), facts.size_bytes, video_id),
    )


def keep_all_measures(connection: sqlite3.Connection) -> None:
    """The same of a library of before."""
    rows = connection.execute("SELECT video_id, facts FROM scans")
    measured = (
        (float(Fraction(facts["duration_seconds"])), facts["size_bytes"], video_id)
        for video_id, facts in ((row[0], json.loads(row[1])) for row in rows)
    )
    connection.executemany(
        "UPDATE videos SET duration_seconds = ?, measured_bytes = ? WHERE id = ?", list(measured)
    )


def browsed(
    connection: sqlite3.Connection,
    query: Query,
    filters: Filters,
    sort: Sort,
    after: str | None,
    limit: int,
) -> BrowsedPage:
    """The videos that fit, behind the one that ``after`` names. Raises UsageError for another's.

    A video fits where it, or a clip of it, has the words; likewise each tag and class. The length
    that filters ask is the video's.
    """
    asked = _asked(connection, filters)
    if asked is None:
        return BrowsedPage((), None)
    order, words = _ORDERS[sort], expression_of(query, filters)
    place = _read_cursor(after) if after is not None else None
    if words and order.column == "number":
        rows = _worded_rows(connection, words, asked, order, place, limit + 1)
    else:
        having = asked + _has_words(words) if words else asked
        rows = _rows(connection, having, order, place, limit + 1)
    found = list(islice(rows, limit + 1))
    shown = tuple(
        BrowsedRow(columns.video_out(row), row["duration_seconds"], _size(row), row["thumb"])
        for row in found[:limit]
    )
    return BrowsedPage(shown, _cursor(found[limit - 1]) if len(found) > limit else None)


def count_browsed(
    connection: sqlite3.Connection, query: Query, filters: Filters, most: int = COUNTED
) -> int:
    """How many videos fit; one more than ``most`` where there are more."""
    asked, words = _asked(connection, filters), expression_of(query, filters)
    if asked is None:
        return 0
    if not words:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM videos WHERE true{asked.sql} LIMIT ?)"  # noqa: S608
        return int(connection.execute(sql, (*asked.values, most + 1)).fetchone()[0])
    count = 0
    for numbers in _worded_numbers(connection, words, None, descending=True):
        sql = f"SELECT count(*) FROM videos WHERE {_ONE_OF}{asked.sql}"  # noqa: S608
        bound = (json.dumps(numbers), *asked.values)
        count += connection.execute(sql, bound).fetchone()[0] if asked.sql else len(numbers)
        if count > most:
            return most + 1
    return count


def _worded_rows(
    connection: sqlite3.Connection,
    words: str,
    asked: Condition,
    order: _Order,
    place: tuple[object, int] | None,
    limit: int,
) -> Iterator[sqlite3.Row]:
    """In the order of the index of words, which is that of first sight; no more of it is read than
    is shown.
    """
    behind = place[1] if place else None
    condition = Condition(f" AND {_ONE_OF}") + asked
    for numbers in _worded_numbers(connection, words, behind, descending=order.descending):
        yield from connection.execute(
            _select(condition, order), (json.dumps(numbers), *asked.values, limit)
        ).fetchall()


def _worded_numbers(
    connection: sqlite3.Connection, words: str, behind: int | None, *, descending: bool
) -> Iterator[list[int]]:
    """The videos that have these words, each once, more and more at a time."""
    compare, direction = ("<", "DESC") if descending else (">=", "ASC")
    sql = f"""
        SELECT DISTINCT rowid / {PLACES} FROM clip_words
        WHERE clip_words MATCH ? AND rowid {compare} ? ORDER BY rowid {direction} LIMIT ?
    """  # noqa: S608
    size = FIRST_WORDED
    bound = LAST_PLACE if descending else 0
    if behind is not None:
        bound = behind * PLACES if descending else (behind + 1) * PLACES
    while numbers := [row[0] for row in connection.execute(sql, (words, bound, size))]:
        yield numbers
        if len(numbers) < size:
            return
        bound = numbers[-1] * PLACES if descending else (numbers[-1] + 1) * PLACES
        size = min(size * 8, MOST_WORDED)


def _rows(
    connection: sqlite3.Connection,
    asked: Condition,
    order: _Order,
    place: tuple[object, int] | None,
    limit: int,
) -> Iterator[sqlite3.Row]:
    for keyset in _keysets(order, place):
        condition = keyset + asked
        bound = (*condition.values, limit)
        yield from connection.execute(_select(condition, order), bound).fetchall()


def _select(condition: Condition, order: _Order) -> str:
    direction = "DESC" if order.descending else "ASC"
    return f"""
        SELECT videos.*, {order.column} AS place, {_THUMB} AS thumb
        FROM videos WHERE true{condition.sql}
        ORDER BY {order.column} {direction}, number {direction} LIMIT ?
    """  # noqa: S608 - made of this module's own constants


def _keysets(order: _Order, place: tuple[object, int] | None) -> Sequence[Condition]:
    """What lies behind a place, in the order in which it comes."""
    compare = "<" if order.descending else ">"
    if order.column == "number":
        behind = Condition(f" AND number {compare} ?", (place[1],)) if place else Condition("")
        return (behind,)
    behind = (
        Condition(f" AND ({order.column}, number) {compare} (?, ?)", place)
        if place
        else Condition("")
    )
    if order.unknown is None:
        return (behind,)
    known = Condition(f" AND {order.column} > ?", (order.unknown,))
    unknown = Condition(f" AND {order.column} = ?", (order.unknown,))
    if place is not None and place[0] == order.unknown:
        return (unknown + Condition(" AND number > ?", (place[1],)),)
    return (known + behind, unknown)


def _asked(connection: sqlite3.Connection, filters: Filters) -> Condition | None:
    """What filters ask of a video; None where nothing can fit."""
    of_video = replace(
        filters, tags=(), classes=(), min_duration_seconds=None, max_duration_seconds=None
    )
    conditions = conditions_of(connection, of_video)
    if conditions is None:
        return None
    asked = conditions.of_videos
    if filters.min_duration_seconds is not None:
        asked += Condition(f" AND {LENGTH} >= ?", (filters.min_duration_seconds,))
    if filters.max_duration_seconds is not None:
        known = f" AND {LENGTH} BETWEEN 0 AND ?"
        asked += Condition(known, (filters.max_duration_seconds,))
    for numbers in (
        *(numbers_of(connection, tag) for tag in filters.tags),
        *(class_numbers_of(connection, named) for named in filters.classes),
    ):
        if not numbers:
            return None
        asked += _tagged(connection, ", ".join(map(str, numbers)))
    return asked


def _tagged(connection: sqlite3.Connection, numbers: str) -> Condition:
    """``numbers`` of tags, as SQL lists them: one of them is enough."""
    some = f"SELECT 1 FROM clip_tags WHERE tag IN ({numbers})"  # noqa: S608
    few = f"SELECT count(*) FROM ({some} LIMIT {FEW + 1})"  # noqa: S608
    if connection.execute(few).fetchone()[0] <= FEW:
        places = f"SELECT DISTINCT place / {PLACES} FROM clip_tags WHERE tag IN ({numbers})"  # noqa: S608
        return Condition(f" AND videos.number IN ({places})")
    within = f"place BETWEEN videos.number * {PLACES} AND videos.number * {PLACES} + {PLACES - 1}"
    return Condition(f" AND EXISTS ({some} AND {within})")


def _has_words(words: str) -> Condition:
    """All that have the words are looked up once; the sign keeps the order's own index in use."""
    places = f"SELECT DISTINCT rowid / {PLACES} FROM clip_words WHERE clip_words MATCH ?"  # noqa: S608
    return Condition(f" AND +videos.number IN ({places})", (words,))


def _size(row: sqlite3.Row) -> int | None:
    listed: int | None = row["size_bytes"]
    measured: int | None = row["measured_bytes"]
    return measured if listed is None else listed


def _cursor(row: sqlite3.Row) -> str:
    value = row["place"]
    told = ["b", value.hex()] if isinstance(value, bytes) else ["v", value]
    text = json.dumps([*told, row["number"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[object, int]:
    try:
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        kind, value, number = told
        value = bytes.fromhex(value) if kind == "b" else value
    except (ValueError, TypeError, RecursionError):
        number, value = None, None
    if not isinstance(number, int) or not 0 <= number < MOST_NUMBER or not _is_kept(value):
        raise UsageError(
            f"{text[:40]!r} is no place in a list of videos.",
            hint="Give what the page before named, or begin anew without it.",
        )
    return value, number


def _is_kept(value: object) -> bool:
    """Whether SQLite can hold it, as it must have held what a page named."""
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, int | float):
        return -1 <= value < LAST_PLACE
    return isinstance(value, bytes)
