"""Questions from several threads are answered in batches, whatever befalls one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from shotlog.describers.local.batching import Batcher, BatchTooLargeError
from shotlog.errors import DescribeInterruptedError, DescribeRefusedError


class Echo:
    """Answers each number with its square, and remembers the batches."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.gate.wait(10)
        if len(batch) > self.room:
            raise BatchTooLargeError
        self.batches.append(list(batch))
        if 13 in batch:
            raise DescribeRefusedError("13 is refused.")
        return [number * number for number in batch]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


def ask_all(
    pool: ThreadPoolExecutor, batcher: Batcher[int, int], numbers: Sequence[int]
) -> list[Future[int]]:
    """Asks all at once: none is ready before all are on their way."""
    ready = threading.Barrier(len(numbers))

    def prepared(number: int) -> int:
        ready.wait(10)
        return number

    return [
        pool.submit(batcher.ask, lambda n=number: prepared(n), lambda n: n % 2)  # type: ignore[misc]
        for number in numbers
    ]


def test_what_is_asked_together_is_answered_together(pool: ThreadPoolExecutor) -> None:
    echo = Echo()
    batcher = Batcher(echo, most=4)
    asked = ask_all(pool, batcher, range(0, 16, 2))
    assert [each.result() for each in asked] == [n * n for n in range(0, 16, 2)]
    assert sorted(len(batch) for batch in echo.batches) == [4, 4]
    batcher.close()


def test_only_questions_of_a_kind_share_a_batch(pool: ThreadPoolExecutor) -> None:
    echo = Echo()
    batcher = Batcher(echo, most=16)
    asked = ask_all(pool, batcher, range(8))
    assert [each.result() for each in asked] == [n * n for n in range(8)]
    assert all(len({number % 2 for number in batch}) == 1 for batch in echo.batches)
    batcher.close()


def test_one_that_fails_costs_no_other_its_answer(pool: ThreadPoolExecutor) -> None:
    batcher = Batcher(Echo(), most=4)
    asked = ask_all(pool, batcher, (11, 13, 15, 17))
    found = [each.exception() or each.result() for each in asked]
    assert [found[0], found[2], found[3]] == [121, 225, 289]
    assert isinstance(found[1], DescribeRefusedError)
    batcher.close()


def test_too_large_a_batch_is_halved_for_good(pool: ThreadPoolExecutor) -> None:
    echo = Echo(room=2)
    batcher = Batcher(echo, most=8)
    asked = ask_all(pool, batcher, range(0, 16, 2))
    assert [each.result() for each in asked] == [n * n for n in range(0, 16, 2)]
    assert max(map(len, echo.batches)) <= 2
    assert batcher.most == 2
    batcher.close()


def test_a_single_one_that_is_too_large_is_refused_with_what_to_do() -> None:
    batcher = Batcher(Echo(room=0), most=1)
    with pytest.raises(DescribeRefusedError, match="FrameMaxPixels"):
        batcher.ask(lambda: 1, lambda _: 0)
    batcher.close()


def test_what_cannot_be_prepared_holds_nobody_up(pool: ThreadPoolExecutor) -> None:
    def broken() -> int:
        raise DescribeRefusedError("no picture")

    batcher = Batcher(Echo(), most=4, wait_seconds=60)
    with pytest.raises(DescribeRefusedError):
        batcher.ask(broken, lambda _: 0)
    assert batcher.ask(lambda: 3, lambda _: 0) == 9
    batcher.close()


def test_closing_calls_off_what_has_not_begun(pool: ThreadPoolExecutor) -> None:
    echo = Echo()
    echo.gate.clear()
    batcher = Batcher(echo, most=1)
    asked = ask_all(pool, batcher, (2, 4, 6))
    closing = pool.submit(batcher.close)
    echo.gate.set()
    closing.result()
    found = [each.exception() for each in asked]
    assert {type(each) for each in found if each} <= {DescribeInterruptedError}
    with pytest.raises(DescribeInterruptedError):
        batcher.ask(lambda: 1, lambda _: 0)
    batcher.close()
