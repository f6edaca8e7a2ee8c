"""Writes what was measured: JSON for programs, Markdown for people."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import av

import shotlog
from benchmarks import growth, rerun
from benchmarks.busy import BUSY_BAR, Busy
from benchmarks.growth import Point
from benchmarks.processes import Comparison, Cost, machine, middle_cost
from benchmarks.quality import Quality
from benchmarks.storm import STORM_BAR, Asking, Storm


def versions() -> dict[str, str]:
    """Of everything that is compared and is there in any case."""
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True)
    named = re.search(r"ffmpeg version (\S+)", ffmpeg.stdout)
    libraries = av.library_versions["libavcodec"]
    return {
        "shotlog": shotlog.__version__,
        "Python": platform.python_version(),
        "PyAV": f"{av.__version__} (libavcodec {'.'.join(map(str, libraries))})",
        "ffmpeg": named[1] if named else "?",
    }


@dataclass
class Results:
    """Everything of one run of the benchmarks."""

    full: bool
    machine: str = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=versions)
    measured_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )
    comparisons: list[Comparison] = field(default_factory=list)
    qualities: list[Quality] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    unchanged: list[Cost] = field(default_factory=list)
    busy: Busy | None = None
    storm: Storm | None = None
    asking: Asking | None = None
    listing: str = ""
    left_out: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Writes ``bench.json`` and ``bench.md``; the long form has names of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        name = self.name
        (folder / f"{name}.json").write_text(json.dumps(self._plain(), indent=1) + "\n")
        (folder / f"{name}.md").write_text(self.text())

    @property
    def name(self) -> str:
        return "bench-full" if self.full else "bench"

    def _plain(self) -> dict[str, object]:
        plain = asdict(self)
        ratios = [
            {"cpu_ratio": each.cpu_ratio, "wall_ratio": each.wall_ratio}
            for each in self.comparisons
        ]
        for each, ratio in zip(plain["comparisons"], ratios, strict=True):
            each.update(ratio)
        return plain

    def text(self) -> str:
        """All tables, as Markdown."""
        names = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        parts = [f"{self.measured_at}; {self.machine}; {names}.\n"]
        parts += [_comparisons(self.comparisons)] if self.comparisons else []
        parts += [_qualities(self.qualities)] if self.qualities else []
        parts += [_points(self.points)] if self.points else []
        parts += [_unchanged(self.unchanged)] if self.unchanged else []
        parts += [_busy(self.busy)] if self.busy else []
        parts += [_storm(self.storm)] if self.storm else []
        parts += [_asking(self.asking)] if self.asking else []
        parts += [f"```text\n{self.listing.strip()}\n```\n"] if self.listing else []
        parts += [f"- {line}\n" for line in self.left_out]
        return "\n".join(parts)


def table(titles: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    ruler = ["---", *["---:"] * (len(titles) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [titles, ruler, *rows])


def _comparisons(comparisons: list[Comparison]) -> str:
    rows = []
    for each in comparisons:
        mine, theirs = middle_cost(each.first_costs), middle_cost(each.second_costs)
        rows.append(
            [
                f"{each.title}: {each.first} / {each.second}",
                f"**{each.cpu_ratio:.2f}**",
                f"{each.wall_ratio:.2f}",
                "" if each.bar is None else f"{each.bar:.3g}",
                f"{mine.cpu_seconds:.1f} / {theirs.cpu_seconds:.1f}",
                f"{mine.wall_seconds:.1f} / {theirs.wall_seconds:.1f}",
                str(len(each.first_costs)),
            ]
        )
    titles = ["job: shotlog / other", "CPU ratio", "wall ratio", "bar", "CPU s", "wall s", "rounds"]
    return table(titles, rows)


def _qualities(qualities: list[Quality]) -> str:
    rows = [
        [
            each.source,
            f"{each.shotlog_ssim:.5f}",
            f"{each.ffmpeg_ssim:.5f}",
            f"{each.shotlog_bytes / 1e6:.2f}",
            f"{each.ffmpeg_bytes / 1e6:.2f}",
        ]
        for each in qualities
    ]
    return table(["clips of", "SSIM shotlog", "SSIM ffmpeg", "MB shotlog", "MB ffmpeg"], rows)


def _points(points: list[Point]) -> str:
    rows = [
        [
            f"{each.series}: {each.label}",
            f"{each.cost.cpu_seconds:.1f}",
            f"{each.cost.wall_seconds:.1f}",
            f"{each.cost.peak_bytes / 1e6:.0f}",
        ]
        for each in points
    ]
    bar = f"peak MB (bar {growth.PEAK_BAR_BYTES / 1e6:.0f})"
    return table(["one run", "CPU s", "wall s", bar], rows)


def _unchanged(costs: list[Cost]) -> str:
    cost = middle_cost(costs)
    row = [
        f"nothing changed, {rerun.VIDEOS:,} videos",
        f"{cost.wall_seconds:.2f}",
        f"{cost.cpu_seconds:.2f}",
        f"{rerun.WALL_BAR_SECONDS:g}",
    ]
    return table(["second run", "wall s", "CPU s", "bar"], [row])


def _busy(busy: Busy) -> str:
    row = [
        f"{busy.requests} requests, {busy.limit} at a time, {busy.latency_seconds:g} s each",
        f"{busy.share:.1%}",
        f"{BUSY_BAR:.0%}",
    ]
    return table(["model server", "in flight over limit, once warm", "bar"], [row])


def _storm(storm: Storm) -> str:
    row = [
        f"{storm.clips} clips at a server of {storm.capacity} at a time, "
        f"{storm.latency_seconds:g} s each, 429 above",
        f"{storm.share:.1%}",
        f"{1 - STORM_BAR:.0%}..{1 + STORM_BAR:.0%}",
        str(storm.refused),
        str(storm.lost),
    ]
    titles = ["storm of refusals", "in hand over capacity", "bar", "refused", "clips lost"]
    return table(titles, [row])


def _asking(asking: Asking) -> str:
    row = [
        f"{asking.clips} clips",
        f"{asking.cpu_milliseconds:.1f}",
        f"{asking.sent_bytes / 1e6:.2f}",
        f"{asking.clip_bytes / 1e6:.2f}",
        f"{asking.sent_bytes / asking.clip_bytes:.2f}",
    ]
    titles = ["asking", "CPU ms a request", "MB sent a clip", "MB of its MP4 in base64", "ratio"]
    return table(titles, [row])
