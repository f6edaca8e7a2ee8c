"""The words a model is given with a clip. What is sent where is the describers' part.

They come from template files: what stands above the line ``---`` is the same for every clip of a
run and goes before the first frame, so that a model server that keeps prefixes (vLLM and SGLang do)
reads it once; what stands below is of one clip and goes behind the last frame.

A placeholder is ``$name``, a dollar sign is ``$$``. A line with a placeholder that has no value is
left out. Values are put in as they are and never looked through for placeholders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import resources
from pathlib import Path
from string import Template
from typing import Literal

from shotlog.errors import SettingError
from shotlog.fields import fields_in_words
from shotlog.languages import language_name
from shotlog.records import Span
from shotlog.wording import clock, spoken_duration

VERSION = "2"
"""Raised with every change of the rules below: answers to other words are other answers."""

FRAMES_NOTE = (
    "The clip is given as still frames in order of time. Before each frame stands its time in "
    "seconds from the start of the clip. Treat them as one continuous video."
)

FRAME_LABEL = "frame at {seconds} s:"
"""``seconds`` from the clip's start, to a tenth of a second."""

JSON_NOTE = "Answer with the JSON object alone."
"""Stands last, where fields are asked for: small models forget what stood before the frames."""

AGAIN_NOTES: Mapping[str, str] = {
    "cut": "Keep the whole answer short, below {words} words.",
    "language": "Write in {language}, and in no other language.",
    "repetition": "Say each thing once.",
}
"""What is added when a clip is asked about again, by the flag of the first answer."""

ABOVE = ("instruction", "keywords", "categories", "language", "fields")
BELOW = ("start", "end", "length", "video_length", "before", "heard")
"""Placeholders that a clip's template may hold: the first above the line, all below it."""

LONGEST_TOLD = 2000
"""Characters of the clip before, and of the words heard; what is longer is cut at a word."""

LINE = "---"

