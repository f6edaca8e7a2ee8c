"""What a field's value is held against: numbers and times with signs, words, items, yes or no."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from shotlog.quantities import next_day, parse_duration, parse_resolution, parse_size, parse_time
from shotlog.rules.folding import folded, glob_pattern, regex_pattern, words_pattern
from shotlog.rules.subjects import Subject, fold_of
from shotlog.rules.vocabulary import Field, Kind

Seen = str | float | bool

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_SIGNED = re.compile(r"\s*(>=|<=|!=|>|<|=)?\s*(.*?)\s*", re.DOTALL)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YES = {"yes": True, "true": True, "no": False, "false": False}


class Comparison(Protocol):
    """Says what it saw where a value is as it wants it, else None."""

    def seen(self, subject: Subject, name: str, value: Any) -> Seen | None: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number or a time between bounds, all of which must hold."""

    bounds: tuple[tuple[str, float], ...]

    def seen(self, _subject: Subject, _name: str, value: Any) -> Seen | None:
        number = value.timestamp() if isinstance(value, datetime) else value
        if not all(_SIGNS[sign](number, bound) for sign, bound in self.bounds):
            return None
        return value.isoformat() if isinstance(value, datetime) else float(value)


@dataclass(frozen=True, slots=True)
class Words:
    """A text in which one of the patterns is found."""

    patterns: tuple[re.Pattern[str], ...]

    def seen(self, subject: Subject, name: str, value: Any) -> Seen | None:
        text = fold_of(subject, name, value)
        found = (pattern.search(text) for pattern in self.patterns)
        return next((each.group() for each in found if each is not None), None)


@dataclass(frozen=True, slots=True)
class Items:
    """A list (or a single word) of which an item fits."""

    wholes: frozenset[str]
    """Folded items that fit as they are."""
    patterns: tuple[re.Pattern[str], ...]

    def seen(self, _subject: Subject, _name: str, value: Any) -> Seen | None:
        for each in (value,) if isinstance(value, str) else value:
            text = folded(each)
            if text in self.wholes or any(pattern.search(text) for pattern in self.patterns):
                return str(each)
        return None


@dataclass(frozen=True, slots=True)
class YesNo:
    wanted: bool

    def seen(self, _subject: Subject, _name: str, value: Any) -> Seen | None:
        return value if value is self.wanted else None


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value at all, an empty text or list left out."""

    def seen(self, _subject: Subject, _name: str, value: Any) -> Seen | None:
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, datetime):
            return value.isoformat()
        return str(value if isinstance(value, str) else value[0]) if value else None


def comparison_of(field: Field, texts: Sequence[str]) -> Comparison:
    """What the rules file wants of a field: any of ``texts``. Raises ValueError that says why not.

    Numbers, times, and yes or no take one text.
    """
    if field.kind in ("text", "name", "items"):
        return _in_words(field, texts)
    if len(texts) != 1:
        raise ValueError("a list will not do here; two bounds go into one text: '>= 10, < 60'")
    if field.kind == "yes_no":
        if texts[0].lower() not in _YES:
            raise ValueError(f"{texts[0]!r} is neither yes nor no")
        return YesNo(_YES[texts[0].lower()])
    return Bounds(tuple(_bounds(field.kind, texts[0])))


def _in_words(field: Field, texts: Sequence[str]) -> Comparison:
    for each in texts:
        if not each.strip():
            raise ValueError("an empty text is found everywhere; name a word")
        if field.choices and each not in field.choices:
            raise ValueError(f"{each!r} is none of {', '.join(field.choices)}")
    regexes = [each for each in texts if len(each) > 2 and each[0] == each[-1] == "/"]
    globs = [each for each in texts if field.kind == "name" and ("*" in each or "?" in each)]
    words = [each for each in texts if each not in regexes and each not in globs]
    patterns = [*map(_regex, regexes), *(glob_pattern(folded(each)) for each in globs)]
    if field.kind == "items" and (field.whole or field.choices):
        return Items(frozenset(folded(each.strip()) for each in words), tuple(patterns))
    patterns += [words_pattern(words)] if words else []
    if field.kind == "items":
        return Items(frozenset(), tuple(patterns))
    return Words(tuple(patterns))


def _regex(text: str) -> re.Pattern[str]:
    try:
        return regex_pattern(text[1:-1])
    except re.error as error:
        raise ValueError(f"{text} is no regular expression: {error.msg}") from None


def _bounds(kind: Kind, text: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in text.split(","):
        match = _SIGNED.fullmatch(part)
        sign, words = (match.group(1) or "=", match.group(2)) if match else ("=", part)
        if kind == "time" and sign in ("=", "<=", ">") and _DAY.fullmatch(words):
            found += _of_a_day(sign, parse_time(words))
        else:
            found.append((sign, _number(kind, words)))
    return found


def _of_a_day(sign: str, day: datetime) -> list[tuple[str, float]]:
    """A day is all of it: ``<= 2024-05-01`` holds until the next one begins."""
    start, end = day.timestamp(), next_day(day).timestamp()
    return {"=": [(">=", start), ("<", end)], "<=": [("<", end)], ">": [(">=", end)]}[sign]


def _number(kind: Kind, words: str) -> float:
    if kind == "time":
        return parse_time(words).astimezone(UTC).timestamp()
    if kind == "bytes":
        return float(parse_size(words))
    if kind == "seconds":
        return float(parse_duration(words))
    if kind == "pixels":
        return float(parse_resolution(words).short_side)
    try:
        number = float(words)
    except ValueError:
        raise ValueError(f"{words!r} is no number; write 3, '>= 3' or '>= 3, < 10'") from None
    if not math.isfinite(number):
        raise ValueError(f"{words!r} is no number that anything is measured in")
    return number
