"""Which way up a picture is: the display matrix, read as a turn and a flip."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

import av
from av.buffer import Buffer

Turn = Literal[0, 90, 180, 270]


@dataclass(frozen=True, slots=True)
class Orientation:
    """First flipped left to right if ``mirrored``, then turned clockwise."""

    rotation_degrees: Turn = 0
    mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        return self.rotation_degrees in (90, 270)

    @property
    def filters(self) -> tuple[str, ...]:
        """libavfilter's names for it, in order."""
        return _FILTERS[self.rotation_degrees, self.mirrored]


_FILTERS: dict[tuple[Turn, bool], tuple[str, ...]] = {
    (0, False): (),
    (90, False): ("transpose=clock",),
    (180, False): ("hflip", "vflip"),
    (270, False): ("transpose=cclock",),
    (0, True): ("hflip",),
    (90, True): ("transpose=clock_flip",),
    (180, True): ("vflip",),
    (270, True): ("transpose=cclock_flip",),
}

_BY_SIGNS: dict[tuple[int, int, int, int], Orientation] = {
    (1, 0, 0, 1): Orientation(0),
    (0, 1, -1, 0): Orientation(90),
    (-1, 0, 0, -1): Orientation(180),
    (0, -1, 1, 0): Orientation(270),
    (-1, 0, 0, 1): Orientation(0, mirrored=True),
    (0, -1, -1, 0): Orientation(90, mirrored=True),
    (1, 0, 0, -1): Orientation(180, mirrored=True),
    (0, 1, 1, 0): Orientation(270, mirrored=True),
}


def orientation_of(frame: av.VideoFrame, rotate_tag: str | None = None) -> Orientation:
    """The orientation that the file asks for; upright when it asks for none or a slanted one.

    The display matrix is nine numbers of which the first, second, fourth and fifth map a point
    (x, y) to (a x + c y, b x + d y) (ISO/IEC 14496-12, 8.3.2.3). ``rotate_tag`` is the clockwise
    turn in degrees that older writers left in the stream's metadata; a matrix goes before it.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, Buffer):
        return _BY_TAG.get((rotate_tag or "").strip(), Orientation())
    numbers = struct.unpack("=9i", bytes(data)[:36])
    a, b, c, d = numbers[0], numbers[1], numbers[3], numbers[4]
    largest = max(map(abs, (a, b, c, d))) or 1
    signs = [round(number / largest) for number in (a, b, c, d)]
    return _BY_SIGNS.get((signs[0], signs[1], signs[2], signs[3]), Orientation())


_BY_TAG = {
    "90": Orientation(90),
    "180": Orientation(180),
    "-180": Orientation(180),
    "270": Orientation(270),
    "-90": Orientation(270),
}
