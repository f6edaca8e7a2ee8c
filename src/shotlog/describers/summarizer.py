"""Asks a model about a whole video: its title, its description, its chapters."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shotlog.describers.asking import Asker, Completion, ModelQuestion
from shotlog.describers.base import Describer
from shotlog.errors import DescribeRefusedError, SettingError
from shotlog.prompts import videos as video_prompts
from shotlog.prompts.videos import Told, WholeFields
from shotlog.records import Chapter, Span
from shotlog.settings import Settings

MIN_TOKENS = 1024
"""An answer in fields with a dozen chapters takes some hundreds."""

FIRST_ANSWER_BYTES = 1000
"""Of an answer that could not be used, shown to the model again."""

log = logging.getLogger("shotlog.describers")


@dataclass(frozen=True, slots=True)
class WholeTold:
    """What a model said of a whole video."""

    title: str | None
    description: str
    chapters: tuple[Chapter, ...]
    requests: int
    prompt_tokens: int
    """Of all requests that it took, as far as the server says."""
    completion_tokens: int


@dataclass
class _Spent:
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, said: Completion) -> None:
        self.requests += 1
        self.prompt_tokens += said.prompt_tokens or 0
        self.completion_tokens += said.completion_tokens or 0


@dataclass(frozen=True)
class WholeTeller:
    """Sums up videos from their clips' descriptions; used from several threads at once."""

    asker: Asker
    words: str
    """Of the question: the template."""
    language: str | None
    max_tokens: int
    single_clips: bool
    """Whether a video of one clip is asked about too; else its description stands alone."""

    @cached_property
    def _opening(self) -> str:
        return video_prompts.opening(self.words, self.language)

    @cached_property
    def _room(self) -> int:
        return video_prompts.room_bytes(self._opening, FIRST_ANSWER_BYTES)

    def identity(self) -> Mapping[str, str]:
        """Who is asked, and in which words."""
        return {
            **self.asker.identity(),
            "words": video_prompts.identity(self.words, self.language),
            "max_tokens": str(self.max_tokens),
        }

    def tell(self, clips: Sequence[tuple[Span, str, str | None]]) -> WholeTold:
        """Sums up these clips: span, description, words heard. Raises DescribeError.

        An answer that is no JSON of the form asked for, or whose chapters cannot be, is asked for
        once more; chapters that then still cannot be are left out.
        """
        spent = _Spent()
        told = video_prompts.told_clips(clips)
        spans = [span for span, _, _ in clips]
        overlapping = any(span.end > each.end for span, each in _paired(spans, told))
        note = ""
        while len(parts := video_prompts.groups(told, self._room)) > 1:
            log.debug("telling of %d clips in %d parts", len(told), len(parts))
            told = tuple(
                self._part(part, number, len(parts), spent, overlapping=overlapping)
                for number, part in enumerate(parts, start=1)
            )
            note = video_prompts.PARTS
        question = video_prompts.listing(told, self._room, overlapping=overlapping, note=note)
        fields, sound = self._fields(question, told, spent)
        return WholeTold(
            title=video_prompts.title_of(fields),
            description=fields.description.strip(),
            chapters=video_prompts.chapters_of(fields, spans) if sound else (),
            requests=spent.requests,
            prompt_tokens=spent.prompt_tokens,
            completion_tokens=spent.completion_tokens,
        )

    def _part(
        self, told: Sequence[Told], number: int, count: int, spent: _Spent, *, overlapping: bool
    ) -> Told:
        note = video_prompts.PART.format(number=number, count=count)
        question = video_prompts.listing(told, self._room, overlapping=overlapping, note=note)
        fields, sound = self._fields(question, told, spent)
        return video_prompts.part_of(fields, told, with_marks=sound)

    def _fields(
        self, question: str, told: Sequence[Told], spent: _Spent
    ) -> tuple[WholeFields, bool]:
        """The answer, and whether its chapters can be. Raises DescribeError."""
        first = self._said(question, spent)
        read, fault = _judged(first, told)
        if fault is None and read is not None:
            return read, True
        log.debug("a summary by %s is asked for again: %s", first.model, fault)
        repair = video_prompts.repair_of(fault or "")
        shown = video_prompts.shortened(first.text, FIRST_ANSWER_BYTES)
        second = self._said(f"{question}\n\n{shown}\n\n{repair}", spent)
        again, fault = _judged(second, told)
        found = again or read
        if found is None:
            raise DescribeRefusedError(
                f"{second.model} gave no summary in the form asked for, twice: {fault}",
                hint="The built-in summary stands in. Name a model that keeps to JSON, or choose "
                "--summary built-in.",
            )
        return found, fault is None

    def _said(self, closing: str, spent: _Spent) -> Completion:
        question = ModelQuestion(
            opening=self._opening,
            closing=closing,
            max_tokens=self.max_tokens,
            schema=video_prompts.whole_schema(),
        )
        said = self.asker.ask(question)
        spent.add(said)
        if said.refused:
            raise DescribeRefusedError(
                f"{said.model} refused to sum the video up.",
                hint="The built-in summary stands in; another endpoint may take it.",
            )
        return said


def make_teller(settings: Settings, describer: Describer) -> WholeTeller | None:
    """Who sums videos up; None for the built-in summary. Raises SettingError.

    By ``auto`` the model that describes the clips, where it can be asked about words alone.
    """
    asker: Asker | None = getattr(describer, "asker", None)
    if settings.summary == "built-in" or (settings.summary == "auto" and asker is None):
        return None
    if asker is None:
        raise SettingError(
            f"Summaries by a model were asked for, and {describer.name} cannot be asked about "
            "words alone.",
            hint="Describe by an OpenAI-style endpoint or a local model, or leave --summary away.",
        )
    return WholeTeller(
        asker=asker,
        words=video_prompts.words_of(settings.summary_template),
        language=settings.language,
        max_tokens=max(settings.max_tokens, MIN_TOKENS),
        single_clips=settings.summary == "model",
    )


def _judged(said: Completion, told: Sequence[Told]) -> tuple[WholeFields | None, str | None]:
    """The answer, where it can be read, and what is wrong with it."""
    if said.cut:
        return None, "it was longer than may be and broke off."
    read = video_prompts.read_fields(said.text)
    if isinstance(read, str):
        return None, read
    return read, video_prompts.fault_of(read, told)


def _paired(spans: Sequence[Span], told: Sequence[Told]) -> zip[tuple[Span, Told]]:
    return zip(sorted(spans, key=lambda span: span.start), told, strict=True)
