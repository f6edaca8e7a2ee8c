"""The listing that awk made of rclone's, and what can be read back from it.

``rclone lsf --format pst`` writes ``name;size;day time``. ``awk '{print $1","$2","$3","url $1}'``
splits that at blanks, so that a row is ``A,B,C,P`` and ``A`` again: ``P`` is the same address in
every row, ``A``, ``B`` and ``C`` are the first three words, commas and semicolons of their own
included. Neither rclone nor awk quotes anything, so the rows are read raw. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shotlog.records import SkippedRow
from shotlog.sources.addresses import how_to_list
from shotlog.sources.columns import known_titles
from shotlog.sources.endings import is_video_name
from shotlog.sources.intake import Row

TITLES = "file_name,file_size,last_modified,public_url"
"""The line that the command's BEGIN prints."""

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_NAME_SIZE_DAY = re.compile(rf"(.*);(-?\d+);({_DAY})", re.DOTALL)
_NO_THIRD_WORD = re.compile(rf"({_CLOCK}),")
_REST_AND_CLOCK = re.compile(rf"(.*);(-?\d+);({_DAY}),({_CLOCK})", re.DOTALL)
_ADDRESS_AFTER_COMMA = re.compile(r",(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_SIZE = r"(?:\d+(?:\.\d+)?\s*[kmgt]?i?b?)?"
_AS_MEANT = re.compile(rf"{_SIZE},(?:{_DAY}(?:[ T].*)?)?", re.IGNORECASE)
_AS_IF_MEANT = re.compile(rf"{_SIZE},(?:{_DAY}(?:[ T].*)?|[\d:.]*)", re.IGNORECASE)
"""The same where no titles say that the third column is a time: a duration will do."""

_LONGEST_SAMPLE_LINE = 4096

_FROM_NO_BLANK = "name, size, time and address were read back from a row that awk had split"
_FROM_ONE_BLANK = (
    "name, size, time and address were read back from a row that awk had split at the blank in "
    "the name; two blanks in a row read back as one"
)
_FROM_TWO_BLANKS = (
    "name, size, day and address were read back from a row that awk had split at the blanks in "
    "the name; the time of day is lost, midnight UTC stands for it; two blanks in a row read back "
    "as one"
)


class Reading(NamedTuple):
    """What a row says, read one way."""

    name: str
    size: str
    modified: str
    how: str


def inferred_prefix(sample: Sequence[str]) -> str | None:
    """The address before every name, if the sample is such a listing; None if it is not.

    It is one when at least as many rows read back as such as look like the table that was meant;
    or when every row looks as if awk had cut off its name, which leaves neither endings nor sizes.
    """
    lines = [line.rstrip("\r\n") for line in sample if len(line) <= _LONGEST_SAMPLE_LINE]
    votes: Counter[str] = Counter()
    for line in lines:
        votes.update(set(_prefixes(line)))
    if not votes:
        return None
    prefix = min(votes, key=lambda each: (-votes[each], not each.endswith("/"), len(each)))
    titled = lines[0] == TITLES
    as_meant = (_AS_MEANT if titled else _AS_IF_MEANT).fullmatch
    split_lines = [splits for splits in (list(_splits(line, prefix)) for line in lines) if splits]
    readable = sum(any(next(_readings(*each), None) for each in line) for line in split_lines)
    meant = sum(any(as_meant(middle) for _, middle in line) for line in split_lines)
    if readable:
        return prefix if len(split_lines) >= 2 * meant else None
    endings = any(is_video_name(first) for line in split_lines for first, _ in line)
    whole = len(split_lines) == len(lines) - titled
    return prefix if whole and not meant and not endings else None


def mangled_rows(lines: Iterable[str], prefix: str) -> Iterator[Row | SkippedRow]:
    """The rows read back; a row that awk cut the name off is a bad one."""
    # Most rows have neither a blank nor a semicolon in the name; they need no second look.
    simple = re.compile(rf"(([^;]*);(-?\d+);({_DAY})),({_CLOCK}),,{re.escape(prefix)}\1").fullmatch
    for line, ended in enumerate(lines, 1):
        text = ended.rstrip("\r\n")
        match = simple(text) if text.count(prefix) == 1 else None
        if match:
            _, name, size, day, clock = match.groups()
            yield Row(line, name, size, f"{day} {clock}", "", (), _FROM_NO_BLANK)
        elif text:
            row = _read_back(line, text, prefix)
            if isinstance(row, Row) or not _is_titles(text):
                yield row


def _read_back(line: int, text: str, prefix: str) -> Row | SkippedRow:
    splits = list(_splits(text, prefix))
    readings = [reading for split in splits for reading in _readings(*split)]
    if readings and readings.count(readings[0]) == len(readings):
        name, size, modified, how = readings[0]
        return Row(line, name, size, modified, "", (), how)
    return _unreadable(line, text, prefix, [reading.name for reading in readings], splits)


def _unreadable(
    line: int, text: str, prefix: str, names: list[str], splits: list[tuple[str, str]]
) -> SkippedRow:
    hint = _hint(prefix)
    if names:
        names = sorted(set(names))
        two = " or ".join(repr(name) for name in names[:2])
        reason = f"awk split the name at blanks and commas alike; it may be {two}."
        return SkippedRow(line, "bad", names[0], reason, hint)
    if splits:
        first, middle = splits[0]
        words = f"{first} {middle.replace(',', ' ')} …"
        reason = "the name has three blanks or more, and awk cut off its end, size and time."
        return SkippedRow(line, "bad", words, reason, hint)
    reason = "the row does not have the form of the others."
    return SkippedRow(line, "bad", text[:200].partition("?")[0], reason, hint)


def _hint(prefix: str) -> str:
    pasteable = prefix.isprintable() and not re.search(r"[?@\s'\"`]", prefix)
    return how_to_list(prefix if pasteable else "URL")


def _is_titles(text: str) -> bool:
    return known_titles(text.split(",")) > 1


def _prefixes(line: str) -> Iterator[str]:
    """Every ``P`` with which the line is ``A,B,C,P`` and ``A`` again."""
    for address in _ADDRESS_AFTER_COMMA.finditer(line):
        tail = line[address.end() :]
        comma = line.find(",", 1)
        while 0 < comma < address.start():
            first = line[:comma]
            if tail.endswith(first) and "," in line[comma + 1 : address.start()]:
                prefix = tail[: -len(first)]
                if not prefix.endswith(":") and "://" in prefix:
                    yield prefix
            comma = line.find(",", comma + 1)


def _splits(line: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Every way to see ``A,B,C,P`` and ``A`` in the line, as ``A`` and ``B,C``."""
    marker = "," + prefix
    at = line.find(marker)
    while at > 0:
        first = line[at + len(marker) :]
        middle = line[len(first) + 1 : at]
        if first and line.startswith(first + ",") and "," in middle:
            yield first, middle
        at = line.find(marker, at + 1)


def _readings(first: str, middle: str) -> Iterator[Reading]:
    """Every ``name;size;day time`` whose first three words give this row."""
    clock = _NO_THIRD_WORD.fullmatch(middle)
    whole = _NAME_SIZE_DAY.fullmatch(first)
    if clock and whole:
        yield Reading(whole[1], whole[2], f"{whole[3]} {clock[1]}", _FROM_NO_BLANK)
    elif one := _REST_AND_CLOCK.fullmatch(middle):
        yield Reading(f"{first} {one[1]}", one[2], f"{one[3]} {one[4]}", _FROM_ONE_BLANK)
    elif two := _NAME_SIZE_DAY.fullmatch(middle):
        words = two[1]
        for comma in (place for place, letter in enumerate(words) if letter == "," and place):
            name = f"{first} {words[:comma]} {words[comma + 1 :]}"
            yield Reading(name, two[2], two[3], _FROM_TWO_BLANKS)
