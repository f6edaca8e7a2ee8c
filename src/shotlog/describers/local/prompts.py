"""The text that a Qwen-VL model reads, with a place for every token of its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from shotlog.describers.asking import ModelQuestion
from shotlog.describers.local.pixels import Grid

Messages = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Marks:
    """The words that stand for pictures in a model's text."""

    start: str
    place: str
    """Stands for one picture token."""
    end: str


def messages_of(question: ModelQuestion) -> Messages:
    """The question as chat templates take it: one turn of the user, one video in it or none."""
    if question.shown is None:
        words = "\n\n".join(filter(None, (question.opening, question.closing)))
        return [{"role": "user", "content": [{"type": "text", "text": plain_words(words)}]}]
    parts: list[dict[str, object]] = [
        {"type": "text", "text": plain_words(question.opening)},
        {"type": "video"},
    ]
    if question.closing:
        parts.append({"type": "text", "text": plain_words(question.closing)})
    return [{"role": "user", "content": parts}]


def plain_words(text: str) -> str:
    """``text`` in which nothing is one of the model's own marks, such as ``<|video_pad|>``."""
    return text.replace("<|", "< |")


def with_places(text: str, grid: Grid, merge: int, marks: Marks) -> str:
    """``text`` with as many places as the video has tokens (Qwen2-VL and Qwen2.5-VL)."""
    groups, rows, columns = grid
    return text.replace(marks.place, marks.place * (groups * rows * columns // merge**2))


def with_timed_places(
    text: str, grid: Grid, merge: int, marks: Marks, times: Sequence[Fraction]
) -> str:
    """The same as Qwen3-VL was taught it: each group of frames behind its own time."""
    _, rows, columns = grid
    places = f"{marks.start}{marks.place * (rows * columns // merge**2)}{marks.end}"
    told = "".join(f"<{float(time):.1f} seconds>{places}" for time in times)
    return text.replace(f"{marks.start}{marks.place}{marks.end}", told)


def group_times(times: Sequence[Fraction], group: int) -> tuple[Fraction, ...]:
    """The middle of each group of frames, the last frame being shown again where one lacks."""
    full = [*times, *[times[-1]] * (-len(times) % group)]
    return tuple((full[i] + full[i + group - 1]) / 2 for i in range(0, len(full), group))
