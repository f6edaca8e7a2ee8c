"""``shotlog run``: the main job."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console

from shotlog import api
from shotlog.cli.ending import tell
from shotlog.cli.screen import Screen
from shotlog.errors import SettingError
from shotlog.pipeline.job import Stop
from shotlog.quantities import parse_size, parse_time
from shotlog.settings import Settings, load_settings
from shotlog.sources import Choice

FROM = "Where the videos come from"
CHOOSE = "Which of them"
CUT = "How they are cut"
ASK = "What the model is asked"
WORK = "How the work is done"


def run(
    csv: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Listing; - is standard input.", rich_help_panel=FROM),
    ] = None,
    urls: Annotated[
        list[str] | None,
        typer.Option(metavar="URL...", help="Addresses, as many as follow.", rich_help_panel=FROM),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Manifest.", rich_help_panel=FROM)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="FOLDER", help="Every video below.", rich_help_panel=FROM),
    ] = None,
    rclone: Annotated[
        str | None,
        typer.Option(
            metavar="REMOTE:PATH", help="List it with your own rclone.", rich_help_panel=FROM
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="PREFIX", help="The address below which its files lie.", rich_help_panel=FROM
        ),
    ] = None,
    min_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Say, 10MB.", rich_help_panel=CHOOSE)
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Say, 2GB.", rich_help_panel=CHOOSE)
    ] = None,
    modified_after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="At this time or later.", rich_help_panel=CHOOSE),
    ] = None,
    modified_before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Before this time.", rich_help_panel=CHOOSE)
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB", help="Names like this, say '2024/*.mp4'.", rich_help_panel=CHOOSE
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="The first N of them.", rich_help_panel=CHOOSE),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The library's folder. [processed_videos]", rich_help_panel=WORK
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Settings file. [config.ini if there]", rich_help_panel=WORK
        ),
    ] = None,
    segment_length: Annotated[
        str | None,
        typer.Option(metavar="SECONDS", help="Length of a clip. [15]", rich_help_panel=CUT),
    ] = None,
    overlap: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="Shared with the clip before. [0]", rich_help_panel=CUT
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="HOW", help="By length, or along scenes. [length]", rich_help_panel=CUT
        ),
    ] = None,
    min_clip: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS",
            help="With --split scenes, shorter ones are joined. [2]",
            rich_help_panel=CUT,
        ),
    ] = None,
    max_resolution: Annotated[
        str | None,
        typer.Option(metavar="CAP", help="720p, 1080p or 1280x720. [720p]", rich_help_panel=CUT),
    ] = None,
    max_fps: Annotated[
        str | None, typer.Option(metavar="CAP", help="Frames a second. [30]", rich_help_panel=CUT)
    ] = None,
    scene_threshold: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="ffmpeg's scene score of a cut, 0..1. [0.3]", rich_help_panel=CUT
        ),
    ] = None,
    scene_detector: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How scenes are found: ffmpeg, content or adaptive. [ffmpeg]",
            rich_help_panel=CUT,
        ),
    ] = None,
    clips: Annotated[
        bool | None,
        typer.Option(
            "--clips/--no-clips",
            help="Whether clip files are written. [clips]",
            rich_help_panel=CUT,
        ),
    ] = None,
    instruction: Annotated[
        str | None,
        typer.Option(
            "--instruction",
            "--qwen-instruction",
            metavar="TEXT",
            help="What the model is asked of each clip. [Describe this video.]",
            rich_help_panel=ASK,
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the model answers, or a name of [Endpoints]. [the built-in describer]",
            rich_help_panel=ASK,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The model's name; local:NAME runs it here.", rich_help_panel=ASK
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="openai or plain. [seen from the address]", rich_help_panel=ASK
        ),
    ] = None,
    use_vpc: Annotated[
        bool | None,
        typer.Option("--use-vpc", help="Take VpcEndpoint of the settings.", rich_help_panel=ASK),
    ] = None,
    structured: Annotated[
        bool | None,
        typer.Option(
            "--structured/--no-structured",
            help="Ask for fields: actions, objects, people, setting... [where the server can]",
            rich_help_panel=ASK,
        ),
    ] = None,
    keywords: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Words that matter to you, one a line.", rich_help_panel=ASK
        ),
    ] = None,
    categories: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help="What a clip may be one of.", rich_help_panel=ASK),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="What is told of the clip before: none or previous. [none]",
            rich_help_panel=ASK,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="The language of descriptions, say en. [any]", rich_help_panel=ASK
        ),
    ] = None,
    hear: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where speech is written down, or local. [nowhere]",
            rich_help_panel=ASK,
        ),
    ] = None,
    summary: Annotated[
        str | None,
        typer.Option(
            metavar="BY",
            help="Who sums a video up: model or built-in. [who described it]",
            rich_help_panel=ASK,
        ),
    ] = None,
    describe: Annotated[
        bool | None,
        typer.Option(
            "--describe/--no-describe",
            help="Whether clips are described, or all but that is done. [describe]",
            rich_help_panel=ASK,
        ),
    ] = None,
    max_cost: Annotated[
        str | None,
        typer.Option(metavar="MONEY", help="Stop before more is spent.", rich_help_panel=ASK),
    ] = None,
    max_requests: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Ask no more than that.", rich_help_panel=ASK),
    ] = None,
    reuse_same: Annotated[
        bool | None,
        typer.Option(
            "--reuse-same",
            help="Take the answer of an earlier clip with the same picture.",
            rich_help_panel=ASK,
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Most model requests in flight. [shotlog finds out]",
            rich_help_panel=WORK,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Media processes. [one a core]", rich_help_panel=WORK),
    ] = None,
    keep_sources: Annotated[
        bool | None,
        typer.Option("--keep-sources", help="Keep fetched videos.", rich_help_panel=WORK),
    ] = None,
    redo: Annotated[
        str | None,
        typer.Option(
            metavar="STEP", help=f"Do again: {', '.join(api.REDO_STEPS)}.", rich_help_panel=WORK
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR. [INFO]", rich_help_panel=WORK
        ),
    ] = None,
) -> int:
    """Probe, cut and describe every video of a listing.

    What is there already is not done again: the same command after a crash goes on where it was.
    \f
    Examples:
      shotlog run --csv videos.csv
      shotlog run --csv videos.csv --endpoint http://localhost:8000/v1
      shotlog run --rclone r2:vids --public-url https://mybucket.online/vids/
    """
    given: dict[str, Any] = {
        "output": output,
        "segment_length": segment_length,
        "overlap": overlap,
        "split": split,
        "min_clip": min_clip,
        "max_resolution": max_resolution,
        "max_fps": max_fps,
        "scene_threshold": scene_threshold,
        "scene_detector": scene_detector,
        "clips": clips,
        "instruction": instruction,
        "public_endpoint": endpoint,
        "model": model,
        "protocol": protocol,
        "use_vpc": use_vpc,
        "structured": None if structured is None else ("yes" if structured else "no"),
        "keywords": _keywords(keywords) if keywords else None,
        "categories": categories,
        "context": context,
        "language": language,
        "hearing": hear,
        "summary": summary,
        "describe": describe,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "reuse_same": reuse_same,
        "concurrency": concurrency,
        "workers": workers,
        "keep_sources": keep_sources,
        "log_level": log_level.upper() if log_level else None,
    }
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    origin = api.Origin(
        csv=Path(csv) if csv else None,
        urls=tuple(urls or ()),
        json=json,
        folder=folder,
        rclone=rclone,
        public_url=public_url,
    )
    choice = Choice(
        min_size=_parsed("--min-size", parse_size, min_size),
        max_size=_parsed("--max-size", parse_size, max_size),
        modified_after=_parsed("--modified-after", parse_time, modified_after),
        modified_before=_parsed("--modified-before", parse_time, modified_before),
        match=match,
        limit=limit,
    )
    return execute(origin, settings, choice, redo)


def execute(origin: api.Origin, settings: Settings, choice: Choice, redo: str | None = None) -> int:
    """Runs and shows it; returns the exit code."""
    step = next((each for each in api.REDO_STEPS if each == redo), None)
    if redo is not None and step is None:
        raise SettingError(
            f"--redo: there is no step {redo!r}.",
            hint=f"It is one of {', '.join(api.REDO_STEPS)}.",
        )
    console = Console()
    stop = Stop()
    with _interrupts(stop, console), Screen(console) as screen:
        report = api.process(origin, settings, choice=choice, redo=step, reporter=screen, stop=stop)
    tell(console, report)
    if report.status == "interrupted":
        # Threads that wait for a silent server cannot be ended; what was done is in the catalog.
        sys.stdout.flush()
        os._exit(report.exit_code)
    return report.exit_code


def _keywords(path: Path) -> dict[str, tuple[str, ...]]:
    """The file's lines as one group of words. Raises SettingError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            f"--keywords: {path} cannot be read as UTF-8 text.", hint="Check the path."
        ) from None
    return {"keywords": tuple(line.strip() for line in lines if line.strip())}


def _parsed(option: str, parse: Any, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(f"{option}: {error}.", hint="Change it and run again.") from None


@contextmanager
def _interrupts(stop: Stop, console: Console) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) finishes what is in hand, the second stops at once."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.gentle.is_set():
            stop.at_once()
        else:
            stop.gently()
            console.print("Finishing what is in hand. Ctrl-C again stops at once.")

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
