"""Measures shotlog beside what else does its work: ``python -m benchmarks [--full]``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import busy, growth, quality, rerun, rivals, speed, storm
from benchmarks.media import FOLDER, KINDS, Material
from benchmarks.plots import draw
from benchmarks.processes import Comparison
from benchmarks.results import Results
from benchmarks.speed import Plan

RESULTS = Path(__file__).parent / "results"
SHORT_SECONDS, FULL_SECONDS = 20, 60
SHORT_ROUNDS, FULL_ROUNDS = 1, 5
SHORT_ROWS, FULL_ROWS = 100_000, 1_000_000


def _decode(plan: Plan, results: Results) -> None:
    results.comparisons += speed.against_decoding(plan)


def _clips(plan: Plan, results: Results) -> None:
    results.comparisons += speed.against_cutting(plan)


def _script(plan: Plan, results: Results) -> None:
    results.comparisons += speed.against_old_script(plan)


def _quality(plan: Plan, results: Results) -> None:
    results.qualities += quality.qualities(plan)


def _rivals(plan: Plan, results: Results) -> None:
    for each in rivals.against_rivals(plan):
        if isinstance(each, Comparison):
            results.comparisons.append(each)
        else:
            results.left_out.append(each)


def _growth(plan: Plan, results: Results) -> None:
    results.points += growth.growth(plan)


def _rerun(plan: Plan, results: Results) -> None:
    results.unchanged += rerun.unchanged_runs(rounds=max(3, plan.rounds))


def _busy(plan: Plan, results: Results) -> None:
    kind = next(kind for kind in KINDS if not kind.over_caps)
    results.busy = busy.kept_busy([plan.material.source(kind)], plan.workers)
    results.storm, results.asking = storm.at_capacity(plan.material.source(kind), plan.workers)


def _listing(plan: Plan, results: Results) -> None:
    rows = FULL_ROWS if plan.full else SHORT_ROWS
    command = [sys.executable, "-m", "benchmarks.listing", str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    results.listing = done.stdout


PARTS: dict[str, Callable[[Plan, Results], None]] = {
    "decode": _decode,
    "clips": _clips,
    "script": _script,
    "quality": _quality,
    "rivals": _rivals,
    "growth": _growth,
    "rerun": _rerun,
    "busy": _busy,
    "listing": _listing,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the parts asked for, prints the tables, and writes them with the plot."""
    given = _parser().parse_args(arguments)
    seconds = given.seconds or (FULL_SECONDS if given.full else SHORT_SECONDS)
    rounds = given.rounds or (FULL_ROUNDS if given.full else SHORT_ROUNDS)
    kinds = KINDS if given.full else tuple(kind for kind in KINDS if kind.name != "4k30")
    material = Material(given.media, seconds, kinds)
    plan = Plan(material, rounds, given.workers or os.cpu_count() or 1, given.full)
    results = Results(full=given.full)
    for name in given.only or PARTS:
        began = time.monotonic()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        PARTS[name](plan, results)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        results.write(given.results)
    undrawn = draw(results, given.results / f"{results.name}.png")
    if undrawn:
        results.left_out.append(undrawn)
        results.write(given.results)
    print(results.text())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="longer sources, 4K too, more rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts alone")
    parser.add_argument("--rounds", type=int, help="how often each comparison is made")
    parser.add_argument("--seconds", type=int, help="length of a source")
    parser.add_argument("--workers", type=int, help="programs at a time; as many as cores")
    parser.add_argument("--media", type=Path, default=FOLDER, help="where sources are kept")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
