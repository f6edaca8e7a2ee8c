"""Draws ratios and growth into one PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.growth import PEAK_BAR_BYTES, Point, lengths_of, line_of
from benchmarks.processes import Comparison
from benchmarks.results import Results


def draw(results: Results, path: Path) -> str | None:
    """Writes the plot; a line that says why not where matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        return "the plot: left out, matplotlib is not installed"
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(17, 10), layout="constrained")
    _ratios(axes[0, 0], results.comparisons)
    lengths = lengths_of(results.points)
    _lengths(axes[0, 1], lengths)
    _rates(axes[0, 2], lengths)
    _peaks(axes[1, 0], results.points)
    for place, series, title in (
        (1, "resolution", "megapixels a second"),
        (2, "files", "files"),
    ):
        chosen = [point for point in results.points if point.series == series]
        _times(axes[1, place], chosen, title)
    machines = {section.machine for section in results.sections.values()}
    days = sorted(section.measured_at[:10] for section in results.sections.values())
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""
    figure.suptitle(f"{'; '.join(sorted(machines))}; {when}", fontsize=9)
    figure.savefig(path, dpi=90)
    plt.close(figure)
    return None


def _ratios(axes: Any, comparisons: Sequence[Comparison]) -> None:
    names = [f"{each.title}:\n{each.first} / {each.second}" for each in comparisons]
    places = range(len(comparisons))
    axes.barh(places, [each.cpu_ratio for each in comparisons], color="#4c78a8")
    for place, each in zip(places, comparisons, strict=True):
        if each.bar is not None:
            axes.plot([each.bar] * 2, [place - 0.4, place + 0.4], color="#e45756", linewidth=2)
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.axvline(1, color="grey", linewidth=0.7)
    axes.set_title("CPU time of shotlog over the other's; red: the bar", fontsize=9)


def _lengths(axes: Any, lengths: Mapping[str, Sequence[Point]]) -> None:
    for series, points in lengths.items():
        minutes = [point.amount for point in points]
        (dots,) = axes.plot(minutes, _cpu(points), "o", label=series)
        if len(points) > 1:
            line = line_of(points)
            ends = [0, minutes[-1]]
            told = [line.start_cpu_seconds + line.cpu_seconds_a_minute * each for each in ends]
            axes.plot(ends, told, "--", color=dots.get_color(), linewidth=0.9)
    _name(axes, "minutes of video", "CPU seconds", "time against length; dashed: the nearest line")


def _rates(axes: Any, lengths: Mapping[str, Sequence[Point]]) -> None:
    for series, points in lengths.items():
        rates = [point.cost.cpu_seconds / point.amount for point in points]
        axes.plot([point.amount for point in points], rates, "o-", label=series)
    axes.set_xscale("log")
    _name(axes, "minutes of video", "CPU seconds a minute", "time a minute of video against length")


def _times(axes: Any, points: Sequence[Point], title: str) -> None:
    for series in dict.fromkeys(point.series for point in points):
        chosen = [point for point in points if point.series == series]
        axes.plot([point.amount for point in chosen], _cpu(chosen), "o-", label=series)
    _name(axes, title, "CPU seconds", f"time against {title}")


def _cpu(points: Sequence[Point]) -> list[float]:
    return [point.cost.cpu_seconds for point in points]


def _name(axes: Any, across: str, up: str, title: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=9)
    if axes.lines:
        axes.legend(fontsize=7)


def _peaks(axes: Any, points: Sequence[Point]) -> None:
    ordered = sorted(points, key=lambda point: (point.series, point.amount))
    places = range(len(ordered))
    axes.barh(places, [point.cost.peak_bytes / 1e6 for point in ordered], color="#72b7b2")
    axes.axvline(PEAK_BAR_BYTES / 1e6, color="#e45756")
    names = [f"{point.series}: {point.label}" for point in ordered]
    axes.set_yticks(places, names, fontsize=7)
    axes.invert_yaxis()
    axes.set_title("peak memory of the largest process, MB; red: the bar", fontsize=9)
