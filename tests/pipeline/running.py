"""What the tests of whole runs share: small real videos, a bucket, and shotlog as a process."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

from shotlog.testing import videos
from shotlog.testing.bucket import Bucket, user_listing

PATIENCE_SECONDS = 60.0


def small_video(path: Path, seconds: float = 2.0, *, sound: bool = False) -> Path:
    """A real H.264 video, 160x120 at 10 fps."""
    recipe = videos.Recipe(160, 120, Fraction(10), seconds, videos.street, sound=sound)
    videos.make_video(path, recipe)
    return path


def pad(path: Path, size_bytes: int) -> None:
    """Makes an MP4 larger by a box that players skip (ISO/IEC 14496-12, 8.1.2)."""
    with path.open("ab") as file:
        file.write(size_bytes.to_bytes(4, "big") + b"free" + bytes(size_bytes - 8))


def listing_of(bucket: Bucket, path: Path) -> Path:
    """The bucket's listing, as the user's own command writes it."""
    path.write_text(user_listing(bucket.entries, bucket.prefix), encoding="utf-8")
    return path


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "shotlog", *map(str, words)]


def shotlog(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS * 2,
        env={**os.environ, "COLUMNS": "160", **environment},
        check=False,
    )


@contextmanager
def start(*words: object) -> Iterator[subprocess.Popen[str]]:
    """Starts the program in a process group of its own, which ends with the block at the latest."""
    with subprocess.Popen(
        command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.returncode is None:
                kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL to the driver and all its processes, as when a machine is taken away."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def results(library: Path) -> dict[str, dict[str, Any]]:
    """``results.json`` by file name."""
    found = json.loads((library / "results.json").read_text(encoding="utf-8"))
    return {each["file_name"]: each for each in found}


def logged(library: Path, words: str) -> int:
    """How often the log says something."""
    path = library / "shotlog.log"
    return path.read_text(encoding="utf-8").count(words) if path.exists() else 0


def count(library: Path, sql: str) -> int:
    """A number from the catalog, read beside the writer; 0 while there is none yet."""
    path = library / "shotlog.db"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute(sql).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def clip_times(library: Path) -> dict[str, int]:
    """When each clip file was written."""
    found = sorted(library.glob("videos/*/clips/*.mp4"))
    return {path.relative_to(library).as_posix(): path.stat().st_mtime_ns for path in found}
