"""What is said of a video, and in it, as WebVTT tracks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shotlog.speech import Word, joined
from shotlog.wording import time_stamp

LONGEST_CUE_SECONDS = Fraction(6)
SHORTEST_CUE_SECONDS = Fraction(1, 1000)
LONGEST_CUE_CHARACTERS = 84
"""Two lines of 42, as subtitles are commonly set."""
PAUSE_SECONDS = Fraction(7, 10)
"""Who is silent so long has ended a sentence."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and when it is shown; half-open, in seconds from the first frame shown."""

    start: Fraction
    end: Fraction
    text: str


def webvtt(cues: Iterable[Cue]) -> str:
    """A track of these cues, in order (W3C WebVTT)."""
    return "".join(("WEBVTT\n", *map(_written, cues)))


def cues_between(cues: Iterable[Cue], start: Fraction, end: Fraction) -> Iterator[Cue]:
    """Those within a stretch, on a clock that begins with it: the track of one clip's file."""
    for cue in cues:
        first, last = max(cue.start, start) - start, min(cue.end, end) - start
        if first < last:
            yield Cue(first, last, cue.text)


def cues_of_words(words: Sequence[Word]) -> Iterator[Cue]:
    """Words heard, as many together as can be read at once."""
    return map(_cue, lines_of_words(words))


def lines_of_words(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words in order, parted where somebody is silent, and before a line becomes too long."""
    line: list[Word] = []
    characters = 0
    for word in words:
        length = len(word.text) + 1
        if line and (characters + length > LONGEST_CUE_CHARACTERS or _is_apart(line, word)):
            yield line
            line, characters = [], 0
        line.append(word)
        characters += length
    if line:
        yield line


def cue_text(text: str) -> str:
    """Text that no reader takes for markup, a time line or the end of its cue."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    plain = "\n".join(filter(None, lines)).replace("\0", "\ufffd")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _written(cue: Cue) -> str:
    text = cue_text(cue.text)
    start, end = time_stamp(cue.start, "."), time_stamp(cue.end, ".")
    return f"\n{start} --> {end}\n{text}\n" if text else ""


def _is_apart(line: Sequence[Word], word: Word) -> bool:
    return (
        word.end - line[0].start > LONGEST_CUE_SECONDS or word.start - line[-1].end > PAUSE_SECONDS
    )


def _cue(line: Sequence[Word]) -> Cue:
    start = line[0].start
    end = max(start + SHORTEST_CUE_SECONDS, *(each.end for each in line))
    return Cue(start, end, joined(each.text for each in line))
