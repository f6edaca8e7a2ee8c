"""A large library written in the formats that hold all of it, each by the program itself."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import Cost, run_alone
from benchmarks.search import fill_library
from shotlog.exports import FORMATS

MEASURED = ("jsonl", "csv", "parquet")


@dataclass(frozen=True, slots=True)
class Exported:
    """One export of a whole library."""

    format: str
    clips: int
    cost: Cost
    bytes: int
    """Of what was written."""


def exported(clips: int) -> list[Exported]:
    """The same made library in each format."""
    with tempfile.TemporaryDirectory() as folder:
        library, out = Path(folder, "library"), Path(folder, "out")
        library.mkdir()
        fill_library(library, clips)
        return [_exported(name, clips, library, out) for name in MEASURED if name in FORMATS]


def _exported(name: str, clips: int, library: Path, out: Path) -> Exported:
    place = out / name
    cost = run_alone(programs.shotlog("export", name, library, "--out", place))
    files = [place] if place.is_file() else [each for each in place.iterdir() if each.is_file()]
    return Exported(name, clips, cost, sum(each.stat().st_size for each in files))
