"""A real run in a process of its own, against a model that takes its time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx

from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint, Fault

PATIENCE_SECONDS = 60.0

SCREENSHOTS = os.environ.get("SHOTLOG_SCREENSHOTS")
"""Read before the tests' own fixture takes it out of the environment."""

REFUSED = Fault(status=400, body=b'{"error": {"message": "This picture is refused."}}')


def slow(seconds: float) -> Fault:
    return Fault(delay_only=True, latency_seconds=seconds, times=None)


def films_in(folder: Path, count: int) -> Path:
    folder.mkdir()
    recipe = videos.Recipe(160, 120, Fraction(10), 3, videos.street, sound=False)
    for number in range(count):
        videos.make_video(folder / f"street {number}.mp4", recipe)
    return folder


@contextmanager
def running(films: Path, library: Path, model: Endpoint, *words: str) -> Iterator[Any]:
    """``shotlog run``; killed at the end where it still goes."""
    command = [sys.executable, "-m", "shotlog", "run", "--dir", str(films)]
    command += ["--output", str(library), "--endpoint", model.url, "--segment-length", "1"]
    command += ["--workers", "1", "--concurrency", "1", "--summary", "built-in", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


def events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """What each event of the stream says."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
