"""From a rules file's text to rules, everything in it checked; docs/rules.md shows the format."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from shotlog.errors import RulesError
from shotlog.rules.comparing import Anything, Comparison, comparison_of
from shotlog.rules.conditions import All, AnyClip, AnyOf, ClipCount, Condition, FieldIs, Not
from shotlog.rules.nodes import Listed, Mapped, Node, Scalar, nodes_of, refuse, seen
from shotlog.rules.vocabulary import FIELDS, TOLD, WORDS, Field
from shotlog.wording import counted

DEFAULT_GROUP = "class"
"""Of classes whose rules name no other: a video or clip has one of them."""

_WORDS_FIELD = Field(WORDS, "text", FIELDS["description"].get, "both")

_RULE_KEYS = ("tag", "class", "name", "group", "priority", "clip", "video")
_COUNT_KEYS = ("at_least", "at_most", "of")
_JOINTS = ("all", "any", "not", "has")
_OVER_CLIPS = ("any_clip", "all_clips", "clips")

_A_RULE = "Say, tag: fire, and below it clip: {words: [fire, smoke]}"

MOST_TOLD = 10
"""Mistakes that are told at once."""

Of = Literal["clip", "video"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: to what it gives which tag or class, and when."""

    name: str
    gives: str
    of: Of
    condition: Condition
    group: str | None
    """None for a tag."""
    priority: int
    line: int


@dataclass(frozen=True, slots=True)
class Rules:
    """A rules file that was read, in its order."""

    rules: tuple[Rule, ...]
    text: str
    """As it stands in the file: what tells these rules from others."""


