"""Keeps what was measured, part by part: JSON for programs. See tables.py for the words."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import av
from pydantic import TypeAdapter

import shotlog
from benchmarks.busy import Busy
from benchmarks.exports import Exported
from benchmarks.growth import Point
from benchmarks.listing import Listed
from benchmarks.page import Answered
from benchmarks.processes import Comparison, Cost, machine
from benchmarks.quality import Quality
from benchmarks.search import Indexed, Searched
from benchmarks.storm import Asking, Storm
from benchmarks.tagging import Tagged


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Section:
    """What one part measured, when and where."""

    machine: str = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=versions)
    measured_at: str = field(default_factory=_now)
    comparisons: list[Comparison] = field(default_factory=list)
    qualities: list[Quality] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    unchanged: list[Cost] = field(default_factory=list)
    busy: Busy | None = None
    storm: Storm | None = None
    asking: Asking | None = None
    listings: list[Listed] = field(default_factory=list)
    indexed: Indexed | None = None
    searches: list[Searched] = field(default_factory=list)
    exported: list[Exported] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    tagged: list[Tagged] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        names = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{self.measured_at}; {self.machine}; {names}."


_SECTIONS = TypeAdapter(dict[str, Section])


@dataclass
class Results:
    """The newest section of every part that was ever measured, in the order of the parts."""

    full: bool
    sections: dict[str, Section] = field(default_factory=dict)

    @classmethod
    def kept(cls, folder: Path, *, full: bool) -> Results:
        """What earlier runs have left; nothing where there was none."""
        results = cls(full)
        file = folder / f"{results.name}.json"
        if file.exists():
            results.sections = _SECTIONS.validate_json(file.read_bytes())
        return results

    @property
    def name(self) -> str:
        """Of the files; the long form has its own."""
        return "bench-full" if self.full else "bench"

    @property
    def comparisons(self) -> list[Comparison]:
        return [each for section in self.sections.values() for each in section.comparisons]

    @property
    def points(self) -> list[Point]:
        return [each for section in self.sections.values() for each in section.points]

    def add(self, part: str, section: Section, order: Sequence[str]) -> None:
        """Takes the place of what the part measured before."""
        sections = {**self.sections, part: section}
        self.sections = {name: sections[name] for name in order if name in sections}

    def write(self, folder: Path) -> None:
        """Writes the JSON, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        plain = {name: _plain(section) for name, section in self.sections.items()}
        part = folder / f".{self.name}.json.part"
        part.write_text(json.dumps(plain, indent=1) + "\n")
        part.replace(folder / f"{self.name}.json")


def _plain(section: Section) -> dict[str, object]:
    plain = asdict(section)
    for words, each in zip(plain["comparisons"], section.comparisons, strict=True):
        words.update(cpu_ratio=each.cpu_ratio, wall_ratio=each.wall_ratio)
    return plain
