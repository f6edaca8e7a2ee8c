"""The items of a JSON array, one after the other, however long the array."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from shotlog.errors import ListingError

LONGEST_ITEM = 1 << 24
"""Characters; beyond that an item that does not end is taken for a broken file."""

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class _Text:
    """A window on text that comes in blocks."""

    def __init__(self, blocks: Iterable[str], name: str) -> None:
        self._blocks = iter(blocks)
        self._name = name
        self._text = ""
        self._at = 0
        self._lines_gone = 0

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, character: str) -> bool:
        """Steps over ``character``, if it comes next."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def value(self) -> object:
        """The next value. Raises ListingError where it is no JSON."""
        self.peek()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError):
                if len(self._text) - self._at > LONGEST_ITEM or not self._more():
                    raise self.broken() from None
                continue
            # A number may go on in the next block; everything else ends by its own last character.
            if end == len(self._text) and self._text[-1].isdigit() and self._more():
                continue
            self._at = end
            return value

    def broken(self) -> ListingError:
        line = self._lines_gone + self._text.count("\n", 0, self._at) + 1
        return ListingError(
            f"{self._name} is no complete JSON: what begins at line {line} cannot be read.",
            hint="Check that it was written to its end, or make it again.",
        )

    def _more(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self._lines_gone += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :] + block
        self._at = 0
        return True


def array_items(blocks: Iterable[str], name: str, *, key: str | None = None) -> Iterator[object]:
    """The items of the array; with ``key``, also those of the array ``key`` of one object.

    Raises ListingError, naming ``name`` and the line, where it is something else.
    """
    text = _Text(blocks, name)
    if key is not None and text.skip("{"):
        _find_key(text, name, key)
    if not text.skip("["):
        if not text.peek():
            raise ListingError(
                f"{name} is empty.", hint="Check that the listing was written to its end."
            )
        raise ListingError(f"{name} is no JSON list.", hint="It begins with [ and ends with ].")
    if text.skip("]"):
        return
    while True:
        yield text.value()
        if not text.skip(","):
            break
    if not text.skip("]"):
        raise text.broken()


def _find_key(text: _Text, name: str, key: str) -> None:
    """Steps to the value of ``key`` in an object whose brace was stepped over."""
    while text.peek() == '"':
        found = text.value()
        if not text.skip(":"):
            raise text.broken()
        if found == key:
            return
        text.value()
        if not text.skip(","):
            break
    raise ListingError(
        f"{name} holds one JSON object without {key!r}.",
        hint=f'Give a list of videos, [ … ], or an object {{"{key}": [ … ]}}.',
    )
