"""What a search and an export may be told of the clips that are meant."""

from __future__ import annotations

from typing import Annotated

import typer

from shotlog.cli.options import parsed
from shotlog.quantities import parse_duration, parse_end, parse_time
from shotlog.queries import COLUMNS, FilterFields, columns_named, statuses_named

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
) -> FilterFields:
    """What was typed, as the library takes it. Raises SettingError, UsageError."""
    return {
        "tags": tuple(tag or ()),
        "classes": tuple(class_ or ()),
        "since": parsed("--from", parse_time, since),
        "before": parsed("--to", parse_end, before),
        "min_duration_seconds": parsed("--min-duration", _seconds, min_duration),
        "max_duration_seconds": parsed("--max-duration", _seconds, max_duration),
        "columns": columns_named(_listed(columns)),
        "statuses": statuses_named(_listed(status)),
    }


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in text.split(","))))


def _seconds(text: str) -> float:
    return float(parse_duration(text))
