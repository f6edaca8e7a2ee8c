"""Whether two clips show the same picture: fingerprints, how they are found and compared. Pure.

A fingerprint is :data:`PICTURES` luma pictures from along the clip, each averaged down to
:data:`CELLS` x :data:`CELLS` cells: coarse enough that scaling and another encoding change a cell
by a few levels only, fine enough that what moves before a fixed camera changes some by many.

Measured on four films of ``shared/media`` in clips of 10 s, each against three copies (CRF 35, 320
pixels wide, 10 fps): :func:`difference` is at most 6 between copies of a clip, and at least 26
between different clips, those of one fixed camera included. :data:`SAME` lies between, a factor
of two from either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

CELLS = 16
PICTURES = 8
LENGTH = PICTURES * CELLS * CELLS
"""Bytes of a fingerprint."""

SAME = 12.5
"""Difference up to which two clips show the same picture, in levels of 0..255."""
DURATION_SECONDS = 0.5
"""Their lengths may differ by so much: one step of the measuring, by which copies of another frame
rate may end earlier or later."""

SHAPE_BITS, CHANGE_BITS = 8, 8
DEAD_ZONE = 8.0
"""A coefficient not above this counts as none: noise in a flat picture has no shape."""
STILL = 6.0
"""Pictures that differ by less than this in every cell count as unchanged."""

Cells = npt.NDArray[np.float32]

_FREQUENCIES = sorted(
    ((u, v) for u in range(8) for v in range(8) if u + v), key=lambda each: (sum(each), each)
)
_STEPS = np.arange(CELLS)
_COSINES = np.cos(np.pi * np.outer(_STEPS, 2 * _STEPS + 1) / (2 * CELLS))
"""DCT-II, not normalized."""


def cells_of(luma: npt.NDArray[np.uint8]) -> bytes:
    """Averages a picture down to the cells, row by row; at least one pixel goes into each."""
    rows, columns = (_bounds(side) for side in luma.shape)
    reduced: npt.NDArray[Any] = luma.astype(np.float32)
    for axis, (firsts, lengths) in enumerate((rows, columns)):
        if luma.shape[axis] < CELLS:
            reduced = np.take(reduced, firsts, axis=axis)
        else:
            summed = np.add.reduceat(reduced, firsts, axis=axis)
            reduced = summed / (lengths[:, None] if axis == 0 else lengths[None])
    return reduced.round().astype(np.uint8).tobytes()


def _bounds(side: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    edges = np.arange(CELLS + 1) * side // CELLS
    return edges[:-1], np.diff(edges).astype(np.float32)


def fingerprint(cells: Sequence[bytes]) -> bytes | None:
    """Of a clip that was looked at so often; None where it never was."""
    count = len(cells)
    if not count:
        return None
    places = ((2 * number + 1) * count // (2 * PICTURES) for number in range(PICTURES))
    return b"".join(cells[min(place, count - 1)] for place in places)


def difference(one: bytes, other: bytes) -> float:
    """Of two fingerprints, in levels: the cell that differs most, in the median picture."""
    apart = np.abs(_pictures(one) - _pictures(other))
    return float(np.median(apart.reshape(PICTURES, -1).max(axis=1)))


def bands(print_: bytes) -> tuple[int, ...]:
    """Whole numbers of which copies share at least one, and different clips mostly none.

    Band k holds the signs of the lowest frequencies (DCT) of picture k and of its change to the
    next one, so that the clips of a fixed camera differ by what moves. Copies of the films above
    share at least three of the eight.
    """
    pictures = _pictures(print_)
    found = []
    for number, picture in enumerate(pictures):
        change = pictures[(number + 1) % PICTURES] - picture
        moved = bool(np.abs(change).max() >= STILL)
        bits = _signs(picture, SHAPE_BITS) + (_signs(change, CHANGE_BITS) if moved else [])
        word = sum(bit << place for place, bit in enumerate(bits))
        found.append((2 * number + moved) << (SHAPE_BITS + CHANGE_BITS) | word)
    return tuple(found)


def _pictures(print_: bytes) -> Cells:
    return np.frombuffer(print_, np.uint8).reshape(PICTURES, CELLS, CELLS).astype(np.float32)


def _signs(picture: Cells, count: int) -> list[int]:
    coefficients = _COSINES @ picture @ _COSINES.T
    return [int(coefficients[place] > DEAD_ZONE) for place in _FREQUENCIES[:count]]
