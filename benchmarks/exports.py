"""Exports of a whole library of clips without files: their time, and that memory stays flat."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import Cost, run_alone
from benchmarks.tagging import CLIPS_A_VIDEO, fill
from shotlog.exports import FORMATS

CLIPS = 20_000
FEWER = 5
"""The library is also measured at so small a part of its size, for what memory grows by."""
WITHOUT_FILES = ("json", "jsonl", "csv", "webvtt", "srt", "otio", "edl", "html")
"""Formats that say something of clips that were not cut."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One export of all clips."""

    name: str
    clips: int
    cost: Cost
    bytes_written: int


def exported(clips: int = CLIPS) -> list[Exported]:
    """Every format, of a small library and of a larger one."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for count in (clips // FEWER, clips):
            library = Path(folder, str(count))
            fill(library, count // CLIPS_A_VIDEO)
            found += [_exported(name, library, count) for name in WITHOUT_FILES]
        return found


def _exported(name: str, library: Path, clips: int) -> Exported:
    place = library / "exports" / FORMATS[name].default
    cost = run_alone(programs.shotlog("export", name, library))
    files = [place] if place.is_file() else list(place.rglob("*"))
    return Exported(name, clips, cost, sum(each.stat().st_size for each in files))
