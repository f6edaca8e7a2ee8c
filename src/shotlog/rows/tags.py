"""Tags and classes by rules, and what a person changes by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a rule saw: what stands in a field of a clip, or of the video as a whole."""

    clip: int | None
    """None for the video as a whole."""
    field: str
    """A field's name in the rules file; ``clips`` where clips were counted."""
    value: str | float | bool | None
    """Numbers in seconds, bytes, pixels; None: what the rule names was not there."""


@dataclass(frozen=True, slots=True)
class RuleTag:
    """A tag, or a class, that a rule gave to a video or a clip."""

    name: str
    rule: str
    """The rule's own name."""
    evidence: tuple[Evidence, ...]
    group: str | None = None
    """Of a class: of each group a video or clip has one class at most. None for a tag."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person says of a clip, or of a video as a whole; it wins over what was told."""

    description: str | None = None
    """None: as told."""
    added: tuple[str, ...] = ()
    """Tags that hold besides those told."""
    removed: tuple[str, ...] = ()
    """Tags that do not hold, whoever gives them, in any case."""
    edited_at: datetime | None = None
    """In UTC; None until it is kept."""

    @property
    def is_empty(self) -> bool:
        return self.description is None and not self.added and not self.removed

    def tags_over(self, told: Iterable[str]) -> tuple[str, ...]:
        """The tags that hold: those told but for the removed, then those added."""
        removed = {tag.casefold() for tag in self.removed}
        kept = [tag for tag in told if tag.casefold() not in removed]
        known = {tag.casefold() for tag in kept}
        return (*kept, *(tag for tag in self.added if tag.casefold() not in known))


UNEDITED = Edit()


def edit_version(edit: Edit, start: Fraction | None = None, end: Fraction | None = None) -> str:
    """Names what a hand has said of a stretch (None: of all); of each state another.

    So that who looked at one state does not write over another.
    """
    told = (start, end, edit.description, edit.added, edit.removed, edit.edited_at)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def tags_now(told: Iterable[str], given: Iterable[RuleTag], edit: Edit) -> tuple[str, ...]:
    """Tags told, then those by rules, each once, with what a hand changed; classes are no tags."""
    by_rules = (each.name for each in given if each.group is None)
    return edit.tags_over(dict.fromkeys((*told, *by_rules)))
