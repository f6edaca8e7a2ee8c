from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from shotlog.errors import FetchInterruptedError, FetchRefusedError, ShotlogError
from shotlog.retries import (
    RETRIES_SPENT,
    RetryBudget,
    RetryPolicy,
    parse_retry_after,
    retrying,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Calls:
    """Raises the errors given, one a call, then returns ``done``; remembers the waits."""

    def __init__(self, *errors: ShotlogError) -> None:
        self.errors = list(errors)
        self.made = 0
        self.waits: list[float] = []
        self.stop = threading.Event()

    def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def retried(self, policy: RetryPolicy) -> str:
        return retrying(
            self, policy, stop=self.stop, sleep=self.waits.append, random=lambda _, most: most
        )


def busy(retry_after_seconds: float | None = None) -> FetchInterruptedError:
    return FetchInterruptedError("busy", retry_after_seconds=retry_after_seconds)


def test_a_call_that_succeeds_is_made_once() -> None:
    calls = Calls()
    assert calls.retried(RetryPolicy()) == "done"
    assert (calls.made, calls.waits) == (1, [])


def test_waits_double_up_to_the_cap() -> None:
    calls = Calls(*[busy()] * 5)
    calls.retried(RetryPolicy(attempts=6, base_seconds=1, cap_seconds=5))
    assert calls.waits == [1, 2, 4, 5, 5]


def test_jitter_is_drawn_from_zero_to_the_longest_wait() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(least: float, most: float) -> float:
        drawn.append((least, most))
        return most / 2

    policy = RetryPolicy(base_seconds=4, cap_seconds=60)
    assert policy.wait_seconds(3, None, draw) == 8
    assert drawn == [(0, 16)]


def test_the_last_error_is_raised_when_the_attempts_are_spent() -> None:
    last = busy()
    calls = Calls(busy(), busy(), last)
    with pytest.raises(FetchInterruptedError) as caught:
        calls.retried(RetryPolicy(attempts=3))
    assert caught.value is last
    assert len(calls.waits) == 2


def test_an_error_that_is_not_retryable_is_raised_at_once() -> None:
    calls = Calls(FetchRefusedError("no"))
    with pytest.raises(FetchRefusedError):
        calls.retried(RetryPolicy())
    assert calls.made == 1


def test_never_waits_less_than_the_server_asked() -> None:
    calls = Calls(busy(30))
    calls.retried(RetryPolicy(base_seconds=1))
    assert calls.waits == [31]


def test_gives_up_when_the_server_asks_for_too_long_a_wait() -> None:
    calls = Calls(busy(3600))
    with pytest.raises(FetchInterruptedError):
        calls.retried(RetryPolicy(retry_after_cap_seconds=300))
    assert calls.waits == []


def test_progress_starts_the_count_of_attempts_anew() -> None:
    calls = Calls(*[busy()] * 7)
    steps = iter([False, True, False, True, False, True, False])
    found = retrying(
        calls,
        RetryPolicy(attempts=3, base_seconds=1),
        stop=calls.stop,
        sleep=calls.waits.append,
        random=lambda _, most: most,
        progressed=lambda: next(steps),
    )
    assert found == "done"
    assert calls.waits == [1, 1, 2, 1, 2, 1, 2]


def test_a_stop_during_a_wait_raises_the_last_error() -> None:
    calls = Calls(busy())
    with pytest.raises(FetchInterruptedError):
        retrying(calls, RetryPolicy(), stop=calls.stop, sleep=lambda _: calls.stop.set())
    assert calls.made == 1


def test_a_stop_ends_a_wait_that_has_begun() -> None:
    calls = Calls(busy(200))
    timer = threading.Timer(0.02, calls.stop.set)
    timer.start()
    with pytest.raises(FetchInterruptedError):
        retrying(calls, RetryPolicy(), stop=calls.stop)
    timer.join()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base_seconds": 9.0, "cap_seconds": 1.0}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]


def test_the_budget_of_a_run_ends_second_tries_and_says_so() -> None:
    budget = RetryBudget(base=2, share=0.0)
    calls = Calls(*[FetchInterruptedError("busy", hint="Later.") for _ in range(5)])
    with pytest.raises(FetchInterruptedError) as caught:
        retrying(calls, RetryPolicy(), stop=calls.stop, sleep=calls.waits.append, budget=budget)
    assert calls.made == 3
    assert caught.value.hint == f"{RETRIES_SPENT} Later."


def test_the_budget_grows_with_the_calls() -> None:
    budget = RetryBudget(base=0, share=0.5)
    for _ in range(10):
        budget.count_call()
    assert [budget.take() for _ in range(6)] == [True] * 5 + [False]
