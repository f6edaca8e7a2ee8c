"""Where clips begin and end, which frames they hold and how large they are. Pure arithmetic.

Every rule of DESIGN 3 about time and size is here, exact, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from typing import Protocol

from shotlog.records import Resolution, Scene, SceneMethod, SceneScore, Span, even
from shotlog.rows import ScanRow

TAIL_SECONDS = Fraction(1, 2)
"""A last clip that would add less new picture than this joins the clip before it."""

RATE_TOLERANCE = Fraction(1, 100)
"""A declared rate this much over the cap still counts as within it (30.3 for 30)."""

LARGEST_CREDIT = Fraction(19, 10)
"""Frames that may come at once though the cap allows one; below 2, so that no second gets two more
than the cap."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How a video is cut: clips of ``length`` seconds, each ``length - overlap`` after the last."""

    length: Fraction
    overlap: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.length <= 0 or not 0 <= self.overlap < self.length:
            raise ValueError(
                f"clips need 0 <= overlap < length; got length {self.length}, "
                f"overlap {self.overlap}"
            )

    @property
    def step(self) -> Fraction:
        return self.length - self.overlap

    def span(self, index: int) -> Span:
        """The nominal span of clip ``index`` (from 1), before the tail rule."""
        start = (index - 1) * self.step
        return Span(index, start, start + self.length)

    def last_index(self, picture_end: Fraction) -> int:
        """The last clip of a video whose picture ends at ``picture_end`` seconds.

        That is the first clip after which less than :data:`TAIL_SECONDS` of picture is left.
        """
        beyond = picture_end - TAIL_SECONDS - self.length
        if beyond < 0:
            return 1
        return int(beyond / self.step) + 2

    def settles(self, span: Span, picture_end: Fraction) -> bool:
        return picture_end >= span.end + TAIL_SECONDS

    def true_end(self, span: Span, picture_end: Fraction) -> Fraction:
        return picture_end if span.index == self.last_index(picture_end) else span.end

    def plan(self, picture_end: Fraction) -> tuple[Span, ...]:
        """All spans of a video; together they cover ``0 <= t < picture_end``."""
        last = self.last_index(picture_end)
        spans = [self.span(index) for index in range(1, last + 1)]
        return (*spans[:-1], replace(spans[-1], end=picture_end))


@dataclass(frozen=True, slots=True)
class GivenSpans:
    """Spans that somebody else chose, in order; no tail rule, a span past the end is dropped."""

    spans: tuple[Span, ...]

    def span(self, index: int) -> Span | None:
        return self.spans[index - 1] if index <= len(self.spans) else None

    def last_index(self, picture_end: Fraction) -> int:
        return max((each.index for each in self.spans if each.start < picture_end), default=0)

    def settles(self, span: Span, picture_end: Fraction) -> bool:
        return picture_end >= span.end

    def true_end(self, span: Span, picture_end: Fraction) -> Fraction:
        return min(span.end, picture_end)


class Spans(Protocol):
    """Which spans a video is cut in, asked while its end is not known yet."""

    def span(self, index: int) -> Span | None:
        """Span ``index`` (from 1) with its nominal end; None when there are no more."""
        ...

    def last_index(self, picture_end: Fraction) -> int:
        """The last span that counts, once the picture is known to end at ``picture_end``."""
        ...

    def settles(self, span: Span, picture_end: Fraction) -> bool:
        """Whether ``span`` keeps its nominal end, now that the picture reaches ``picture_end``."""
        ...

    def true_end(self, span: Span, picture_end: Fraction) -> Fraction:
        """Where a span that counts ends, once the picture is known to end at ``picture_end``."""
        ...


def planned(spans: Spans, picture_end: Fraction) -> tuple[Span, ...]:
    """The spans that count, with their true ends, of a picture whose end is known."""
    last = spans.last_index(picture_end)
    found: list[Span] = []
    for index in count(1):
        span = spans.span(index)
        if span is None or span.start >= picture_end or span.index > last:
            break
        found.append(replace(span, end=spans.true_end(span, picture_end)))
    return tuple(found)


def clip_name(index: int) -> str:
    """The name of a clip's files, without an ending: ``clip_001``, four digits past 999."""
    return f"clip_{index:03d}"


