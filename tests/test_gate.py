"""The gate, with real threads and a clock that only the test moves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shotlog.errors import BudgetSpentError, DescribeInterruptedError, EndpointRefusedError
from shotlog.gate import Gate
from shotlog.gate.pacing import Pace
from shotlog.gate.spending import Load, Purse

LOAD = Load(100, 10)


def gate_of(ceiling: int = 2, **caps: int) -> Gate:
    return Gate(Pace(ceiling), Purse(**caps), clock=lambda: 100.0)  # type: ignore[arg-type]


def test_no_more_pass_than_the_level_allows() -> None:
    gate = gate_of(2)
    inside, most = [0], [0]
    lock = threading.Lock()

    def ask(_: int) -> None:
        with gate.passage(LOAD) as passage:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            passage.status, passage.used = 200, LOAD
            with lock:
                inside[0] -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(200)))
    assert most[0] <= 2
    assert (gate.spent.requests, gate.spent.prompt_tokens) == (200, 20_000)


def refused(gate: Gate) -> None:
    with gate.passage(LOAD) as passage:
        passage.status = 429
        raise DescribeInterruptedError("busy")


def test_a_refusal_costs_no_tokens_and_a_lost_answer_may() -> None:
    gate = gate_of()
    with pytest.raises(DescribeInterruptedError):
        refused(gate)
    assert (gate.spent.requests, gate.spent.prompt_tokens) == (1, 0)
    with pytest.raises(DescribeInterruptedError), gate.passage(LOAD):
        raise DescribeInterruptedError("late", lost="late")
    assert (gate.spent.requests, gate.spent.prompt_tokens) == (2, 100)
    with pytest.raises(DescribeInterruptedError), gate.passage(LOAD):
        raise DescribeInterruptedError("cannot be reached")
    with pytest.raises(EndpointRefusedError), gate.passage(LOAD):
        raise EndpointRefusedError("certificate")
    assert gate.spent.requests == 2


def test_what_would_pass_a_cap_does_not_go() -> None:
    gate = gate_of(max_requests=1)
    with gate.passage(LOAD) as passage:
        passage.status = 200
    with pytest.raises(BudgetSpentError), gate.passage(LOAD):
        raise AssertionError
    assert gate.spent.requests == 1


def test_a_stopped_gate_calls_off_those_that_wait() -> None:
    gate = gate_of(1)
    with ThreadPoolExecutor(1) as pool, gate.passage(LOAD) as passage:
        waiting = pool.submit(lambda: gate.passage(LOAD).__enter__())
        gate.stop()
        assert isinstance(waiting.exception(10), DescribeInterruptedError)
        passage.status = 200
    assert gate.spent.requests == 1


def test_the_event_of_a_run_that_stops_lets_nothing_more_go() -> None:
    stop = threading.Event()
    gate = Gate(stop=stop)
    stop.set()
    with pytest.raises(DescribeInterruptedError, match="called off"), gate.passage(LOAD):
        raise AssertionError


def test_a_question_between_two_tries_holds_no_place_and_another_is_wanted() -> None:
    gate = gate_of(4)
    before = gate.wanted
    resting = threading.Thread(target=gate.rest, args=(60.0,))
    resting.start()
    while gate.wanted == before:
        pass
    assert gate.wanted == before + 1
    with gate.passage(LOAD) as passage:
        passage.status = 200
    gate.stop()
    resting.join(10)
    assert gate.wanted == before
