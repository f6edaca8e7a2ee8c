"""``shotlog search``: the clips of a library that fit."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from shotlog import api
from shotlog.cli import filters
from shotlog.cli.library import DEFAULT_FOLDER, Folder
from shotlog.cli.screen import printable
from shotlog.exports.building import shown
from shotlog.wording import clock

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
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one object a line.")] = False,
) -> int:
    """Find clips by what is seen, said, written or heard in them.
    \f
    Examples:
      shotlog search "red car at night"
      shotlog search "dog OR cat -indoors" holiday-log --tag outdoor
      shotlog search '"good morning"' --in transcript --json
    """
    asked = filters.of(tag, class_, since, before, min_duration, max_duration, columns, status)
    console = Console()
    with api.open(folder) as library:
        hits = list(library.search(query, limit=limit, **asked))
        for hit in hits:
            if as_json:
                print(json.dumps(hit_object(hit), ensure_ascii=False))
            else:
                _show(console, hit)
        if not hits and not as_json:
            _tell_nothing(console, library, query, asked)
    return 0


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
    }


def _show(console: Console, hit: api.Hit) -> None:
    head = Text.assemble(
        (printable(shown(hit.file_name)), "bold"),
        "  ",
        (f"{clock(float(hit.start))} – {clock(float(hit.end))}", "cyan"),
        "" if hit.index is not None else "  the whole video",
        (f"  [{', '.join(map(printable, hit.tags))}]" if hit.tags else "", "dim"),
    )
    console.print(head, soft_wrap=True, highlight=False)
    if hit.snippet is not None:
        console.print(Padding(_marked(hit), (0, 0, 0, 4)))
    console.print(Text(f"    {printable(shown(hit.url))}", "dim"), soft_wrap=True)


def _marked(hit: api.Hit) -> Text:
    """The snippet with its words in another colour, and between brackets where there is none."""
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


def _tell_nothing(
    console: Console, library: api.Library, query: str, asked: dict[str, Any]
) -> None:
    console.print("Nothing was found.")
    if not query.strip():
        console.print("No clip fits these filters; leave one out.")
        return
    meant = library.did_you_mean(query, columns=asked["columns"])
    advice = (
        "Each of these words is somewhere, but no clip that fits has all: leave one out, or a "
        "filter, or write OR between them."
    )
    console.print(Text(printable(meant or advice)), soft_wrap=True)
