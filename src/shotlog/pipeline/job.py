"""What the steps of a run share: the video on its way, and the place where they work."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from shotlog.catalog import Catalog
from shotlog.errors import BudgetSpentError, EndpointRefusedError
from shotlog.gate import Gate
from shotlog.pipeline.progress import Progress, Reporter
from shotlog.pipeline.recipe import Needs, Recipe
from shotlog.pipeline.tagging import Tagger
from shotlog.records import Failure, Span
from shotlog.rows import Stage, VideoRow
from shotlog.settings import Settings
from shotlog.speech import Transcript

log = logging.getLogger("shotlog.run")

FINAL = frozenset({EndpointRefusedError.code, BudgetSpentError.code})
"""What ends a run: whatever else is asked would fail the same way."""

Result = TypeVar("Result")
End = Callable[[], Result]
"""Returns what came of some work, or raises what befell it."""


@dataclass
class Job:
    """One video on the road."""

    video: VideoRow
    needs: Needs
    stage: Stage = "waiting"
    files: dict[str, Path] = field(default_factory=dict)
    """Where each address was fetched to; empty where nothing was."""
    to_delete: list[Path] = field(default_factory=list)
    reserved_bytes: int = 0
    """Of the disk's budget, for its sources."""
    is_guessed: bool = False
    """Whether that is a guess, for no listing says how large they are."""
    arrived_bytes: int = 0
    """Fetched so far; those that came twice count twice."""
    clips_open: int = 0
    """Clips whose description has not come yet."""

    transcript: Transcript | None = None
    """The words heard; None where nobody listened in this run's way."""
    unheard: Failure | None = None
    """Why they were not written down."""
    summary_open: bool = False
    """Whether a model is still to sum it up, in a later run."""

    def heard_in(self, span: Span) -> str | None:
        """The words of a clip, where there are any."""
        return self.transcript.between(span.start, span.end) if self.transcript else None

    @property
    def name(self) -> str:
        """As the listing has it: data, never a path."""
        return self.video.source.file_name


class Stop:
    """Ends a run early: :meth:`gently` finishes what is in hand, :meth:`at_once` does not.

    Either may be called from any thread or a signal handler.
    """

    def __init__(self) -> None:
        self.gentle = threading.Event()
        self.immediate = threading.Event()

    def gently(self) -> None:
        """Finishes what is in hand, and begins nothing more."""
        log.info("stopping: what is in hand is being finished")
        self.gentle.set()

    def at_once(self) -> None:
        """Leaves what is in hand; what was kept stays."""
        self.gentle.set()
        self.immediate.set()


@dataclass(frozen=True)
class Run:
    """A run under way. Only the driver's thread writes the catalog and the progress."""

    catalog: Catalog
    settings: Settings
    recipe: Recipe
    reporter: Reporter
    stop: Stop
    workers: int
    """Media processes."""
    sources: Path
    """Where fetched sources lie; of this library alone, so that no other run deletes them."""
    tagger: Tagger
    """The rules."""
    gate: Gate | None = None
    """What every question to a model passes; None where nobody is asked over the network."""
    progress: Progress = field(default_factory=Progress)
    events: queue.Queue[Callable[[], None]] = field(default_factory=queue.Queue)
    """What other threads ask the driver to do."""

    @property
    def library(self) -> Path:
        """The library's folder."""
        return self.settings.output

    def folder(self, job: Job) -> Path:
        """Of one video, in the library."""
        return self.library / "videos" / job.video.folder

    @property
    def stopping(self) -> bool:
        """Whether nothing more may be begun."""
        return self.stop.gentle.is_set()

    def halt(self, failure: Failure) -> None:
        """Ends the run gently, for whatever is asked now would fail as this did."""
        if self.progress.stopped_because is not None:
            return
        log.error("stopped: %s %s", failure.message, failure.hint)
        self.progress.stopped_because = failure
        self.progress.stopping = True
        if self.gate is not None:
            self.gate.stop()
        self.stop.gently()

    def in_thread(
        self, pool: Executor, work: Callable[[], Result], then: Callable[[End[Result]], None]
    ) -> None:
        """Runs ``work`` in a thread, then ``then`` in the driver with what came of it."""
        future = pool.submit(work)
        future.add_done_callback(lambda done: self.events.put(lambda: then(done.result)))


Next = Callable[[Job], None]
Failed = Callable[[Job, Failure], None]
