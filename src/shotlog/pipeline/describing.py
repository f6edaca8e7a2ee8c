"""The third step: every clip without an answer is shown to the describer, several at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from shotlog.describers import CheckedDescriber, ClipToDescribe
from shotlog.errors import (
    DescribeInterruptedError,
    DescribeRefusedError,
)
from shotlog.gate.spending import Load, Tariff
from shotlog.pipeline.job import FINAL, End, Job, Next, Run
from shotlog.pipeline.questions import ShownFrom, answer_keys, shown_clips, tagged
from shotlog.pipeline.recipe import SIGNALS
from shotlog.pipeline.runner import attempt
from shotlog.records import Answer, AnswerFlag, Failure
from shotlog.rows import ClipRow, SameClip, ScanRow

log = logging.getLogger("shotlog.run")

REUSED = " (reused)"
"""Behind the model's name where the answer was given for an earlier clip with the same picture."""

REPLACED = (
    "No model was named, so clips that {} described are described by the built-in describer now. "
    "The model's words are kept: run again with it, and they are back, with nothing asked."
)

REMEMBERED_CLIPS = 2
"""A description that so many clips show is counted on in the next run; one of a kind is not."""

LEADS_ASTRAY: frozenset[AnswerFlag] = frozenset(("repetition", "language"))
"""A model that is told such an answer to the clip before does the same."""

UNANSWERED_IN_A_ROW = 16
"""So many clips without an answer, each after its retries, and the endpoint is taken for dead."""

REFUSED_ALIKE = 16
"""So many clips refused for one reason before any had an answer, and the rest would be too: the run
is stopped before it costs more."""


@dataclass(frozen=True)
class _Question:
    job: Job
    clip: ClipToDescribe
    key: str
    """Under which the answer is kept."""
    key_before: str | None = None
    """Under which the answer to the clip before is kept; None where that is not told."""
    same_as: SameClip | None = None
    """Whose answer will do; None where this clip must be asked about."""

    @property
    def place(self) -> tuple[str, int]:
        return self.clip.video_id, self.clip.span.index


