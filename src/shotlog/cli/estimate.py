"""``shotlog estimate``: what a run would take, before anything moves."""

from __future__ import annotations

import json as json_text
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shotlog import api
from shotlog.cli import options
from shotlog.cli.lines import say
from shotlog.cli.screen import duration, printable
from shotlog.gate.spending import money
from shotlog.settings import load_settings
from shotlog.wording import counted, spoken_size


def estimate(
    csv: options.Csv = None,
    urls: options.Urls = None,
    json: options.Manifest = None,
    folder: options.Folder = None,
    rclone: options.Rclone = None,
    public_url: options.PublicUrl = None,
    min_size: options.MinSize = None,
    max_size: options.MaxSize = None,
    modified_after: options.ModifiedAfter = None,
    modified_before: options.ModifiedBefore = None,
    match: options.Match = None,
    limit: options.Limit = None,
    output: options.Output = None,
    config: options.Config = None,
    segment_length: options.SegmentLength = None,
    overlap: options.Overlap = None,
    split: options.Split = None,
    max_resolution: options.MaxResolution = None,
    instruction: options.Instruction = None,
    endpoint: options.Endpoint = None,
    model: options.Model = None,
    protocol: options.Protocol = None,
    use_vpc: options.UseVpc = None,
    structured: options.Structured = None,
    summary: options.Summary = None,
    max_cost: options.MaxCost = None,
    probe: Annotated[
        int | None,
        typer.Option(metavar="[N]", min=1, help="Read the headers of N of the videos. [10]"),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="CLIPS", min=0.001, help="Clips a minute. [as the library's last run]"
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--as-json", help="As one JSON object; --json alone does it too.")
    ] = False,
) -> int:
    """Say what a run would take: tokens, money, hours, bytes.

    Moves nothing; with --probe only headers are read.
    \f
    Examples:
      shotlog estimate --csv videos.csv --model Qwen/Qwen2.5-VL-7B-Instruct
      shotlog estimate --csv videos.csv --probe 20
      shotlog estimate --dir holiday/ --max-cost 5 --rate 240
    """
    given = {
        "output": output,
        "segment_length": segment_length,
        "overlap": overlap,
        "split": split,
        "max_resolution": max_resolution,
        "instruction": instruction,
        "public_endpoint": endpoint,
        "model": model,
        "protocol": protocol,
        "use_vpc": use_vpc,
        "structured": options.structured_word(structured),
        "summary": summary,
        "max_cost": max_cost,
    }
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    found = api.estimate(
        options.origin_of(csv, urls, json, folder, rclone, public_url),
        settings,
        choice=options.choice_of(min_size, max_size, modified_after, modified_before, match, limit),
        probe=probe or 0,
        clips_a_minute=rate,
    )
    if as_json:
        print(json_text.dumps(found.as_json(), indent=2))
    else:
        _tell(Console(), found)
    return 0


def _tell(console: Console, found: api.Estimate) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in _lines(found):
        table.add_row(f"  {name}", value)
    console.print(
        Text(f"{counted(found.videos, 'video')}, {duration(found.video_seconds)}", "bold")
    )
    console.print(table)
    for note in found.notes:
        say(console, f"  Note: {printable(note)}")


def _lines(found: api.Estimate) -> list[tuple[str, str]]:
    lines = []
    if found.videos_done:
        lines.append(("done already", f"{counted(found.videos_done, 'video')} more"))
    if found.videos_unknown:
        lines.append(
            ("not counted", f"{counted(found.videos_unknown, 'video')} without size and length")
        )
    lines += [
        ("clips", f"{found.clips:,}"),
        ("frames", f"{found.frames:,}"),
    ]
    for name, tokens in found.visual_tokens.items():
        mark = "  ← counted below" if name == found.family else ""
        lines.append(("visual tokens", f"{tokens:>15,}  {name}{mark}"))
    lines += [
        ("text tokens", f"{found.text_tokens:>15,}"),
        ("answer tokens", f"{found.answer_tokens:>15,}"),
        ("requests", f"{found.requests:,}"),
        ("sent", f"about {spoken_size(found.upload_bytes)}"),
        ("takes", f"{duration(found.hours * 3600)} at {found.clips_a_minute:,.1f} clips a minute"),
    ]
    if found.cost is not None and found.batch_cost is not None:
        lines.append(("money", f"{_money(found.cost, found)}"))
        lines.append(("as batch files", f"{_money(found.batch_cost, found)}"))
    if found.clips_within_max_cost is not None and found.max_cost is not None:
        share = found.clips_within_max_cost / found.clips if found.clips else 1.0
        lines.append(
            (
                "--max-cost",
                f"{_money(found.max_cost, found)} is enough for "
                f"{counted(found.clips_within_max_cost, 'clip')} ({share:.0%})",
            )
        )
    if found.probe_bytes:
        lines.append(("moved", f"{spoken_size(found.probe_bytes)} of headers"))
    return lines


def _money(amount: Decimal, found: api.Estimate) -> str:
    return f"{money(amount)} {found.currency or ''}".rstrip()
