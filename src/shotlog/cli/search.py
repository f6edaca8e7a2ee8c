"""``shotlog search``: the clips of a library that fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from shotlog import api
from shotlog.catalog.location import FILE_NAME
from shotlog.cli import filters
from shotlog.cli.library import DEFAULT_FOLDER, Folder
from shotlog.cli.lines import say
from shotlog.cli.screen import printable
from shotlog.errors import UsageError
from shotlog.exports.building import shown
from shotlog.queries import FilterFields
from shotlog.semantic_search import by_named
from shotlog.settings import load_settings
from shotlog.wording import stretch

MARKED = "bold yellow"


def search(
    query: filters.Words = "",
    folder: Folder = DEFAULT_FOLDER,
    tag: filters.Tag = None,
    class_: filters.Class = None,
    since: filters.From = None,
    before: filters.To = None,
    min_duration: filters.MinDuration = None,
    max_duration: filters.MaxDuration = None,
    columns: filters.In = "",
    status: filters.OfStatus = "",
    by: Annotated[
        str | None,
        typer.Option(metavar="WAY", help="words, meaning or both. [both where there are vectors]"),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(metavar="VIDEO:CLIP", help="Clips like this one; a video's name, id, folder."),
    ] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="With --like, also those with the same picture.")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N.")] = 20,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file. [config.ini if there]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", "--as-json", help="As JSON, one object a line.")
    ] = False,
) -> int:
    """Find clips by what is seen, said, written or heard in them.
    \f
    Examples:
      shotlog search "red car at night"
      shotlog search "dog OR cat -indoors" holiday-log --tag outdoor
      shotlog search '"good morning"' --in transcript --json
      shotlog search "somebody is sad" --by meaning
      shotlog search --like beach.mp4:3
      shotlog search holiday-log --like beach.mp4:3
    """
    way = by_named(by)
    asked = filters.of(tag, class_, since, before, min_duration, max_duration, columns, status)
    if (
        like is not None
        and query.strip()
        and folder == DEFAULT_FOLDER
        and (Path(query) / FILE_NAME).is_file()
    ):
        query, folder = "", Path(query)
    console = Console()
    notes: list[str] = []
    with api.Library(folder, load_settings({}, file=config)) as library:
        if like is not None:
            place = _place_named(library, like, query)
            hits = list(library.similar(*place, limit=limit, by=way, copies=copies, **asked))
        else:
            found = library.search(query, limit=limit, by=way, on_note=notes.append, **asked)
            hits = list(found)
        for hit in hits:
            if as_json:
                print(json.dumps(hit_object(hit), ensure_ascii=False))
            else:
                _show(console, hit)
        if not hits and not as_json:
            _tell_nothing(console, library, query, asked)
        elif hits and way is None and all(hit.found_by == "meaning" for hit in hits):
            notes += filter(None, [None if like else library.did_you_mean(query)])
    for note in notes:
        print(printable(note), file=sys.stderr)
    return 0


def _place_named(library: api.Library, named: str, query: str) -> tuple[str, int | None]:
    """A video's id and the clip's number that ``VIDEO:CLIP`` means; None: the video as a whole.

    Raises UsageError where no such video is there, or words are looked for besides.
    """
    if query.strip():
        raise UsageError(
            "--like says what is looked for, and so do words.",
            hint="Give one of the two; filters go with either. The folder of a library is taken as "
            "one: shotlog search FOLDER --like VIDEO:CLIP.",
        )
    name, _, number = named.rpartition(":")
    row = library.find(name) if number.isdecimal() and name else None
    index = int(number) if row is not None else None
    row = row or library.find(named)
    if row is None:
        raise UsageError(
            f"The library has no video {named!r}.",
            hint="Write a video's name, id or folder and the clip's number: beach.mp4:3.",
        )
    return row.id, index


def hit_object(hit: api.Hit) -> dict[str, object]:
    """As docs/search.md has it."""
    snippet = hit.snippet
    return {
        "file_name": shown(hit.file_name),
        "video_id": hit.video_id,
        "title": hit.title,
        "status": hit.status,
        "index": hit.index,
        "start_seconds": round(float(hit.start), 6),
        "end_seconds": round(float(hit.end), 6),
        "url": shown(hit.url),
        "thumb": hit.thumb,
        "score": round(hit.score, 6),
        "snippet": {"in": snippet.column, "text": snippet.text, "marks": list(snippet.marks)}
        if snippet
        else None,
        "tags": list(hit.tags),
        "found_by": hit.found_by,
        "similarity": None if hit.similarity is None else round(hit.similarity, 4),
    }


def _show(console: Console, hit: api.Hit) -> None:
    head = Text.assemble(
        (printable(shown(hit.file_name)), "bold"),
        "  ",
        (stretch(float(hit.start), float(hit.end)), "cyan"),
        "" if hit.index is not None else "  the whole video",
        (f"  [{', '.join(map(printable, hit.tags))}]" if hit.tags else "", "dim"),
        ("  by meaning" if hit.found_by == "meaning" else "", "italic dim"),
    )
    say(console, head, indent=4)
    if hit.snippet is not None:
        console.print(Padding(_marked(hit), (0, 0, 0, 4)))
    console.print(Text(f"    {printable(shown(hit.url))}", "dim"), soft_wrap=True)


def _marked(hit: api.Hit) -> Text:
    """The snippet with its words in another colour, bold where there is none."""
    text, end = Text(), 0
    if hit.snippet is None:
        return text
    if hit.snippet.column != "description":
        text.append(f"{hit.snippet.column}: ", "italic")
    for start, stop in hit.snippet.marks:
        text.append(_one_line(hit.snippet.text[end:start]))
        text.append(_one_line(hit.snippet.text[start:stop]), MARKED)
        end = stop
    return text.append(_one_line(hit.snippet.text[end:]))


def _one_line(text: str) -> str:
    return printable(text.replace("\n", " "))


def _tell_nothing(console: Console, library: api.Library, query: str, asked: FilterFields) -> None:
    console.print("Nothing was found.")
    meant = library.did_you_mean(
        query,
        columns=asked.get("columns", ()),
        tags=asked.get("tags", ()),
        classes=asked.get("classes", ()),
    )
    advice = "No clip fits these filters; leave one out."
    if query.strip():
        advice = (
            "Each of these words is somewhere, but no clip that fits has all: leave one out, or a "
            "filter, or write OR between them."
        )
    say(console, Text(printable(meant or advice)))
