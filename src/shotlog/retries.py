"""When a failed call is made again, and after which wait. The one policy of the project."""

from __future__ import annotations

import logging
import random as chance
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from shotlog.errors import StepError

log = logging.getLogger("shotlog.retries")

Result = TypeVar("Result")

RETRIES_SPENT = "It was not tried again: too much failed in this run already."

Sleep = Callable[[float], object]
Random = Callable[[float, float], float]
"""A number between the two given, as ``random.uniform`` draws it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently. Waits grow twofold, with full jitter below the cap.

    Full jitter: a wait is drawn from 0 to ``min(cap, base * 2**n)``, so that clients that failed
    together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
    """

    attempts: int = 5
    """Calls in all, the first counted in; at least 1."""
    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    """The longest wait of our own choice."""
    retry_after_cap_seconds: float = 300.0
    """The longest wait that a server may ask for; where it asks for more, we give up."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"a call is made at least once, not {self.attempts} times")
        if not 0 <= self.base_seconds <= self.cap_seconds:
            raise ValueError(
                f"waits need 0 <= base <= cap, not {self.base_seconds:g} and {self.cap_seconds:g}"
            )

    def wait_seconds(
        self, failures: int, retry_after_seconds: float | None, random: Random
    ) -> float:
        """The wait after ``failures`` failed calls (from 1): never less than the server asked."""
        longest = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failures - 1, 32))
        return (retry_after_seconds or 0.0) + random(0.0, longest)


class RetryBudget:
    """Second tries of a whole run: at most ``base`` and ``share`` of its calls. Thread-safe.

    Where much fails, trying everything again makes it worse and costs more: then errors stand.
    """

    def __init__(self, *, base: int = 200, share: float = 0.5) -> None:
        self._base, self._share = base, share
        self._lock = threading.Lock()
        self._calls = 0
        self._retries = 0

    def count_call(self) -> None:
        """A call is made for the first time."""
        with self._lock:
            self._calls += 1

    def take(self) -> bool:
        """Whether there is one more second try; it is counted."""
        with self._lock:
            if self._retries >= self._base + self._share * self._calls:
                return False
            self._retries += 1
            return True


def _never() -> bool:
    return False


def retrying(
    call: Callable[[], Result],
    policy: RetryPolicy,
    *,
    stop: threading.Event,
    sleep: Sleep | None = None,
    random: Random = chance.uniform,
    progressed: Callable[[], bool] = _never,
    budget: RetryBudget | None = None,
) -> Result:
    """What ``call`` returns, called again after a StepError that says it is ``retryable``.

    A LibraryError is none: no second call makes room on a full disk.

    ``progressed`` is asked after every failure: True starts the count of attempts anew. Waits end
    as soon as ``stop`` is set. Raises the last error: not retryable, attempts spent, ``budget``
    spent (its hint says so), ``stop`` set, or a ``retry_after_seconds`` of the error that is longer
    than the policy allows.
    """
    pause = stop.wait if sleep is None else sleep
    if budget is not None:
        budget.count_call()
    failures = 0
    while True:
        try:
            return call()
        except StepError as error:
            failures = 1 if progressed() else failures + 1
            asked: float | None = getattr(error, "retry_after_seconds", None)
            if not error.retryable or failures >= policy.attempts or stop.is_set():
                raise
            if asked is not None and asked > policy.retry_after_cap_seconds:
                raise
            if budget is not None and not budget.take():
                error.hint = f"{RETRIES_SPENT} {error.hint}".rstrip()
                raise
            wait = policy.wait_seconds(failures, asked, random)
            log.debug("failure %d of %d, waiting %.1f s", failures, policy.attempts, wait)
            pause(wait)
            if stop.is_set():
                raise


def parse_retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait from a Retry-After header, a number or an HTTP date (RFC 9110, 10.2.3).

    0 for a date that has passed; None where there is no header or it says neither.
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d+(\.\d*)?", text, re.ASCII):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
