"""Vectors as the catalog keeps them: a byte a number, and one bit a number to look through. Pure.

One bit a number, taken around the mean of a library's vectors and turned so that every bit tells as
much as any other, orders them well enough that the best are among the first thousand; those are
then compared by their bytes (docs/decisions/0008-vectors-in-the-catalog.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Distances = npt.NDArray[np.uint16]
Words = npt.NDArray[np.uint64]

BLOCK = 2048
"""Vectors whose signatures lie together."""

TURNS = 2
"""Rounds; after one, vectors whose weight lies in few numbers are still told apart badly."""

_WORD_BITS = 64


def packed(vectors: Floats) -> list[bytes]:
    """A signed byte for each number of each row, by the row's own greatest.

    What was multiplied is not kept: rows are of length 1.
    """
    greatest = np.abs(vectors).max(axis=1, keepdims=True)
    scaled = np.rint(vectors * (127.0 / np.where(greatest > 0, greatest, 1.0)))
    return [row.tobytes() for row in scaled.astype(np.int8)]


def unpacked(rows: Sequence[bytes], dimensions: int) -> Floats:
    """``[rows, dimensions]``, each of length 1."""
    numbers = np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), dimensions)
    vectors = numbers.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.where(lengths > 0, lengths, 1.0)[:, None]
    return vectors


def cosines(rows: Sequence[bytes], vector: Floats) -> Floats:
    """Of each row with ``vector``, which is of length 1; -1..1."""
    found: Floats = unpacked(rows, len(vector)) @ vector
    return found


def centre_of(vectors: Floats) -> Floats:
    """What all vectors of a model have in common, which tells none from another."""
    found: Floats = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return found


def signed(vectors: Floats, centre: Floats) -> bytes:
    """The signatures of one block, word by word: first that of every vector, then the second…

    So they are compared in whole rows of numbers, three times as quickly as vector by vector.
    """
    return np.ascontiguousarray(_signs(vectors, centre).T).tobytes()


def signature(vector: Floats, centre: Floats) -> Words:
    """What the signatures of blocks are compared with."""
    found: Words = _signs(vector[None], centre)[0]
    return found


def distances(block: bytes, asked: Words) -> Distances:
    """In how many bits the signature of each of a block's vectors differs from ``asked``."""
    words = np.frombuffer(block, np.uint64).reshape(len(asked), -1)
    found: Distances = np.bitwise_count(words ^ asked[:, None]).sum(axis=0, dtype=np.uint16)
    return found


def nearest(found: Distances, count: int) -> npt.NDArray[np.int64]:
    """Where the ``count`` least distances stand, and those as small as the last of them."""
    if len(found) <= count:
        return np.arange(len(found), dtype=np.int64)
    up_to = np.searchsorted(np.cumsum(np.bincount(found)), count)
    places: npt.NDArray[np.int64] = np.flatnonzero(found <= up_to)
    return places


def _signs(vectors: Floats, centre: Floats) -> Words:
    """``[vectors, words]``."""
    return np.packbits(_turned(vectors - centre) > 0, axis=1).view(np.uint64)


def _turned(vectors: Floats) -> Floats:
    """The same vectors in a space turned at random, always in the same way, and some wider.

    Signs drawn once, then Walsh and Hadamard's transform, which needs no matrix (Ailon and
    Chazelle, "The Fast Johnson-Lindenstrauss Transform", 2009).
    """
    count, dimensions = vectors.shape
    width = max(_WORD_BITS, 1 << (dimensions - 1).bit_length())
    found = np.zeros((count, width), np.float32)
    found[:, :dimensions] = vectors
    for turn in range(TURNS):
        found *= _drawn(turn, width)
        half = 1
        while half < width:
            pairs = found.reshape(count, width // (2 * half), 2, half)
            first, second = pairs[:, :, 0].copy(), pairs[:, :, 1]
            pairs[:, :, 0] = first + second
            pairs[:, :, 1] = first - second
            half *= 2
        found /= np.float32(np.sqrt(width))
    return found


@lru_cache(maxsize=32)
def _drawn(turn: int, width: int) -> Floats:
    """Ones of either sign; by a hash, which no release of a library draws otherwise."""
    drawn = np.frombuffer(shake_128(b"%d %d" % (turn, width)).digest(width // 8), np.uint8)
    signs: Floats = np.unpackbits(drawn).astype(np.float32) * 2 - 1
    return signs
