"""The words heard, in the lines that they are read in, clip by clip. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shotlog.exports import SegmentObject
from shotlog.speech import Word, joined
from shotlog.subtitles.cues import spoken_groups


@dataclass(frozen=True, slots=True)
class SpokenWord:
    start_seconds: float
    text: str
    before: str
    """A blank where one stands between it and the word before."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words that are read together, as subtitles have them."""

    start_seconds: float
    end_seconds: float
    words: tuple[SpokenWord, ...]


def lines_by_clip(
    words: Sequence[Word], clips: Sequence[SegmentObject]
) -> dict[int, tuple[Line, ...]]:
    """The lines that begin in each clip, by its number; where clips overlap, in the earlier one."""
    found: dict[int, list[Line]] = {each.index: [] for each in clips}
    place = 0
    for line in map(_line, spoken_groups(words)):
        while place + 1 < len(clips) and line.start_seconds >= clips[place].end_seconds:
            place += 1
        if clips:
            found[clips[place].index].append(line)
    return {index: tuple(lines) for index, lines in found.items()}


def _line(words: Sequence[Word]) -> Line:
    texts = [each.text.strip() for each in words]
    blanks = [joined(pair)[len(pair[0]) : -len(pair[1]) or None] for pair in pairwise(texts)]
    return Line(
        float(words[0].start),
        float(max(each.end for each in words)),
        tuple(
            SpokenWord(float(each.start), text, before)
            for each, text, before in zip(words, texts, ["", *blanks], strict=True)
        ),
    )
