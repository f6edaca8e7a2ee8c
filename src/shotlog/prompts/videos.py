"""What a model is asked of a whole video, and what is made of its answer. Pure.

The model reads the clips' descriptions, each with its number and time, and answers in JSON: title,
description, chapters. A chapter is asked for by the number of its first clip, so that the model's
words never set a time. No question is longer than :data:`QUESTION_BYTES`: a long video is told in
parts first, then its parts are.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shotlog.errors import SettingError
from shotlog.overlaps import own_parts
from shotlog.records import Chapter, Span
from shotlog.wording import clock

VERSION = "1"
"""Raised with every change of the words below: an answer to other words is another one."""

QUESTION_BYTES = 24_000
"""Of one question in UTF-8: about 6000 tokens of English, 8000 of Chinese. The frames of one clip
take more (15 s, two a second, 768 tokens for two), so a context that holds those holds this."""

MOST_TEMPLATE_BYTES = QUESTION_BYTES // 3
"""Of the user's own words of the question."""

LONGEST_FAULT_BYTES = 400
"""Of what is told a model of its answer."""

CLIP_SHARE = 4
"""No clip, and no part, takes more than this fraction of a question."""

LONGEST_TITLE = 200
"""Characters of a title that are kept."""

FORM = (
    "Answer with one JSON object and nothing else, in this form: "
    '{"title": "…", "description": "…", "chapters": [{"first_clip": 1, "title": "…"}]}. '
    "A chapter begins with the clip whose number is its first_clip and lasts until the next "
    "chapter begins; the first chapter begins with the first clip below, and the numbers rise. "
    "Where the video is of one piece, chapters is an empty list."
)
LANGUAGE = "Write in this language: {language}."
OVERLAP = (
    "Neighbouring clips share some picture: what ends one may begin the next, and is one event."
)
PART = "These clips are part {number} of {count} of the video; write about this part alone."
PARTS = "The video is told here in parts, each of several clips."
HEARD = "Heard: “{words}”"
REPAIR = "Your last answer could not be used: {fault} Answer once more, in the form asked for."


class ChapterField(BaseModel):
    """Where a chapter begins, by clip."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    first_clip: int = Field(ge=1, description="number of the clip that it begins with")
    title: str = Field(min_length=1, description="a few words")


class WholeFields(BaseModel):
    """A whole video in fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: str = Field(min_length=1, description="a few words")
    description: str = Field(min_length=1, description="what happens, in a few sentences")
    chapters: tuple[ChapterField, ...] = Field(description="in order; empty for one piece")


@dataclass(frozen=True, slots=True)
class Told:
    """One clip, or a part of several, as the model is told of it."""

    first: int
    """Number of its first clip."""
    last: int
    start: Fraction
    end: Fraction
    """What is its own: up to where the next one begins."""
    text: str
    marks: tuple[tuple[int, str], ...] = ()
    """Where chapters begin in a part: number of the clip, title."""

    @property
    def beginnings(self) -> tuple[int, ...]:
        """The clips with which a chapter may begin."""
        return (self.first, *(number for number, _ in self.marks if number != self.first))


def words_of(template: Path | None) -> str:
    """The words of the question: the user's file, or shotlog's own. Raises SettingError."""
    if template is None:
        own = files("shotlog.prompts").joinpath("templates", "summary.txt")
        return own.read_text(encoding="utf-8").strip()
    try:
        text = template.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise SettingError(
            f"The template {template} of the summary is no text file that can be read.",
            hint="Name a UTF-8 file with the words of the question, or leave Template in section "
            "[Summary] away.",
        )
    if len(text.encode()) > MOST_TEMPLATE_BYTES:
        raise SettingError(
            f"The template {template} of the summary has {len(text.encode())} bytes; at most "
            f"{MOST_TEMPLATE_BYTES} leave room for the clips.",
            hint="Make it shorter.",
        )
    return text


def opening(words: str, language: str | None) -> str:
    """What is the same in all questions of a run."""
    wish = (LANGUAGE.format(language=language),) if language else ()
    return "\n".join((words, *wish, FORM))


def identity(words: str, language: str | None) -> str:
    """Version and hash of all words that stand around the descriptions."""
    said = "\n".join((opening(words, language), OVERLAP, PART, PARTS, HEARD, REPAIR))
    return f"{VERSION}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def whole_schema() -> dict[str, Any]:
    """The JSON schema of an answer, without references: not all servers follow them."""
    schema = WholeFields.model_json_schema()
    schema.pop("$defs")
    properties = schema["properties"]
    chapter = ChapterField.model_json_schema()
    for field in (*properties.values(), *chapter["properties"].values()):
        field.pop("title", None)
    properties["chapters"]["items"] = _closed(chapter["properties"])
    return _closed(properties)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def told_clips(clips: Sequence[tuple[Span, str, str | None]]) -> tuple[Told, ...]:
    """Clips as they are told: span, description, and the words heard in it, if any."""
    ordered = sorted(clips, key=lambda each: each[0].start)
    parts = own_parts([span for span, _, _ in ordered])
    return tuple(
        Told(span.index, span.index, start, end, _with_words(description, heard))
        for (span, description, heard), (start, end) in zip(ordered, parts, strict=True)
    )


