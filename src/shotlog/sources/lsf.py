"""What ``rclone lsf`` prints without ``--csv``: names, and further fields split by ``;``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from shotlog.records import SkippedRow
from shotlog.sources.endings import is_video_name
from shotlog.sources.intake import Row

FORMATS = ("pst", "pts", "ps", "pt", "spt", "stp", "tps", "tsp", "sp", "tp", "p")
"""The values of ``--format`` that are read: path, size, modification time."""

_FIELDS = {
    "p": r"(?P<name>.+)",
    "s": r"(?P<size>-?\d+)",
    "t": r"(?P<modified>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)",
}


def recognised_format(sample: Sequence[str]) -> str | None:
    """The format that fits most lines; None where it fits less than half of them.

    A line that is only a name fits ``p`` if it is a video's or a folder's.
    """
    lines = [line.rstrip("\r\n") for line in sample if line.strip()]
    fits = {
        letters: sum(1 for line in lines if _fits(line, letters, pattern))
        for letters, pattern in ((each, _pattern(each)) for each in FORMATS)
    }
    best = max(FORMATS, key=lambda letters: fits[letters])
    return best if fits[best] * 2 >= len(lines) and fits[best] else None


def lsf_rows(lines: Iterable[str], letters: str) -> Iterator[Row | SkippedRow]:
    """The rows of a listing in this format."""
    match_whole = _pattern(letters).fullmatch
    sized, timed = "s" in letters, "t" in letters
    for line, ended in enumerate(lines, 1):
        text = ended.rstrip("\r\n")
        match = match_whole(text)
        if match:
            size = match["size"] if sized else ""
            modified = match["modified"] if timed else ""
            yield Row(line, match["name"], size, modified, "")
        elif text:
            reason = f"the row does not have the form of the others, --format {letters}."
            hint = "Names with line breaks need `rclone lsf --csv` or `rclone lsjson`."
            yield SkippedRow(line, "bad", text[:200], reason, hint)


def _pattern(letters: str) -> re.Pattern[str]:
    return re.compile(";".join(_FIELDS[letter] for letter in letters))


def _fits(line: str, letters: str, pattern: re.Pattern[str]) -> bool:
    if letters == "p":
        return is_video_name(line) or line.endswith("/")
    return pattern.fullmatch(line) is not None
