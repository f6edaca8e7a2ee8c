"""What a person types to look for clips, as SQLite's FTS5 takes it. Pure.

The words go to FTS5 only within quotes, so no sign that a person types means anything there but
what is said here: ``"a phrase"``, ``word*``, ``-word``, ``this OR that``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypedDict, get_args

from shotlog.errors import UsageError
from shotlog.records import Status

Column = Literal[
    "description",
    "transcript",
    "text",
    "tags",
    "objects",
    "actions",
    "setting",
    "title",
    "summary",
    "name",
]
"""Where words are looked for."""

COLUMNS: tuple[Column, ...] = get_args(Column)

STATUSES: tuple[Status, ...] = get_args(Status)

Sort = Literal["newest", "oldest", "modified", "name", "longest", "shortest", "largest", "smallest"]
"""How videos are put in order; ``newest`` and ``oldest`` by when the library first saw them, and
``modified`` the last one first.
"""

SORTS: tuple[Sort, ...] = get_args(Sort)

LONGEST_QUERY = 64
"""Words and phrases; FTS5's own parser gives up at some hundreds."""
LONGEST_WORD = 1000
"""Characters of one word or phrase."""

LITTLE_WORDS = frozenset(
    ("a", "an", "the", "of", "at", "in", "on", "to", "by", "for", "from", "with", "and", "is")
)
"""Left out where others are asked for: "red car at night" means clips that say "by night" too."""

BETWEEN_SIGNS = "\u200b"
"""Zero width space; stands in the index between signs that are words of their own."""

_SIGN = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U0003ffff"
)
_BEFORE_SIGN = re.compile(rf"(?<=[^\s{BETWEEN_SIGNS}])(?=[{_SIGN}])|(?<=[{_SIGN}])(?=\w)")
SIGNS = re.compile(rf"[{_SIGN}]+")
"""A run of signs of scripts without blanks."""
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f{BETWEEN_SIGNS}]")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂「」『』", '"'))
_PIECE = re.compile(r'(?P<no>-(?=["\w]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<star>\*)?')


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words that follow one another."""

    text: str
    prefix: bool = False
    """Whether its last word may go on."""

    @property
    def quoted(self) -> str:
        inner = spaced(self.text).replace('"', " ")
        return f'"{inner}"*' if self.prefix else f'"{inner}"'


@dataclass(frozen=True, slots=True)
class Query:
    """One term of each group must be there, and none of ``without``."""

    groups: tuple[tuple[Term, ...], ...] = ()
    without: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Those wanted, in the order typed."""
        return tuple(term for group in self.groups for term in group)

    @property
    def expression(self) -> str:
        """In FTS5's own language; empty where nothing is asked for."""
        wanted = " AND ".join(_any_of(group) for group in self.groups)
        return f"({wanted}) NOT {_any_of(self.without)}" if self.without else wanted

    @property
    def loose(self) -> str:
        """Any of the wanted, in FTS5's own language; empty where nothing is asked for."""
        return _any_of(self.terms) if self.groups else ""

    @property
    def unwanted(self) -> str:
        """Any of the unwanted, in FTS5's own language; empty where there is none."""
        return _any_of(self.without) if self.without else ""

    @property
    def strict(self) -> Query:
        """What holds also where meaning is looked for: phrases, and what is not wanted."""
        phrases = tuple(group for group in self.groups if all(" " in each.text for each in group))
        return Query(phrases, self.without)

    def apart(self) -> tuple[Query, ...]:
        """Queries of which a clip fits one if it fits this: one for each choice of the longest."""
        longest = max(self.groups, key=len, default=())
        others = tuple(group for group in self.groups if group is not longest)
        return tuple(Query(((term,), *others), self.without) for term in longest)


@dataclass(frozen=True, slots=True)
class Filters:
    """What clips are looked at; those where nothing is said are not restricted by it."""

    tags: tuple[str, ...] = ()
    """All of them, whole, in any case."""
    classes: tuple[str, ...] = ()
    """All of them, as ``NAME`` or ``GROUP=NAME``; a clip has its video's classes too."""
    since: datetime | None = None
    """The video was last modified then or later; one of which no time is known is left out."""
    before: datetime | None = None
    """And before this."""
    min_duration_seconds: float | None = None
    """Of the clip; of the video, where the words are the whole video's."""
    max_duration_seconds: float | None = None
    """That long is still taken."""
    statuses: tuple[Status, ...] = ()
    """Of the video, any of them."""
    whole: bool | None = None
    """True: whole videos alone; False: clips alone."""
    columns: tuple[Column, ...] = ()
    """Where words are looked for; everywhere where none is named."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", _in_utc(self.since))
        object.__setattr__(self, "before", _in_utc(self.before))
        _check_words("--in", self.columns, COLUMNS)
        _check_words("--status", self.statuses, STATUSES)
        shortest, longest = self.min_duration_seconds or 0.0, self.max_duration_seconds
        if longest is not None and longest < shortest:
            raise UsageError(
                f"No clip lasts at least {shortest:g} and at most {longest:g} seconds.",
                hint="Give --min-duration a smaller number than --max-duration.",
            )
        if self.since is not None and self.before is not None and self.before <= self.since:
            raise UsageError(
                f"No video is from {self.since} or later and from before {self.before}.",
                hint="Give --from an earlier time than --to.",
            )


class FilterFields(TypedDict, total=False):
    """The fields of :class:`Filters`, as functions take them: ``library.search("dog", tags=…)``."""

    tags: tuple[str, ...]
    classes: tuple[str, ...]
    since: datetime | None
    before: datetime | None
    min_duration_seconds: float | None
    max_duration_seconds: float | None
    statuses: tuple[Status, ...]
    columns: tuple[Column, ...]
    whole: bool | None


def columns_named(words: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names. Raises UsageError where there is no such one."""
    _check_words("--in", words, COLUMNS)
    return tuple(column for column in COLUMNS if column in words)


