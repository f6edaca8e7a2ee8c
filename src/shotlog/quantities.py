"""Numbers, sizes, times and resolutions as people and listings write them. Pure.

What is read is bounded: whatever the text says can be a float, and is read at once.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from shotlog.records import Resolution, even

_SIZE_UNITS = {"": 1, "b": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}

_NUMBER = re.compile(
    r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[+-]?\d{1,2})?|[+-]?\d{1,40}/\d{1,40}",
    re.ASCII | re.IGNORECASE,
)
_DAY = timedelta(days=1)
_LAST_TIME = datetime.max.replace(tzinfo=UTC)


def parse_number(text: str) -> Fraction:
    """An exact number from ``12``, ``29.97``, ``1e-3`` or ``30000/1001``. Raises ValueError."""
    cleaned = text.strip()
    if _NUMBER.fullmatch(cleaned):
        try:
            return Fraction(cleaned)
        except ZeroDivisionError:
            pass
    raise ValueError(f"{text[:40]!r} is no number; write 12, 29.97 or 30000/1001")


def parse_size(text: str) -> int:
    """Bytes from ``12345``, ``500MB``, ``1.5 GiB``. Raises ValueError that says what is allowed."""
    match = re.fullmatch(r"\s*(\d{1,40}(?:\.\d{1,40})?)\s*([kmgt]?)(i?)b?\s*", text.lower())
    if match is None or (match[3] and not match[2]):
        raise ValueError(f"{text[:80]!r} is no size; write bytes or, say, 500MB, 1.5GB, 2GiB")
    units = _BINARY_UNITS if match[3] else _SIZE_UNITS
    return int(Fraction(match[1]) * units[match[2]])


def parse_time(text: str) -> datetime:
    """A time in UTC from RFC 3339, ``2026-11-23 11:48:57`` or ``2026-11-23``. Raises ValueError."""
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    try:
        time = datetime.fromisoformat(trimmed)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        # In UTC, the first and the last day that there is may lie outside what there is.
        raise ValueError(
            f"{text[:80]!r} is no time; "
            "write 2026-11-23, '2026-11-23 11:48:57' or 2026-11-23T11:48:57Z"
        ) from None


def parse_end(text: str) -> datetime:
    """A time that is itself not included, as :func:`parse_time` reads it; a day is taken whole.

    So ``2026-11-23`` is the midnight at which the 24th begins. Raises ValueError.
    """
    time = parse_time(text)
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return time
    return next_day(time)


def next_day(day: datetime) -> datetime:
    """24 hours later, in UTC; the last moment that there is where that lies beyond it."""
    return min(day, _LAST_TIME - _DAY) + _DAY


def parse_fragment(address: str) -> tuple[Fraction, Fraction | None] | None:
    """The stretch that ``#t=START,END`` at an address's end picks, in seconds, half-open.

    Its end is None where it lasts to the end of the file; None for an address without. Raises
    ValueError. (W3C Media Fragments URI 1.0, 4.2.1, of which this is the plain form.)
    """
    _, mark, words = address.rpartition("#t=")
    if not mark:
        return None
    first, _, last = words.partition(",")
    try:
        start = parse_number(first or "0")
        end = parse_number(last) if last else None
    except ValueError:
        raise ValueError(f"{mark}{words[:80]} is no #t=START,END in seconds") from None
    if start < 0 or (end is not None and end <= start):
        raise ValueError(f"{mark}{words[:80]} ends before it begins")
    return start, end


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
        r"(?:(?:(\d{1,12}):)?([0-5]?\d):)?(\d{1,15}(?:\.\d{1,40})?)\s*(?:s|sec|seconds)?",
        text.strip().lower(),
    )
    if match is None:
        raise ValueError(f"{text[:80]!r} is no length; write 12.5, 3:20 or 1:02:03")
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
