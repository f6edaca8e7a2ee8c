"""The step behind describing: what is said of a video as a whole, by a model or from signals."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor

from shotlog.catalog import Catalog
from shotlog.describers.summarizer import WholeTeller, WholeTold
from shotlog.errors import DescribeRefusedError
from shotlog.pipeline.job import FINAL, End, Job, Next, Run
from shotlog.pipeline.recipe import Recipe
from shotlog.pipeline.runner import attempt
from shotlog.records import Answer, Failure, Span, VideoText
from shotlog.rows import ClipRow, ScanRow
from shotlog.segments import scenes_of
from shotlog.summaries import BUILT_IN, summarize, video_tags

log = logging.getLogger("shotlog.run")

Clips = list[tuple[Span, str, str | None]]

UNTOLD_IN_A_ROW = 4
"""So many videos without a summary, each after its retries, and none is asked for any more."""


class Summarizing:
    """Sums up every video that has an answer, and keeps what it is told as it comes.

    A model that fails costs the video nothing but the model's summary: the built-in one stands in.
    """

    def __init__(
        self, run: Run, threads: Executor, teller: WholeTeller | None, *, then: Next
    ) -> None:
        self._run, self._threads, self._teller, self._then = run, threads, teller, then
        self._asks_no_more = False
        self._untold_in_a_row = 0

    @property
    def busy(self) -> int:
        """Videos that a model is summing up now."""
        return self._run.progress.summarizing

    def take(self, job: Job) -> None:
        """Has the video summed up: by the model where that pays, else without one."""
        catalog, video = self._run.catalog, job.video
        rows = catalog.clips(video.id)
        scan = catalog.scan(video.id)
        if scan is None or not any(row.answer for row in rows):
            self._then(job)
            return
        teller = self._teller if self._is_for_a_model(rows) else None
        key = self._run.recipe.text_key(_answer_keys(rows), job.transcript, by_model=True)
        if teller is None:
            self._save_built_in(job, rows, scan)
        elif video.text_key != key and not catalog.link_video_text(video.id, key):
            self._ask(job, rows, scan, key, teller)
            return
        self._then(job)

    def _is_for_a_model(self, rows: Sequence[ClipRow]) -> bool:
        """Whether it pays to ask: clips that may still be described would change the summary."""
        if self._teller is None or any(_may_come(row) for row in rows):
            return False
        answers = [row.answer for row in rows if row.answer is not None]
        if all(answer.model == BUILT_IN for answer in answers):
            return False
        return len(answers) > 1 or self._teller.single_clips

    def _ask(
        self, job: Job, rows: Sequence[ClipRow], scan: ScanRow, key: str, teller: WholeTeller
    ) -> None:
        if self._asks_no_more or self._run.stopping:
            job.summary_open = True
            self._save_built_in(job, rows, scan)
            self._then(job)
            return
        clips = _clips_of(job, rows)
        job.stage = "summarize"
        self._run.progress.summarizing += 1
        self._run.in_thread(
            self._threads,
            lambda: teller.tell(clips),
            lambda end: self._told(job, rows, scan, key, end),
        )

    def _told(
        self, job: Job, rows: Sequence[ClipRow], scan: ScanRow, key: str, end: End[WholeTold]
    ) -> None:
        progress = self._run.progress
        progress.summarizing -= 1
        got = attempt("summarize", job.name, end)
        if isinstance(got, Failure):
            self._failed(job, got)
            self._save_built_in(job, rows, scan)
            self._then(job)
            return
        self._untold_in_a_row = 0
        progress.videos_summarized += 1
        progress.requests += got.requests
        progress.prompt_tokens += got.prompt_tokens
        progress.completion_tokens += got.completion_tokens
        text = VideoText(got.description, video_tags(_answered(rows)), got.title, got.chapters)
        self._run.catalog.save_video_text(job.video.id, key, text, keep=True)
        log.debug("summed up %s", job.name)
        self._then(job)

    def _failed(self, job: Job, failure: Failure) -> None:
        """What may pass is tried again by the next run; what may not stays as it is."""
        job.summary_open = failure.code != DescribeRefusedError.code
        self._untold_in_a_row += job.summary_open
        if failure.code in FINAL:
            self._run.halt(failure)
        if self._untold_in_a_row >= UNTOLD_IN_A_ROW:
            self._asks_no_more = True
            log.warning("the model is asked for no more summaries in this run")
        log.info("%s: the built-in summary stands in for the model's", job.name)

    def _save_built_in(self, job: Job, rows: Sequence[ClipRow], scan: ScanRow) -> None:
        save_built_in(self._run.catalog, self._run.recipe, job.video.id, rows, scan)


def save_built_in(
    catalog: Catalog, recipe: Recipe, video_id: str, rows: Sequence[ClipRow], scan: ScanRow
) -> None:
    """Sums a video up without a model; at least one of ``rows`` has an answer."""
    answered = _answered(rows)
    words = summarize(scan.facts, scenes_of(scan, recipe.scenes), answered)
    key = recipe.text_key(_answer_keys(rows), None, by_model=False)
    catalog.save_video_text(video_id, key, VideoText(words, video_tags(answered)))


def _may_come(row: ClipRow) -> bool:
    """Whether a clip has no answer yet that a later run may bring."""
    if row.answer is not None:
        return False
    return row.failure is None or row.failure.code != DescribeRefusedError.code


def _answer_keys(rows: Sequence[ClipRow]) -> tuple[str, ...]:
    return tuple(row.answer_key or "" for row in rows)


def _answered(rows: Sequence[ClipRow]) -> list[tuple[Span, Answer]]:
    return [(row.clip.span, row.answer) for row in rows if row.answer is not None]


def _clips_of(job: Job, rows: Sequence[ClipRow]) -> Clips:
    return [(span, answer.description, job.heard_in(span)) for span, answer in _answered(rows)]