def _with_words(description: str, heard: str | None) -> str:
    text = " ".join(description.split())
    return f"{text} {HEARD.format(words=' '.join(heard.split()))}" if heard else text


def groups(told: Sequence[Told], room_bytes: int) -> tuple[tuple[Told, ...], ...]:
    """The clips in as few questions as hold them, of like length; one where all fit.

    ``room_bytes`` is for the listing of one question. There are always fewer questions than clips,
    so telling in parts comes to an end.
    """
    lengths = [len(line_of(each, room_bytes).encode()) + 1 for each in told]
    total = sum(lengths)
    if total <= room_bytes:
        return (tuple(told),)
    # Clips are at most a fourth of the room, so that filling to three fourths always succeeds.
    count = -(-total // (room_bytes - room_bytes // CLIP_SHARE))
    found: list[list[Told]] = [[]]
    behind = 0
    for each, length in zip(told, lengths, strict=True):
        if found[-1] and behind + length / 2 > total * len(found) / count:
            found.append([])
        found[-1].append(each)
        behind += length
    return tuple(map(tuple, found))


def listing(told: Sequence[Told], room_bytes: int, *, overlapping: bool, note: str = "") -> str:
    """What stands behind the opening: the clips, a line each."""
    notes = [note] if note else []
    if overlapping:
        notes.append(OVERLAP)
    return "\n".join((*notes, *(line_of(each, room_bytes) for each in told)))


def line_of(told: Told, room_bytes: int) -> str:
    """``clip 3 (0:30-0:45): …``, cut to a fourth of the room."""
    numbers = f"clip {told.first}" if told.first == told.last else f"clips {told.first}-{told.last}"
    head = f"{numbers} ({clock(float(told.start))}-{clock(float(told.end))}): "
    room = room_bytes // CLIP_SHARE - len(head.encode()) - 1
    marks = shortened("; ".join(_marked(told)), room // 2)
    text = shortened(told.text, room - len(marks.encode()) - 12)
    return f"{head}{text} Within it: {marks}" if marks else head + text


def _marked(told: Told) -> Iterator[str]:
    return (f"from clip {number} “{title}”" for number, title in told.marks)


def shortened(text: str, limit_bytes: int) -> str:
    """The text up to its last word within the limit; an ellipsis shows that something is gone."""
    data = text.encode()
    if len(data) <= limit_bytes:
        return text
    kept = data[: max(0, limit_bytes - 3)].decode(errors="ignore")
    return f"{kept.rpartition(' ')[0] or kept}…"


def room_bytes(opening_text: str, first_answer_bytes: int) -> int:
    """For the listing of one question: what the constant words, the notes and the asking again
    leave.
    """
    notes = sum(len(words.encode()) for words in (OVERLAP, PART, PARTS, REPAIR))
    constant = len(opening_text.encode()) + notes + LONGEST_FAULT_BYTES + first_answer_bytes
    return QUESTION_BYTES - constant


def repair_of(fault: str) -> str:
    """What is said when the answer is asked for once more."""
    return REPAIR.format(fault=shortened(fault, LONGEST_FAULT_BYTES))


def read_fields(text: str) -> WholeFields | str:
    """The answer in fields, or what is wrong with it in one sentence."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*(.*?)\s*```\s*", text, re.DOTALL)
    try:
        return WholeFields.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        return f"{place}: {first['msg']}."


def fault_of(fields: WholeFields, told: Sequence[Told]) -> str | None:
    """What is wrong with the chapters, in one sentence; None where nothing is."""
    starts = [chapter.first_clip for chapter in fields.chapters]
    if not starts:
        return None
    allowed = [number for each in told for number in each.beginnings]
    if starts[0] != allowed[0]:
        return f"the first chapter begins with clip {starts[0]}, not with clip {allowed[0]}."
    if strange := [number for number in starts if number not in allowed]:
        return f"no clip has the number {strange[0]}."
    places = [allowed.index(number) for number in starts]
    if any(later <= earlier for earlier, later in pairwise(places)):
        return f"the chapters' first clips do not rise: {json.dumps(starts)}."
    return None


def chapters_of(fields: WholeFields, spans: Sequence[Span]) -> tuple[Chapter, ...]:
    """The chapters with the times of their clips; each ends where the next one begins.

    ``spans`` are those of the clips that were told. :func:`fault_of` has found no fault.
    """
    if not fields.chapters:
        return ()
    begins = {span.index: span.start for span in spans}
    starts = [begins[chapter.first_clip] for chapter in fields.chapters]
    ends = [*starts[1:], max(span.end for span in spans)]
    return tuple(
        Chapter(start, end, _line(chapter.title))
        for start, end, chapter in zip(starts, ends, fields.chapters, strict=True)
    )


def title_of(fields: WholeFields) -> str | None:
    return _line(fields.title) or None


def part_of(fields: WholeFields, told: Sequence[Told], *, with_marks: bool) -> Told:
    """A part as the next question tells of it."""
    marks = tuple((each.first_clip, _line(each.title)) for each in fields.chapters)
    return Told(
        first=told[0].first,
        last=told[-1].last,
        start=told[0].start,
        end=told[-1].end,
        text=" ".join(fields.description.split()),
        marks=marks if with_marks else (),
    )


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TITLE]
