"""The kinds of values that settings have, and how they are read from text."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from shotlog.languages import code_of, language_asked
from shotlog.quantities import parse_number, parse_resolution, parse_size
from shotlog.records import Resolution

LONGEST_MIN_CLIP = 5
"""Seconds; that much picture lies in memory until it is known whether it is a clip of its own."""


def _fraction(value: object) -> object:
    return parse_number(str(value)) if isinstance(value, str | float) else value


def _above_zero(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError(f"{float(value):g} is not above 0")
    return value


def _clip_held(value: Fraction) -> Fraction:
    if not 0 <= value <= LONGEST_MIN_CLIP:
        raise ValueError(f"{float(value):g} is not between 0 and {LONGEST_MIN_CLIP}")
    return value


def _from_text(parse: Callable[[str], object]) -> BeforeValidator:
    """Reads text by ``parse``; takes anything else as it is."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def words_of(value: object) -> object:
    """``"helmet, forklift"`` as its words; anything but text as it is."""
    if not isinstance(value, str):
        return value
    return tuple(word.strip() for word in re.split(r"[,\n]", value) if word.strip())


def addresses_of(value: object) -> object:
    """``"http://a http://b"`` as its addresses; anything but text as it is."""
    return tuple(re.split(r"[\s,]+", value.strip())) if isinstance(value, str) else value


Exact = Annotated[Fraction, BeforeValidator(_fraction)]
ExactAboveZero = Annotated[Exact, AfterValidator(_above_zero)]
HeldSeconds = Annotated[Exact, AfterValidator(_clip_held)]
"""So long that picture may lie in memory: 0 to :data:`LONGEST_MIN_CLIP` seconds."""
Size = Annotated[int, Field(ge=0), _from_text(parse_size)]
Cap = Annotated[Resolution, _from_text(parse_resolution)]
Words = Annotated[tuple[str, ...], BeforeValidator(words_of)]
"""Words or phrases, separated by commas or line breaks."""
Addresses = Annotated[tuple[str, ...], BeforeValidator(addresses_of)]
"""Addresses, separated by blanks, commas or line breaks."""
Money = Annotated[Decimal, Field(ge=0)]
LanguageWord = Annotated[str, AfterValidator(language_asked)]
"""A language by its code or its name."""
LanguageCode = Annotated[LanguageWord, AfterValidator(lambda word: code_of(word) or word)]
"""The same, as its code."""
