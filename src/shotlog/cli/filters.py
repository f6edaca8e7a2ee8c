"""What a search and an export may be told of the clips that are meant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from shotlog.errors import SettingError
from shotlog.quantities import parse_duration, parse_time
from shotlog.queries import COLUMNS

Words = Annotated[
    str, typer.Argument(metavar="QUERY", help='Words, "a phrase", begin*, -without, A OR B.')
]
Tag = Annotated[
    list[str] | None, typer.Option(metavar="TAG", help="Clips that have it; may be repeated.")
]
Class = Annotated[
    list[str] | None,
    typer.Option(
        "--class", metavar="CLASS", help="Clips, or their videos, classed so; may be repeated."
    ),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Videos modified then or later.")
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="Videos modified before; a date is taken whole."),
]
MinDuration = Annotated[
    str | None, typer.Option(metavar="SECONDS", help="Clips that last so long or longer.")
]
MaxDuration = Annotated[
    str | None, typer.Option(metavar="SECONDS", help="Clips that last so long or shorter.")
]
In = Annotated[
    str, typer.Option("--in", metavar="A,B", help=f"Look only there: {', '.join(COLUMNS)}.")
]
OfStatus = Annotated[
    str,
    typer.Option("--status", metavar="A,B", help="Videos that are done, partial or failed."),
]


def of(
    tag: list[str] | None,
    class_: list[str] | None,
    since: str | None,
    before: str | None,
    min_duration: str | None,
    max_duration: str | None,
    columns: str,
    status: str,
) -> dict[str, Any]:
    """The fields of :class:`~shotlog.queries.Filters`. Raises SettingError."""
    return {
        "tags": tuple(tag or ()),
        "classes": tuple(class_ or ()),
        "since": _time("--from", since),
        "before": _end("--to", before),
        "min_duration_seconds": _seconds("--min-duration", min_duration),
        "max_duration_seconds": _seconds("--max-duration", max_duration),
        "columns": _listed(columns),
        "statuses": _listed(status),
    }


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def _time(option: str, text: str | None) -> datetime | None:
    time: datetime | None = _parsed(option, parse_time, text)
    return time


def _end(option: str, text: str | None) -> datetime | None:
    """A day as a whole, where no hour is said."""
    time = _time(option, text)
    only_day = time is not None and ":" not in str(text)
    return time + timedelta(days=1) if time is not None and only_day else time


def _seconds(option: str, text: str | None) -> float | None:
    found = _parsed(option, parse_duration, text)
    return None if found is None else float(found)


def _parsed(option: str, parse: Any, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(f"{option}: {error}.", hint="Change it and run again.") from None
