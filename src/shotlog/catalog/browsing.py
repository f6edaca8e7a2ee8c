"""A library's videos page by page, in an order that a person chose.

A page begins behind the last row of the one before (a keyset), so the thousandth page is as quick
as the first, and what is written meanwhile moves nothing under a reader's eyes.
"""

from __future__ import annotations

import base64
import binascii
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
"""Of words or a tag that so many clips have, or fewer, the videos are looked up first; of more,
each video in turn is asked whether it has them.
"""

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
    asked = _asked(connection, query, filters)
    if asked is None:
        return BrowsedPage((), None)
    order = _ORDERS[sort]
    found = list(islice(_rows(connection, asked, order, after, limit + 1), limit + 1))
    rows = tuple(
        BrowsedRow(columns.video_out(row), row["duration_seconds"], _size(row), row["thumb"])
        for row in found[:limit]
    )
    return BrowsedPage(rows, _cursor(found[limit - 1]) if len(found) > limit else None)


def count_browsed(
    connection: sqlite3.Connection, query: Query, filters: Filters, most: int = COUNTED
) -> int:
    """How many videos fit; one more than ``most`` where there are more."""
    asked = _asked(connection, query, filters)
    if asked is None:
        return 0
    sql = f"SELECT count(*) FROM (SELECT 1 FROM videos WHERE true{asked.sql} LIMIT ?)"  # noqa: S608
    return int(connection.execute(sql, (*asked.values, most + 1)).fetchone()[0])


def _rows(
    connection: sqlite3.Connection, asked: Condition, order: _Order, after: str | None, limit: int
) -> Iterator[sqlite3.Row]:
    place = _read_cursor(after) if after is not None else None
    direction = "DESC" if order.descending else "ASC"
    for keyset in _keysets(order, place):
        sql = f"""
            SELECT videos.*, {order.column} AS place, {_THUMB} AS thumb
            FROM videos WHERE true{keyset.sql}{asked.sql}
            ORDER BY {order.column} {direction}, number {direction} LIMIT ?
        """  # noqa: S608 - made of this module's own constants
        yield from connection.execute(sql, (*keyset.values, *asked.values, limit)).fetchall()


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


def _asked(connection: sqlite3.Connection, query: Query, filters: Filters) -> Condition | None:
    """What words and filters ask of a video; None where nothing can fit."""
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
    expression = expression_of(query, filters)
    return asked + _worded(connection, expression) if expression else asked


def _tagged(connection: sqlite3.Connection, numbers: str) -> Condition:
    """``numbers`` of tags, as SQL lists them: one of them is enough."""
    some = f"SELECT 1 FROM clip_tags WHERE tag IN ({numbers})"  # noqa: S608
    if _is_few(connection, some, ()):
        places = f"SELECT DISTINCT place / {PLACES} FROM clip_tags WHERE tag IN ({numbers})"  # noqa: S608
        return Condition(f" AND videos.number IN ({places})")
    within = f"place BETWEEN videos.number * {PLACES} AND videos.number * {PLACES} + {PLACES - 1}"
    return Condition(f" AND EXISTS ({some} AND {within})")


def _worded(connection: sqlite3.Connection, expression: str) -> Condition:
    some = "SELECT 1 FROM clip_words WHERE clip_words MATCH ?"
    if _is_few(connection, some, (expression,)):
        places = f"SELECT DISTINCT rowid / {PLACES} FROM clip_words WHERE clip_words MATCH ?"  # noqa: S608
        return Condition(f" AND videos.number IN ({places})", (expression,))
    first = f"videos.number * {PLACES}"
    within = f"rowid BETWEEN {first} AND {first} + {PLACES - 1}"
    return Condition(f" AND EXISTS ({some} AND {within})", (expression,))


def _is_few(connection: sqlite3.Connection, some: str, values: tuple[object, ...]) -> bool:
    sql = f"SELECT count(*) FROM ({some} LIMIT ?)"  # noqa: S608
    return bool(connection.execute(sql, (*values, FEW + 1)).fetchone()[0] <= FEW)


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
    except (ValueError, TypeError, binascii.Error):
        number, value = None, None
    if not isinstance(number, int) or not isinstance(value, str | bytes | int | float):
        raise UsageError(
            f"{text[:40]!r} is no place in a list of videos.",
            hint="Give what the page before named, or begin anew without it.",
        )
    return value, number
