"""``shotlog export mongodb``: documents for a collection, in the place of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from shotlog import api
from shotlog.cli.lines import say
from shotlog.cli.screen import printable
from shotlog.errors import UsageError
from shotlog.queries import FilterFields
from shotlog.settings import load_settings
from shotlog.wording import counted

NAME = "mongodb"
ABOUT = "a document a video, of what has changed since"

Uri = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="With mongodb: the server. A password is better in SHOTLOG_MONGODB_URI. "
        "[URI of the settings]",
    ),
]
Database = Annotated[
    str | None, typer.Option(metavar="NAME", help="With mongodb: the database. [shotlog]")
]
Collection = Annotated[
    str | None, typer.Option(metavar="NAME", help="With mongodb: the collection. [videos]")
]
All = Annotated[
    bool,
    typer.Option("--all", help="With mongodb: all documents, not only what differs."),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With mongodb: settings file. [config.ini if there]"),
]


def send(
    folder: Path,
    settings: dict[str, str | None],
    config: Path | None,
    query: str,
    asked: FilterFields,
    *,
    everything: bool,
) -> int:
    """Sends, and says what went; 2 where the server refused some of it."""
    given = {name: value for name, value in settings.items() if value is not None}
    read = load_settings(given, file=config)
    narrowed = query.strip() or any(value not in (None, ()) for value in asked.values())
    if everything and narrowed:
        raise UsageError(
            "--all sends all documents, and filters send some.", hint="Give one or the other."
        )
    with api.open(folder) as library:
        sent = library.export_mongodb(
            read.mongodb_uri.get_secret_value() if read.mongodb_uri else "",
            query,
            database=read.mongodb_database,
            collection=read.mongodb_collection,
            everything=everything,
            **asked,
        )
    console = Console()
    same = f", {sent.unchanged} unchanged" if sent.unchanged else ""
    what = f"{counted(sent.documents, 'document')}, {counted(sent.clips, 'clip')}"
    told = f"{what} to {printable(sent.place)}{same}"
    say(console, Text(told))
    for note in sent.notes:
        say(console, printable(note))
    for each in sent.refused:
        line = (("✗ ", "red"), f"{printable(each.file_name)}: {each.reason}")
        say(console, Text.assemble(*line))
    return 2 if sent.refused else 0


def refuse(given: dict[str, object]) -> None:
    """A file has no such options. Raises UsageError."""
    wrong = [f"--{name}" for name, value in given.items() if value]
    if wrong:
        raise UsageError(
            f"{' and '.join(wrong)} {'belong' if wrong[1:] else 'belongs'} to "
            "`shotlog export mongodb` alone.",
            hint="Leave them out, or export mongodb.",
        )


def refuse_place(out: Path | None) -> None:
    """A database is no file. Raises UsageError."""
    if out is not None:
        raise UsageError(
            "--out names a file, and mongodb writes none.",
            hint="--uri, --database and --collection say where documents go.",
        )
