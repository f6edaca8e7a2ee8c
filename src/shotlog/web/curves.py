"""What was measured along a video, as few enough points to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shotlog.records import Sample

MOST_POINTS = 600
"""More than a screen has room for; beyond, neighbours are put together."""

FLOOR_DB = -60.0
"""Nothing is heard below it; the curve of loudness begins there."""
LOW_MOTION = 0.05
"""A video that moves less is drawn against this, so that noise is not shown as a storm."""

WIDE, HIGH = 1000, 100
"""Of the field that paths are drawn in."""

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (12, 12, 14),
    "grey": (128, 128, 126),
    "white": (240, 240, 236),
    "red": (196, 48, 43),
    "orange": (226, 126, 38),
    "brown": (122, 82, 48),
    "yellow": (228, 196, 66),
    "green": (82, 142, 70),
    "cyan": (74, 170, 178),
    "blue": (62, 100, 176),
    "purple": (122, 76, 160),
    "pink": (220, 132, 164),
}
"""How the named colours of samples are painted."""


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of the video, from its own start to that of the next."""

    start_seconds: float
    motion: float
    """The most in it, 0..1."""
    loudness_db: float | None
    """The most in it; None without sound."""
    brightness: float
    """On average, 0..1."""
    colour: str
    """What its pictures look like from far away, ``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One curve, filled from its floor."""

    name: str
    path: str
    """In a field of :data:`WIDE` by :data:`HIGH`, as SVG has it."""


def points_of(samples: Sequence[Sample], most: int = MOST_POINTS) -> tuple[Point, ...]:
    """At most so many points; a peak is never lost."""
    together = -(-len(samples) // most) or 1
    parts = [samples[first : first + together] for first in range(0, len(samples), together)]
    return tuple(map(_point, parts))


def lanes_of(points: Sequence[Point], seconds: float) -> tuple[Lane, ...]:
    """Motion, loudness (where there is sound) and brightness, in this order."""
    if not points or seconds <= 0:
        return ()
    highest = max(LOW_MOTION, *(each.motion for each in points))
    wanted: list[tuple[str, Callable[[Point], float]]] = [
        ("motion", lambda each: each.motion / highest),
        ("loudness", lambda each: 1 - _heard(each) / FLOOR_DB),
        ("brightness", lambda each: each.brightness),
    ]
    if all(each.loudness_db is None for each in points):
        del wanted[1]
    return tuple(Lane(name, _path(points, seconds, share)) for name, share in wanted)


def _heard(point: Point) -> float:
    return FLOOR_DB if point.loudness_db is None else max(point.loudness_db, FLOOR_DB)


def _point(samples: Sequence[Sample]) -> Point:
    heard = [each.loudness_db for each in samples if each.loudness_db is not None]
    brightness = sum(each.brightness for each in samples) / len(samples)
    return Point(
        start_seconds=float(samples[0].time),
        motion=max(each.motion for each in samples),
        loudness_db=max(heard, default=None),
        brightness=brightness,
        colour=_colour(samples, brightness),
    )


def _colour(samples: Sequence[Sample], brightness: float) -> str:
    """The mean of the named colours by their shares, moved half way to the true brightness."""
    total = [0.0, 0.0, 0.0]
    weight = 0.0
    for sample in samples:
        for name, share in sample.colors:
            for place, value in enumerate(COLOURS.get(name, COLOURS["grey"])):
                total[place] += value * share
            weight += share
    if not weight:
        return "#000000"
    mean = [each / weight for each in total]
    light = sum(mean) / 3
    scale = (light + 255 * brightness) / 2 / light if light else 1.0
    return "#" + "".join(f"{min(255, round(each * scale)):02x}" for each in mean)


def _path(points: Sequence[Point], seconds: float, share: Callable[[Point], float]) -> str:
    """From middle to middle of the points, and level to both ends."""
    starts = [WIDE * min(1.0, each.start_seconds / seconds) for each in points]
    ends = [*starts[1:], float(WIDE)]
    high = [_short(HIGH * (1 - min(1.0, max(0.0, share(each))))) for each in points]
    middles = [_short((start + end) / 2) for start, end in zip(starts, ends, strict=True)]
    line = "".join(f"L{x} {y}" for x, y in zip(middles, high, strict=True))
    return f"M0 {HIGH}V{high[0]}{line}H{WIDE}V{HIGH}Z"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
