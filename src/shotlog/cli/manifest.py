"""``shotlog manifest``: from a CSV listing to a JSON manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shotlog.cli.run_report import tell_listing
from shotlog.records import ListingReport
from shotlog.sources import read_listing, write_manifest
from shotlog.storage import atomic_write
from shotlog.wording import counted


def manifest(
    csv: Annotated[str, typer.Argument(metavar="CSV", help="Listing; - is standard input.")],
    output: Annotated[Path, typer.Argument(metavar="JSON", help="The manifest.")] = Path(
        "videos.json"
    ),
    public_url: Annotated[
        str | None,
        typer.Option(metavar="PREFIX", help="The address below which the files lie."),
    ] = None,
) -> int:
    """Turn a CSV listing into a JSON manifest for run --json.
    \f
    Examples:
      shotlog manifest videos.csv
      shotlog manifest lsf.txt videos.json --public-url https://mybucket.online/vids/
    """
    report = ListingReport()
    sources = read_listing(Path(csv), public_url=public_url, report=report)
    with atomic_write(output) as file:
        count = write_manifest(sources, file)
    console = Console()
    bad = report.counts.get("bad", 0)
    tell_listing(console, report, logged=False)
    console.print(f"{counted(count, 'video')} in {output}")
    return 2 if bad else 0
