"""What a person or program asks for in an address: words, filters, order. One form for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query

from shotlog.errors import UsageError
from shotlog.quantities import parse_duration, parse_end, parse_time
from shotlog.queries import SORTS, FilterFields, Sort, statuses_named

Value = TypeVar("Value")

LONGEST = 2000
"""Characters of a value in an address."""

Text = Annotated[str, Query(max_length=LONGEST)]
Texts = Annotated[list[str], Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Asked:
    """As it was typed; empty where nothing was. Reading it raises UsageError."""

    q: str = ""
    tag: tuple[str, ...] = ()
    class_: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    since: str = ""
    before: str = ""
    min_length: str = ""
    max_length: str = ""
    sort: str = "newest"

    @property
    def filters(self) -> FilterFields:
        """As the library takes them."""
        return {
            "tags": self.tag,
            "classes": self.class_,
            "statuses": statuses_named(self.status),
            "since": _parsed("since", parse_time, self.since),
            "before": _parsed("before", parse_end, self.before),
            "min_duration_seconds": _parsed("min_length", _seconds, self.min_length),
            "max_duration_seconds": _parsed("max_length", _seconds, self.max_length),
        }

    @property
    def order(self) -> Sort:
        for sort in SORTS:
            if sort == self.sort:
                return sort
        raise UsageError(
            f"sort takes {', '.join(SORTS)}, not {self.sort!r}.", hint="Leave it out for newest."
        )

    @property
    def asks_nothing(self) -> bool:
        return replace(self, sort="newest") == Asked()

    def pairs(self) -> list[tuple[str, str]]:
        """As an address has it, without what is not asked."""
        pairs = [("q", self.q)]
        pairs += [("tag", each) for each in self.tag]
        pairs += [("class", each) for each in self.class_]
        pairs += [("status", each) for each in self.status]
        pairs += [("since", self.since), ("before", self.before)]
        pairs += [("min_length", self.min_length), ("max_length", self.max_length)]
        pairs += [("sort", "" if self.sort == "newest" else self.sort)]
        return [(name, value) for name, value in pairs if value]

    def address(self, path: str, **further: str) -> str:
        pairs = [*self.pairs(), *further.items()]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def parts(self) -> list[tuple[str, str, Asked]]:
        """Each thing asked, in words, with what is left when it is taken out."""
        single = (
            ("words", self.q, replace(self, q="")),
            ("from", self.since, replace(self, since="")),
            ("until", self.before, replace(self, before="")),
            ("at least", self.min_length, replace(self, min_length="")),
            ("at most", self.max_length, replace(self, max_length="")),
        )
        return [
            *(part for part in single if part[1]),
            *(("tag", each, replace(self, tag=_but(self.tag, each))) for each in self.tag),
            *(
                ("class", each, replace(self, class_=_but(self.class_, each)))
                for each in self.class_
            ),
            *(
                ("state", each, replace(self, status=_but(self.status, each)))
                for each in self.status
            ),
        ]


def _but(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(each for each in values if each != value)


def _asked(  # noqa: PLR0913, PLR0917 - as many as the form has fields
    q: Annotated[Text, Query(description="words, as docs/search.md has it")] = "",
    tag: Annotated[Texts, Query(description="all of these tags")] = [],  # noqa: B006
    class_: Annotated[
        Texts, Query(alias="class", description="all of these classes: NAME or GROUP=NAME")
    ] = [],  # noqa: B006
    status: Annotated[Texts, Query(description="done, partial or failed; any of them")] = [],  # noqa: B006
    since: Annotated[Text, Query(description="modified then or later")] = "",
    before: Annotated[Text, Query(description="modified before; a day is taken whole")] = "",
    min_length: Annotated[Text, Query(description="12.5, 3:20 or 1:02:03, or longer")] = "",
    max_length: Annotated[Text, Query(description="that long, or shorter")] = "",
    sort: Annotated[Text, Query(description=", ".join(SORTS))] = "newest",
) -> Asked:
    return Asked(
        q.strip(),
        _told(tag),
        _told(class_),
        _told(status),
        since.strip(),
        before.strip(),
        min_length.strip(),
        max_length.strip(),
        sort or "newest",
    )


def _told(values: list[str]) -> tuple[str, ...]:
    """Each once; an empty field of a form asks for nothing."""
    return tuple(dict.fromkeys(filter(None, map(str.strip, values))))


Wanted = Annotated[Asked, Depends(_asked)]
"""What a route asks for: ``def grid(asked: Wanted)``."""


def _seconds(text: str) -> float:
    return float(parse_duration(text))


def _parsed(name: str, parse: Callable[[str], Value], text: str) -> Value | None:
    """What ``parse`` makes of it; None where it is empty. Its ValueError is a UsageError here."""
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}.", hint="Change it, or leave it out.") from None
