"""Questions from several threads, answered a batch at a time. Knows nothing of models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from shotlog.errors import DescribeError, DescribeInterruptedError, DescribeRefusedError

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

LONGEST_WAIT_SECONDS = 1.0
"""So long a batch that is not full waits for questions whose frames are just being read."""


class BatchTooLargeError(Exception):
    """A batch takes more memory than there is; fewer at a time may do."""


@dataclass(eq=False)
class _Slot(Generic[Asked, Answered]):
    asked: Asked
    kind: object
    answer: Answered | None = None


class Batcher(Generic[Asked, Answered]):
    """Gathers questions of one kind into batches of at most ``most``, answered by one thread.

    ``answer`` gets a batch and gives as many answers. Where it raises a DescribeError, the question
    whose turn it is is asked alone, so that the error costs only the one it is about. On
    BatchTooLargeError the batch is halved, for good.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Sequence[Answered]],
        *,
        most: int,
        wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self.most = most
        self._answer = answer
        self._wait_seconds = wait_seconds
        self._coming = 0
        self._waiting: list[_Slot[Asked, Answered]] = []
        self._changed = threading.Condition()
        self._turns = ThreadPoolExecutor(1, thread_name_prefix="shotlog-model")
        self._closed = threading.Event()

    def ask(self, prepare: Callable[[], Asked], kind: Callable[[Asked], object]) -> Answered:
        """The answer to what ``prepare`` makes, in this thread while others are answered.

        Only questions of one ``kind`` share a batch. Raises what preparing and answering raise,
        and DescribeInterruptedError once closed.
        """
        slot = self._prepared(prepare, kind)
        try:
            return self._turns.submit(self._turn, slot).result()
        except CancelledError:
            raise called_off() from None
        except RuntimeError:
            # The turns were closed between the look at the flag and the asking.
            if not self._closed.is_set():
                raise
            raise called_off() from None

    def close(self) -> None:
        """Ends after the batch under way; may be called twice."""
        self._closed.set()
        self._turns.shutdown(wait=True, cancel_futures=True)

    def _prepared(
        self, prepare: Callable[[], Asked], kind: Callable[[Asked], object]
    ) -> _Slot[Asked, Answered]:
        if self._closed.is_set():
            raise called_off()
        with self._changed:
            self._coming += 1
        slot: _Slot[Asked, Answered] | None = None
        try:
            asked = prepare()
            slot = _Slot(asked, kind(asked))
        finally:
            with self._changed:
                self._coming -= 1
                if slot is not None:
                    self._waiting.append(slot)
                self._changed.notify_all()
        return slot

    def _turn(self, slot: _Slot[Asked, Answered]) -> Answered:
        if slot.answer is None:
            self._answer_with(slot)
        if slot.answer is None:
            raise called_off()
        return slot.answer

    def _answer_with(self, first: _Slot[Asked, Answered]) -> None:
        batch = self._gathered(first)
        try:
            self._fill(batch)
        finally:
            with self._changed:
                self._waiting[:0] = [slot for slot in batch[1:] if slot.answer is None]

    def _fill(self, batch: list[_Slot[Asked, Answered]]) -> None:
        try:
            answers = self._answered([slot.asked for slot in batch])
        except DescribeError:
            if len(batch) == 1:
                raise
            # Whose fault it is shows when the first is asked alone; the others have their turns.
            batch = batch[:1]
            answers = self._answered([batch[0].asked])
        for slot, answer in zip(batch, answers, strict=True):
            slot.answer = answer

    def _gathered(self, first: _Slot[Asked, Answered]) -> list[_Slot[Asked, Answered]]:
        def alike() -> list[_Slot[Asked, Answered]]:
            return [slot for slot in self._waiting if slot.kind == first.kind]

        with self._changed:
            self._changed.wait_for(
                lambda: len(alike()) >= self.most or not self._coming, self._wait_seconds
            )
            others = [slot for slot in alike() if slot is not first]
            batch = [first, *others[: self.most - 1]]
            self._waiting = [slot for slot in self._waiting if slot not in batch]
        return batch

    def _answered(self, batch: Sequence[Asked]) -> list[Answered]:
        answers: list[Answered] = []
        while len(answers) < len(batch):
            part = batch[len(answers) : len(answers) + self.most]
            try:
                answers += self._answer(part)
            except BatchTooLargeError:
                if len(part) == 1:
                    raise _too_large() from None
                self.most = max(1, len(part) // 2)
        return answers


def called_off() -> DescribeInterruptedError:
    """What becomes of a question that nobody waits for any more."""
    return DescribeInterruptedError(
        "The question to the model was called off.",
        hint="Run again; only the clips without an answer are asked for.",
    )


def _too_large() -> DescribeRefusedError:
    return DescribeRefusedError(
        "The clip takes more memory than the model's device has left, even alone.",
        hint="Lower FrameFPS or FrameMaxPixels in section [QwenVL] of config.ini, or take a "
        "smaller model.",
    )
