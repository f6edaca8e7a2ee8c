"""The clips whose words mean what is looked for: by signatures first, then by their vectors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from shotlog.catalog import signatures
from shotlog.catalog.searching import JOINED, Condition, Conditions
from shotlog.catalog.signatures import BLOCK, Distances, Floats
from shotlog.catalog.tags import PLACES
from shotlog.catalog.vectors import STRIDE, centre, is_told_so
from shotlog.rows import VectorModel

COMPARED = 1_000
"""Vectors that are compared number by number, those of the nearest signatures."""

FILTERED = 8_000
"""Vectors that filters are held against where they let too few of those pass."""
ENOUGH = 40
"""Places that are few no longer, or a third of those asked for: as many as are to be shown."""

Numbers = npt.NDArray[np.int64]

_IS_THERE = f" AND (clips.clip_index IS NOT NULL OR hit.place % {PLACES} = 0)"
"""A video that was cut anew may have fewer clips than it has vectors."""

_NUMBERS = """
    SELECT number, numbers FROM json_each(?) CROSS JOIN vectors ON number = json_each.value
"""

_OF_THESE = f"""
    SELECT DISTINCT hit.vector
    FROM json_each(?) CROSS JOIN vector_places AS hit ON hit.vector = json_each.value
        CROSS JOIN {JOINED.format(place="hit.place")}
"""  # noqa: S608 - made of this package's own constants
_AMONG = f"""
    SELECT DISTINCT hit.vector
    FROM json_each(?) CROSS JOIN vector_places AS hit ON hit.place = json_each.value
        CROSS JOIN {JOINED.format(place="hit.place")} AND +hit.vector >= ? AND +hit.vector < ?
"""  # noqa: S608
_OF_FEW = f"""
    SELECT DISTINCT hit.vector
    FROM clip_tags CROSS JOIN vector_places AS hit ON hit.place = clip_tags.place
        CROSS JOIN {JOINED.format(place="hit.place")} AND clip_tags.tag = ?
"""  # noqa: S608
_OF_VIDEOS = f"""
    SELECT DISTINCT hit.vector
    FROM videos CROSS JOIN vector_places AS hit ON hit.place >= videos.number * {PLACES}
        AND hit.place < (videos.number + 1) * {PLACES}
    LEFT JOIN clips ON clips.video_id = videos.id AND clips.clip_index = hit.place % {PLACES}
    WHERE true
