"""A model server that exists in numbers alone: time is what the next event says it is."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from shotlog.gate.pacing import Begun, Level

WIRE_SECONDS = 0.005


@dataclass
class Server:
    """Answers ``capacity`` questions at a time; what is more waits, or is refused with 429."""

    capacity: int | None = None
    """None: as many as come."""
    queues: bool = False
    seconds: float = 0.5
    jitter: float = 0.0
    """How far a question's time may be from ``seconds``, as a share."""
    length_of: Callable[[int], float] = lambda _: 1.0
    """How much longer than ``seconds`` the n-th answer takes, and how much more work it is."""


@dataclass
class Seen:
    """What happened, ``share`` and ``levels`` from the first fifth of the answers on."""

    answered: int = 0
    refused: int = 0
    share: float = 0.0
    """Mean of the questions in hand at the server over its capacity."""
    levels: list[tuple[float, float]] = field(default_factory=list)
    """(level, for how long)."""

    def within(self, low: float, high: float) -> float:
        """Share of the time in which the level was within the bounds."""
        total = sum(seconds for _, seconds in self.levels)
        return sum(s for level, s in self.levels if low <= level <= high) / total

    @property
    def mean(self) -> float:
        return sum(level * s for level, s in self.levels) / sum(s for _, s in self.levels)


class Simulation:
    """Asks ``questions`` of the server, as many at a time as the level allows."""

    def __init__(self, server: Server, level: Level, questions: int) -> None:
        self._server, self._level, self._questions = server, level, questions
        self._waiting = questions
        self._random = random.Random(1)
        self._events: list[tuple[float, int, str, Any]] = []
        self._number = count()
        self._queue: deque[Begun] = deque()
        self._in_hand = 0
        self._now = 0.0
        self.seen = Seen()

    def run(self) -> Seen:
        self._ask()
        area = watched = 0.0
        while self._events:
            time, _, kind, what = heapq.heappop(self._events)
            warm = self._questions * 0.2 <= self.seen.answered <= self._questions * 0.95
            if warm:
                area += self._in_hand * (time - self._now)
                watched += time - self._now
                self.seen.levels.append((self._level.allowed, time - self._now))
            self._now = time
            getattr(self, f"_{kind}")(what)
        self.seen.share = area / watched / (self._server.capacity or self._level.ceiling)
        return self.seen

    def _later(self, seconds: float, kind: str, what: object) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._number), kind, what))

    def _ask(self) -> None:
        while self._waiting and self._level.in_flight < self._level.allowed:
            self._waiting -= 1
            self._later(WIRE_SECONDS, "arrived", self._level.begin(self._now))

    def _arrived(self, begun: Begun) -> None:
        server = self._server
        if server.capacity is None or self._in_hand < server.capacity:
            self._serve(begun)
        elif server.queues:
            self._queue.append(begun)
        else:
            self._later(WIRE_SECONDS, "refused", begun)

    def _serve(self, begun: Begun) -> None:
        server = self._server
        self._in_hand += 1
        work = server.length_of(self.seen.answered)
        spread = 1.0 + server.jitter * (2.0 * self._random.random() - 1.0)
        self._later(server.seconds * work * spread, "served", (begun, work))

    def _served(self, what: tuple[Begun, float]) -> None:
        self._in_hand -= 1
        self._later(WIRE_SECONDS, "answered", what)
        if self._queue:
            self._serve(self._queue.popleft())

    def _answered(self, what: tuple[Begun, float]) -> None:
        self._level.end(what[0], self._now, "answered", what[1])
        self.seen.answered += 1
        self._ask()

    def _refused(self, begun: Begun) -> None:
        self._level.end(begun, self._now, "busy")
        self.seen.refused += 1
        self._later(self._random.uniform(0.0, 1.0), "again", None)
        self._ask()

    def _again(self, _: object) -> None:
        self._waiting += 1
        self._ask()
