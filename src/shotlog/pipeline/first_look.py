"""Before a run's first work: whether the endpoint that is to describe would answer at all."""

from __future__ import annotations

import time
from concurrent.futures import Executor

from shotlog.describers import CheckedDescriber, EndpointCheck
from shotlog.pipeline.job import FINAL, End, Job, Next, Run
from shotlog.pipeline.runner import attempt
from shotlog.records import Failure
from shotlog.rows import ClipRow

LOOKED_AT = frozenset({"openai"})
"""Protocols with something to ask that tells for sure; what takes only POST may answer anything."""

LOOK_SECONDS = 10.0
"""So long an endpoint may take to say what it is before the work begins without it."""

GOES_ON = "What needs no model is done meanwhile, and then it is asked again."


class FirstLook:
    """Lets videos pass; before the first one that needs an answer, asks once if one will come.

    Only an endpoint that says no for good keeps the work from being begun; of one that does not
    answer, people are told at once.
    """

    def __init__(
        self, run: Run, threads: Executor, describer: CheckedDescriber, *, then: Next
    ) -> None:
        self._run, self._threads, self._describer, self._then = run, threads, describer, then
        asks = run.settings.describe and run.recipe.describer.get("protocol") in LOOKED_AT
        self._is_over = not asks
        self._since: float | None = None
        self._waiting: list[Job] = []

    @property
    def busy(self) -> bool:
        """Whether the endpoint is being asked; no further video need come meanwhile."""
        return self._since is not None

    def take(self, job: Job) -> None:
        """Hands the video on, or keeps it until it is known whether the endpoint answers."""
        if self._is_over or not self._needs_an_answer(job):
            self._then(job)
            return
        self._waiting.append(job)
        if self._since is None:
            self._since = time.monotonic()
            self._run.in_thread(self._threads, self._describer.check, self._seen)

    def look(self) -> None:
        """Waits no longer for an endpoint that takes its time; called by the driver."""
        if self._since is not None and time.monotonic() > self._since + LOOK_SECONDS:
            self._begin_all()

    def _needs_an_answer(self, job: Job) -> bool:
        """Whether the video has a clip without one, as far as is known before any work."""
        run, video = self._run, job.video
        rows = run.catalog.clips(video.id)

        def is_open(row: ClipRow) -> bool:
            key = run.recipe.answer_key(video, row.clip.span)
            refused = row.failure is not None and row.failure.is_final(key)
            return not refused and run.catalog.answer(key) is None

        return not rows or any(map(is_open, rows))

    def _seen(self, end: End[EndpointCheck]) -> None:
        got = attempt("describe", "the endpoint", end)
        if isinstance(got, Failure) and got.code in FINAL:
            self._since = None
            self._run.halt(got)
            return
        if isinstance(got, Failure):
            self._run.progress.notes.append(
                " ".join(filter(None, (got.message, got.hint, GOES_ON)))
            )
        self._begin_all()

    def _begin_all(self) -> None:
        self._is_over, self._since = True, None
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            self._then(job)
