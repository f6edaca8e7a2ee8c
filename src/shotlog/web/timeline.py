"""Where everything of a video lies on one line: pictures, clips, cuts, chapters, curves. Pure.

All places are shares of the whole length, so that the drawing fits any width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from shotlog.exports import VideoObject
from shotlog.records import Sample
from shotlog.web.curves import Lane, Point, lanes_of, points_of

PICTURES = 8
"""On the strip."""
MOST_MARKS = 8
MARK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
"""Steps between marks that people count in."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the line."""

    place: float
    """Where it begins, 0..1."""
    length: float
    label: str = ""
    thumb: str | None = None
    """The address of a picture of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A time written under the line."""

    place: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing, row by row."""

    seconds: float
    chapters: tuple[Stretch, ...]
    pictures: tuple[Stretch, ...]
    clips: tuple[Stretch, ...]
    cuts: tuple[float, ...]
    """Where scenes after the first begin, 0..1."""
    colours: tuple[Stretch, ...]
    """What the video looks like along its length; the label is ``#rrggbb``."""
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]


def timeline_of(
    video: VideoObject, thumbs: Sequence[str | None], samples: Sequence[Sample]
) -> Timeline | None:
    """The drawing of a video; None where its length is not known. ``thumbs`` are its clips'."""
    seconds = length_of(video)
    if seconds <= 0:
        return None
    points = points_of(samples)
    clips = tuple(
        _stretch(each.start_seconds, each.end_seconds, seconds, str(each.index))
        for each in video.segments
    )
    return Timeline(
        seconds=seconds,
        chapters=tuple(
            _stretch(each.start_seconds, each.end_seconds, seconds, each.title)
            for each in video.chapters
        ),
        pictures=_pictures(clips, thumbs),
        clips=clips,
        cuts=tuple(each.start_seconds / seconds for each in video.scenes[1:]),
        colours=_colours(points, seconds),
        lanes=lanes_of(points, seconds),
        marks=_marks(seconds),
    )


def length_of(video: VideoObject) -> float:
    """In seconds: as measured, else to the end of the last clip; 0 where nothing is known."""
    if video.media is not None:
        return video.media.duration_seconds
    return max((each.end_seconds for each in video.segments), default=0.0)


def _stretch(start: float, end: float, seconds: float, label: str) -> Stretch:
    place = min(1.0, start / seconds)
    return Stretch(place, max(0.0, min(1.0, end / seconds) - place), label)


def _pictures(clips: Sequence[Stretch], thumbs: Sequence[str | None]) -> tuple[Stretch, ...]:
    """A strip of film: each picture shows the clip that lies behind its middle."""
    if not any(thumbs):
        return ()
    length = 1 / PICTURES
    starts = [each.place for each in clips]
    found = []
    for number in range(PICTURES):
        clip = max(0, bisect_right(starts, (number + 0.5) * length) - 1)
        found.append(Stretch(number * length, length, thumb=thumbs[clip]))
    return tuple(found)


def _colours(points: Sequence[Point], seconds: float) -> tuple[Stretch, ...]:
    """Neighbours of one colour are one stretch."""
    found: list[Stretch] = []
    ends = [each.start_seconds for each in points[1:]] + [seconds]
    for point, end in zip(points, ends, strict=True):
        each = _stretch(point.start_seconds, end, seconds, point.colour)
        if found and found[-1].label == each.label:
            before = found.pop()
            each = Stretch(before.place, before.length + each.length, each.label)
        found.append(each)
    return tuple(found)


def _marks(seconds: float) -> tuple[Mark, ...]:
    step = next((each for each in MARK_SECONDS if seconds / each <= MOST_MARKS), MARK_SECONDS[-1])
    count = int(seconds // step)
    return tuple(Mark(number * step / seconds, number * step) for number in range(count + 1))
