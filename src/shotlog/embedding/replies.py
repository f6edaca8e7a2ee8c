"""What a server's answer to ``POST …/v1/embeddings`` says. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import numpy as np

from shotlog.embedding.base import Floats, normalised
from shotlog.errors import EmbeddingRefusedError

HINT = "Check EmbeddingEndpoint and EmbeddingModel in section [Search]: is it a model of vectors?"


def read_vectors(found: Mapping[str, object], count: int, address: str) -> Floats:
    """The ``count`` vectors of an answer in the order of the texts, each of length 1.

    They are put in order by ``index``; lists of numbers and base64 (float32, little-endian) are
    read alike. Raises EmbeddingRefusedError where the answer is something else.
    """
    data = found.get("data")
    if not isinstance(data, list) or len(data) != count:
        seen = len(data) if isinstance(data, list) else "no"
        raise _unreadable(address, f"{seen} vectors for {count} texts")
    rows: dict[int, Floats] = {}
    for place, each in enumerate(data):
        if not isinstance(each, dict):
            raise _unreadable(address, "no object for a text")
        index = each.get("index", place)
        if not isinstance(index, int) or not 0 <= index < count or index in rows:
            raise _unreadable(address, f"the index {index!r} among {count}")
        rows[index] = _vector(each.get("embedding"), address)
    lengths = {len(row) for row in rows.values()}
    if len(lengths) != 1:
        raise _unreadable(address, "vectors of several lengths")
    vectors = np.stack([rows[index] for index in range(count)])
    if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
        raise _unreadable(address, "a vector that is nothing but zeros, or holds no numbers")
    return normalised(vectors)


def _vector(found: object, address: str) -> Floats:
    try:
        if isinstance(found, str):
            row = np.frombuffer(base64.b64decode(found, validate=True), "<f4")
        elif isinstance(found, list):
            row = np.asarray(found, np.float64)
        else:
            raise ValueError
    except (binascii.Error, ValueError, TypeError):
        raise _unreadable(address, "what is no vector") from None
    if row.ndim != 1 or not len(row):
        raise _unreadable(address, "what is no vector")
    return row.astype(np.float32)


def _unreadable(address: str, seen: str) -> EmbeddingRefusedError:
    return EmbeddingRefusedError(f"{address} answered with {seen}.", hint=HINT)
