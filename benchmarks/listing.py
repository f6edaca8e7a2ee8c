"""How fast listings are read, and in how much memory: a million rows of each format.

``python -m benchmarks.listing [ROWS]``; each format is read in a fresh process.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PREFIX = "https://mybucket.online/vids/"
ROWS = 1_000_000
ROWS_A_SECOND_WANTED = 50_000
PEAK_MEGABYTES_WANTED = 300


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


def read(path: Path) -> None:
    """Reads a listing; prints rows, seconds of wall and of CPU time, and peak memory in MB."""
    import resource

    from shotlog.records import ListingReport
    from shotlog.sources import read_listing

    began, cpu_began = time.perf_counter(), time.process_time()
    report = ListingReport()
    rows = sum(1 for _ in read_listing(path, public_url=PREFIX, report=report))
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_megabytes = peak / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps([rows, seconds, cpu_seconds, peak_megabytes]))


def main(rows: int) -> None:
    """Prints a table of all formats."""
    print(f"{rows:,} rows a listing; {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"wanted: over {ROWS_A_SECOND_WANTED:,} rows/s, peak under {PEAK_MEGABYTES_WANTED} MB\n"
        f"{'format':<18}{'rows/s':>10}{'a CPU s':>10}{'peak MB':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in FORMATS:
            path = Path(folder, "listing")
            write(path, kind, rows)
            command = [sys.executable, "-m", "benchmarks.listing", "--read", str(path)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found, seconds, cpu_seconds, peak = json.loads(out)
            assert found == rows, f"{kind}: {found} of {rows} rows were read"
            print(f"{kind:<18}{found / seconds:>10,.0f}{found / cpu_seconds:>10,.0f}{peak:>10.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
