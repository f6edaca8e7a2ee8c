"""Words heard in a video, and the sound they are heard in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

LONGEST_WORD_SECONDS = 5
"""What is longer is a sentence, of which the middle says little."""
LONGEST_PLACED_SECONDS = 60
"""What is known to lie somewhere in a longer stretch lies in no clip that could be named."""

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
        start, end = self.start, self.end
        # A film has tens of thousands of words; whole numbers compare quicker than fractions.
        if end.numerator * start.denominator < start.numerator * end.denominator:
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


def heard_in(
    words: Sequence[Word], spans: Iterable[tuple[Fraction, Fraction]]
) -> Iterator[str | None]:
    """What :meth:`Transcript.between` says of each start and end, for hours of speech at once.

    All times are counted in whole ticks of one clock: as exact as fractions, and many times as
    quick to compare.
    """
    ticks = 2 * lcm(*{each.denominator for word in words for each in (word.start, word.end)})
    middles: list[tuple[int, int]] = []
    sentences: list[tuple[int, int, int]] = []
    for place, word in enumerate(words):
        start, end = _ticks(word.start, ticks), _ticks(word.end, ticks)
        if end - start <= LONGEST_WORD_SECONDS * ticks:
            middles.append(((start + end) // 2, place))
        elif end - start <= LONGEST_PLACED_SECONDS * ticks:
            sentences.append((start, end, place))
    middles.sort()
    sentences.sort()
    longest = LONGEST_PLACED_SECONDS * ticks
    for start_seconds, end_seconds in spans:
        first, last = ceil(start_seconds * ticks), ceil(end_seconds * ticks)
        near = middles[bisect_left(middles, (first,)) : bisect_left(middles, (last,))]
        reaching = sentences[
            bisect_left(sentences, (first - longest,)) : bisect_left(sentences, (last,))
        ]
        places = [place for _, place in near]
        places += [place for _, end, place in reaching if end > floor(start_seconds * ticks)]
        yield joined(words[place].text for place in sorted(places)) or None


def _ticks(time: Fraction, ticks: int) -> int:
    """``ticks`` a second are a multiple of the time's denominator."""
    return time.numerator * (ticks // time.denominator)


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
