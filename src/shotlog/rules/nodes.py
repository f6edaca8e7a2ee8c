"""A rules file as its parts, each with its line: YAML by PyYAML's composer, JSON by hand.

No value is made of what stands there: ``no`` and ``2024-01-01`` stay the words they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from shotlog.errors import RulesError

DEEPEST = 40
"""Levels within one another; no rule that a person can read has more."""

_PLAIN_VALUE = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, number or text, as it is written, without its quotes."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    line: int
    items: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Listed | Mapped


def seen(node: Node) -> str:
    """What stands there, in words for an error."""
    if isinstance(node, Scalar):
        return repr(node.text) if node.text else "nothing"
    return "a list" if isinstance(node, Listed) else "a group of settings"


def refuse(name: str, line: int, what: str, hint: str = "") -> NoReturn:
    raise RulesError(f"{name}, line {line}: {what}", hint=hint)


def nodes_of(text: str, name: str) -> Node:
    """The file's parts; JSON where ``name`` ends so, else YAML. Raises RulesError."""
    if name.lower().endswith(".json"):
        return _Json(text, name).whole()
    return _yaml(text, name)


def _yaml(text: str, name: str) -> Node:
    import yaml

    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                refuse(
                    name,
                    event.start_mark.line + 1,
                    f"*{event.anchor} points to another part of the file.",
                    "Write that part here once more.",
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        refuse(name, line, f"this is no YAML: {error.problem or error.context}.", _YAML_HINT)
    except yaml.YAMLError:
        refuse(name, 1, "this is no YAML: it holds characters that no text has.", _YAML_HINT)
    except RecursionError:
        refuse(name, 1, f"parts lie more than {DEEPEST} deep in one another.")
    return Mapped(1, ()) if root is None else _from_yaml(root, name, 0)


_YAML_HINT = "Put values with : or # or *, or that begin with > or [, in quotes."


def _from_yaml(node: Any, name: str, depth: int) -> Node:
    import yaml

    line = node.start_mark.line + 1
    if depth > DEEPEST:
        refuse(name, line, f"parts lie more than {DEEPEST} deep in one another.")
    if isinstance(node, yaml.ScalarNode):
        nothing = node.style is None and node.value in ("~", "null")
        return Scalar(line, "" if nothing else node.value)
    if isinstance(node, yaml.SequenceNode):
        return Listed(line, tuple(_from_yaml(each, name, depth + 1) for each in node.value))
    items = []
    for key, value in node.value:
        told = _from_yaml(key, name, depth + 1)
        if not isinstance(told, Scalar):
            refuse(name, told.line, f"a name is wanted before the colon, not {seen(told)}.")
        items.append((told, _from_yaml(value, name, depth + 1)))
    return Mapped(line, _once(items, name))


def _once(items: Sequence[tuple[Scalar, Node]], name: str) -> tuple[tuple[Scalar, Node], ...]:
    """YAML's and JSON's readers would keep the last of two silently."""
    lines: dict[str, int] = {}
    for key, _ in items:
        if key.text in lines:
            refuse(
                name,
                key.line,
                f"{key.text!r} stands here a second time, after line {lines[key.text]}.",
                "Two conditions on one thing go under all: or any:, as a list.",
            )
        lines[key.text] = key.line
    return tuple(items)


class _Json:
    """A reader of RFC 8259 that keeps lines; the standard library's does not."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name, self._place = text.removeprefix("\ufeff"), name, 0

    def whole(self) -> Node:
        node = self._value(0)
        self._pass_blanks()
        if self._place < len(self._text):
            self._fail("the end of the file")
        return node

    def _value(self, depth: int) -> Node:
        self._pass_blanks()
        line = self._line()
        if depth > DEEPEST:
            refuse(self._name, line, f"parts lie more than {DEEPEST} deep in one another.")
        if self._takes("{"):
            pairs = self._series("}", lambda: self._pair(depth))
            return Mapped(line, _once(pairs, self._name))
        if self._takes("["):
            return Listed(line, tuple(self._series("]", lambda: self._value(depth + 1))))
        if self._text.startswith('"', self._place):
            return self._string()
        found = _PLAIN_VALUE.match(self._text, self._place)
        if found is None:
            self._fail("a value")
        self._place = found.end()
        return Scalar(line, "" if found.group() == "null" else found.group())

    def _pair(self, depth: int) -> tuple[Scalar, Node]:
        self._pass_blanks()
        key = self._string()
        self._pass_blanks()
        if not self._takes(":"):
            self._fail("a colon")
        return key, self._value(depth + 1)

    def _series(self, end: str, read: Callable[[], Any]) -> list[Any]:
        self._pass_blanks()
        if self._takes(end):
            return []
        found = [read()]
        self._pass_blanks()
        while self._takes(","):
            found.append(read())
            self._pass_blanks()
        if not self._takes(end):
            self._fail(f"a comma or {end}")
        return found

    def _string(self) -> Scalar:
        line = self._line()
        if not self._text.startswith('"', self._place):
            self._fail("a text in double quotes")
        try:
            text, self._place = _DECODER.raw_decode(self._text, self._place)
        except json.JSONDecodeError:
            self._fail("a text that is closed again, without line breaks")
        return Scalar(line, text)

    def _takes(self, sign: str) -> bool:
        taken = self._text.startswith(sign, self._place)
        self._place += len(sign) if taken else 0
        return taken

    def _pass_blanks(self) -> None:
        found = _BLANK.match(self._text, self._place)
        self._place = found.end() if found else self._place

    def _line(self) -> int:
        return self._text.count("\n", 0, self._place) + 1

    def _fail(self, wanted: str) -> NoReturn:
        near = self._text[self._place : self._place + 12].split("\n")[0]
        got = repr(near) if near else "the end of the line"
        refuse(self._name, self._line(), f"this is no JSON: {wanted} is wanted, not {got}.")
