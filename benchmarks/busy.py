"""How well a model server is kept busy: requests in flight over the limit."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import run_batch
from shotlog.testing.endpoint import Endpoint, Fault

BUSY_BAR = 0.95
LIMIT = 16
LATENCY_SECONDS = 0.5
SAMPLE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Busy:
    """What was seen at the server."""

    limit: int
    latency_seconds: float
    requests: int
    share: float
    """Mean of requests in flight over the limit, from when the limit was first reached until the
    last request came."""


def kept_busy(sources: Sequence[Path], workers: int, clip_seconds: float = 0.25) -> Busy:
    """Asks for every clip anew of a library whose frames are made, at a server that takes time."""
    with tempfile.TemporaryDirectory() as folder, Endpoint() as endpoint:
        options: tuple[object, ...] = (
            "--no-clips",
            "--segment-length",
            clip_seconds,
            "--concurrency",
            LIMIT,
        )
        options += ("--endpoint", endpoint.url, "--protocol", "openai", "--model", "test-model")
        # A video is summed up once its last clip is described: that wait is none of the clips.
        options = (*options, "--summary", "built-in")
        run_batch(programs.shotlog_run(Path(folder), sources, workers, *options), 1)
        made = len(endpoint.requests)
        endpoint.fail(Fault(delay_only=True, latency_seconds=LATENCY_SECONDS, times=None))
        again = programs.shotlog_run(Path(folder), sources, workers, *options, "--redo", "describe")
        seen = _watched(endpoint, made, lambda: run_batch(again, 1))
        return Busy(LIMIT, LATENCY_SECONDS, len(endpoint.requests) - made, busy_share(seen, LIMIT))


def busy_share(seen: Sequence[tuple[int, int]], limit: int) -> float:
    """The mean share in flight of samples ``(arrived, in flight)``, once warm.

    From the first sample at the limit to the one in which the last request came; 0.0 where the
    limit was never reached.
    """
    full = [place for place, (_, flying) in enumerate(seen) if flying >= limit]
    if not full:
        return 0.0
    last = max(arrived for arrived, _ in seen)
    end = next(place for place, (arrived, _) in enumerate(seen) if arrived == last)
    warm = [min(flying, limit) for _, flying in seen[full[0] : end + 1]]
    return sum(warm) / len(warm) / limit if warm else 1.0


def _watched(endpoint: Endpoint, before: int, work: Callable[[], object]) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            requests = endpoint.requests[before:]
            seen.append((len(requests), sum(each.status is None for each in requests)))

    watcher = threading.Thread(target=watch, name="watch")
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return seen
