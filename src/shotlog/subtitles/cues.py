"""What is shown when, as subtitles show it: lines of text with their times. Pure.

The bounds are those that subtitlers keep to (BBC and Netflix guidelines): two lines of at most 42
columns, no more than six seconds, broken where a sentence ends or the speaker pauses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from shotlog.overlaps import own_parts
from shotlog.records import Chapter
from shotlog.rows import ClipRow
from shotlog.speech import Word, joined

LINE_COLUMNS = 42
"""A letter of China, Japan or Korea takes two."""
CUE_LINES = 2
LONGEST_SECONDS = Fraction(6)
LONGEST_PAUSE_SECONDS = Fraction(3, 4)
"""After a longer one a new cue begins."""
SHORTEST_SECONDS = Fraction(1)
"""A cue stays so long where nothing follows at once."""
PIECE_SECONDS = Fraction(3, 2)
"""Least time for one piece of a text that is shown piece by piece."""

_ENDS_SENTENCE = re.compile(r"""[.!?。！？…]["'”’」』)]*$""")
_BREAKS = re.compile(
    r"\s+|(?<=[\u2e80-\ua4cf\uf900-\ufaff\uff01-\uff60])(?![、。，．！？：；…」』）】〉》ー])"
)
"""Between words; and after a letter of the scripts that put no blanks between them, but where a
sign follows that begins no line."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Shown while ``start <= t < end``, in seconds from the first frame shown."""

    start: Fraction
    end: Fraction
    lines: tuple[str, ...]
    name: str = ""
    """What programs know it by."""

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def spoken_cues(words: Iterable[Word]) -> tuple[Cue, ...]:
    """Words heard, in lines that can be read; a cue's times are those of its words.

    No cue begins before the one before it ends.
    """
    return tuple(_in_turn([_cue(group) for group in spoken_groups(words)]))


def spoken_groups(words: Iterable[Word]) -> Iterator[Sequence[Word]]:
    """The words that are read together, each with its time: those of one cue.

    In order of time. A sentence that was heard as one word is parted, its time with it.
    """
    return _groups(sorted(_pieces(words), key=lambda word: word.start))


def described_cues(clips: Sequence[ClipRow]) -> tuple[Cue, ...]:
    """A cue a described clip, named after it, its text one line.

    Of clips that overlap, each is shown until the next begins. Neighbours that say the very same
    are one cue.
    """
    clips = sorted(clips, key=lambda row: (row.clip.span.start, row.clip.span.index))
    cues: list[Cue] = []
    for row, (start, end) in zip(clips, own_parts([row.clip.span for row in clips]), strict=True):
        text = " ".join((row.description_now or "").split())
        if not text:
            continue
        if cues and cues[-1].end >= start and cues[-1].text == text:
            cues[-1] = replace(cues[-1], end=max(end, cues[-1].end))
        else:
            cues.append(Cue(start, end, (text,), f"clip {row.clip.span.index}"))
    return tuple(_in_turn(cues))


def chapter_cues(chapters: Iterable[Chapter]) -> tuple[Cue, ...]:
    """A cue a chapter, its title one line."""
    return tuple(
        Cue(each.start, each.end, (" ".join(each.title.split()),))
        for each in chapters
        if each.title.strip() and each.end > each.start
    )


def cues_between(cues: Iterable[Cue], start: Fraction, end: Fraction) -> Iterator[Cue]:
    """Those within a stretch, on a clock that begins with it: the track of one clip's file."""
    for cue in cues:
        first, last = max(cue.start, start) - start, min(cue.end, end) - start
        if first < last:
            yield replace(cue, start=first, end=last)


def in_pieces(cue: Cue) -> Iterator[Cue]:
    """A long text in pieces that follow each other, as long each as its share of the letters.

    A piece has :data:`CUE_LINES` lines, or more where there is too little time for that.
    """
    length = cue.end - cue.start
    lines = wrapped(cue.text)
    most = max(1, int(length / PIECE_SECONDS))
    in_each = max(CUE_LINES, -(-len(lines) // most))
    pieces = [lines[at : at + in_each] for at in range(0, len(lines), in_each)]
    whole = sum(sum(map(columns, piece)) for piece in pieces) or 1
    shown, start = 0, cue.start
    for piece in pieces:
        shown += sum(map(columns, piece))
        end = cue.start + length * Fraction(shown, whole)
        yield Cue(start, end, tuple(piece), cue.name)
        start = end


def wrapped(text: str) -> list[str]:
    """Lines of at most :data:`LINE_COLUMNS` columns; a longer word is broken."""
    lines = [""]
    for word in _parts(text):
        line = joined((lines[-1], word))
        if columns(line) <= LINE_COLUMNS:
            lines[-1] = line
        else:
            lines.append(word)
    return [line for line in lines if line]


def columns(text: str) -> int:
    """How wide a text is shown, in letters of Latin width."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def _parts(text: str) -> Iterator[str]:
    """Words, none wider than a line."""
    for word in filter(None, _BREAKS.split(text)):
        if columns(word) <= LINE_COLUMNS:
            yield word
            continue
        part = ""
        for letter in word:
            if columns(part + letter) > LINE_COLUMNS:
                yield part
                part = ""
            part += letter
        if part:
            yield part


def _pieces(words: Iterable[Word]) -> Iterator[Word]:
    """Sentences that were heard as one word, parted into words in proportion to their letters."""
    for word in words:
        parts = list(_parts(word.text))
        if len(parts) == 1:
            yield Word(word.start, word.end, parts[0])
            continue
        whole = sum(map(len, parts))
        shown, length = 0, word.end - word.start
        for part in parts:
            start = word.start + length * Fraction(shown, whole)
            shown += len(part)
            yield Word(start, word.start + length * Fraction(shown, whole), part)


def _groups(words: Iterable[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and _is_full(group, word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _is_full(group: Sequence[Word], word: Word) -> bool:
    return (
        word.start - group[-1].end > LONGEST_PAUSE_SECONDS
        or word.end - group[0].start > LONGEST_SECONDS
        or _ENDS_SENTENCE.search(group[-1].text) is not None
        or not _has_room(joined(each.text for each in (*group, word)))
    )


def _has_room(text: str) -> bool:
    """Whether a cue can hold it. What fits in one line is not wrapped to find out."""
    return columns(text) <= LINE_COLUMNS or len(wrapped(text)) <= CUE_LINES


def _cue(words: Sequence[Word]) -> Cue:
    end = max(word.end for word in words)
    return Cue(words[0].start, end, tuple(balanced(joined(word.text for word in words))))


def balanced(text: str) -> list[str]:
    """The fewest lines that hold a text; two are about as long as each other."""
    lines = wrapped(text)
    if len(lines) != CUE_LINES:
        return lines
    parts = list(_parts(text))
    halves = [(joined(parts[:at]), joined(parts[at:])) for at in range(1, len(parts))]
    fitting = [half for half in halves if max(map(columns, half)) <= LINE_COLUMNS]
    first, second = min(fitting, key=lambda half: abs(columns(half[0]) - columns(half[1])))
    return [first, second]


def _in_turn(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Each at least :data:`SHORTEST_SECONDS` long where there is room, and none over the next.

    Those that begin together are one.
    """
    begun: tuple[str, ...] = ()
    for place, cue in enumerate(cues):
        end = max(cue.end, cue.start + SHORTEST_SECONDS)
        if place + 1 < len(cues):
            end = min(end, cues[place + 1].start)
        begun += cue.lines
        if end > cue.start:
            yield replace(cue, end=end, lines=begun)
            begun = ()
