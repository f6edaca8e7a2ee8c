"""Searches by meaning, and by words and meaning at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shotlog.catalog.nearest import nearest, nearest_among
from shotlog.catalog.searching import (
    Conditions,
    conditions_of,
    ranked_by_words,
    video_id_of,
)
from shotlog.catalog.signatures import Floats
from shotlog.catalog.snippets import places_with, snippets_of
from shotlog.catalog.tags import PLACES
from shotlog.queries import Filters, Query
from shotlog.rank_fusion import fused
from shotlog.rows import FoundBy, FoundRow, VectorModel

RANKED_BY_EACH = 60
"""Places of each order that are joined, or three times what is to be shown."""

STRICTER = 4
"""So many times more are looked at where phrases or unwanted words will take some away."""

NEWEST = 10_000
"""Where these leave too few, so many of the newest that have the words are looked at instead."""

_HAVING = "SELECT rowid FROM clip_words WHERE clip_words MATCH ? ORDER BY rowid DESC LIMIT ?"
_WITHOUT = """
    SELECT DISTINCT place FROM vector_places
    WHERE place NOT IN (SELECT rowid FROM clip_words WHERE clip_words MATCH ?)
    ORDER BY place DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What clips are to be near to."""

    model: VectorModel
    vector: Floats
    """``[dimensions]``, of length 1."""


def found_near(
    connection: sqlite3.Connection,
    query: Query,
    filters: Filters,
    near: Nearness,
    limit: int,
    *,
    by_words: bool,
) -> list[FoundRow]:
    """Clips by meaning, and with ``by_words`` those that have the words too; the best first.

    Phrases and unwanted words of the query hold for both. Scores are those of the joined ranks,
    or cosines where there is only meaning.
    """
    conditions = conditions_of(connection, filters)
    if conditions is None:
        return []
    count = max(RANKED_BY_EACH, 3 * limit)
    meant = _meant(connection, query.strict, conditions, near, count)
    cosines = dict(meant)
    worded: list[int] = []
    if by_words and query.groups:
        ranked = ranked_by_words(connection, query, filters, conditions, count)
        worded = [place for place, _ in ranked]
    order = fused(worded, list(cosines)) if by_words else meant
    return _rows(connection, query, order[:limit], frozenset(worded), cosines)


def _rows(
    connection: sqlite3.Connection,
    query: Query,
    order: Sequence[tuple[int, float]],
    worded: frozenset[int],
    cosines: dict[int, float],
) -> list[FoundRow]:
    snippets = snippets_of(connection, [place for place, _ in order], query.loose)

    def by(place: int) -> FoundBy:
        if place not in worded:
            return "meaning"
        return "both" if place in cosines else "words"

    return [
        FoundRow(
            video_id_of(connection, place),
            place % PLACES or None,
            score,
            snippet,
            by(place),
            cosines.get(place),
        )
        for (place, score), snippet in zip(order, snippets, strict=True)
    ]


def _meant(
    connection: sqlite3.Connection,
    strict: Query,
    conditions: Conditions,
    near: Nearness,
    count: int,
) -> list[tuple[int, float]]:
    if not strict.groups and not strict.without:
        return nearest(connection, near.model, near.vector, conditions, count)
    more = nearest(connection, near.model, near.vector, conditions, STRICTER * count)
    places = [place for place, _ in more]
    kept = frozenset(places)
    if strict.groups:
        kept = places_with(connection, places, Query(strict.groups).expression)
    if strict.without:
        kept -= places_with(connection, places, strict.unwanted)
    meant = [(place, cosine) for place, cosine in more if place in kept][:count]
    if len(more) < STRICTER * count or len(meant) >= count // 3:
        return meant
    sql, expression = (_HAVING, strict.expression) if strict.groups else (_WITHOUT, strict.unwanted)
    having = [row[0] for row in connection.execute(sql, (expression, NEWEST))]
    return nearest_among(connection, near.model, near.vector, conditions, having, count)
