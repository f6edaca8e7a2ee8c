"""``shotlog run``: the main job."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from shotlog import api
from shotlog.cli import options
from shotlog.cli.run_report import tell
from shotlog.cli.screen import Screen
from shotlog.errors import SettingError
from shotlog.pipeline.job import Stop
from shotlog.settings import Settings, load_settings
from shotlog.sources import Choice


def run(
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
    min_clip: options.MinClip = None,
    max_resolution: options.MaxResolution = None,
    max_fps: options.MaxFps = None,
    scene_threshold: options.SceneThreshold = None,
    scene_detector: options.SceneDetector = None,
    clips: options.Clips = None,
    instruction: options.Instruction = None,
    endpoint: options.Endpoint = None,
    model: options.Model = None,
    protocol: options.Protocol = None,
    use_vpc: options.UseVpc = None,
    structured: options.Structured = None,
    keywords: options.Keywords = None,
    categories: options.Categories = None,
    context: options.Context = None,
    language: options.Language = None,
    hear: options.Hear = None,
    summary: options.Summary = None,
    rules: options.Rules = None,
    describe: options.Describe = None,
    max_cost: options.MaxCost = None,
    max_requests: options.MaxRequests = None,
    reuse_same: options.ReuseSame = None,
    concurrency: options.Concurrency = None,
    workers: options.Workers = None,
    hardware: options.Hardware = None,
    keep_sources: options.KeepSources = None,
    mongodb: options.Mongodb = None,
    redo: options.Redo = None,
    log_level: options.LogLevel = None,
) -> int:
    """Probe, cut and describe every video of a listing.

    What is there already is not done again: the same command after a crash goes on where it was.
    \f
    Examples:
      shotlog run --dir holiday/
      shotlog run --csv videos.csv --public-url https://mybucket.online/vids/
      shotlog run --csv videos.csv --endpoint http://localhost:8000/v1
      shotlog run --rclone r2:vids --public-url https://mybucket.online/vids/
    """
    given: dict[str, object] = {
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
        "structured": options.structured_word(structured),
        "keywords": options.keywords_in(keywords) if keywords else None,
        "categories": categories,
        "context": context,
        "language": language,
        "hearing": hear,
        "summary": summary,
        "rules": rules,
        "describe": describe,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "reuse_same": reuse_same,
        "concurrency": concurrency,
        "workers": workers,
        "hardware": hardware,
        "keep_sources": keep_sources,
        "mongodb_export": mongodb,
        "log_level": log_level.upper() if log_level else None,
    }
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    origin = options.origin_of(csv, urls, json, folder, rclone, public_url)
    choice = options.choice_of(min_size, max_size, modified_after, modified_before, match, limit)
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
    with interrupts(stop, console), Screen(console) as screen:
        report = api.process(origin, settings, choice=choice, redo=step, reporter=screen, stop=stop)
    tell(console, report)
    if report.status == "interrupted":
        # Threads that wait for a silent server cannot be ended; what was done is in the catalog.
        sys.stdout.flush()
        os._exit(report.exit_code)
    return report.exit_code


@contextmanager
def interrupts(stop: Stop, console: Console) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) finishes what is in hand, the second stops at once."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.gentle.is_set():
            stop.at_once()
        else:
            stop.gently()
            if not console.is_terminal:  # There the live picture says so.
                console.print("Finishing what is in hand. Ctrl-C again stops at once.")

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
