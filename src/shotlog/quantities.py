"""Sizes, times and resolutions as people and listings write them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

from shotlog.records import Resolution, even

_SIZE_UNITS = {"": 1, "b": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def parse_size(text: str) -> int:
    """Bytes from ``12345``, ``500MB``, ``1.5 GiB``. Raises ValueError that says what is allowed."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", text.lower())
    if match is None or (match[3] and not match[2]):
        raise ValueError(f"{text!r} is no size; write bytes or, say, 500MB, 1.5GB, 2GiB")
    units = _BINARY_UNITS if match[3] else _SIZE_UNITS
    return int(Fraction(match[1]) * units[match[2]])


def parse_time(text: str) -> datetime:
    """A time in UTC from RFC 3339, ``2026-11-23 11:48:57`` or ``2026-11-23``. Raises ValueError."""
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    try:
        time = datetime.fromisoformat(trimmed)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time; write 2026-11-23, '2026-11-23 11:48:57' or 2026-11-23T11:48:57Z"
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parse_resolution(text: str) -> Resolution:
    """A cap from ``720p`` or ``1280x720``. Raises ValueError that says what is allowed."""
    cleaned = text.strip().lower()
    if match := re.fullmatch(r"(\d{2,5})p?", cleaned):
        short = int(match[1])
        return Resolution(even(Fraction(short * 16, 9)), short // 2 * 2)
    if match := re.fullmatch(r"(\d{2,5})x(\d{2,5})", cleaned):
        sides = sorted(int(side) // 2 * 2 for side in match.groups())
        return Resolution(sides[1], sides[0])
    raise ValueError(f"{text!r} is no resolution; write 720p, 1080p or 1280x720")


def parse_duration(text: str) -> Fraction:
    """Seconds from ``12.5``, ``12.5 s``, ``3:20`` or ``1:02:03.5``. Raises ValueError."""
    match = re.fullmatch(
        r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)\s*(?:s|sec|seconds)?", text.strip().lower()
    )
    if match is None:
        raise ValueError(f"{text!r} is no length; write 12.5, 3:20 or 1:02:03")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
