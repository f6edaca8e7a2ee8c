"""Text and times, as formats of lines take them. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """Without anything that some program takes for the end of a line."""
    return _CONTROLS.sub(" ", text).strip()


def time_stamp(seconds: Fraction, mark: str) -> str:
    """``00:01:15.500``, where ``mark`` is ``.``; hours have two digits or more."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"
