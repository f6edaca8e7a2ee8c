from __future__ import annotations

import pytest

from shotlog.gate.pacing import FIRST_LEVEL, HIGHEST_LEVEL, Level, Pace, TokenBudget, work_of
from simulated_server import Seen, Server, Simulation


def asked(server: Server, ceiling: int = HIGHEST_LEVEL, questions: int = 4000) -> Seen:
    return Simulation(server, Level(ceiling), questions).run()


@pytest.mark.parametrize("capacity", [16, 24, 32, 64, 100])
@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_at_a_server_that_refuses_the_level_stays_at_its_capacity(
    capacity: int, jitter: float
) -> None:
    seen = asked(Server(capacity, jitter=jitter))
    assert seen.answered == 4000, "no question is lost"
    assert seen.within(0.9 * capacity, 1.1 * capacity) > 0.99
    assert seen.share > 0.9
    assert seen.refused < 0.03 * seen.answered


@pytest.mark.parametrize("capacity", [2, 4, 8])
def test_a_small_server_is_kept_full_and_seldom_asked_for_more(capacity: int) -> None:
    seen = asked(Server(capacity))
    assert seen.share > 0.9
    assert seen.within(capacity - 1, capacity + 1) == 1
    assert seen.refused < 0.05 * seen.answered


@pytest.mark.parametrize("ceiling", [1, 16, 64])
@pytest.mark.parametrize("jitter", [0.0, 0.9])
def test_at_a_server_that_takes_all_the_level_is_the_ceiling(ceiling: int, jitter: float) -> None:
    seen = asked(Server(jitter=jitter), ceiling)
    assert seen.share > 0.95
    assert max(level for level, _ in seen.levels) == ceiling


@pytest.mark.parametrize("capacity", [8, 16, 32, 64])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.9])
def test_where_questions_queue_without_bound_the_level_stays_near_what_is_of_use(
    capacity: int, jitter: float
) -> None:
    seen = asked(Server(capacity, queues=True, jitter=jitter))
    assert seen.share > 0.95
    assert seen.mean < 1.5 * capacity


def test_longer_answers_are_no_sign_of_too_many_questions() -> None:
    server = Server(length_of=lambda number: 1.0 if number < 2000 else 3.0)
    seen = asked(server, 64)
    assert seen.within(64, 64) > 0.95


def test_a_server_with_less_to_give_is_asked_less() -> None:
    level = Level(32)
    now = 0.0
    for seconds, rounds in ((1.0, 20), (4.0, 1)):
        for _ in range(rounds * 32):
            now += seconds
            while level.in_flight < level.allowed:
                begun = level.begin(now - seconds)
            level.end(begun, now, "answered")
    assert level.allowed < 32


def test_refusals_of_one_burst_cut_the_level_by_half_at_most() -> None:
    level = Level(64, first=64)
    burst = [level.begin(0.0) for _ in range(64)]
    for begun in burst:
        level.end(begun, 0.1, "busy")
    assert level.allowed == 32


def test_a_fault_that_is_no_refusal_leaves_the_level() -> None:
    level = Level()
    for _ in range(100):
        level.end(level.begin(0.0), 0.1, "failed")
    assert level.allowed == FIRST_LEVEL


def test_few_questions_do_not_raise_the_level() -> None:
    level = Level()
    for number in range(1000):
        level.end(level.begin(float(number)), number + 0.5, "answered")
    assert level.allowed == FIRST_LEVEL


def test_a_level_is_one_at_least() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Level(0)


def test_tokens_answered_are_more_work_than_tokens_read() -> None:
    assert work_of(1000, 100) == 6000
    assert work_of(None, 3) == work_of(0, 0) == 1


def test_no_minute_has_more_tokens_than_the_budget() -> None:
    budget = TokenBudget(60_000)
    used: list[tuple[float, int]] = []
    now = 0.0
    while now < 300:
        now += budget.wait_seconds(1000, now)
        budget.use(1000, now)
        used.append((now, 1000))
    for start, _ in used:
        assert sum(n for at, n in used if start <= at < start + 60) <= 60_000 + 1000
    assert sum(n for at, n in used) > 0.95 * 5 * 60_000


def test_tokens_that_were_not_used_are_given_back() -> None:
    budget = TokenBudget(60_000)
    budget.use(2000, 0.0)
    assert budget.wait_seconds(1000, 0.0) > 0
    budget.use(-1500, 0.0)
    assert budget.wait_seconds(1000, 0.0) == 0


def test_a_question_larger_than_the_bucket_goes_when_it_is_full() -> None:
    budget = TokenBudget(30_000)
    assert budget.wait_seconds(9000, 0.0) == 0
    budget.use(9000, 0.0)
    wait = budget.wait_seconds(9000, 0.0)
    assert 17 < wait < 20


def test_the_servers_wish_to_be_left_holds_for_everybody() -> None:
    pace = Pace()
    pace.pause(7.0, now=100.0)
    pace.pause(3.0, now=101.0)
    assert pace.wait_seconds(10, now=102.0) == 5
    assert pace.wait_seconds(10, now=107.0) == 0


def test_a_full_level_waits_for_an_end_not_for_a_time() -> None:
    pace = Pace(1)
    begun = pace.begin(10, 0.0)
    assert pace.wait_seconds(10, 0.0) is None
    pace.end(begun, 1.0, "answered")
    assert pace.wait_seconds(10, 1.0) == 0


def test_tokens_are_reserved_at_the_start_and_corrected_at_the_end() -> None:
    pace = Pace(tokens_per_minute=30_000)
    begun = pace.begin(9000, 0.0)
    before = pace.wait_seconds(1000, 0.0)
    assert before is not None
    assert before > 15
    pace.end(begun, 0.0, "answered", correction=-8500)
    assert pace.wait_seconds(400, 0.0) == 0
