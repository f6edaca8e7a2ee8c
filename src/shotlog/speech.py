"""Words heard in a video, and the sound they are heard in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

LONGEST_WORD_SECONDS = 5
"""What is longer is a sentence, of which the middle says little."""
LONGEST_PLACED_SECONDS = 60
"""What is known to lie somewhere in a longer stretch lies in no clip that could be named."""

_ROUNDING = 1e-6
"""More than a float of seconds is off."""

_FIRST_WITHOUT_BLANKS = "\u2e80"
"""From here on are the scripts of China and Japan, which put no blanks between words."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a sentence where the listener told no single words; half-open."""

    start: Fraction
    """Seconds from the first frame shown."""
    end: Fraction
    text: str

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a word from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that was heard in a video, in order of time; no words where nobody spoke."""

    words: tuple[Word, ...] = ()
    language: str | None = None
    """As the listener names it; None where it does not."""

    @property
    def text(self) -> str:
        return joined(word.text for word in self.words)

    def between(self, start: Fraction, end: Fraction) -> str | None:
        """The words whose middle lies in ``start <= t < end``, and the sentences that reach in.

        None where there are none.
        """
        return joined(word.text for word in self.words if _lies_in(word, start, end)) or None


@dataclass(frozen=True, slots=True)
class SoundStretch:
    """A piece of a video's sound, in a file of its own: 16 kHz, one channel."""

    file: str
    """Relative to the video's folder."""
    start: Fraction
    """Seconds from the first frame shown."""
    duration_seconds: Fraction
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SoundFile:
    """The sound of a video in order of time; no stretches where it has none."""

    stretches: tuple[SoundStretch, ...] = ()


def heard_in(
    transcript: Transcript, spans: Sequence[tuple[Fraction, Fraction]]
) -> tuple[str | None, ...]:
    """:meth:`Transcript.between` of many spans, in a time that grows with words plus spans."""
    placed: list[tuple[float, int]] = []
    long: list[int] = []
    for number, word in enumerate(transcript.words):
        start, end = float(word.start), float(word.end)
        if end - start < LONGEST_WORD_SECONDS - _ROUNDING:
            placed.append(((start + end) / 2, number))
        elif end - start < LONGEST_PLACED_SECONDS + _ROUNDING:
            long.append(number)
    placed.sort()
    return tuple(
        joined(
            transcript.words[number].text for number in _numbers(transcript, placed, long, *span)
        )
        or None
        for span in spans
    )


def _numbers(
    transcript: Transcript,
    placed: Sequence[tuple[float, int]],
    long: Sequence[int],
    start: Fraction,
    end: Fraction,
) -> list[int]:
    """Which words lie in ``start <= t < end``; fractions are compared only where floats may err."""
    first, last = float(start), float(end)
    near = placed[
        bisect_left(placed, (first - _ROUNDING, 0)) : bisect_left(placed, (last + _ROUNDING, 0))
    ]
    doubtful = list(long)
    found: list[int] = []
    for middle, number in near:
        sure = first + _ROUNDING < middle < last - _ROUNDING
        (found if sure else doubtful).append(number)
    found += [number for number in doubtful if _lies_in(transcript.words[number], start, end)]
    return sorted(found)


def _lies_in(word: Word, start: Fraction, end: Fraction) -> bool:
    length = word.end - word.start
    if length > LONGEST_WORD_SECONDS:
        return length <= LONGEST_PLACED_SECONDS and word.start < end and start < word.end
    return start <= (word.start + word.end) / 2 < end


def joined(texts: Iterable[str]) -> str:
    """Words as a text: with blanks between them, but not within Chinese or Japanese."""
    text = ""
    for each in (each.strip() for each in texts):
        if not each:
            continue
        close = not text or (text[-1] >= _FIRST_WITHOUT_BLANKS and each[0] >= _FIRST_WITHOUT_BLANKS)
        text += each if close else f" {each}"
    return text
