"""Media work in processes of its own: one that dies or hangs takes its video along, not the run."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from pebble import ProcessExpired, ProcessPool

from shotlog.errors import MediaProcessError
from shotlog.media.heartbeat import Beat, read_beat
from shotlog.media.memory import give_back_freed_memory, limit_memory, memory_is_short
from shotlog.media.scan import ScanRequest, ScanResult, scan_all
from shotlog.media.spawning import ApartContext
from shotlog.storage import make_folder

log = logging.getLogger("shotlog.media")

OUT_OF_MEMORY = 77
"""Exit code of a media process that needed more memory than it may have."""

Requests = tuple[ScanRequest, ...]
Results = tuple[ScanResult, ...]
Then = Callable[[Callable[[], Results]], None]
"""Called once with a function that returns the scans' results, or raises what befell them."""


@dataclass
class Running:
    """A scan under way."""

    name: str
    heartbeat: Path
    beat: Beat
    last_change: float
    """On the monotonic clock."""
    future: Future[Results] | None = None
    stalled: bool = False


class MediaPool:
    """Runs scans in ``workers`` processes. A context manager; leaving it ends them all.

    ``check`` must be called now and then: it ends processes that show no progress for
    ``stall_seconds``.
    """

    def __init__(
        self,
        workers: int,
        beats: Path,
        stall_seconds: float,
        *,
        memory_limit_bytes: int = 0,
        work: Callable[[Requests], Results] = scan_all,
    ) -> None:
        """``beats`` is a folder for the processes' heartbeats; ``work`` is for tests.

        A process that asks for more than ``memory_limit_bytes`` fails; 0 lets it have any.
        """
        make_folder(beats)
        self._work = work
        self._beats, self._stall_seconds = beats, stall_seconds
        self._running: dict[int, Running] = {}
        self._count = 0
        self._pool = ProcessPool(
            max_workers=workers,
            context=ApartContext(),
            initializer=_prepare,
            initargs=(memory_limit_bytes,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def submit(self, name: str, requests: Requests, then: Then) -> None:
        """Starts the scans of one video; ``then`` is called from another thread at their end."""
        number = self._count = self._count + 1
        heartbeat = self._beats / f"{number}.beat"
        running = Running(name, heartbeat, Beat(0.0, 0), time.monotonic())
        self._running[number] = running
        beating = tuple(replace(request, heartbeat=heartbeat) for request in requests)
        with _interrupts_withheld():
            future = self._pool.schedule(_worked, args=(self._work, beating))
        running.future = future

        def done(finished: Future[Results]) -> None:
            self._running.pop(number, None)
            heartbeat.unlink(missing_ok=True)
            then(lambda: _result(finished, running, self._stall_seconds))

        future.add_done_callback(done)

    def check(self) -> list[Beat]:
        """How far each scan under way has come. Ends those that have stalled."""
        now = time.monotonic()
        beats = []
        for running in list(self._running.values()):
            beat = read_beat(running.heartbeat)
            waiting = running.future is not None and not running.future.running()
            if waiting or (beat is not None and beat != running.beat):
                running.beat, running.last_change = beat or running.beat, now
            elif now - running.last_change > self._stall_seconds and running.future is not None:
                running.stalled = True
                running.future.cancel()
            beats.append(running.beat)
        return beats

    def stop(self) -> None:
        """Ends every process at once. May be called twice."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


@contextmanager
def _interrupts_withheld() -> Iterator[None]:
    """Threads begun meanwhile, and the processes that they begin, never see a Ctrl-C.

    Ctrl-C reaches the whole process group, and a process that is still starting, which has not
    come to say that it ignores it, would end in a traceback on the user's terminal.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Who starts it lets the interrupt through again, whatever was withheld before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare(memory_limit_bytes: int) -> None:
    """Readies a new process.

    Ctrl-C reaches the whole process group; the driver alone decides what it means.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_back_freed_memory()
    if memory_limit_bytes:
        limit_memory(memory_limit_bytes)


def _worked(work: Callable[[Requests], Results], requests: Requests) -> Results:
    """Ends the process where memory ran out: what is left of the work may hold on to it."""
    try:
        return work(requests)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except av.error.FFmpegError:
        if memory_is_short():
            os._exit(OUT_OF_MEMORY)
        raise


def _result(future: Future[Results], running: Running, stall_seconds: float) -> Results:
    try:
        return future.result()
    except CancelledError:
        if not running.stalled:
            raise MediaProcessError(
                "Reading it was interrupted.", hint="Run the same command again."
            ) from None
        raise MediaProcessError(
            f"Reading it made no progress for {stall_seconds:g} s, at "
            f"{running.beat.seconds:.1f} s of the video.",
            hint="Try it in a player; if it plays, raise StallSeconds in [Processing].",
        ) from None
    except ProcessExpired as error:
        if error.exitcode == OUT_OF_MEMORY:
            raise MediaProcessError(
                "Reading it takes more memory than a media process may have.",
                hint="Raise MemoryLimit in [Processing]; "
                "a file that asks for so much may also be damaged.",
            ) from None
        raise MediaProcessError(
            f"The process that read it died (exit code {error.exitcode}) at "
            f"{running.beat.seconds:.1f} s of the video.",
            hint="The file makes the decoder crash, or needs more than MemoryLimit in "
            "[Processing]; re-encode it, or leave it out.",
        ) from None
