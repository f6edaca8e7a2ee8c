"""``shotlog batch``: questions in files that are answered later at a lower price."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shotlog import batches
from shotlog.cli import options
from shotlog.cli.lines import say
from shotlog.cli.run_report import spending
from shotlog.cli.screen import printable
from shotlog.errors import UsageError
from shotlog.gate.spending import money
from shotlog.settings import load_settings
from shotlog.wording import spoken_size

HELP = "Have clips described for less money, within a day."

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="DIR", help="The library's folder. [processed_videos]"),
]

SHOWN = 10
"""Clips, videos and files that are named; the log names all."""


def write(
    folder: Folder = None,
    config: options.Config = None,
    segment_length: options.SegmentLength = None,
    overlap: options.Overlap = None,
    split: options.Split = None,
    min_clip: options.MinClip = None,
    max_resolution: options.MaxResolution = None,
    max_fps: options.MaxFps = None,
    scene_threshold: options.SceneThreshold = None,
    scene_detector: options.SceneDetector = None,
    clips: options.Clips = None,
    instruction: options.Instruction = None,
    endpoint: options.Endpoint = None,
    model: options.Model = None,
    use_vpc: options.UseVpc = None,
    structured: options.Structured = None,
    keywords: options.Keywords = None,
    categories: options.Categories = None,
    language: options.Language = None,
    hear: options.Hear = None,
    summary: options.Summary = None,
    reuse_same: options.ReuseSame = None,
    hardware: options.Hardware = None,
) -> int:
    """Write the clips that have no answer yet to batch files.

    Give the options of the run that cut them (shotlog run --no-describe). Nothing is sent. Ends
    with 2 where a clip could not be put into a file.
    \f
    Examples:
      shotlog batch write --endpoint https://api.openai.com/v1 --model gpt-4.1-mini
      shotlog batch write holiday-log --endpoint http://localhost:8000/v1 --model qwen
    """
    given = {
        "output": folder,
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
        "use_vpc": use_vpc,
        "structured": options.structured_word(structured),
        "keywords": options.keywords_in(keywords) if keywords else None,
        "categories": categories,
        "language": language,
        "hearing": hear,
        "summary": summary,
        "reuse_same": reuse_same,
        "hardware": hardware,
    }
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    console = Console()
    report = batches.write(settings)
    _tell_written(console, report, settings.output)
    return 2 if report.left_out else 0


def read(
    folder: Folder = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Result and error files.", show_default=False),
    ] = None,
    config: options.Config = None,
) -> int:
    """Read results and errors of batch files, as often as you like.

    Ends with 2 where a clip has no answer that can be used.
    \f
    Examples:
      shotlog batch read holiday-log results.jsonl errors.jsonl
    """
    paths = list(files or ())
    if folder is not None and folder.is_file():
        # One word alone may be the folder or a file; a library is no file.
        paths, folder = [folder, *paths], None
    if not paths:
        raise UsageError(
            "No file to be read is named.",
            hint="For example: shotlog batch read processed_videos results.jsonl errors.jsonl",
        )
    settings = load_settings({"output": folder} if folder is not None else {}, file=config)
    # The servers' words are cleared of the key.
    key = settings.access_key
    secrets = (key.get_secret_value().strip(),) if key else ()
    report = batches.read(settings.output, paths, secrets=secrets, log_level=settings.log_level)
    console = Console()
    _tell_read(console, report)
    console.print(f"Look: shotlog show {shlex.quote(str(settings.output))}", highlight=False)
    return 2 if report.failed else 0


def submit(
    folder: Folder = None,
    config: options.Config = None,
    endpoint: options.Endpoint = None,
    use_vpc: options.UseVpc = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Come back when every batch has ended.")
    ] = False,
    poll: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.01, help="With --wait, how often to look. [60]"),
    ] = 60.0,
) -> int:
    """Carry batch files to their server, and read the answers.

    Nothing is submitted twice: the same command looks after what it submitted before. Ends with 2
    where a file was refused, a batch did not end well or a clip has no answer that can be used.
    \f
    Examples:
      shotlog batch submit
      shotlog batch submit holiday-log --wait --poll 300
    """
    given = {"output": folder, "public_endpoint": endpoint, "use_vpc": use_vpc}
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    console = Console()
    report = batches.submit(
        settings,
        wait=wait,
        poll_seconds=poll,
        tell=lambda line: say(console, printable(line)),
    )
    for name, why in report.troubles:
        say(console, Text.assemble(("✗ ", "red"), f"{name}: {printable(why)}"))
    _tell_read(console, report.read)
    place = shlex.quote(str(settings.output))
    if report.waiting:
        again = f"shotlog batch submit {place}"
        batches_are = "batch is" if report.waiting == 1 else "batches are"
        console.print(f"{report.waiting} {batches_are} on the way. Look again: {again}")
    elif report.losses:
        console.print("Clips without an answer go into new files by shotlog batch write.")
    else:
        console.print(f"Nothing is on its way. Look: shotlog show {place}")
    return 2 if report.losses else 0


def _tell_written(console: Console, report: batches.WriteReport, folder: Path) -> None:
    for left in report.left_out[:SHOWN]:
        where = f"{printable(left.file_name)}, clip {left.clip_index}: "
        text = Text.assemble(("✗ ", "red"), where, printable(left.failure.message))
        say(console, text)
    for hint in dict.fromkeys(each.failure.hint for each in report.left_out):
        say(console, printable(hint))
    for path in report.files[:SHOWN]:
        console.print(Text(str(path)), soft_wrap=True)
    _counted(
        console,
        (
            ("files", len(report.files), spoken_size(report.size_bytes)),
            ("clips", report.clips, ""),
            ("left out", len(report.left_out), "see the reasons above"),
            ("answered", report.answered, "have their answer already"),
            ("waiting", report.waiting, "in files written before"),
            ("refused", report.refused, "for good: only run --redo refused asks again"),
            ("same", report.same, "take another one's answer"),
            ("videos not ready", len(report.not_ready), "not cut as these settings say"),
        ),
    )
    if report.clips:
        load = report.load
        tokens = f"at most {load.prompt_tokens:,} tokens in, {load.completion_tokens:,} out"
        cost = "" if report.cost is None else f", {money(report.cost)} {report.currency}"
        console.print(f"  {tokens}{cost}", highlight=False)
    console.print(_after_writing(report, shlex.quote(str(folder))), highlight=False)


def _after_writing(report: batches.WriteReport, folder: str) -> str:
    if report.clips or report.waiting:
        return f"Next: shotlog batch submit {folder}, or carry the files there yourself"
    if report.not_ready:
        return "First: shotlog run --no-describe with these options"
    return f"Look: shotlog show {folder}"


def _tell_read(console: Console, report: batches.ReadReport) -> None:
    for name, index, failure in report.failures[:SHOWN]:
        where = f"{printable(name)}, clip {index}: "
        text = Text.assemble(("✗ ", "red"), where, printable(failure.message))
        say(console, text)
    if report.failed > SHOWN:
        console.print(f"… and {report.failed - SHOWN} more")
    _counted(
        console,
        (
            ("clips described", report.answered, ""),
            ("flagged", report.flagged, "of these, with something doubtful"),
            (
                "clips failed",
                report.failed - report.refused,
                "written again by shotlog batch write",
            ),
            ("clips refused", report.refused, "for good: only run --redo refused asks again"),
            ("videos done", report.videos_done, ""),
            ("videos with losses", report.videos - report.videos_done, "see the reasons above"),
            ("videos open", report.videos_open, "waiting for further answers"),
            ("videos to sum up", report.videos_to_sum_up, "the next shotlog run asks the model"),
            ("lines read before", report.known, ""),
            ("lines unknown", report.unknown, "no id of this library"),
            ("lines cut otherwise", report.recut, "the clip is not as it was"),
            ("lines broken", report.broken, "no result"),
        ),
    )
    if report.spent.requests:
        console.print(f"  {spending(report.spent)}", highlight=False)


def _counted(console: Console, rows: Sequence[tuple[str, int, str]]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, count, note in rows:
        if count:
            table.add_row(f"  {name}", f"{count:>7}", note)
    if table.row_count:
        console.print(table)
