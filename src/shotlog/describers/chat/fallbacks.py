"""What a refusal is about, and how the same question is put next. Pure.

A refused form steps down to the next one the server may take; a refused schema is told less
strictly; what is too much is asked with less; a field that a model does not take is left out.
Anything else is the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from shotlog.describers.chat.flavours import SCHEMA_LADDER
from shotlog.describers.chat.forms import Dress
from shotlog.errors import DescribeRefusedError
from shotlog.model_servers.error_replies import is_too_much
from shotlog.rows import Form, RefusedForm, SchemaTold

Blame = Literal["field", "size", "schema", "form", "nothing"]

MOST_SHRINKS = 2
"""How often one question is asked with less."""

_ABOUT_A_FORM = (400, 415, 422, 501)
_SCHEMA_WORDS = re.compile(
    r"response_format|json_?schema|json_?object|structured.?output|guided|grammar|xgrammar"
)
_NO_VIDEO = re.compile(r"at most 0 video")
"""vLLM that was started for pictures alone; less of a video is no help."""
_NAMED = "(max_tokens|temperature|top_p|frequency_penalty|seed)"
_FIELD = re.compile(
    rf"unsupported (?:parameter|value)\W{{1,4}}{_NAMED}\b|'{_NAMED}' (?:is|does) not support"
)
"""Of models that draw their words by themselves, or count thoughts among their tokens."""
_FORM_WORDS = re.compile(
    r"part type|message format|content(\[\d+\])?\.type|unknown (part|content)|video_url|image_url|"
    r"unsupported|not support|no(t a)? jpeg"
)
_CONTEXT = re.compile(
    r"(?:maximum context length is|maximum model length of|input length should be \[1,|"
    r"context (?:size|length)[^\d]{0,20})\s*(\d+)"
)
_AT_MOST = re.compile(r"at most (\d+) image")


def blamed(error: DescribeRefusedError, told: SchemaTold) -> Blame:
    """What of the question the server would not take; ``nothing`` where another form is no help."""
    words = error.said.lower()
    if error.status is None:
        return "nothing"
    if field_in(error) is not None:
        return "field"
    if _NO_VIDEO.search(words):
        return "form"
    if is_too_much(error.status, words):
        return "size"
    if error.status not in _ABOUT_A_FORM:
        return "nothing"
    return "schema" if told != "words" and _SCHEMA_WORDS.search(words) else "form"


def names_the_form(error: DescribeRefusedError) -> bool:
    """Whether the server's words are about the form, not about this clip alone."""
    return error.status in (415, 501) or _FORM_WORDS.search(error.said.lower()) is not None


def field_in(error: DescribeRefusedError) -> str | None:
    """The field of the question that the server's words say this model does not take."""
    found = _FIELD.search(error.said.lower())
    return (found[1] or found[2]) if found else None


def context_in(error: DescribeRefusedError) -> int | None:
    """The context length that the server's words tell."""
    found = _CONTEXT.search(error.said.lower())
    return int(found[1]) if found else None


def most_images_in(error: DescribeRefusedError) -> int | None:
    """How many images the server's words allow."""
    found = _AT_MOST.search(error.said.lower())
    return int(found[1]) if found else None


@dataclass
class Course:
    """How one question is put, refusal after refusal."""

    dress: Dress
    forms: list[Form]
    """Further forms that would do for it, in order."""
    shrinks: int = 0
    refused: tuple[tuple[RefusedForm, DescribeRefusedError], ...] = ()
    first: DescribeRefusedError | None = None
    context_length: int | None = None
    """As the server's refusal told it."""
    frame_limit: int | None = None
    """The same of images."""
    frame_tokens: int | None = None
    """Of the frames that were taken, by the formula."""

    def another_way(self, error: DescribeRefusedError) -> Blame:
        """What was changed of the question; ``nothing`` where it cannot be put otherwise."""
        self.first = self.first or error
        blame = blamed(error, self.dress.schema)
        if blame == "field":
            return blame if self._without_field(error) else "nothing"
        if blame == "schema":
            lower = SCHEMA_LADDER[SCHEMA_LADDER.index(self.dress.schema) + 1]
            self.dress = replace(self.dress, schema=lower)
            return blame
        if blame == "size" and self.dress.form not in ("clip", "url"):
            self.shrinks += 1
            return blame if self.shrinks <= MOST_SHRINKS else "nothing"
        if blame == "nothing" or not self.forms:
            return "nothing"
        if blame == "form":
            self.refused += ((RefusedForm(self.dress.form, words_of(error)), error),)
        self.dress = replace(self.dress, form=self.forms.pop(0))
        return "form"

    def _without_field(self, error: DescribeRefusedError) -> bool:
        """Leaves out what the model does not take; False where it was left out already."""
        name, dress = field_in(error) or "", self.dress
        if name == "max_tokens":
            changed = replace(dress, tokens_field="max_completion_tokens")
        else:
            changed = replace(dress, left_out=dress.left_out | {name})
        self.dress = changed
        return changed != dress


def words_of(error: DescribeRefusedError) -> str:
    """The server's own words, or its status where it has none."""
    return error.said or f"status {error.status}"
