"""What a speech server's answer says. Pure.

``verbose_json`` tells words and segments with their times, some servers segments alone; ``json``
tells the text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from shotlog.errors import EndpointRefusedError

TICKS = 1_000_000
"""Servers' floats become exact to a microsecond."""

Piece = tuple[Fraction, Fraction, str]
"""Start and end in seconds from the stretch's beginning, and the text."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one stretch."""

    text: str
    pieces: tuple[Piece, ...] = ()
    """Words, or else segments, in order of time; none where the server tells no times."""
    language: str | None = None


def read_transcription(found: Mapping[str, object], address: str) -> Heard:
    """The answer of a transcription. Raises EndpointRefusedError where it is none."""
    text = found.get("text")
    if not isinstance(text, str):
        raise EndpointRefusedError(f"{address} answered with JSON that is no transcription.")
    language = found.get("language")
    words = _pieces(found.get("words"), "word")
    return Heard(
        text=text,
        pieces=words or _pieces(found.get("segments"), "text"),
        language=language if isinstance(language, str) and language else None,
    )


def exact(seconds: float) -> Fraction:
    return Fraction(round(float(seconds) * TICKS), TICKS)


def _pieces(found: object, key: str) -> tuple[Piece, ...]:
    pieces = []
    for each in found if isinstance(found, list) else []:
        if not isinstance(each, dict):
            continue
        text, start, end = each.get(key), _seconds(each.get("start")), _seconds(each.get("end"))
        if isinstance(text, str) and text.strip() and start is not None and end is not None:
            pieces.append((start, max(start, end), text.strip()))
    return tuple(sorted(pieces, key=lambda piece: piece[0]))


def _seconds(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return exact(value)
