"""How time and memory grow with the length, the size and the number of videos."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import fmean

from benchmarks import programs
from benchmarks.media import KINDS, LECTURES, Kind
from benchmarks.processes import Cost, run_alone
from benchmarks.speed import Plan

PEAK_BAR_BYTES = 400 * 10**6
SHORT_MINUTES, FULL_MINUTES = (1, 2, 4), (1, 4, 16)
HOURS_MINUTES = (240,)
"""What the bar on memory speaks of."""
FEW_FILES, MANY_FILES = (1, 4), (1, 4, 16)
LENGTH = "length, "
"""What the names of series of lengths begin with."""


@dataclass(frozen=True, slots=True)
class Point:
    """One run, and what it was a run of."""

    series: str
    label: str
    amount: float
    """Minutes, megapixels a second, or files."""
    cost: Cost


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line nearest to a series of lengths, by least squares of the shares it is off:
    a minute counts as much as four hours."""

    start_cpu_seconds: float
    """What a video of no length would take."""
    cpu_seconds_a_minute: float
    worst_share: float
    """How far the farthest point lies from the line, over what the line says there."""


def line_of(points: Sequence[Point]) -> Line:
    """Of at least two different lengths."""
    minutes = [point.amount for point in points]
    seconds = [point.cost.cpu_seconds for point in points]
    weights = [1 / each**2 for each in seconds]
    mean_minutes, mean_seconds = fmean(minutes, weights), fmean(seconds, weights)
    apart = [each - mean_minutes for each in minutes]
    slope = sum(map(prod, zip(weights, apart, seconds, strict=True))) / sum(
        weight * each**2 for weight, each in zip(weights, apart, strict=True)
    )
    start = mean_seconds - slope * mean_minutes
    told = [start + slope * each for each in minutes]
    worst = max(abs(a - b) / b for a, b in zip(seconds, told, strict=True))
    return Line(start, slope, worst)


def lengths_of(points: Sequence[Point]) -> dict[str, list[Point]]:
    """The series of lengths, each from the shortest on."""
    found: dict[str, list[Point]] = {}
    for point in sorted(points, key=lambda point: (point.series, point.amount)):
        if point.series.startswith(LENGTH):
            found.setdefault(point.series, []).append(point)
    return found


def growth(plan: Plan) -> list[Point]:
    """Runs over longer, larger and more files."""
    lectures = LECTURES if plan.full else LECTURES[1:]
    minutes = FULL_MINUTES if plan.full else SHORT_MINUTES
    return [
        *(by_length(plan, kind, length) for kind in lectures for length in minutes),
        *_by_size(plan),
        *by_count(plan, MANY_FILES if plan.full else FEW_FILES),
    ]


def hours(plan: Plan) -> list[Point]:
    """Runs with clips over files of hours, one media process each, as many at a time as workers."""
    asked = [(kind, length) for length in HOURS_MINUTES for kind in LECTURES]
    for kind, length in asked:
        plan.material.looped(kind, length * 60)
    with ThreadPoolExecutor(plan.workers) as pool:
        return list(pool.map(lambda each: by_length(plan, *each), asked))


def by_length(plan: Plan, kind: Kind, minutes: int) -> Point:
    """One run with clips over one file of this length."""
    cost = _run([plan.material.looped(kind, minutes * 60)], 1)
    way = "encoded" if kind.over_caps else "copied"
    return Point(f"{LENGTH}{kind.name}, {way}", f"{minutes} min", minutes, cost)


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