"""  # noqa: S608


def nearest(
    connection: sqlite3.Connection,
    model: VectorModel,
    vector: Floats,
    conditions: Conditions,
    count: int,
) -> list[tuple[int, float]]:
    """``count`` places that pass the filters and their cosines, the nearest first.

    ``vector`` is of length 1. Of places that say the same word for word, the newest come first.
    Those whose words have changed since they got their vector are left out.
    """
    if model.dimensions != len(vector):
        return []
    found = _signed_distances(connection, model, vector)
    asked = conditions.at("hit.place")
    tail = np.arange(len(found), model.made)

    def placed(signed: Numbers, behind: Numbers) -> list[tuple[int, float]]:
        numbers = np.concatenate((signed, behind))
        return _placed(connection, model, vector, numbers, asked, count)

    places = placed(signatures.nearest(found, COMPARED), tail)
    enough = min(count, max(ENOUGH, count // 3))
    if not asked.sql or len(places) >= enough:
        return places
    # Few of the nearest are among those that are asked for: these are found out first.
    fits = _fitting_of(connection, model, signatures.nearest(found, FILTERED), asked)
    if len(fits) < enough:
        fits = _fitting(connection, model, conditions, asked)
    signed = fits[fits < len(found)]
    best = signed[signatures.nearest(found[signed], COMPARED)]
    return placed(best, tail)


def nearest_among(
    connection: sqlite3.Connection,
    model: VectorModel,
    vector: Floats,
    conditions: Conditions,
    places: Sequence[int],
    count: int,
) -> list[tuple[int, float]]:
    """As :func:`nearest`, of these places alone."""
    if model.dimensions != len(vector):
        return []
    found = _signed_distances(connection, model, vector)
    asked, base = conditions.at("hit.place"), model.number * STRIDE
    bound = (json.dumps(places), base, base + STRIDE, *asked.values)
    rows = connection.execute(f"{_AMONG}{asked.sql}", bound)
    fits = np.sort(np.fromiter((row[0] - base for row in rows), np.int64))
    signed = fits[fits < len(found)]
    best = signed[signatures.nearest(found[signed], COMPARED)]
    numbers = np.concatenate((best, fits[fits >= len(found)]))
    return _placed(connection, model, vector, numbers, asked, count, frozenset(places))


def _signed_distances(
    connection: sqlite3.Connection, model: VectorModel, vector: Floats
) -> Distances:
    """Of all vectors in whole blocks, two bytes each."""
    blocks = model.made // BLOCK
    found = np.zeros(blocks * BLOCK, np.uint16)
    if not blocks:
        return found
    low, asked = model.number * STRIDE, signatures.signature(vector, centre(connection, model))
    sql = "SELECT signs FROM vector_signatures WHERE first >= ? AND first < ? ORDER BY first"
    rows = connection.execute(sql, (low, low + blocks * BLOCK))
    for block, (signs,) in enumerate(rows):
        start = block * BLOCK
        found[start : start + BLOCK] = signatures.distances(signs, asked)
    return found


def _placed(
    connection: sqlite3.Connection,
    model: VectorModel,
    vector: Floats,
    numbers: Numbers,
    asked: Condition,
    count: int,
    among: frozenset[int] | None = None,
) -> list[tuple[int, float]]:
    """The places of these vectors, or those of ``among`` alone; the nearest first."""
    base = model.number * STRIDE
    sql = f"""
        SELECT place FROM vector_places AS hit WHERE vector = ? AND EXISTS (
            SELECT 1 FROM {JOINED.format(place="hit.place")}{_IS_THERE}{asked.sql}
        ) ORDER BY place DESC
    """  # noqa: S608
    places: list[tuple[int, float]] = []
    for number, cosine in _compared(connection, base, vector, numbers):
        for (place,) in connection.execute(sql, (base + number, *asked.values)):
            if (among is None or place in among) and is_told_so(connection, model, place):
                places.append((place, cosine))
            if len(places) == count:
                return places
    return places


def _compared(
    connection: sqlite3.Connection, base: int, vector: Floats, numbers: Numbers
) -> Iterator[tuple[int, float]]:
    """Vectors and their cosines, the nearest first."""
    wanted = json.dumps((numbers + base).tolist())
    rows = connection.execute(_NUMBERS, (wanted,)).fetchall()
    if not rows:
        return
    cosines = signatures.cosines([row["numbers"] for row in rows], vector)
    for place in np.argsort(-cosines, kind="stable").tolist():
        yield rows[place]["number"] - base, float(cosines[place])


def _fitting_of(
    connection: sqlite3.Connection, model: VectorModel, numbers: Numbers, asked: Condition
) -> Numbers:
    """Those of the vectors that any place has which passes the filters, in order."""
    base = model.number * STRIDE
    sql = f"{_OF_THESE}{asked.sql}"
    rows = connection.execute(sql, (json.dumps((numbers + base).tolist()), *asked.values))
    return np.sort(np.fromiter((row[0] - base for row in rows), np.int64))


def _fitting(
    connection: sqlite3.Connection, model: VectorModel, conditions: Conditions, asked: Condition
) -> Numbers:
    """The vectors that any place has which passes the filters, in order."""
    base = model.number * STRIDE
    bound: Sequence[object] = () if conditions.rarest is None else (conditions.rarest,)
    start = _OF_VIDEOS if conditions.rarest is None else _OF_FEW
    of_model = f"{start} AND +hit.vector >= ? AND +hit.vector < ?{asked.sql}"
    values = (*bound, base, base + STRIDE, *asked.values)
    rows: Iterable[sqlite3.Row] = connection.execute(of_model, values)
    return np.sort(np.fromiter((row[0] - base for row in rows), np.int64))