def read_rules(text: str, name: str) -> Rules:
    """The rules in ``text``; ``name`` is the file's, JSON where it ends so, else YAML.

    Raises RulesError with the file, the line, what stands there and what may; of several rules that
    have mistakes, the first mistake of each.
    """
    return _Reader(name).rules(text)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def rules(self, text: str) -> Rules:
        root = nodes_of(text, self._name)
        begins = "It begins with rules: and a list."
        if isinstance(root, Listed):
            begins = "Put rules: on a line of its own before the list."
        parts = self._mapping(root, ("rules",), "the file", begins)
        if "rules" not in parts:
            self._refuse(root.line, "the file has no rules.", begins)
        listed = parts["rules"]
        if isinstance(listed, Scalar) and not listed.text:
            return Rules((), text)
        if not isinstance(listed, Listed):
            self._refuse(listed.line, f"rules: is followed by a list, not by {seen(listed)}.")
        found = self._each(listed)
        lines: dict[str, int] = {}
        for rule in found:
            if rule.name in lines:
                self._refuse(
                    rule.line,
                    f"a second rule is called {rule.name!r}, after that of line "
                    f"{lines[rule.name]}.",
                    "Give one of them a name of its own: name: …",
                )
            lines[rule.name] = rule.line
        return Rules(found, text)

    def _each(self, listed: Listed) -> tuple[Rule, ...]:
        """Every rule; a mistake in each of several is told at once."""
        found, mistakes = [], []
        for each in listed.items:
            try:
                found.append(self._rule(each))
            except RulesError as error:
                mistakes.append(error)
        if len(mistakes) == 1:
            raise mistakes[0]
        if mistakes:
            told = [f"{each.what} {each.hint}".rstrip() for each in mistakes[:MOST_TOLD]]
            further = len(mistakes) - len(told)
            and_more = f"And in {counted(further, 'further rule')}. " if further else ""
            raise RulesError("\n".join(told), hint=f"{and_more}Nothing was applied.")
        return tuple(found)

    def _rule(self, node: Node) -> Rule:
        parts = self._mapping(node, _RULE_KEYS, "a rule", _A_RULE)
        kind = self._one_of(node, parts, ("tag", "class"))
        of: Of = "clip" if self._one_of(node, parts, ("clip", "video")) == "clip" else "video"
        for key in ("group", "priority"):
            if kind == "tag" and key in parts:
                self._refuse(parts[key].line, f"a tag has no {key}; classes have.")
        gives = self._text(parts[kind], f"{kind}:")
        group = self._text(parts["group"], "group:") if "group" in parts else DEFAULT_GROUP
        return Rule(
            name=self._text(parts["name"], "name:") if "name" in parts else gives,
            gives=gives,
            of=of,
            condition=self._condition(parts[of], of, quantified=False),
            group=group if kind == "class" else None,
            priority=self._whole(parts["priority"]) if "priority" in parts else 0,
            line=node.line,
        )

    def _condition(self, node: Node, of: Of, *, quantified: bool) -> Condition:
        """``quantified``: of a clip that a video's rule looks at."""
        if not isinstance(node, Mapped) or not node.items:
            self._refuse(
                node.line, f"a condition is wanted, not {seen(node)}.", "Say, words: [fire, smoke]"
            )
        found = []
        for key, value in node.items:
            if key.text in _JOINTS:
                found.append(self._joint(key, value, of, quantified=quantified))
            elif key.text in _OVER_CLIPS:
                found.append(self._over_clips(key, value, of))
            else:
                field = self._field(key, of, quantified=quantified)
                found.append(self._comparison(field, value))
        return found[0] if len(found) == 1 else All(tuple(found))

    def _joint(self, key: Scalar, value: Node, of: Of, *, quantified: bool) -> Condition:
        if key.text == "not":
            return Not(self._condition(value, of, quantified=quantified))
        if key.text == "has":
            names = value.items if isinstance(value, Listed) else (value,)
            asked: list[Condition] = []
            for each in names:
                self._text(each, "has:")
                named = each if isinstance(each, Scalar) else key
                field = self._field(named, of, quantified=quantified)
                asked.append(_field_is(field, Anything()))
            return All(tuple(asked))
        if not isinstance(value, Listed) or not value.items:
            self._refuse(
                value.line,
                f"{key.text}: is followed by a list of conditions, not by {seen(value)}.",
            )
        parts = tuple(self._condition(each, of, quantified=quantified) for each in value.items)
        return All(parts) if key.text == "all" else AnyOf(parts)

    def _over_clips(self, key: Scalar, value: Node, of: Of) -> Condition:
        if of == "clip":
            self._refuse(
                key.line,
                f"{key.text} looks at the clips of a video, and this is about a single clip.",
                "Put it under video:.",
            )
        if key.text == "any_clip":
            return AnyClip(self._condition(value, "clip", quantified=True))
        if key.text == "all_clips":
            part = self._condition(value, "clip", quantified=True)
            return ClipCount(part, at_least=1.0, share=True)
        return self._count(value)

    def _count(self, node: Node) -> Condition:
        parts = self._mapping(node, _COUNT_KEYS, "clips")
        if "of" not in parts or len(parts) < 2:
            self._refuse(
                node.line,
                "clips: needs at_least: or at_most:, and of: with a condition.",
                "Say, clips: {at_least: 3, of: {tags: dark}}",
            )
        bounds = {key: self._amount(parts[key]) for key in parts if key != "of"}
        shares = {share for _, share in bounds.values()}
        if len(shares) > 1:
            self._refuse(node.line, "at_least: and at_most: are both numbers, or both percent.")
        return ClipCount(
            self._condition(parts["of"], "clip", quantified=True),
            at_least=bounds["at_least"][0] if "at_least" in bounds else None,
            at_most=bounds["at_most"][0] if "at_most" in bounds else None,
            share=shares.pop(),
        )

    def _amount(self, node: Node) -> tuple[float, bool]:
        text = self._text(node, "a count").strip()
        share = text.endswith("%")
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            number = math.nan
        most = 100 if share else math.inf
        if not 0 <= number <= most or (not share and number != int(number)):
            self._refuse(node.line, f"{text!r} is no count of clips.", "Write 3, or 50%.")
        return (number / 100, True) if share else (number, False)

    def _field(self, key: Scalar, of: Of, *, quantified: bool) -> Field:
        field = _WORDS_FIELD if key.text == WORDS else FIELDS.get(key.text)
        if field is None:
            known = (*FIELDS, WORDS, *_JOINTS, *_OVER_CLIPS)
            self._unknown(key, known, "there is no field {!r}.", "docs/rules.md lists all fields.")
        if field.scope == "clip" and of == "video":
            self._refuse(
                key.line,
                f"{key.text} is a clip's, and this is about a whole video.",
                f"Say of which clips: any_clip: {{{key.text}: …}}, all_clips: or clips:.",
            )
        if field.name == "class" and not quantified:
            self._refuse(
                key.line,
                "which class a clip has is known once all rules on clips are through.",
                "Ask for it in a rule on videos: video: {any_clip: {class: …}}",
            )
        return field

    def _comparison(self, field: Field, node: Node) -> Condition:
        nodes = node.items if isinstance(node, Listed) else (node,)
        texts = []
        for each in nodes:
            if not isinstance(each, Scalar):
                self._refuse(each.line, f"{field.name}: takes a value, not {seen(each)}.")
            texts.append(each.text)
        if not texts:
            self._refuse(node.line, f"{field.name}: is followed by an empty list.")
        try:
            comparison = comparison_of(field, texts)
        except ValueError as error:
            self._refuse(node.line, f"{field.name}: {error}.")
        return _field_is(field, comparison)

    def _mapping(
        self, node: Node, known: Collection[str], of: str, hint: str = ""
    ) -> Mapping[str, Node]:
        if not isinstance(node, Mapped):
            what = f"{of} has settings with names ({', '.join(known)}), and here is {seen(node)}."
            self._refuse(node.line, what, hint)
        for key, _ in node.items:
            if key.text not in known:
                told = f"{of} has no {{!r}}."
                self._unknown(key, known, told, f"It may have {', '.join(known)}.")
        return {key.text: value for key, value in node.items}

    def _one_of(self, node: Node, parts: Mapping[str, Node], keys: tuple[str, str]) -> str:
        given = [key for key in keys if key in parts]
        if len(given) != 1:
            has = "both" if given else "neither"
            self._refuse(node.line, f"a rule has {keys[0]}: or {keys[1]}:, and this one has {has}.")
        return given[0]

    def _text(self, node: Node, what: str) -> str:
        if not isinstance(node, Scalar) or not node.text.strip():
            self._refuse(node.line, f"{what} wants a text, not {seen(node)}.")
        return node.text.strip()

    def _whole(self, node: Node) -> int:
        text = self._text(node, "priority:")
        try:
            return int(text)
        except ValueError:
            self._refuse(
                node.line, f"priority: {text!r} is no whole number.", "The highest comes first."
            )

    def _unknown(self, key: Scalar, known: Collection[str], what: str, hint: str) -> NoReturn:
        near = difflib.get_close_matches(key.text, known, n=1, cutoff=0)
        nearest = f"The nearest known one is {near[0]!r}. " if near else ""
        self._refuse(key.line, what.format(key.text), nearest + hint)

    def _refuse(self, line: int, what: str, hint: str = "") -> NoReturn:
        refuse(self._name, line, what, hint)


def _field_is(field: Field, comparison: Comparison) -> FieldIs:
    fields = tuple(FIELDS[name] for name in TOLD) if field.name == WORDS else (field,)
    return FieldIs(field.name, fields, comparison)
