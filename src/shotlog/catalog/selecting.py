"""All that fits, for exports: streamed in the library's order, without ranks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby

from shotlog.catalog.searching import Condition, Conditions, conditions_of, expression_of
from shotlog.catalog.tags import PLACES
from shotlog.queries import Filters, Query
from shotlog.rows import SelectedRow

PAGE = 2_000
"""Videos or places read at a time."""

_BEGUN = "(videos.status IS NOT NULL OR videos.scan_key IS NOT NULL)"


def selected(
    connection: sqlite3.Connection, query: Query, filters: Filters
) -> Iterator[SelectedRow]:
    """Every begun video of which something fits, in the order first seen, with the clips that do.

    Words that fit a video as a whole (its title, its summary) stand for all its clips; filters hold
    for each clip. A video of which no clip fits is left out, unless nothing is asked of clips.
    """
    conditions = conditions_of(connection, filters)
    if conditions is None:
        return
    if not query.groups:
        for number, video_id in _videos(connection, conditions.of_videos):
            row = _of_video(connection, number, video_id, conditions, None)
            if row is not None:
                yield row
        return
    places = _places(connection, expression_of(query, filters))
    for number, of_video in groupby(places, key=lambda place: place // PLACES):
        indexes = [place % PLACES for place in of_video]
        begun = _begun(connection, number, conditions.of_videos)
        if begun is not None:
            fits = (
                _all_but_unwanted(connection, number, query, filters) if 0 in indexes else indexes
            )
            row = _of_video(connection, number, begun, conditions, fits)
            if row is not None:
                yield row


def _all_but_unwanted(
    connection: sqlite3.Connection, number: int, query: Query, filters: Filters
) -> Sequence[int] | None:
    """The clips of a video that has the words as a whole, without those that have unwanted ones."""
    if not query.without:
        return None
    unwanted = expression_of(Query((query.without,)), filters)
    sql = f"""
        SELECT clip_index FROM clips JOIN videos ON videos.id = clips.video_id
        WHERE videos.number = ? AND clip_index NOT IN (
            SELECT rowid % {PLACES} FROM clip_words
            WHERE clip_words MATCH ? AND rowid > ? AND rowid < ?
        ) ORDER BY clip_index
    """  # noqa: S608
    first = number * PLACES
    bound = (number, unwanted, first, first + PLACES)
    return [row[0] for row in connection.execute(sql, bound)]


def _of_video(
    connection: sqlite3.Connection,
    number: int,
    video_id: str,
    conditions: Conditions,
    fits: Sequence[int] | None,
) -> SelectedRow | None:
    """``fits`` are the clips that have the words; None: all of them."""
    if fits is not None and not fits:
        return None
    if not conditions.of_clips.sql:
        return SelectedRow(video_id, None if fits is None else tuple(fits))
    asked = conditions.at(f"({number * PLACES} + clips.clip_index)")
    sql = f"""
        SELECT clips.clip_index FROM videos JOIN clips ON clips.video_id = videos.id
        WHERE videos.number = ?{asked.sql} ORDER BY clips.clip_index
    """  # noqa: S608
    indexes = [row[0] for row in connection.execute(sql, (number, *asked.values))]
    if fits is not None:
        having = set(fits)
        indexes = [index for index in indexes if index in having]
    return SelectedRow(video_id, tuple(indexes)) if indexes else None


def _videos(connection: sqlite3.Connection, asked: Condition) -> Iterator[tuple[int, str]]:
    sql = f"""
        SELECT number, id FROM videos WHERE number > ? AND {_BEGUN}{asked.sql}
        ORDER BY number LIMIT {PAGE}
    """  # noqa: S608
    behind = 0
    while page := connection.execute(sql, (behind, *asked.values)).fetchall():
        yield from ((row["number"], row["id"]) for row in page)
        behind = page[-1]["number"]


def _begun(connection: sqlite3.Connection, number: int, asked: Condition) -> str | None:
    sql = f"SELECT id FROM videos WHERE number = ? AND {_BEGUN}{asked.sql}"  # noqa: S608
    row = connection.execute(sql, (number, *asked.values)).fetchone()
    return str(row["id"]) if row else None


def _places(connection: sqlite3.Connection, expression: str) -> Iterator[int]:
    sql = f"""
        SELECT rowid FROM clip_words WHERE clip_words MATCH ? AND rowid > ?
        ORDER BY rowid LIMIT {PAGE}
    """  # noqa: S608
    behind = 0
    while page := connection.execute(sql, (expression, behind)).fetchall():
        yield from (row["rowid"] for row in page)
        behind = page[-1]["rowid"]