Structured = Literal["auto", "yes", "no"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants of every answer, the instruction apart."""

    structured: Structured = "auto"
    """Whether fields are asked for; ``auto`` is content with plain text."""
    categories: tuple[str, ...] = ()
    """All that a clip's category may be; none: the model's choice."""
    language: str | None = None
    """A code such as ``en``; None for any."""
    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that matter to the user, by group."""
    context: bool = False
    """Whether the clip before is told."""

    @property
    def in_fields(self) -> bool:
        return self.structured != "no"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A template's text in its two parts, looked through once. Make it by :meth:`parsed`."""

    above: str
    below: str
    names: frozenset[str]
    """Its placeholders."""

    @classmethod
    def parsed(
        cls, text: str, name: str, *, above: Iterable[str], below: Iterable[str]
    ) -> PromptTemplate:
        """``above`` and ``below`` are the placeholders allowed in each part.

        Raises SettingError for any other, naming ``name``, the line, and those allowed.
        """
        lines = text.splitlines()
        end = next((place for place, line in enumerate(lines) if line.strip() == LINE), len(lines))
        names: set[str] = set()
        for number, line in enumerate(lines, start=1):
            allowed = tuple(above) if number <= end else (*above, *below)
            names.update(_placeholders(line, f"{name}, line {number}", allowed))
        return cls("\n".join(lines[:end]), "\n".join(lines[end + 1 :]), frozenset(names))

    def opening(self, values: Mapping[str, str]) -> str:
        return _filled(self.above, values)

    def closing(self, values: Mapping[str, str]) -> str:
        return _filled(self.below, values)

    @property
    def text(self) -> str:
        return f"{self.above}\n{LINE}\n{self.below}"


@dataclass(frozen=True, slots=True)
class ClipPlace:
    """Where a clip lies in its video, and what else is told of it."""

    span: Span
    video_seconds: Fraction | None = None
    """Length of the whole video; None where it is not known."""
    before: str | None = None
    """What was said of the clip before it."""
    heard: str | None = None
    """The words spoken in it."""


class ClipPrompt:
    """The words of a run's questions about clips.

    Raises SettingError where ``template`` has no place for something that the run is to tell.
    """

    def __init__(self, wanted: Wanted, template: PromptTemplate | None = None) -> None:
        self.wanted = wanted
        self._template = template or shipped_template("clip", ABOVE, BELOW)
        self._fields = fields_in_words(wanted.categories) if wanted.in_fields else ""
        told = {
            "keywords": bool(wanted.keywords),
            "language": bool(wanted.language),
            "before": wanted.context,
        }
        for name in (name for name, asked in told.items() if asked):
            if name not in self._template.names:
                raise SettingError(
                    f"The template of questions (ClipTemplate) has no ${name}, "
                    f"and the run is to tell it.",
                    hint=f"Add ${name} to the template, or take that setting away.",
                )
        names = self._template.names
        if (
            wanted.categories
            and "categories" not in names
            and not (self._fields and "fields" in names)
        ):
            raise SettingError(
                "Categories are given, and nothing in a question tells them: answers are not "
                "asked for in fields.",
                hint="Leave --no-structured away, add $categories to the template of questions "
                "(ClipTemplate), or take Categories away.",
            )

    def opening(self, instruction: str) -> str:
        """The same for all clips of a run."""
        return self._template.opening(self._constant(instruction))

    def closing(self, instruction: str, place: ClipPlace, notes: Iterable[str] = ()) -> str:
        """Of this clip alone; ``notes`` stand behind all else."""
        length = place.span.end - place.span.start
        values = {
            **self._constant(instruction),
            "start": clock_exact(place.span.start),
            "end": clock_exact(place.span.end),
            "length": spoken_duration(float(length)),
            "video_length": spoken_duration(float(place.video_seconds or 0))
            if place.video_seconds
            else "",
            "before": told(place.before) if self.wanted.context else "",
            "heard": told(place.heard),
        }
        reminders = [JSON_NOTE] if "fields" in self._template.names and self._fields else []
        return "\n".join(filter(None, (self._template.closing(values), *reminders, *notes)))

    def notes_again(self, flags: Iterable[str], max_tokens: int) -> tuple[str, ...]:
        """What is added when a clip is asked about again because of these flags."""
        language = language_name(self.wanted.language or "")
        # A word takes one to two tokens in most languages; half the tokens leaves room for both.
        words = max(10, max_tokens // 3)
        notes = (AGAIN_NOTES[flag] for flag in flags if flag in AGAIN_NOTES)
        return tuple(note.format(words=words, language=language) for note in notes)

    def repair(self, text: str, errors: Iterable[str]) -> tuple[str, str]:
        """Opening and closing of the question that has ``text`` put into the fields."""
        template = shipped_template("repair", ("fields",), ("errors", "text"))
        fields = {"fields": self._fields}
        values = {**fields, "errors": "; ".join(errors), "text": text}
        return template.opening(fields), template.closing(values)

    def identity(self) -> Mapping[str, str]:
        """What of it decides answers, each value short; the instruction is left out."""
        wanted = self.wanted
        groups = {name: list(words) for name, words in wanted.keywords.items()}
        return {
            "prompt": prompt_identity(self._template.text, self._fields),
            "structured": wanted.structured,
            "language": wanted.language or "",
            "keywords": _short_hash(json.dumps(groups, sort_keys=True)) if groups else "",
            "categories": _short_hash(json.dumps(wanted.categories)) if wanted.categories else "",
            "context": "previous" if wanted.context else "none",
        }

    def _constant(self, instruction: str) -> Mapping[str, str]:
        return {
            "instruction": instruction.strip(),
            "keywords": keywords_in_words(self.wanted.keywords),
            "categories": ", ".join(self.wanted.categories),
            "language": language_name(self.wanted.language) if self.wanted.language else "",
            "fields": self._fields,
        }


def shipped_template(name: str, above: Iterable[str], below: Iterable[str]) -> PromptTemplate:
    """One of shotlog's own."""
    file = resources.files("shotlog.prompts") / "templates" / f"{name}.txt"
    text = file.read_text(encoding="utf-8")
    return PromptTemplate.parsed(text, file.name, above=above, below=below)


def read_template(
    path: Path, *, above: Iterable[str] = ABOVE, below: Iterable[str] = BELOW
) -> PromptTemplate:
    """A user's own. Raises SettingError where it cannot be read or holds an unknown placeholder."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            f"The template {path} cannot be read as UTF-8 text.", hint="Check the path."
        ) from None
    if not text.strip():
        raise SettingError(f"The template {path} is empty.", hint="Write the question into it.")
    return PromptTemplate.parsed(text, str(path), above=above, below=below)


def frame_label(time_seconds: Fraction) -> str:
    """What stands before the frame at this time of its clip."""
    return FRAME_LABEL.format(seconds=f"{float(time_seconds):.1f}")


def keywords_in_words(keywords: Mapping[str, tuple[str, ...]]) -> str:
    """``helmet, forklift``; of several groups ``safety (helmet, forklift); people (guard)``."""
    groups = {name: words for name, words in keywords.items() if words}
    if len(groups) < 2:
        return ", ".join(word for words in groups.values() for word in words)
    return "; ".join(f"{name} ({', '.join(words)})" for name, words in groups.items())


def clock_exact(seconds: Fraction) -> str:
    """``0:15``, ``1:02:03.5``: to a tenth of a second, which whole seconds need not show."""
    tenths = round(seconds * 10)
    rest = f".{tenths % 10}" if tenths % 10 else ""
    return clock(tenths // 10) + rest


def told(text: str | None) -> str:
    """Words of others as they stand in a prompt: on one line, without double quotes, not long."""
    flat = " ".join((text or "").split()).replace('"', "'")
    if len(flat) <= LONGEST_TOLD:
        return flat
    return flat[:LONGEST_TOLD].rpartition(" ")[0] + " …"


def prompt_identity(template: str = "", fields: str = "") -> str:
    """Version and hash of the words around an instruction; the instruction itself is left out."""
    words = "\n".join((FRAMES_NOTE, FRAME_LABEL, JSON_NOTE, *AGAIN_NOTES.values()))
    return f"{VERSION}-{_short_hash(json.dumps([words, template, fields]))}"


def _placeholders(line: str, where: str, allowed: tuple[str, ...]) -> set[str]:
    template = Template(line)
    names = ", ".join(f"${name}" for name in allowed)
    if not template.is_valid():
        raise SettingError(
            f"{where}: a $ stands there that begins no placeholder.",
            hint=f"Write $$ for a dollar sign; placeholders allowed there: {names}.",
        )
    found = set(template.get_identifiers())
    for name in sorted(found - set(allowed)):
        raise SettingError(
            f"{where}: there is no placeholder ${name}.", hint=f"Allowed there: {names}."
        )
    return found


def _filled(part: str, values: Mapping[str, str]) -> str:
    """Lines with their values, but those that lack one; empty lines never come in a row."""
    lines: list[str] = []
    for line in part.splitlines():
        template = Template(line)
        if all(values[name] for name in template.get_identifiers()):
            said = template.substitute(values).rstrip()
            if said or (lines and lines[-1]):
                lines.append(said)
    return "\n".join(lines).strip()


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
