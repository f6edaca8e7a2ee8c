"""A model server with a fixed capacity, which refuses what is more: how full it is kept, what
asking it costs, and how many bytes a clip is."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import programs
from benchmarks.processes import run_batch
from shotlog.testing.serving import Exchange, LoopbackServer

CAPACITY = 24
LATENCY_SECONDS = 0.4
STORM_BAR = 0.10
"""How far the requests in hand may be from the capacity, on average."""
COPIES = 8
CLIP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Storm:
    """What was seen at a server that refuses what is above its capacity."""

    capacity: int
    latency_seconds: float
    clips: int
    lost: int
    """Clips without an answer at the end."""
    refused: int
    share: float
    """Mean of requests in hand over the capacity, from a fifth of the answers on."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What asking costs the client, and what is sent."""

    clips: int
    cpu_milliseconds: float
    """A request, of all processes of a run that only asks, less a run that does nothing."""
    sent_bytes: float
    """A clip of the usual length."""
    clip_bytes: float
    """Of the same clip's MP4, as base64 would carry it."""


@dataclass
class CapacityServer:
    """Answers ``capacity`` requests at a time after ``latency_seconds``; refuses others by 429."""

    capacity: int
    latency_seconds: float
    answered: int = 0
    refused: int = 0
    body_bytes: int = 0
    in_hand: int = 0
    changes: list[tuple[float, int, int]] = field(default_factory=list)
    """(when, in hand, answered) at each change."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._server = LoopbackServer(0, self._handle)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/v1"

    def share(self) -> float:
        """Mean in hand over the capacity, from a fifth of the answers until 19 of 20 came."""
        warm = [
            (when, in_hand)
            for when, in_hand, answered in self.changes
            if 0.2 * self.answered <= answered <= 0.95 * self.answered
        ]
        area = sum(hand * (after - when) for (when, hand), (after, _) in pairwise(warm))
        return area / (warm[-1][0] - warm[0][0]) / self.capacity

    def _handle(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            exchange.send_json(200, {"object": "list", "data": [{"id": "test-model"}]})
            return
        with self._lock:
            self.body_bytes += len(exchange.body)
            refused = self.in_hand >= self.capacity
            self.refused += refused
            if not refused:
                self._change(1)
        if refused:
            exchange.send_json(429, {"error": {"message": "busy", "code": "limit_requests"}})
            return
        time.sleep(self.latency_seconds)
        with self._lock:
            self.answered += 1
            self._change(-1)
        message = {"role": "assistant", "content": f"Answer {self.answered}."}
        exchange.send_json(
            200,
            {
                "model": "test-model",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 5},
            },
        )

    def _change(self, by: int) -> None:
        self.in_hand += by
        self.changes.append((time.monotonic(), self.in_hand, self.answered))


def _options(server: CapacityServer, clip_seconds: float) -> tuple[object, ...]:
    asked = ("--endpoint", server.url, "--model", "test-model", "--summary", "built-in")
    return ("--segment-length", clip_seconds, "--no-structured", *asked)


def at_capacity(source: Path, workers: int, copies: int = COPIES) -> tuple[Storm, Asking]:
    """Asks for every clip of a library whose frames are made, first at a server that takes all at
    once, then at one that refuses what is above its capacity."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sources = _copies(source, place / "copies", copies)
        with CapacityServer(10_000, 0.0) as quick:
            options = ("--no-clips", *_options(quick, CLIP_SECONDS))
            run_batch(programs.shotlog_run(place, sources, workers, *options), 1)
            made = quick.answered
            nothing = run_batch(programs.shotlog_run(place, sources, workers, *options), 1)
            again = (*options, "--redo", "describe")
            asking = run_batch(programs.shotlog_run(place, sources, workers, *again), 1)
            cpu = (asking.cpu_seconds - nothing.cpu_seconds) / (quick.answered - made)
        with CapacityServer(CAPACITY, LATENCY_SECONDS) as server:
            options = ("--no-clips", *_options(server, CLIP_SECONDS), "--redo", "describe")
            storm = programs.shotlog_run(place, sources, workers, *options)
            run_batch(storm, 1, allowed=(programs.PARTLY_DONE,))
            seen = Storm(
                CAPACITY,
                LATENCY_SECONDS,
                made,
                made - server.answered,
                server.refused,
                server.share(),
            )
        sent, clip = _bytes(source, place / "whole", workers)
        return seen, Asking(made, cpu * 1000, sent, clip)


def _copies(source: Path, folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    found = [folder / f"{number}{source.suffix}" for number in range(count)]
    for path in found:
        path.symlink_to(source.resolve())
    return found


def _bytes(source: Path, place: Path, workers: int) -> tuple[float, float]:
    """(sent, of the MP4 in base64) of a clip of the usual length."""
    place.mkdir()
    with CapacityServer(10_000, 0.0) as server:
        options: Sequence[object] = _options(server, programs.CLIP_SECONDS)
        run_batch(programs.shotlog_run(place, [source], workers, *options), 1)
        sizes = [path.stat().st_size for path in place.glob("library/videos/*/clips/*.mp4")]
        return server.body_bytes / server.answered, sum(sizes) / len(sizes) * 4 / 3
