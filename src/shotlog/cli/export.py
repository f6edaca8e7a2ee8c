"""``shotlog export``: a library, or what fits of it, in the form that another program takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from shotlog import api
from shotlog.cli import filters, mongodb
from shotlog.cli.library import DEFAULT_FOLDER, Folder
from shotlog.cli.lines import say
from shotlog.cli.screen import printable
from shotlog.exports import FORMATS
from shotlog.wording import counted

_ABOUT = "; ".join(
    f"{name}: {about}"
    for name, about in (
        *((each.name, each.about) for each in FORMATS.values()),
        (mongodb.NAME, mongodb.ABOUT),
    )
)


def export(
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{_ABOUT}.")],
    folder: Folder = DEFAULT_FOLDER,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="What to write. [in DIR/exports; of sidecars, beside the clips]",
        ),
    ] = None,
    query: Annotated[
        str,
        typer.Option("--query", "-q", metavar="QUERY", help="Only clips that fit, as in search."),
    ] = "",
    tag: filters.Tag = None,
    class_: filters.Class = None,
    since: filters.From = None,
    before: filters.To = None,
    min_duration: filters.MinDuration = None,
    max_duration: filters.MaxDuration = None,
    columns: filters.In = "",
    status: filters.OfStatus = "",
    uri: mongodb.Uri = None,
    database: mongodb.Database = None,
    collection: mongodb.Collection = None,
    everything: mongodb.All = False,
    config: mongodb.Config = None,
) -> int:
    """Write a library, or the clips that fit, for another program.
    \f
    Examples:
      shotlog export jsonl
      shotlog export json holiday-log --tag outdoor --out outdoor.json
      shotlog export mongodb --uri mongodb://localhost:27017
    """
    asked = filters.of(tag, class_, since, before, min_duration, max_duration, columns, status)
    place = {"uri": uri, "database": database, "collection": collection}
    if format_ == mongodb.NAME:
        mongodb.refuse_place(out)
        settings = {f"mongodb_{name}": value for name, value in place.items()}
        return mongodb.send(folder, settings, config, query, asked, everything=everything)
    mongodb.refuse({**place, "all": everything, "config": config})
    console = Console()
    with api.open(folder) as library:
        written = library.export(format_, out, query, **asked)
    what = f"{counted(written.videos, 'video')}, {counted(written.clips, 'clip')}"
    console.print(
        Text(f"{what} in {printable(str(written.place))}"),
        soft_wrap=True,
    )
    if not written.clips and (query or any(asked.values())):
        say(console, "Nothing fits: `shotlog search` with the same words and filters says more.")
    for note in written.notes:
        say(console, printable(note))
    return 0
