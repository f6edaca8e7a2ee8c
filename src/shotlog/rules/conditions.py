"""Conditions: what must hold of a subject, and what was seen where it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shotlog.rows import Evidence
from shotlog.rules.comparing import Comparison
from shotlog.rules.subjects import ClipSubject, Subject, clip_of, video_of
from shotlog.rules.vocabulary import Field

CLIPS_SHOWN = 5
"""Of the clips that a rule counted, so many are given as evidence."""

LETTERS_SHOWN = 120
"""Of what stands in a field, so much is given as evidence."""

Proof = tuple[Evidence, ...]


class Condition(Protocol):
    """``proof`` is what was seen where the condition holds, and None where it does not."""

    def proof(self, subject: Subject) -> Proof | None: ...

    def refutation(self, subject: Subject) -> Proof:
        """What is given as evidence where it does not hold."""


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field of the subject is as wanted; one that is not known is not."""

    name: str
    fields: tuple[Field, ...]
    """The one of that name, or those that :data:`WORDS` stands for."""
    comparison: Comparison

    def proof(self, subject: Subject) -> Proof | None:
        for field in self.fields:
            value = field.get(subject)
            if value is not None:
                seen = self.comparison.seen(subject, field.name, value)
                if seen is not None:
                    return (Evidence(_place(field, subject), field.name, _short(seen)),)
        return None

    def refutation(self, subject: Subject) -> Proof:
        value = self.fields[0].get(subject)
        plain = value if isinstance(value, bool | int | float) else None
        return (Evidence(_place(self.fields[0], subject), self.name, plain),)


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]

    def proof(self, subject: Subject) -> Proof | None:
        found: list[Evidence] = []
        for part in self.parts:
            proof = part.proof(subject)
            if proof is None:
                return None
            found += proof
        return tuple(found)

    def refutation(self, subject: Subject) -> Proof:
        part = next(each for each in self.parts if each.proof(subject) is None)
        return part.refutation(subject)


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]

    def proof(self, subject: Subject) -> Proof | None:
        proofs = (part.proof(subject) for part in self.parts)
        return next((proof for proof in proofs if proof is not None), None)

    def refutation(self, subject: Subject) -> Proof:
        return tuple(each for part in self.parts for each in part.refutation(subject))


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition

    def proof(self, subject: Subject) -> Proof | None:
        return None if self.part.proof(subject) is not None else self.part.refutation(subject)

    def refutation(self, subject: Subject) -> Proof:
        return self.part.proof(subject) or ()


@dataclass(frozen=True, slots=True)
class AnyClip:
    """At least one clip of the video meets the condition."""

    part: Condition

    def proof(self, subject: Subject) -> Proof | None:
        return next((proof for _, proof in _met(self.part, subject)), None)

    def refutation(self, subject: Subject) -> Proof:
        return (_counted(0, subject),)


@dataclass(frozen=True, slots=True)
class ClipCount:
    """So many clips of the video meet the condition; a share of a video without clips is none."""

    part: Condition
    at_least: float | None = None
    at_most: float | None = None
    share: bool = False
    """Whether the bounds are shares of all clips, 0..1."""

    def proof(self, subject: Subject) -> Proof | None:
        shown: list[Evidence] = []
        count = 0
        for count, (_, proof) in enumerate(_met(self.part, subject), start=1):
            if count <= CLIPS_SHOWN:
                shown += proof
        clips = len(video_of(subject).clips)
        if self.share and not clips:
            return None
        amount = count / clips if self.share else count
        if self.at_least is not None and amount < self.at_least:
            return None
        if self.at_most is not None and amount > self.at_most:
            return None
        return (_counted(count, subject), *shown)

    def refutation(self, subject: Subject) -> Proof:
        return (_counted(sum(1 for _ in _met(self.part, subject)), subject),)


def _place(field: Field, subject: Subject) -> int | None:
    return None if field.scope == "video" else clip_of(subject)


def _short(seen: str | float | bool) -> str | float | bool:
    if isinstance(seen, str) and len(seen) > LETTERS_SHOWN:
        return seen[: LETTERS_SHOWN - 1] + "…"
    return seen


def _met(part: Condition, subject: Subject) -> Iterator[tuple[ClipSubject, Proof]]:
    for clip in video_of(subject).clips:
        proof = part.proof(clip)
        if proof is not None:
            yield clip, proof


def _counted(count: int, subject: Subject) -> Evidence:
    return Evidence(None, "clips", f"{count} of {len(video_of(subject).clips)}")
