"""What clips that share picture tell twice, and how it is told once. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from fractions import Fraction

from shotlog.records import Span

SAME_SENTENCE = 0.9
"""Share of words, in order, from which two sentences say the same."""

_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")
_WORDS = re.compile(r"\w+")

Stretch = tuple[Fraction, Fraction]


def own_parts(spans: Sequence[Span]) -> list[Stretch]:
    """Of each span, in order of time, what is its own: up to where the next one begins.

    One that begins together with the next keeps its whole.
    """
    parts = []
    for place, span in enumerate(spans):
        following = spans[place + 1].start if place + 1 < len(spans) else span.end
        ends_early = span.start < following < span.end
        parts.append((span.start, following if ends_early else span.end))
    return parts


def without_repeats(text: str, before: str) -> str:
    """``text`` without the sentences that ``before`` says too, in nearly the same words.

    Sentences that differ in a number are never the same. Empty where nothing is left.
    """
    told = [_words(sentence) for sentence in _sentences(before)]
    new = [
        sentence
        for sentence in _sentences(text)
        if not any(_same(_words(sentence), each) for each in told)
    ]
    return " ".join(new)


def _sentences(text: str) -> list[str]:
    return [each for each in _SENTENCE_ENDS.split(" ".join(text.split())) if each]


def _words(sentence: str) -> list[str]:
    return _WORDS.findall(sentence.casefold())


def _same(one: list[str], other: list[str]) -> bool:
    if [word for word in one if word.isdigit()] != [word for word in other if word.isdigit()]:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_SENTENCE
