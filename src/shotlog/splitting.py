"""Clips that follow scenes. Pure arithmetic, done while the scenes are still being found.

The rule, walking through the video: a clip ends at the first cut that comes at least ``shortest``
after its start, so a shorter scene is joined to what follows it; a clip that has reached
``longest`` without such a cut ends there. A last clip shorter than ``shortest`` joins the one
before. So every clip but a lone one lasts from ``shortest`` to ``longest``, and the last one less
than ``longest + shortest``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shotlog.records import SceneMethod, Span
from shotlog.segments import TAIL_SECONDS


@dataclass(frozen=True, slots=True)
class SceneCutting:
    """How a video is cut along its scenes."""

    longest: Fraction
    """Seconds; a longer scene is split there."""
    shortest: Fraction
    """Seconds; a shorter scene is joined to the next one."""
    method: SceneMethod
    """How scenes are found."""

    def __post_init__(self) -> None:
        if not 0 <= self.shortest < self.longest:
            raise ValueError(
                f"clips that follow scenes need 0 <= shortest < longest; "
                f"got shortest {self.shortest}, longest {self.longest}"
            )

    @property
    def tail(self) -> Fraction:
        """A last clip shorter than this joins the one before, in seconds."""
        return max(self.shortest, TAIL_SECONDS)


class ScenePlan:
    """The spans of one video, as far as its scenes are known. Is a ``segments.Spans``.

    Told of every cut by :meth:`cut` and of every frame by :meth:`reach`, in rising order of time,
    a cut before the frame that it begins with.
    """

    def __init__(self, cutting: SceneCutting) -> None:
        self._cutting = cutting
        self._starts = [Fraction(0)]

    def cut(self, time: Fraction) -> None:
        """A scene begins here. One that lies before the last frame reached comes too late."""
        self.reach(time)
        length = time - self._starts[-1]
        if length > 0 and length >= self._cutting.shortest:
            self._starts.append(time)

    def reach(self, time: Fraction) -> None:
        """Every cut before ``time`` is known."""
        while time - self._starts[-1] >= self._cutting.longest:
            self._starts.append(self._starts[-1] + self._cutting.longest)

    def span(self, index: int) -> Span | None:
        """Its end may still move back to a cut, until another span begins there."""
        if index > len(self._starts):
            return None
        start = self._starts[index - 1]
        if index < len(self._starts):
            return Span(index, start, self._starts[index])
        return Span(index, start, start + self._cutting.longest)

    def last_index(self, picture_end: Fraction) -> int:
        last = len(self._starts)
        while last > 1 and picture_end - self._starts[last - 1] < self._cutting.tail:
            last -= 1
        return last

    def settles(self, span: Span, picture_end: Fraction) -> bool:
        return span.index < len(self._starts) and picture_end >= span.end + self._cutting.tail

    def true_end(self, span: Span, picture_end: Fraction) -> Fraction:
        return picture_end if span.index == self.last_index(picture_end) else span.end


def scene_spans(
    cutting: SceneCutting, cuts: tuple[Fraction, ...], picture_end: Fraction
) -> tuple[Span, ...]:
    """All spans of a video whose cuts are known; together they cover ``0 <= t < picture_end``."""
    plan = ScenePlan(cutting)
    for time in cuts:
        if 0 < time < picture_end:
            plan.cut(time)
    plan.reach(picture_end)
    last = plan.last_index(picture_end)
    spans = [span for index in range(1, last + 1) if (span := plan.span(index)) is not None]
    return tuple(Span(each.index, each.start, plan.true_end(each, picture_end)) for each in spans)
