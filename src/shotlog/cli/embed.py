"""``shotlog embed``: vectors for a library, to search it by meaning."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shotlog import api
from shotlog.cli.library import DEFAULT_FOLDER, Folder
from shotlog.cli.run import interrupts
from shotlog.cli.screen import PLAIN_EVERY_SECONDS, printable
from shotlog.pipeline.job import Stop
from shotlog.wording import counted

INTERRUPTED, SOME_REFUSED = 130, 2


def embed(
    folder: Folder = DEFAULT_FOLDER,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Who makes vectors. [EmbeddingEndpoint of the settings]"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Or local:NAME. [EmbeddingModel of the settings]"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file. [config.ini if there]"),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Throw all vectors away, and make none.")
    ] = False,
) -> int:
    """Make vectors of clips, to find them by meaning.

    What has one is not sent again; after an interruption the same command goes on.
    \f
    Examples:
      shotlog embed --endpoint http://localhost:8000/v1 --model Qwen/Qwen3-Embedding-0.6B
      shotlog embed holiday-log --model local:intfloat/multilingual-e5-small
    """
    console = Console()
    if forget:
        print(f"{counted(api.forget_vectors(folder), 'vector')} thrown away")
        return 0
    stop, screen = _Stop(), _Screen(console)
    with interrupts(stop, console):
        report = api.embed(
            folder,
            endpoint=endpoint,
            model=model,
            config=config,
            stop=stop.gentle,
            on_progress=screen.show,
        )
    print(told(report))
    for reason in report.reasons:
        print(printable(f"Refused: {reason}"))
    if report.interrupted:
        print("Interrupted. The same command goes on.")
        return INTERRUPTED
    return SOME_REFUSED if report.refused else 0


def told(report: api.EmbedReport) -> str:
    """``12 videos: 240 vectors made, 3 there before; 4 requests, 9,000 tokens``."""
    parts = [f"{counted(report.made, 'vector')} made", f"{report.known:,} there before"]
    if report.refused:
        parts.append(f"{report.refused:,} refused")
    spent = f"{report.requests:,} request{'' if report.requests == 1 else 's'}"
    tokens = f", {report.tokens:,} tokens" if report.tokens else ""
    asked = f"; {spent}{tokens}" if report.requests else ""
    left = f", {report.videos_left:,} left" if report.videos_left else ""
    return f"{counted(report.videos, 'video')}{left}: {', '.join(parts)}{asked}"


class _Stop(Stop):
    """The second time, what is on its way is not waited for; what came back is in the catalog."""

    def at_once(self) -> None:
        os._exit(INTERRUPTED)


class _Screen:
    """A line now and then."""

    def __init__(self, console: Console) -> None:
        self._console, self._shown_at = console, time.monotonic()

    def show(self, report: api.EmbedReport) -> None:
        now = time.monotonic()
        if now - self._shown_at >= PLAIN_EVERY_SECONDS and report.videos_left:
            self._shown_at = now
            self._console.print(told(report), highlight=False)
