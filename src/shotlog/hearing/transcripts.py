"""From what is heard in the stretches of a sound to words on the video's clock. Pure."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from shotlog.hearing.replies import Heard
from shotlog.speech import SoundFile, SoundStretch, Transcript, Word


def transcript_of(sound: SoundFile, hear: Callable[[SoundStretch], Heard]) -> Transcript:
    """All stretches one after the other; the language is that of the first that tells one."""
    words: list[Word] = []
    language = None
    for stretch in sound.stretches:
        heard = hear(stretch)
        words += _placed(heard, stretch)
        language = language or heard.language
    return Transcript(tuple(words), language)


def _placed(heard: Heard, stretch: SoundStretch) -> list[Word]:
    """None reaches beyond its stretch; a text without times stands for the whole stretch."""
    length = stretch.duration_seconds
    if not heard.pieces:
        text = heard.text.strip()
        return [Word(stretch.start, stretch.start + length, text)] if text else []
    words = []
    for start, end, text in heard.pieces:
        first = min(max(start, Fraction(0)), length)
        last = min(max(end, first), length)
        words.append(Word(stretch.start + first, stretch.start + last, text))
    return words