class RateCap:
    """Chooses the frames of one clip that stay when the frame rate is capped.

    Time, from the clip's start, is laid out in slots of one capped frame each; the first frame in a
    slot stays. So frames are dropped evenly, none is made up, and which ones stay depends on the
    clip alone. Slots begin a quarter of a source frame early, so that time stamps rounded by the
    container (Matroska counts milliseconds) do not fall out of theirs.

    A source whose declared rate is within the cap is not laid out so, lest a trembling clock costs
    it frames. Since the declared rate may lie, its frames spend a credit that grows at the capped
    rate up to :data:`LARGEST_CREDIT` frames: nothing is dropped while frames come no more than
    nearly one early, and no second gets over one frame more than the cap.
    """

    def __init__(self, cap_fps: Fraction, declared_fps: Fraction | None) -> None:
        if cap_fps <= 0:
            raise ValueError(f"a frame rate cap must be above 0, not {cap_fps}")
        self._slot_fps = cap_fps
        self._early = Fraction(1, 4)
        self._over = False
        if declared_fps is not None and declared_fps > cap_fps * (1 + RATE_TOLERANCE):
            self._over = True
            self._slot_fps = self._evenest(cap_fps, declared_fps)
            self._early *= self._slot_fps / declared_fps
        self._credit_fps = max(cap_fps, declared_fps or cap_fps)
        self._credit = LARGEST_CREDIT
        self._before = Fraction(0)
        self._last_slot = -1

    @staticmethod
    def _evenest(cap_fps: Fraction, declared_fps: Fraction) -> Fraction:
        """59.94 capped to 30 is best served by every second frame, 29.97 a second."""
        every = -(-declared_fps // cap_fps)
        whole = declared_fps / every
        return whole if whole >= cap_fps * (1 - RATE_TOLERANCE) else cap_fps

    def keeps(self, seconds_in_clip: Fraction) -> bool:
        """Whether the frame at this time stays. Call once a frame, in rising order of time."""
        return self._opens_slot(seconds_in_clip) if self._over else self._affords(seconds_in_clip)

    def _opens_slot(self, seconds_in_clip: Fraction) -> bool:
        slot = int(seconds_in_clip * self._slot_fps + self._early)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True

    def _affords(self, seconds_in_clip: Fraction) -> bool:
        earned = (seconds_in_clip - self._before) * self._credit_fps
        self._before = seconds_in_clip
        self._credit = min(LARGEST_CREDIT, self._credit + earned)
        if self._credit < 1:
            return False
        self._credit -= 1
        return True


class Sampler:
    """Chooses the frames the model sees: the first at or after every ``1 / fps`` of the clip."""

    def __init__(self, fps: Fraction) -> None:
        if fps <= 0:
            raise ValueError(f"frames are sampled at a rate above 0, not {fps}")
        self._fps = fps
        self._due = Fraction(0)

    def takes(self, seconds_in_clip: Fraction) -> bool:
        """Whether the frame at this time is sampled. Call once a frame, in rising order of time."""
        if seconds_in_clip < self._due:
            return False
        self._due = (int(seconds_in_clip * self._fps) + 1) / self._fps
        return True


def displayed_size(
    coded_width: int, coded_height: int, sample_aspect_ratio: Fraction, rotation_degrees: int
) -> tuple[int, int]:
    """Width and height of the upright picture with square pixels.

    The height stays, the width is squared by the sample aspect ratio (width of a sample over its
    height, ITU-T H.264 Annex E); then the picture is turned.
    """
    width = max(1, round(coded_width * sample_aspect_ratio))
    if rotation_degrees in (90, 270):
        return coded_height, width
    return width, coded_height


def fitted_size(width: int, height: int, cap: Resolution) -> tuple[int, int]:
    """The size of the clip's picture: inside the cap, aspect kept, even sides, never scaled up."""
    long_side, short_side = max(width, height), min(width, height)
    scale = min(
        Fraction(1), Fraction(cap.long_side, long_side), Fraction(cap.short_side, short_side)
    )
    if scale == 1:
        return max(2, width // 2 * 2), max(2, height // 2 * 2)
    return even(width * scale), even(height * scale)


def frame_size(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The size of the model's frames: at most ``max_pixels``, aspect kept, even sides."""
    if width * height <= max_pixels:
        return max(2, width // 2 * 2), max(2, height // 2 * 2)
    shrink = Fraction((max_pixels / (width * height)) ** 0.5).limit_denominator(1 << 16)
    wide, high = int(width * shrink) // 2 * 2, int(height * shrink) // 2 * 2
    return max(2, wide), max(2, high)


def scenes_between(
    scores: tuple[SceneScore, ...], threshold: float, picture_end: Fraction
) -> tuple[Scene, ...]:
    """Scenes of a video: cut where ffmpeg's score is above ``threshold``, as its ``gt`` does."""
    return scenes_at(tuple(each.time for each in scores if each.score > threshold), picture_end)


def scenes_at(cuts: tuple[Fraction, ...], picture_end: Fraction) -> tuple[Scene, ...]:
    """The scenes of a video that these cuts part, in rising order."""
    starts = [Fraction(0), *(time for time in cuts if time > 0)]
    ends = [*starts[1:], picture_end]
    return tuple(Scene(start, end) for start, end in zip(starts, ends, strict=True) if end > start)


def scenes_of(scan: ScanRow, method: SceneMethod) -> tuple[Scene, ...]:
    """The scenes of a scanned video by this method; one, if its cuts were not looked for so."""
    end = scan.facts.duration_seconds
    if method.detector == "ffmpeg":
        return scenes_between(scan.scores, method.threshold, end)
    return scenes_at(scan.cuts.times if scan.cuts else (), end)
