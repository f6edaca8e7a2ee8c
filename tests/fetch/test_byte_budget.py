"""How many bytes may lie on the disk at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shotlog.errors import (
    FetchError,
    FetchInterruptedError,
)
from shotlog.fetch import ByteBudget


class Room:
    """A budget of 100 bytes on a disk of which the test says how much is free."""

    def __init__(self, free_bytes: int = 10**6) -> None:
        self.free_bytes = free_bytes
        self.stop = threading.Event()
        self.budget = ByteBudget(
            100, Path(), margin_bytes=10, free=lambda _: self.free_bytes, look_seconds=0.005
        )

    def acquire(self, size_bytes: int | None) -> int:
        return self.budget.acquire(size_bytes, self.stop)

    def would_wait(self, size_bytes: int | None) -> bool:
        self.stop.set()
        try:
            self.budget.release(self.acquire(size_bytes))
        except FetchInterruptedError:
            return True
        finally:
            self.stop.clear()
        return False


def test_bytes_are_let_in_while_they_fit() -> None:
    room = Room()
    assert room.acquire(60) == 60
    assert room.would_wait(41)
    assert not room.would_wait(40)
    room.budget.release(60)
    assert not room.would_wait(100)


def test_a_download_that_waits_begins_when_there_is_room() -> None:
    room = Room()
    room.acquire(60)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(room.acquire, 50)
        room.budget.release(60)
        assert waiting.result() == 50
    assert room.budget.reserved_bytes == 50


def test_a_file_larger_than_the_budget_goes_alone(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.acquire(1)
    assert room.would_wait(101)
    room.budget.release(1)
    assert room.acquire(101) == 101
    assert "larger than the budget" in caplog.text
    assert room.would_wait(1)


def test_a_size_that_is_not_known_takes_no_more_than_the_budget() -> None:
    room = Room()
    assert room.acquire(None) == 100


def test_a_file_that_turns_out_larger_takes_more() -> None:
    room = Room()
    reserved = room.acquire(50)
    room.budget.grow(40)
    assert room.would_wait(11)
    room.budget.release(reserved + 40)
    assert room.budget.reserved_bytes == 0
    with pytest.raises(ValueError, match="given back"):
        room.budget.release(1)


def test_the_disk_must_have_room_for_all_that_is_reserved() -> None:
    room = Room(free_bytes=80)
    room.acquire(40)
    assert room.would_wait(31)
    assert not room.would_wait(30)


def test_a_file_that_the_disk_cannot_hold_is_refused_with_both_numbers() -> None:
    room = Room(free_bytes=80)
    with pytest.raises(FetchError, match=r"has 90 bytes.* has 80 free"):
        room.acquire(90)
    assert room.acquire(None) == 100


def test_a_large_file_is_not_overtaken_for_ever() -> None:
    room = Room()
    room.acquire(60)
    with ThreadPoolExecutor(2) as threads:
        large = threads.submit(room.acquire, 90)
        while not room.would_wait(1):
            pass
        room.budget.release(60)
        assert large.result() == 90


def test_the_real_disk_is_asked_even_before_the_folder_is_there(tmp_path: Path) -> None:
    budget = ByteBudget(100, tmp_path / "not" / "yet", margin_bytes=0)
    assert budget.acquire(1, threading.Event()) == 1