def statuses_named(words: Sequence[str]) -> tuple[Status, ...]:
    """Likewise how a video may stand."""
    _check_words("--status", words, STATUSES)
    return tuple(status for status in STATUSES if status in words)


def read_query(text: str) -> Query:
    """What a person typed; never fails but with UsageError, whatever the text is.

    An empty text is an empty query.
    """
    groups: list[tuple[Term, ...]] = []
    without: list[Term] = []
    joins = False
    for piece in _PIECE.finditer(plain(text).translate(_QUOTES)):
        word = piece["word"]
        if word in ("OR", "|"):
            joins = bool(groups)
            continue
        term = _term(piece)
        if word == "AND" or term is None:
            continue
        if piece["no"]:
            without.append(term)
        elif joins:
            groups[-1] = (*groups[-1], term)
        else:
            groups.append((term,))
        joins = False
    query = Query(_without_little_words(groups), tuple(without))
    _check(query, text)
    return query


def spoken(text: str) -> str:
    """What a person typed as they would say it: without signs, and without what is not wanted."""
    words = []
    for piece in _PIECE.finditer(plain(text).translate(_QUOTES)):
        said = piece["phrase"] if piece["phrase"] is not None else piece["word"].rstrip("*")
        if piece["no"] is None and said not in ("OR", "AND", "|"):
            words.append(said.strip())
    return " ".join(filter(None, words))


def spaced(text: str) -> str:
    """Text as it is indexed: signs of scripts without blanks stand apart, each a word."""
    return text if text.isascii() else _BEFORE_SIGN.sub(BETWEEN_SIGNS, text)


def plain(text: str) -> str:
    """Text as SQLite can hold it: composed, without what steers, lone surrogates as ``?``."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
    return _CONTROL.sub(" ", text) if _CONTROL.search(text) else text


def _term(piece: re.Match[str]) -> Term | None:
    """None where there is nothing that could be found."""
    phrase, word = piece["phrase"], piece["word"]
    text = phrase if phrase is not None else word
    prefix = piece["star"] is not None
    if word is not None and word.endswith("*"):
        text, prefix = word.rstrip("*"), True
    if len(text) > LONGEST_WORD:
        raise UsageError(
            f"A word of the query has {len(text)} characters; {LONGEST_WORD} are allowed.",
            hint="Ask for fewer words.",
        )
    return Term(text.strip(), prefix) if any(map(str.isalnum, text)) else None


def _without_little_words(groups: Sequence[tuple[Term, ...]]) -> tuple[tuple[Term, ...], ...]:
    telling = tuple(group for group in groups if not all(_little(term) for term in group))
    return telling or tuple(groups)


def _little(term: Term) -> bool:
    return not term.prefix and term.text.casefold() in LITTLE_WORDS


def _in_utc(time: datetime | None) -> datetime | None:
    """As the catalog keeps times; one without a zone is UTC's."""
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _any_of(terms: Sequence[Term]) -> str:
    return f"({' OR '.join(term.quoted for term in terms)})"


def _check(query: Query, text: str) -> None:
    if text.strip() and not query.groups and not query.without:
        raise UsageError(
            "The query holds no word that could be looked for.",
            hint="Ask for letters or numbers; signs alone are found nowhere.",
        )
    count = len(query.terms) + len(query.without)
    if count > LONGEST_QUERY:
        raise UsageError(
            f"The query has {count} words and phrases; {LONGEST_QUERY} are allowed.",
            hint="Ask for fewer words.",
        )
    if query.without and not query.groups:
        raise UsageError(
            "The query says only what is not wanted.",
            hint=f"Add a word that is wanted: shotlog search 'street -{query.without[0].text}'",
        )


def _check_words(option: str, given: Sequence[str], allowed: Sequence[str]) -> None:
    for word in given:
        if word not in allowed:
            raise UsageError(
                f"{option} takes {', '.join(allowed)}, not {word!r}.",
                hint="Several are joined by commas.",
            )
