"""Exports of a whole library of clips without files: their time, and that memory stays flat."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import Cost, run_alone
from benchmarks.rerun import FACTS
from benchmarks.search import CLIPS_A_VIDEO, fill_library
from shotlog.catalog import FILE_NAME, columns
from shotlog.exports import FORMATS
from shotlog.records import Facts, Sample, SceneScore

CLIPS = 20_000
FEWER = 5
"""The library is also measured at so small a part of its size, for what memory grows by."""
WITHOUT_FILES = (
    *("json", "jsonl", "csv", "parquet", "fiftyone"),
    *("webvtt", "srt", "otio", "edl", "html"),
)
"""Formats that say something of clips that were not cut."""
FOR_MANY = ("jsonl", "csv", "parquet")
"""Formats in which a library of a million clips is of use as a whole."""


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
        return [
            each
            for count in (clips // FEWER, clips)
            for each in _of_a_library(Path(folder, str(count)), count, WITHOUT_FILES)
        ]


def exported_many(clips: int) -> list[Exported]:
    """The formats for many clips, of one library."""
    with tempfile.TemporaryDirectory() as folder:
        return _of_a_library(Path(folder, "many"), clips, FOR_MANY)


def _of_a_library(library: Path, clips: int, names: Sequence[str]) -> list[Exported]:
    library.mkdir()
    fill_library(library, clips)
    _add_scans(library)
    return [_exported(name, library, clips) for name in names if name in FORMATS]


def _add_scans(library: Path) -> None:
    """Of videos with a scene every three seconds, straight into the table."""
    facts = replace(FACTS, duration_seconds=Fraction(15 * CLIPS_A_VIDEO))
    scores = tuple(SceneScore(Fraction(3 * k), 0.9) for k in range(1, 5 * CLIPS_A_VIDEO))
    scan = (
        columns.to_json(Facts, facts),
        columns.packed(tuple[SceneScore, ...], scores),
        columns.packed(tuple[Sample, ...], ()),
    )
    with closing(sqlite3.connect(library / FILE_NAME)) as connection, connection:
        connection.execute(
            "INSERT INTO scans (video_id, facts, scores, samples) SELECT id, ?, ?, ? FROM videos",
            scan,
        )


def _exported(name: str, library: Path, clips: int) -> Exported:
    place = library / "exports" / FORMATS[name].default
    cost = run_alone(programs.shotlog("export", name, library))
    files = [place] if place.is_file() else list(place.rglob("*"))
    return Exported(name, clips, cost, sum(each.stat().st_size for each in files))
