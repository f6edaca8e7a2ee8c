"""The one gate that every question to a model passes: when it may go, and whether it may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shotlog.errors import DescribeInterruptedError
from shotlog.gate.pacing import HIGHEST_LEVEL, Begun, Outcome, Pace, work_of
from shotlog.gate.spending import Load, Purse
from shotlog.records import Spent
from shotlog.retries import RetryBudget
from shotlog.settings import Settings

BUSY_STATUSES = frozenset({429, 502, 503, 504, 529})
"""A server or the gateway before it has more questions than it can take."""

LONGEST_PAUSE_SECONDS = 300.0
"""A server that wishes to be left for longer is asked after that time."""

LOOK_SECONDS = 0.5
"""How often a waiting question looks again, told or not."""


@dataclass
class Passage:
    """One question on its way; whoever asks says what came of it."""

    status: int | None = None
    """Of the reply; None while there is none."""
    retry_after_seconds: float | None = None
    used: Load | None = None
    """What the server counted; None where it does not say."""

    def outcome(self) -> Outcome:
        """What the reply, or that there was none, tells of how much the server can take."""
        if self.status is not None and self.status < 300:
            return "answered"
        return "busy" if self.status in BUSY_STATUSES else "failed"


class Gate:
    """Pace and purse of a run, shared by all its threads."""

    def __init__(
        self,
        pace: Pace | None = None,
        purse: Purse | None = None,
        *,
        stop: threading.Event | None = None,
        retries: RetryBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = pace or Pace()
        self._purse = purse or Purse()
        self.retries = retries or RetryBudget()
        self._clock = clock
        self._changed = threading.Condition()
        self._between = 0
        self._stop = stop or threading.Event()
        self.stopped = threading.Event()
        """Set once no further question may go."""

    @classmethod
    def of(cls, settings: Settings, *, stop: threading.Event | None = None) -> Gate:
        """As the settings say; nothing goes once ``stop`` is set.

        Raises SettingError for --max-cost without a tariff.
        """
        pace = Pace(
            settings.concurrency or HIGHEST_LEVEL, tokens_per_minute=settings.tokens_per_minute
        )
        return cls(pace, Purse.of(settings), stop=stop)

    @property
    def wanted(self) -> int:
        """Clips that should be in hand now: those on their way, the next few ready to go, and one
        for each that waits for another try, up to as many again.
        """
        with self._changed:
            allowed = self._pace.level.allowed
            return allowed + 2 + allowed // 4 + min(self._between, allowed)

    @property
    def ceiling(self) -> int:
        """Questions on their way at a time, at most."""
        return self._pace.level.ceiling

    @property
    def spent(self) -> Spent:
        """By all questions that have ended."""
        with self._changed:
            return self._purse.spent

    @contextmanager
    def passage(self, load: Load) -> Iterator[Passage]:
        """Waits until a question of at most ``load`` may go, and holds its place while it is out.

        Raises BudgetSpentError where it may never, DescribeInterruptedError once it is stopped.
        """
        expected, begun = self._enter(load)
        passage = Passage()
        lost: str | None = None
        try:
            yield passage
        except DescribeInterruptedError as error:
            lost = error.lost
            raise
        finally:
            outcome: Outcome = "busy" if lost == "late" else passage.outcome()
            asked = lost is not None or passage.status is not None
            self._leave(load, expected, begun, passage, outcome, asked=asked)

    def rest(self, seconds: float) -> None:
        """Lets a question wait for another try; it holds no place meanwhile."""
        with self._changed:
            self._between += 1
        self.stopped.wait(seconds)
        with self._changed:
            self._between -= 1

    def stop(self) -> None:
        """Lets no further question go: those that wait are called off, those out may come back."""
        self.stopped.set()
        with self._changed:
            self._changed.notify_all()

    def _enter(self, load: Load) -> tuple[Load, Begun]:
        with self._changed:
            while True:
                if self.stopped.is_set() or self._stop.is_set():
                    raise DescribeInterruptedError(
                        "The question was called off.",
                        hint="Run again; only the clips without an answer are asked for.",
                    )
                expected = self._purse.expected(load)
                wait: float | None = None
                if self._purse.room(expected) == "yes":
                    wait = self._pace.wait_seconds(expected.tokens, self._clock())
                if wait == 0.0:
                    self._purse.reserve(expected)
                    return expected, self._pace.begin(expected.tokens, self._clock())
                self._changed.wait(LOOK_SECONDS if wait is None else min(wait, LOOK_SECONDS))

    def _leave(
        self,
        load: Load,
        expected: Load,
        begun: Begun,
        passage: Passage,
        outcome: Outcome,
        *,
        asked: bool,
    ) -> None:
        with self._changed:
            now = self._clock()
            # A refusal is billed nowhere; an answer that was lost may be.
            refused = passage.status is not None and passage.status >= 300
            used = passage.used or (Load() if refused else None)
            self._purse.settle(load, expected, used, asked=asked)
            counted = expected if used is None and asked else used or Load()
            self._pace.end(
                begun,
                now,
                outcome,
                work=_work(passage.used),
                correction=counted.tokens - expected.tokens,
            )
            if outcome == "busy" and passage.retry_after_seconds:
                self._pace.pause(min(passage.retry_after_seconds, LONGEST_PAUSE_SECONDS), now)
            level = self._pace.level
            self._changed.notify(max(1, level.allowed - level.in_flight))


def _work(used: Load | None) -> float:
    return 1.0 if used is None else work_of(used.prompt_tokens, used.completion_tokens)
