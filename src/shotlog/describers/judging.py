"""What is made of a model's words on a clip: an answer, a doubtful one, or none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shotlog.describers.asking import Completion
from shotlog.errors import (
    NOT_AGAIN,
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
)
from shotlog.fields import ClipFields, FieldsRead, read_fields
from shotlog.prompts.clips import Wanted
from shotlog.quality import flags_of, is_empty, is_refusal
from shotlog.records import Answer, AnswerFlag

Trouble = Literal["", "empty", "refused", "only_thought", "all_thought"]

THOUGHT: frozenset[Trouble] = frozenset(("only_thought", "all_thought"))
"""It thought and would think again: asked once more it would only cost twice."""

_WEIGHTS: dict[AnswerFlag, int] = {
    "repetition": 16,
    "language": 8,
    "cut": 4,
    "said_often": 2,
    "unstructured": 1,
}
"""How much each flag takes from an answer, when the better of two is looked for."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a clip's requests took so far; counts are None until a server states one."""

    requests: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def with_one(self, said: Completion) -> Tally:
        return Tally(
            self.requests + 1,
            _sum(self.prompt_tokens, said.prompt_tokens),
            _sum(self.completion_tokens, said.completion_tokens),
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """One answer as it was judged."""

    model: str
    description: str = ""
    """Empty where there is ``trouble``."""
    fields: ClipFields | None = None
    flags: tuple[AnswerFlag, ...] = ()
    trouble: Trouble = ""
    """Why it is no answer."""

    @property
    def weight(self) -> int:
        """0 for a sound answer; the more, the worse."""
        return 100 if self.trouble else sum(_WEIGHTS[flag] for flag in self.flags)


def needs_repair(said: Completion, read: FieldsRead, wanted: Wanted) -> bool:
    """Whether one more request, of words alone, may bring the fields.

    A description that survived a cut is not worth it, and neither is plain text from a server that
    was told no schema, unless fields were asked for outright.
    """
    if read.fields is not None or said.refused or is_empty(said.text) or is_refusal(said.text):
        return False
    if said.cut and read.description is not None:
        return False
    return _falls_short(said, read, wanted)


def draft_of(said: Completion, wanted: Wanted, mended: FieldsRead | None = None) -> Draft:
    """Judges one completion. ``mended`` is what its repair brought, with the fields."""
    if said.refused:
        return Draft(said.model, trouble="refused")
    if is_empty(said.text) and (said.cut or said.thought):
        return Draft(said.model, trouble="only_thought" if said.cut else "all_thought")
    if not wanted.in_fields:
        return _described(said, wanted, said.text, cut=said.cut)
    read = mended or read_fields(said.text, wanted.categories)
    if read.fields is not None:
        # Words behind the object may be cut; what was mended of half an object is cut itself.
        cut = said.cut and mended is not None
        return _described(said, wanted, read.fields.description, cut=cut, fields=read.fields)
    # Half an object is nothing to show; this one broke off before its description.
    nothing = read.is_json and said.cut and read.description is None
    text = "" if nothing else read.description or said.text
    draft = _described(said, wanted, text, cut=said.cut)
    if draft.trouble or not _falls_short(said, read, wanted):
        return draft
    return replace(draft, flags=("unstructured", *draft.flags))


def better(first: Draft, second: Draft) -> Draft:
    """The one with less to doubt; the first of equals."""
    return second if second.weight < first.weight else first


def finished(draft: Draft, tally: Tally) -> Answer:
    """The draft as an answer. Raises DescribeError where it is none."""
    if draft.trouble:
        raise _trouble(draft)
    return Answer(
        description=draft.description,
        model=draft.model,
        tags=_tags(draft.fields),
        prompt_tokens=tally.prompt_tokens,
        completion_tokens=tally.completion_tokens,
        fields=draft.fields,
        flags=draft.flags,
        requests=tally.requests,
    )


def _described(
    said: Completion,
    wanted: Wanted,
    description: str,
    *,
    cut: bool,
    fields: ClipFields | None = None,
) -> Draft:
    if is_empty(description):
        return Draft(said.model, trouble="empty")
    if is_refusal(description):
        return Draft(said.model, trouble="refused")
    flags = flags_of(description, cut=cut, language=wanted.language)
    return Draft(said.model, description.strip(), fields, flags)


def _falls_short(said: Completion, read: FieldsRead, wanted: Wanted) -> bool:
    """Whether an answer without fields is less than what was asked.

    ``auto`` takes plain text from a server that was told no schema; JSON that will not do was
    meant to be fields, whoever sent it.
    """
    return wanted.structured == "yes" or said.schema_told or read.is_json


def _tags(fields: ClipFields | None) -> tuple[str, ...]:
    if fields is None:
        return ()
    words: Sequence[str] = (*fields.tags, fields.category.casefold())
    return tuple(dict.fromkeys(word for word in words if word))


def _trouble(draft: Draft) -> DescribeError:
    if draft.trouble == "refused":
        return DescribeRefusedError(
            f"{draft.model} refused to describe the clip.",
            hint=f"Another model or endpoint may take it. {NOT_AGAIN}",
            for_good=True,
        )
    if draft.trouble == "only_thought":
        return DescribeRefusedError(
            f"{draft.model} used all its tokens before it came to the description.",
            hint="Raise MaxTokens in section [QwenVL] of config.ini, or name a model that "
            "answers without thinking.",
            for_good=True,
        )
    if draft.trouble == "all_thought":
        return DescribeRefusedError(
            f"{draft.model} put all its words into its thoughts, and none into its answer.",
            hint="Start its server without a reasoning parser, or name a model that answers "
            "without thinking.",
        )
    return DescribeInterruptedError(
        f"{draft.model} gave an empty answer.",
        hint="Run again; only the clips without an answer are asked for.",
    )


def _sum(first: int | None, second: int | None) -> int | None:
    return second if first is None else first + (second or 0)
