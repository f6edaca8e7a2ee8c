"""How time and memory grow with the length, the size and the number of videos."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from benchmarks import programs
from benchmarks.media import KINDS, Kind
from benchmarks.processes import Cost, run_alone
from benchmarks.speed import Plan

PEAK_BAR_BYTES = 400 * 10**6
SHORT_MINUTES = (Fraction(1, 2), Fraction(1), Fraction(2))
FULL_MINUTES = (Fraction(1), Fraction(4), Fraction(16))
LONGEST_MINUTES = Fraction(240)
FEW_FILES, MANY_FILES = (1, 2, 4), (1, 4, 16)


@dataclass(frozen=True, slots=True)
class Point:
    """One run, and what it was a run of."""

    series: str
    label: str
    amount: float
    """Minutes, megapixels a second, or files."""
    cost: Cost


def growth(plan: Plan) -> list[Point]:
    """Runs over longer, larger and more files; with clips in the long form, but for the longest."""
    return [
        *_by_length(plan),
        *_by_size(plan),
        *by_count(plan, MANY_FILES if plan.full else FEW_FILES),
    ]


def _by_length(plan: Plan) -> list[Point]:
    minutes = FULL_MINUTES if plan.full else SHORT_MINUTES
    options = () if plan.full else ("--no-clips",)
    points = []
    for kind in (_kind("1080p60"), _kind("720p30")) if plan.full else (_kind("720p30"),):
        for length in minutes:
            source = plan.material.looped(kind, int(length * 60))
            cost = _run([source], 1, *options)
            points.append(
                Point(f"length, {kind.name}", f"{float(length):g} min", float(length), cost)
            )
    if plan.full:
        source = plan.material.looped(_kind("1080p60"), int(LONGEST_MINUTES * 60))
        cost = _run([source], 1, "--no-clips")
        points.append(
            Point("4 hours of 1080p60, no clips", "240 min", float(LONGEST_MINUTES), cost)
        )
    return points


def _by_size(plan: Plan) -> list[Point]:
    points = []
    for kind in plan.material.kinds:
        megapixels = kind.width * kind.height * kind.rate_fps / 1e6
        cost = _run([plan.material.source(kind)], 1, *(() if plan.full else ("--no-clips",)))
        points.append(Point("resolution", kind.name, megapixels, cost))
    return sorted(points, key=lambda point: point.amount)


def by_count(plan: Plan, counts: Sequence[int]) -> list[Point]:
    """Runs over so many files, all alike."""
    source = plan.material.source(_kind("720p30"))
    points = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            copies = [Path(folder, f"{number}.mp4") for number in range(count)]
            for copy in copies:
                copy.symlink_to(source.resolve())
            cost = _run(copies, plan.workers, "--no-clips")
        points.append(Point("files", f"{count} x {source.stem}", count, cost))
    return points


def _kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def _run(sources: Sequence[Path], workers: int, *options: object) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        (command,) = programs.shotlog_run(Path(folder), sources, workers, *options)
        return run_alone(command)
