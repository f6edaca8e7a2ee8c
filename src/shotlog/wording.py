"""Numbers, times and lists in plain English; texts and times in formats of lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def spoken_count(count: int, noun: str) -> str:
    """``one shot``, ``twelve shots``, ``13 shots``."""
    number = _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)
    return f"{number} {noun}" if count == 1 else f"{number} {noun}s"


def counted(count: int, noun: str) -> str:
    """``1 video``, ``1,200 videos``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def short_number(value: float) -> str:
    """Rounded to a tenth, without a nought behind the point."""
    return f"{value:.1f}".removesuffix(".0")


def spoken_seconds(seconds: float) -> str:
    """``1 second``, ``2.5 seconds``."""
    number = short_number(seconds)
    return f"{number} second" if number == "1" else f"{number} seconds"


def spoken_duration(seconds: float) -> str:
    """``15 seconds``, ``2 minutes 5 seconds``, ``1 hour 3 minutes``; the two largest units."""
    if round(seconds, 1) < 60:
        return spoken_seconds(seconds)
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, "hour"), (minutes, "minute"), (rest, "second"))
    parts = [f"{count} {name}{'s' * (count != 1)}" for count, name in units if count]
    return " ".join(parts[:2])


def clock(seconds: float) -> str:
    """``0:15``, ``1:02:03``; whole seconds, rounded down."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def exact_clock(seconds: float | Fraction) -> str:
    """``1:02.5``; tenths, rounded down as :func:`clock` does."""
    tenths = int(seconds * 10)
    return f"{clock(tenths // 10)}.{tenths % 10}"


def stretch(start_seconds: float, end_seconds: float) -> str:
    """``0:15 – 0:30``; in tenths where it begins and ends within one second."""
    say = exact_clock if int(start_seconds) == int(end_seconds) else clock
    return f"{say(start_seconds)} – {say(end_seconds)}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for none."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def capitalized(text: str) -> str:
    """With a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]


def spoken_size(count: int) -> str:
    """Bytes for people: ``12.3 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def one_line(text: str) -> str:
    """Without anything that some program takes for the end of a line."""
    return _CONTROLS.sub(" ", text).strip()


def time_stamp(seconds: Fraction, mark: str) -> str:
    """``00:01:15.500``, where ``mark`` is ``.``; hours have two digits or more."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"
