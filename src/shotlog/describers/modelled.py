"""The describer that asks a model: what is asked of a clip, and what is made of the answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import accumulate, pairwise

from shotlog.describers.asking import Asker, Completion, ModelQuestion, Sampling, Shown
from shotlog.describers.base import ClipToDescribe, Place
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.futile_retries import Patience
from shotlog.describers.judging import (
    THOUGHT,
    Draft,
    Tally,
    better,
    draft_of,
    finished,
    needs_repair,
)
from shotlog.describers.repeated_answers import SaidWords
from shotlog.errors import DescribeError, DescribeRefusedError
from shotlog.fields import FieldsRead, fields_schema, read_fields
from shotlog.prompts.clips import ClipPlace, ClipPrompt, Wanted
from shotlog.quality import VERSION as QUALITY_VERSION
from shotlog.quality import shows_nothing
from shotlog.records import Answer, AnswerFlag

AGAIN = Sampling(temperature=0.7, top_p=0.8, frequency_penalty=0.5)
"""How a clip is asked about again: Qwen's own advice for temperature and top_p, and a penalty that
leads out of loops."""

ASKED_AGAIN: frozenset[AnswerFlag] = frozenset(("cut", "repetition", "language"))
"""Flags for which it is asked again, as for words that were said often; an answer without fields
was to be repaired already."""

REPAIR = "repair"
"""The reason of a request that is to bring the fields."""

LONGEST_REPAIRED = 8000
"""Characters of an answer that are sent back to be put into fields."""

log = logging.getLogger("shotlog.describers")


class ModelDescriber:
    """Shows clips to the model that ``asker`` reaches."""

    needs_frames = True

    def __init__(self, asker: Asker, *, max_tokens: int, prompt: ClipPrompt | None = None) -> None:
        self.name = asker.name
        self._asker = asker
        self._max_tokens = max_tokens
        self._prompt = prompt or ClipPrompt(Wanted())
        wanted = self._prompt.wanted
        self._schema = fields_schema(wanted.categories) if wanted.in_fields else None
        self._said = SaidWords()
        self._patience = Patience()

    @property
    def asker(self) -> Asker:
        """Who carries its questions; takes questions about words alone too."""
        return self._asker

    @property
    def asks_for_fields(self) -> bool:
        return self._schema is not None

    @property
    def concurrency(self) -> int:
        return self._asker.concurrency

    @property
    def notes(self) -> tuple[str, ...]:
        return self._asker.notes

    def identity(self) -> Mapping[str, str]:
        """Who is asked, in which words and how; not the instruction, which every clip carries."""
        return {
            **self._asker.identity(),
            **self._prompt.identity(),
            "max_tokens": str(self._max_tokens),
            "temperature": str(Sampling().temperature),
            "quality": QUALITY_VERSION,
        }

    def remember(self, said: Iterable[tuple[str, Place]]) -> None:
        """Descriptions that earlier runs kept, each with its clip."""
        for description, place in said:
            self._said.note(description, place)

    def describe(self, clip: ClipToDescribe) -> Answer:
        """The model's words on the clip. Raises DescribeError.

        Doubtful ones are asked for once more, drawn otherwise, and the better of the two is kept
        with its flags; twice empty or refused is an error. It takes one request as a rule, and at
        most three: one may be spent on putting an answer into the fields.
        """
        asking = _Asking(self._asker, self._prompt, self.question_about(clip), self._patience)
        first = self._looked_at(asking.ask(), clip)
        if not self._will_ask_again(first):
            return self._kept(first, asking.tally, clip)
        log.debug("asking again: %s", first.trouble or ", ".join(first.flags))
        place = _prompt_place(clip)
        notes = self._prompt.notes_again(first.flags, self._max_tokens)
        closing = self._prompt.closing(clip.instruction, place, notes)
        try:
            second = self._looked_at(asking.ask(closing, replace(AGAIN, seed=_seed(clip))), clip)
        except DescribeError:
            if first.trouble:
                raise
            return self._kept(first, asking.tally, clip)
        best = better(first, second)
        self._learn(first, best)
        return self._kept(best, asking.tally, clip)

    def judged(self, said: Completion, clip: ClipToDescribe) -> Answer:
        """An answer to :meth:`question_about` that came another way, where nobody is asked again.

        Raises DescribeError where it is none.
        """
        draft = self._looked_at(draft_of(said, self._prompt.wanted), clip)
        return self._kept(draft, Tally().with_one(said), clip)

    def check(self) -> EndpointCheck:
        return self._asker.check()

    def close(self) -> None:
        self._asker.close()

    def question_about(self, clip: ClipToDescribe) -> ModelQuestion:
        """What is asked first. Raises DescribeRefusedError where the clip has no frames."""
        return ModelQuestion(
            opening=self._prompt.opening(clip.instruction),
            closing=self._prompt.closing(clip.instruction, _prompt_place(clip)),
            max_tokens=self._max_tokens,
            shown=shown_of(clip),
            schema=self._schema,
        )

    def _looked_at(self, draft: Draft, clip: ClipToDescribe) -> Draft:
        """The draft, flagged where too many other clips got the same words."""
        if draft.trouble or shows_nothing(clip.signals):
            return draft
        if not self._said.is_said_often(draft.description, _place(clip)):
            return draft
        return replace(draft, flags=(*draft.flags, "said_often"))

    def _will_ask_again(self, draft: Draft) -> bool:
        if draft.trouble:
            return draft.trouble not in THOUGHT
        if "said_often" in draft.flags and self._said.is_worth_asking_again(draft.description):
            return True
        return any(self._patience.has(flag) for flag in ASKED_AGAIN.intersection(draft.flags))

    def _learn(self, first: Draft, best: Draft) -> None:
        """What asking again was good for."""
        for flag in ASKED_AGAIN.intersection(first.flags):
            self._patience.tell(flag, helped=flag not in best.flags)
        if "said_often" in first.flags and "said_often" in best.flags:
            self._said.asked_in_vain(first.description)

    def _kept(self, draft: Draft, tally: Tally, clip: ClipToDescribe) -> Answer:
        answer = finished(draft, tally)
        if not shows_nothing(clip.signals):
            self._said.note(answer.description, _place(clip))
        return answer


class _Asking:
    """All that is asked about one clip; at most one request goes to repair."""

    def __init__(
        self, asker: Asker, prompt: ClipPrompt, question: ModelQuestion, patience: Patience
    ) -> None:
        self._asker, self._prompt, self._question = asker, prompt, question
        self._patience = patience
        self._repaired = False
        self.tally = Tally()

    def ask(self, closing: str | None = None, sampling: Sampling | None = None) -> Draft:
        """Asks, by default in the first words, and judges. Raises DescribeError."""
        question = self._question
        if closing is not None and sampling is not None:
            question = replace(question, closing=closing, sampling=sampling)
        said = self._asked(question)
        wanted = self._prompt.wanted
        if not wanted.in_fields:
            return draft_of(said, wanted)
        read = read_fields(said.text, wanted.categories)
        may = not self._repaired and self._patience.has(REPAIR)
        mended = self._mended(said, read) if may and needs_repair(said, read, wanted) else None
        return draft_of(said, wanted, mended)

    def _mended(self, said: Completion, read: FieldsRead) -> FieldsRead | None:
        """Asked for in words alone; the pictures were paid for once. None where it was in vain."""
        self._repaired = True
        opening, closing = self._prompt.repair(said.text[:LONGEST_REPAIRED], read.errors)
        question = replace(
            self._question, opening=opening, closing=closing, shown=None, sampling=Sampling()
        )
        try:
            answer = self._asked(question)
        except DescribeError:
            return None
        mended = read_fields(answer.text, self._prompt.wanted.categories)
        self._patience.tell(REPAIR, helped=mended.fields is not None)
        return mended if mended.fields is not None else None

    def _asked(self, question: ModelQuestion) -> Completion:
        said = self._asker.ask(question)
        self.tally = self.tally.with_one(said)
        return said


def _prompt_place(clip: ClipToDescribe) -> ClipPlace:
    return ClipPlace(clip.span, clip.video_seconds, clip.before, clip.heard)


def _place(clip: ClipToDescribe) -> Place:
    return clip.video_id, str(clip.span.start), str(clip.span.end)


def _seed(clip: ClipToDescribe) -> int:
    """Of this clip for good, so that asking again can be repeated; fits 31 bits."""
    digest = hashlib.sha256("\n".join((*_place(clip), clip.instruction)).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def shown_of(clip: ClipToDescribe) -> Shown:
    """The clip's pictures. Raises DescribeRefusedError when they are not there as written."""
    hint = "Run again with --redo scan to make the frames anew."
    frames = clip.frames
    if frames is None or clip.frames_path is None or not frames.sizes_bytes:
        raise DescribeRefusedError(f"Clip {clip.span.index} has no frames to show.", hint=hint)
    try:
        data = clip.frames_path.read_bytes()
    except OSError as error:
        raise DescribeRefusedError(
            f"The frames of clip {clip.span.index} cannot be read: {error.strerror}.", hint=hint
        ) from None
    wanted = sum(frames.sizes_bytes)
    if len(data) != wanted:
        raise DescribeRefusedError(
            f"The frames of clip {clip.span.index} are {len(data)} bytes, not {wanted}.", hint=hint
        )
    ends = accumulate(frames.sizes_bytes, initial=0)
    return Shown(
        jpegs=tuple(data[start:end] for start, end in pairwise(ends)),
        times=frames.times,
        fps=clip.frame_fps,
        width=frames.width,
        height=frames.height,
        duration_seconds=clip.span.end - clip.span.start,
        clip_path=clip.clip_path,
        published_url=clip.published_url,
    )
