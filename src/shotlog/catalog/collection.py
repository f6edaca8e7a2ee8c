"""What a library is made of, in numbers: how long, how large, from when, by which model.

Everything is counted by SQL; memory does not grow with the library.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shotlog.catalog.browsing import LENGTH, SIZE, TIME
from shotlog.catalog.tags import PLACES, numbers_of

LENGTHS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
"""Seconds at which one band of lengths ends and the next begins."""

SIZES = (10**6, 5 * 10**6, 20 * 10**6, 10**8, 5 * 10**8, 2 * 10**9, 10**10)
"""Bytes, likewise."""

SHORT_SIDES = (360, 480, 720, 1080, 1440, 2160)
"""Pixels of a picture's shorter side, likewise."""

_MONTH = f"substr({TIME}, 1, 7)"


@dataclass(frozen=True, slots=True)
class Band:
    """Videos within bounds, half-open."""

    low: int
    high: int | None
    """None for the last one: no bound."""
    videos: int


@dataclass(frozen=True, slots=True)
class Month:
    """What was last modified in a month, as listed."""

    name: str
    """``2024-03``."""
    videos: int
    seconds: float
    """Of those whose length is known."""


@dataclass(frozen=True, slots=True)
class TagMonths:
    """In how many clips, and videos as a whole, a tag holds, by month."""

    tag: str
    counts: tuple[tuple[str, int], ...]
    """(month, how many), in order; months without are left out."""


@dataclass(frozen=True, slots=True)
class Model:
    """Who described clips: a model's name, or ``signals``."""

    name: str
    clips: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A library in numbers."""

    videos: int
    clips: int
    seconds: float
    """Of the videos whose length is known."""
    size_bytes: int
    lengths: tuple[Band, ...]
    sizes: tuple[Band, ...]
    short_sides: tuple[Band, ...]
    """Of pictures as displayed, in pixels."""
    months: tuple[Month, ...]
    """In order; videos without a time are left out, months without videos too."""
    models: tuple[Model, ...]
    """The most frequent first."""
    tags: tuple[TagMonths, ...]
    """Those asked for, in that order."""


def collection(connection: sqlite3.Connection, tags: Sequence[str]) -> Collection:
    """The library now; ``tags`` are those to be counted by month."""
    totals = f"""
        SELECT count(*) AS videos, total(clip_count) AS clips, total(duration_seconds) AS seconds,
            total(max({SIZE}, 0)) AS size_bytes
        FROM videos
    """  # noqa: S608 - made of this package's own constants
    row = connection.execute(totals).fetchone()
    months = f"""
        SELECT {_MONTH} AS month, count(*), total(duration_seconds) FROM videos
        WHERE {TIME} > '' GROUP BY month ORDER BY month
    """  # noqa: S608 - likewise
    models = """
        SELECT model, count(*) AS clips FROM clips JOIN answers ON answers.key = clips.answer_key
        GROUP BY model ORDER BY clips DESC, model
    """
    return Collection(
        row["videos"],
        int(row["clips"]),
        row["seconds"],
        int(row["size_bytes"]),
        _bands(connection, LENGTH, "videos", LENGTHS),
        _bands(connection, SIZE, "videos", SIZES),
        _bands(connection, _SHORT_SIDE, "scans", SHORT_SIDES),
        tuple(Month(*each) for each in connection.execute(months)),
        tuple(Model(*each) for each in connection.execute(models)),
        tuple(TagMonths(tag, _by_month(connection, tag)) for tag in tags),
    )


_SHORT_SIDE = "min(json_extract(facts, '$.width'), json_extract(facts, '$.height'))"


def _bands(
    connection: sqlite3.Connection, value: str, table: str, bounds: Sequence[int]
) -> tuple[Band, ...]:
    whens = " ".join(f"WHEN value < {bound} THEN {place}" for place, bound in enumerate(bounds))
    sql = f"""
        SELECT CASE {whens} ELSE {len(bounds)} END AS place, count(*)
        FROM (SELECT {value} AS value FROM {table}) WHERE value >= 0 GROUP BY place
    """  # noqa: S608 - made of this module's own constants
    counts = dict(connection.execute(sql).fetchall())
    edges = (0, *bounds, None)
    return tuple(
        Band(low or 0, high, counts.get(place, 0))
        for place, (low, high) in enumerate(pairwise(edges))
    )


def _by_month(connection: sqlite3.Connection, tag: str) -> tuple[tuple[str, int], ...]:
    sql = f"""
        SELECT {_MONTH} AS month, total(clips) FROM (
            SELECT place / {PLACES} AS number, count(*) AS clips FROM clip_tags
            WHERE tag = ? GROUP BY 1
        ) CROSS JOIN videos USING (number)
        WHERE {TIME} > '' GROUP BY month ORDER BY month
    """  # noqa: S608 - likewise
    found = [
        (month, int(clips))
        for number in numbers_of(connection, tag)
        for month, clips in connection.execute(sql, (number,))
    ]
    return tuple(found)
