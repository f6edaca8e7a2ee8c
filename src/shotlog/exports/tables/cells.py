"""Cells of a table that a spreadsheet opens: nothing that was listed or told is run. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

Cell = str | int | float | bool | None
"""As it stands in a table; numbers are never quoted, None is an empty cell."""

LONGEST_CELL = 32_767
"""Characters that a cell of Excel and of Google Sheets takes in; the rest of it is lost."""

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that make a spreadsheet run a text (OWASP, CSV Injection), the wide ones too."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HARMLESS = re.compile(r"[^\W_][^\x00-\x08\x0b-\x1f\x7f]*")
"""Begins with a letter or a digit and holds nothing that would be written otherwise."""


def safe(text: str | None) -> str | None:
    """A text that is shown and never run: a ``'`` stands before one that looks like a formula.

    Line ends become line feeds, other control characters blanks.
    """
    if not text or _HARMLESS.fullmatch(text):
        return text
    plain = _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return f"'{plain}" if text.startswith(_RUN) or plain.lstrip().startswith(_RUN) else plain


def joined(texts: Iterable[str]) -> str:
    """A list in one cell, ``; `` between its items.

    Each is made safe by itself: where ``;`` parts the cells, an item begins one.
    """
    return "; ".join(safe(each) or "" for each in texts)


def time_of(moment: datetime | None) -> str | None:
    """``2026-11-23 11:48:57`` in UTC, which spreadsheets take for a time."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock(seconds: float) -> str:
    """``0:01:15.500``, which spreadsheets take for a length of time."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def short_clock(seconds: float) -> str:
    """``1:15.5``, ``0:01``, ``1:01:15``, as people say a place in a video."""
    told = clock(seconds).removeprefix("0:").removesuffix("0").rstrip("0").rstrip(".")
    return told[1:] if told[0] == "0" and told[1] != ":" else told
