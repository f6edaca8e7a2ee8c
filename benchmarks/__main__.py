"""Measures shotlog beside what else does its work: ``python -m benchmarks [--full]``."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import shotlog
from benchmarks import (
    busy,
    exports,
    growth,
    listing,
    page,
    quality,
    rerun,
    rivals,
    search,
    speed,
    storm,
    tagging,
)
from benchmarks.media import FOLDER, KINDS, Material
from benchmarks.plots import draw
from benchmarks.processes import Comparison
from benchmarks.results import Results, Section
from benchmarks.speed import Plan
from benchmarks.tables import text, write_tables

RESULTS = Path(__file__).parent / "results"
SHORT_SECONDS, FULL_SECONDS = 20, 60
SHORT_ROUNDS, FULL_ROUNDS = 1, 3
SHORT_ROWS, FULL_ROWS = 100_000, 1_000_000
SHORT_CLIPS, FULL_CLIPS = 100_000, 1_000_000


def _decode(plan: Plan, section: Section) -> None:
    """Of sources as long as the long form's, lest the start of processes be what is measured."""
    seconds = max(FULL_SECONDS, plan.material.seconds)
    longer = replace(plan, material=replace(plan.material, seconds=seconds))
    section.comparisons += speed.against_decoding(longer)


def _clips(plan: Plan, section: Section) -> None:
    section.comparisons += speed.against_cutting(plan)


def _script(plan: Plan, section: Section) -> None:
    section.comparisons += speed.against_old_script(plan)


def _quality(plan: Plan, section: Section) -> None:
    section.qualities += quality.qualities(plan)


def _rivals(plan: Plan, section: Section) -> None:
    for each in rivals.against_rivals(plan):
        if isinstance(each, Comparison):
            section.comparisons.append(each)
        else:
            section.left_out.append(each)


def _growth(plan: Plan, section: Section) -> None:
    section.points += growth.growth(plan)


def _hours(plan: Plan, section: Section) -> None:
    section.points += growth.hours(plan)


def _rerun(plan: Plan, section: Section) -> None:
    section.unchanged += rerun.unchanged_runs(rounds=max(3, plan.rounds))


def _busy(plan: Plan, section: Section) -> None:
    kind = next(kind for kind in KINDS if not kind.over_caps)
    source = plan.material.source(kind)
    section.busy = busy.kept_busy([source], plan.workers)
    section.storm, section.asking = storm.at_capacity(source, plan.workers)


def _listing(plan: Plan, section: Section) -> None:
    section.listings += listing.listings(FULL_ROWS if plan.full else SHORT_ROWS)


def _search(plan: Plan, section: Section) -> None:
    found = search.searches(FULL_CLIPS if plan.full else SHORT_CLIPS)
    section.indexed, section.searches = found


def _page(plan: Plan, section: Section) -> None:
    section.answers += page.answers(FULL_CLIPS if plan.full else SHORT_CLIPS)


def _tag(_plan: Plan, section: Section) -> None:
    section.tagged += tagging.tagged()


def _exports(plan: Plan, section: Section) -> None:
    if plan.full:
        section.exported += exports.exported()
    section.exported += exports.exported_many(FULL_CLIPS if plan.full else exports.CLIPS)


PARTS: dict[str, Callable[[Plan, Section], None]] = {
    "decode": _decode,
    "clips": _clips,
    "script": _script,
    "quality": _quality,
    "rivals": _rivals,
    "growth": _growth,
    "hours": _hours,
    "rerun": _rerun,
    "busy": _busy,
    "listing": _listing,
    "search": _search,
    "exports": _exports,
    "page": _page,
    "tag": _tag,
}
LONG_PARTS = ("hours", "tag")
"""Not of the short form, unless asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures the parts asked for, and writes the tables and the plot of all parts.

    What was measured before is kept until its part is measured again.
    """
    given = _parser().parse_args(arguments)
    seconds = given.seconds or (FULL_SECONDS if given.full else SHORT_SECONDS)
    rounds = given.rounds or (FULL_ROUNDS if given.full else SHORT_ROUNDS)
    kinds = KINDS if given.full else tuple(kind for kind in KINDS if kind.name != "4k30")
    material = Material(given.media, seconds, kinds)
    plan = Plan(material, rounds, given.workers or os.cpu_count() or 1, given.full)
    results = Results.kept(given.results, full=given.full)
    _compile()
    for name in given.only or [each for each in PARTS if given.full or each not in LONG_PARTS]:
        began = time.monotonic()
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        section = Section()
        PARTS[name](plan, section)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        results.add(name, section, tuple(PARTS))
        results.write(given.results)
        write_tables(results, given.results)
    undrawn = draw(results, given.results / f"{results.name}.png")
    print(text(results))
    if undrawn:
        print(undrawn)
    return 0


def _compile() -> None:
    """As installing a package does; a clone may have been told to write no bytecode."""
    compileall.compile_dir(Path(shotlog.__file__).parent, quiet=2)


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
