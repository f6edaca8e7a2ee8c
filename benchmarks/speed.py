"""shotlog against the least the ffmpeg program could do, and against the commands of before."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.media import Material
from benchmarks.processes import Command, Comparison, Contender, Cost, compare, run_batch

DECODE_BAR = 1.15
CLIPS_BAR = 1.10
OLD_SCRIPT_BAR = 1 / 4
COPY_BAR = 1 / 8


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, and with what."""

    material: Material
    rounds: int
    workers: int
    full: bool


Made = Callable[[Path], Sequence[Command]]
"""The commands of one job, writing into the folder given."""


Judged = Callable[[Path], None]
"""Raises RuntimeError where a job left less in its folder than was asked for."""


def job(name: str, made: Made, at_a_time: int, judged: Judged | None = None) -> Contender:
    """A contender whose every turn starts with an empty folder."""

    def go() -> Cost:
        with tempfile.TemporaryDirectory() as folder:
            cost = run_batch(made(Path(folder)), at_a_time)
            if judged is not None:
                judged(Path(folder))
            return cost

    return Contender(name, go)


def shotlog_job(name: str, sources: Sequence[Path], plan: Plan, *options: object) -> Contender:
    """``shotlog run`` over local files."""
    return job(
        name, lambda folder: programs.shotlog_run(folder, sources, plan.workers, *options), 1
    )


def against_decoding(plan: Plan) -> Iterator[Comparison]:
    """Facts, scenes and the model's frames against reading every frame and nothing else.

    The short form leaves out the built-in describer, which sees no frames.
    """
    sources = plan.material.sources()
    floor = job(
        "ffmpeg, decode only", lambda _: [programs.decode(each) for each in sources], plan.workers
    )
    with fake_model_server() as address:
        model = ("--endpoint", address, "--protocol", "openai", "--model", "test-model")
        ways: list[tuple[str, tuple[str, ...]]] = [("frames for a model", model)]
        ways += [("built-in describer", ())] if plan.full else []
        for way, options in ways:
            mine = shotlog_job(f"run --no-clips, {way}", sources, plan, "--no-clips", *options)
            yield compare("facts, scenes, frames", mine, floor, rounds=plan.rounds, bar=DECODE_BAR)


def against_cutting(plan: Plan) -> Iterator[Comparison]:
    """Everything against clips alone: of sources over the caps, then of those within."""
    for over_caps, title, bar in (
        (True, "clips of sources over the caps", CLIPS_BAR),
        (False, "clips of a source within the caps", COPY_BAR),
    ):
        sources = plan.material.sources(over_caps=over_caps)
        mine = shotlog_job("run", sources, plan)
        yield compare(title, mine, cutting(plan, over_caps), rounds=plan.rounds, bar=bar)


def cutting(plan: Plan, over_caps: bool) -> Contender:
    """One ffmpeg command a video that makes the clips and nothing else."""
    chosen = plan.material.chosen(over_caps)

    def made(folder: Path) -> list[Command]:
        return [
            programs.cut(
                plan.material.source(kind), (kind.width, kind.height), kind.rate_fps, folder
            )
            for kind in chosen
        ]

    return job("ffmpeg, clips only", made, plan.workers)


def against_old_script(plan: Plan) -> Iterator[Comparison]:
    """Each kind against a scene pass and a segment pass, one after the other, all cores each.

    The short form leaves out the first.
    """
    for kind in plan.material.kinds[0 if plan.full else 1 :]:
        source = plan.material.source(kind)
        yield compare(
            f"the old script's commands, {kind.name}",
            shotlog_job("run", [source], plan),
            _old_script(source),
            rounds=plan.rounds,
            bar=OLD_SCRIPT_BAR,
        )


def _old_script(source: Path) -> Contender:
    return job("scenes, then segments", lambda folder: programs.old_script(source, folder), 1)


@contextmanager
def fake_model_server(latency_seconds: float = 0.0, journal: Path | None = None) -> Iterator[str]:
    """A model server on loopback, in a process of its own; its address."""
    words = [sys.executable, "-m", "shotlog.testing.endpoint", "--latency", str(latency_seconds)]
    words += ["--journal", str(journal)] if journal else []
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.communicate()