class Describing:
    """Asks for what the catalog has no answer to, and keeps each answer as it comes."""

    def __init__(
        self, run: Run, threads: Executor, describer: CheckedDescriber, *, then: Next, left: Next
    ) -> None:
        """``left`` is for videos that miss answers in a run that is not to ask for any."""
        self._run, self._threads, self._describer, self._then = run, threads, describer, then
        self._left = left
        self._waiting: deque[_Question] = deque()
        self._behind: dict[str, deque[_Question]] = {}
        self._open: dict[tuple[str, int], int] = {}
        self._taken = 0
        self._remembers = False
        self._in_order = run.recipe.describer.get("context") == "previous"
        self._held: dict[tuple[str, int], list[_Question]] = {}
        self._is_built_in = run.recipe.describer.get("protocol") == SIGNALS
        self._reuses = run.settings.reuse_same and not self._is_built_in
        self._refused: Failure | None = None
        self._tariff = Tariff.of(run.settings) if run.gate is not None else None
        self._unanswered_in_a_row = 0
        self._refused_alike, self._hint = 0, ""

    @property
    def busy(self) -> int:
        """Clips that are being asked about now."""
        return self._run.progress.describing

    @property
    def waiting(self) -> int:
        """Clips that could be asked about now; those behind another one are not counted in."""
        return len(self._waiting)

    def account(self) -> None:
        """Brings the progress up to date with what was spent and what people should know."""
        progress, gate = self._run.progress, self._run.gate
        if gate is not None:
            spent = gate.spent
            progress.requests, progress.cost = spent.requests, spent.cost
            progress.prompt_tokens = spent.prompt_tokens
            progress.completion_tokens = spent.completion_tokens
            progress.currency = spent.currency
        for note in self._describer.notes:
            if note not in progress.notes:
                progress.notes.append(note)
                log.warning("%s", note)

    def take(self, job: Job) -> None:
        """Puts the clips without an answer in line; hands a video on that has none."""
        job.stage = "describe"
        catalog, video = self._run.catalog, job.video
        scan = catalog.scan(video.id)
        rows = {row.clip.span.index: row for row in catalog.clips(video.id)}
        keys = answer_keys(self._run.recipe, video, rows.values(), job.transcript)
        self._tell_of_replaced(rows, keys)
        unlinked = catalog.link_answers(video.id, keys)
        self._run.progress.clips_described_before += len(rows) - len(unlinked)
        missing = [index for index in unlinked if not self._is_refused(job, rows[index], keys)]
        job.clips_open = len(missing)
        if scan is None or not missing:
            self._then(job)
            return
        if not self._run.settings.describe:
            self._run.progress.clips_left += len(missing)
            self._left(job)
            return
        unanswered = {index: rows[index] for index in missing}
        questions = list(self._questions(job, scan, unanswered, keys))
        for question in questions:
            self._taken += 1
            self._open[question.place] = self._taken
        ready = 1 if self._in_order else len(questions)
        self._waiting.extend(questions[:ready])
        self._behind[video.id] = deque(questions[ready:])

    def begin(self) -> None:
        """Asks what may be asked."""
        while self._waiting and self.busy < self._describer.concurrency and not self._run.stopping:
            question = self._waiting.popleft()
            if question.same_as is not None and self._reused(question, question.same_as):
                continue
            if self._refused is not None:
                self._failed(question, self._refused)
                continue
            self._run.progress.describing += 1
            self._ask(question)
        behind = sum(map(len, self._behind.values()))
        self._run.progress.waiting_to_describe = self.waiting + behind

    def _tell_of_replaced(self, rows: Mapping[int, ClipRow], keys: Mapping[int, str]) -> None:
        """Says, once a model, that its words give way to the built-in describer's."""
        if not self._is_built_in:
            return
        shown = [(row.answer, row.answer_key != keys[index]) for index, row in rows.items()]
        models = {answer.model.removesuffix(REUSED) for answer, goes in shown if answer and goes}
        notes = self._run.progress.notes
        for model in sorted(models - {SIGNALS}):
            if (note := REPLACED.format(model)) not in notes:
                notes.append(note)

    def _is_refused(self, job: Job, row: ClipRow, keys: Mapping[int, str]) -> bool:
        """Whether the model refused this very question for good, which is told once more."""
        index, failure = row.clip.span.index, row.failure
        if failure is None or not failure.is_final(keys[index]):
            return False
        self._run.progress.clips_failed += 1
        self._run.progress.clips_refused += 1
        self._run.reporter.failed(job.name, index, failure)
        return True

    def _questions(
        self, job: Job, scan: ScanRow, rows: Mapping[int, ClipRow], keys: Mapping[int, str]
    ) -> Iterator[_Question]:
        run, video = self._run, job.video
        place = ShownFrom(run.catalog, run.library, run.recipe, run.settings.frame_fps)
        for index, shown in shown_clips(place, video, scan, rows, job.transcript).items():
            yield _Question(
                job,
                shown,
                keys[index],
                key_before=keys.get(index - 1) if self._in_order else None,
                same_as=rows[index].same_as if self._reuses else None,
            )

    def _reused(self, question: _Question, same: SameClip) -> bool:
        """Takes the earlier clip's answer to this question, or waits for it if it is on its way."""
        earlier = (same.video_id, same.index)
        if earlier in self._open and self._may_wait(question.place, earlier):
            self._held.setdefault(earlier, []).append(question)
            return True
        answer = self._answer_of(same, question.clip.heard)
        if answer is None:
            return False
        job, index = question.job, question.clip.span.index
        log.debug("%s clip %d shows what %s clip %d does", job.name, index, *_named(same))
        kept = tagged(_borrowed(answer, same), question.clip)
        self._run.catalog.save_answer(question.key, job.video.id, index, kept)
        self._run.progress.clips_reused += 1
        self._ended(question)
        return True

    def _may_wait(self, place: tuple[str, int], earlier: tuple[str, int]) -> bool:
        """Where clips wait for the one before as well, two videos could wait for each other."""
        return not self._in_order or self._open[earlier] < self._open[place]

    def _answer_of(self, same: SameClip, heard: str | None) -> Answer | None:
        """Only an answer to what is asked now, these words heard included."""
        catalog = self._run.catalog
        video = catalog.video(same.video_id)
        if video is None:
            return None
        row = next((r for r in catalog.clips(video.id) if r.clip.span.index == same.index), None)
        if row is None:
            return None
        if row.answer_key != self._run.recipe.answer_key(video, row.clip.span, heard):
            return None
        return row.answer

    def _ask(self, question: _Question) -> None:
        if not self._remembers:
            self._remembers = True
            self._describer.remember(self._run.catalog.said_often(REMEMBERED_CLIPS))
        clip = replace(question.clip, before=self._said_before(question))
        self._run.in_thread(
            self._threads,
            lambda: self._describer.describe(clip),
            lambda end: self._answered(question, end),
        )

    def _said_before(self, question: _Question) -> str | None:
        """Of the clip before; None where it has no answer, or one that would lead astray."""
        if question.key_before is None:
            return None
        answer = self._run.catalog.answer(question.key_before)
        if answer is None or not LEADS_ASTRAY.isdisjoint(answer.flags):
            return None
        return answer.description

    def _answered(self, question: _Question, end: End[Answer]) -> None:
        progress, job, index = self._run.progress, question.job, question.clip.span.index
        progress.describing -= 1
        got = attempt("describe", f"{job.name} clip {index}", end)
        if isinstance(got, Failure):
            if got.code in FINAL:
                self._run.halt(got)
            if got.code in FINAL or (self._run.stopping and got.retryable):
                # The clip stays open: it has not failed, it was not asked to the end.
                return
            self._give_up_on(got)
            self._failed(question, got)
            return
        self._unanswered_in_a_row = 0
        log.debug("described %s clip %d", job.name, index)
        answer = tagged(self._priced(got), question.clip)
        self._run.catalog.save_answer(question.key, job.video.id, index, answer)
        progress.clips_described += 1
        progress.requests += got.requests
        progress.prompt_tokens += got.prompt_tokens or 0
        progress.completion_tokens += got.completion_tokens or 0
        self._ended(question)

    def _priced(self, answer: Answer) -> Answer:
        """With what its requests cost, where there is a tariff and the server counts."""
        if self._tariff is None or answer.prompt_tokens is None:
            return answer
        used = Load(answer.prompt_tokens, answer.completion_tokens or 0)
        return replace(answer, cost=self._tariff.cost(used))

    def _give_up_on(self, failure: Failure) -> None:
        """Asks no more in this run where the endpoint is dead, or refuses all alike."""
        progress = self._run.progress
        if failure.code == DescribeRefusedError.code:
            answered = progress.clips_described + progress.clips_described_before
            self._refused_alike = self._refused_alike + 1 if failure.hint == self._hint else 1
            self._hint = failure.hint
            if not answered and self._refused_alike >= REFUSED_ALIKE:
                alike = f"The first {REFUSED_ALIKE} clips failed alike. {failure.message}"
                self._run.halt(replace(failure, message=alike))
        if failure.code == DescribeInterruptedError.code:
            self._unanswered_in_a_row += 1
        if self._unanswered_in_a_row >= UNANSWERED_IN_A_ROW:
            self._refused = failure

    def _failed(self, question: _Question, failure: Failure) -> None:
        """Keeps the reason."""
        job, index = question.job, question.clip.span.index
        self._run.catalog.save_clip_failure(job.video.id, index, failure, question.key)
        self._run.progress.clips_failed += 1
        self._run.progress.clips_refused += failure.for_good
        self._run.reporter.failed(job.name, index, failure)
        self._ended(question)

    def _ended(self, question: _Question) -> None:
        job = question.job
        self._open.pop(question.place, None)
        self._waiting.extendleft(self._held.pop(question.place, ()))
        behind = self._behind.get(job.video.id)
        if behind:
            self._waiting.appendleft(behind.popleft())
        job.clips_open -= 1
        if job.clips_open == 0:
            self._behind.pop(job.video.id, None)
            self._then(job)


def _named(same: SameClip) -> tuple[str, int]:
    return same.file_name, same.index


def _borrowed(answer: Answer, same: SameClip) -> Answer:
    """Another clip's answer, marked so, without the tags that were measured on that clip."""
    measured = {word for word, _ in answer.evidence}
    return Answer(
        description=answer.description,
        model=f"{answer.model.removesuffix(REUSED)}{REUSED}",
        tags=tuple(tag for tag in answer.tags if tag not in measured),
        evidence=(("same picture", f"{same.file_name} clip {same.index}"),),
        fields=answer.fields,
        flags=answer.flags,
    )
