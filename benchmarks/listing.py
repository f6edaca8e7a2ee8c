"""How fast listings are read, and in how much memory: a million rows of each format.

Each is read in a fresh process; one of them into a catalog besides, as the driver of a run does.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import PEAK_UNIT_BYTES, Cost

PREFIX = "https://mybucket.online/vids/"
ROWS_A_SECOND_BAR = 50_000
PEAK_BAR_BYTES = 300 * 10**6


def _names(rows: int) -> Iterator[tuple[str, int, str, str]]:
    """Every tenth name has a blank or a comma, as cameras and people write them."""
    kinds = ["clip {}.mp4", *["camera-07/2026/DSC_{}.MP4"] * 4, "take,{}.mov", *["reel_{}.mkv"] * 4]
    for number in range(rows):
        clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
        yield kinds[number % 10].format(number), 1_000_000 + number, "2026-11-23", clock


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell


def _as_meant(name: str, size: int, day: str, clock: str) -> str:
    return f"{_quoted(name)},{size},{day} {clock},{_quoted(PREFIX + name)}"


def _mangled(name: str, size: int, day: str, clock: str) -> str:
    words = [*f"{name};{size};{day} {clock}".split(" "), ""]
    return f"{words[0]},{words[1]},{words[2]},{PREFIX}{words[0]}"


def _lsf(name: str, size: int, day: str, clock: str) -> str:
    return f"{name};{size};{day} {clock}"


def _lsf_csv(name: str, size: int, day: str, clock: str) -> str:
    return f"{_quoted(name)},{size},{day} {clock}"


def _lsjson(name: str, size: int, day: str, clock: str) -> str:
    time_text = f"{day}T{clock}.366134985Z"
    return json.dumps({"Path": name, "Size": size, "ModTime": time_text, "IsDir": False}) + ","


TITLES = "file_name,file_size,last_modified,public_url"
FORMATS: dict[str, tuple[str, Callable[[str, int, str, str], str], str]] = {
    "CSV as meant": (TITLES, _as_meant, ""),
    "CSV of awk": (TITLES, _mangled, ""),
    "rclone lsf": ("", _lsf, ""),
    "rclone lsf --csv": ("", _lsf_csv, ""),
    "rclone lsjson": ("[", _lsjson, "null]"),
}


def write(path: Path, kind: str, rows: int) -> None:
    """Writes a listing of ``rows`` rows."""
    first, row, last = FORMATS[kind]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in [first] if line)
        file.writelines(f"{row(*values)}\n" for values in _names(rows))
        file.write(last)


def read(path: Path, catalog: Path | None) -> None:
    """Reads a listing, into a new catalog if one is named; prints rows, seconds and peak bytes."""
    from shotlog.catalog import Catalog
    from shotlog.records import ListingReport
    from shotlog.sources import read_listing
    from shotlog.storage import folder_name

    began, cpu_began = time.perf_counter(), time.process_time()
    sources = read_listing(path, public_url=PREFIX, report=ListingReport())
    if catalog is None:
        rows = sum(1 for _ in sources)
    else:
        with Catalog.open(catalog) as opened:
            run_id = opened.begin_run({})
            opened.add_sources(run_id, sources, lambda each: folder_name(each.file_name, each.id))
            rows = sum(1 for _ in opened.pending(run_id))
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT_BYTES
    print(json.dumps([rows, seconds, cpu_seconds, peak]))


@dataclass(frozen=True, slots=True)
class Listed:
    """How one listing was read."""

    format: str
    rows: int
    cost: Cost


def listings(rows: int) -> list[Listed]:
    """Every format read; then the first into a catalog, from which all its videos are read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "listing")
        found = [_listed(kind, path, rows) for kind in FORMATS]
        first = next(iter(FORMATS))
        catalog = Path(folder, "catalog.db")
        return [*found, _listed(first, path, rows, catalog)]


def _listed(kind: str, path: Path, rows: int, catalog: Path | None = None) -> Listed:
    write(path, kind, rows)
    words = [str(path), *([str(catalog)] if catalog else [])]
    command = [sys.executable, "-m", "benchmarks.listing", *words]
    root = Path(__file__).parents[1]
    out = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    found, seconds, cpu_seconds, peak = json.loads(out)
    assert found == rows, f"{kind}: {found} of {rows} rows were read"
    name = f"{kind}, into the catalog" if catalog else kind
    return Listed(name, rows, Cost(seconds, cpu_seconds, peak))


if __name__ == "__main__":
    read(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
