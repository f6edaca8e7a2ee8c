"""Vectors of what is said of clips: kept under their words' key, so that none is paid for twice.

A vector's number is ``model.number * STRIDE`` and how many were made before it. Whole blocks of
them have their signatures side by side; those behind the last block are few enough to be compared
one by one (:mod:`shotlog.catalog.signatures`). Which clips have a vector now stands apart, by
:mod:`shotlog.catalog.tags`' places: many clips may say the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

import numpy as np

from shotlog import ledger
from shotlog.catalog.signatures import Floats
from shotlog.catalog.tags import PLACES
from shotlog.embedding_texts import clip_told, video_told
from shotlog.queries import BETWEEN_SIGNS
from shotlog.rows import VectorModel

STRIDE = 1 << 40
"""Vectors that a model may ever make."""

CREATE = (
    """
    CREATE TABLE vector_models (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        identity TEXT NOT NULL UNIQUE,
        dimensions INTEGER,
        centre BLOB,
        made INTEGER NOT NULL DEFAULT 0,
        reached INTEGER NOT NULL DEFAULT 0,
        requests INTEGER NOT NULL DEFAULT 0,
        tokens INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE vectors (
        number INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        numbers BLOB NOT NULL
    )
    """,
    "CREATE TABLE vector_signatures (first INTEGER PRIMARY KEY, signs BLOB NOT NULL)",
    """
    CREATE TABLE vector_places (
        vector INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (vector, place)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX vector_places_of ON vector_places (place)",
)
"""``centre`` is the mean of a model's first block, around which signatures are taken."""

SAID = """
    SELECT rowid AS place, title, summary, description, text, tags, transcript FROM clip_words
    WHERE rowid >= ? AND rowid < ? ORDER BY rowid
"""
_PLACED = """
    SELECT key FROM vector_places JOIN vectors ON number = vector
    WHERE place = ? AND vector >= ? AND vector < ?
"""


def told_in(row: sqlite3.Row) -> str:
    """What a row of the index of words says, as :mod:`shotlog.embedding_texts` puts it."""

    def said(name: str) -> str:
        return (row[name] or "").replace(BETWEEN_SIGNS, "")

    if row["place"] % PLACES == 0:
        return video_told(said("title"), said("summary"), said("tags"))
    return clip_told(said("description"), said("text"), said("tags"), said("transcript"))


def is_told_so(connection: sqlite3.Connection, model: VectorModel, place: int) -> bool:
    """Whether the vector that a place has is of what is said there now."""
    row = connection.execute(SAID, (place, place + 1)).fetchone()
    low, high = numbers_of(model)
    had = connection.execute(_PLACED, (place, low, high)).fetchone()
    if row is None or had is None:
        return False
    key: bytes = had["key"]
    return bytes.fromhex(ledger.vector_key(model.identity, told_in(row))) == key


def numbers_of(model: VectorModel) -> tuple[int, int]:
    """Half-open: the vectors' numbers."""
    return model.number * STRIDE, (model.number + 1) * STRIDE


def centre(connection: sqlite3.Connection, model: VectorModel) -> Floats:
    sql = "SELECT centre FROM vector_models WHERE number = ?"
    (found,) = connection.execute(sql, (model.number,)).fetchone()
    return np.frombuffer(found, np.float32)


def identity_in(identity: Mapping[str, str]) -> str:
    return json.dumps(dict(identity), sort_keys=True)


def model_out(row: sqlite3.Row) -> VectorModel:
    return VectorModel(
        number=row["number"],
        name=row["name"],
        identity=json.loads(row["identity"]),
        dimensions=row["dimensions"],
        made=row["made"],
        reached=row["reached"],
        requests=row["requests"],
        tokens=row["tokens"],
    )
