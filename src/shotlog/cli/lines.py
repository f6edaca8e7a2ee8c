"""Lines for a person: broken between words where a terminal shows them, left whole elsewhere."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_WORD = re.compile(r"`[^`]*`[^\s`]*|\S+")
"""What is never broken: a command between backticks, to be copied in one piece, or a word."""


def say(console: Console, text: str | Text, *, indent: int = 0) -> None:
    """Prints sentences; ``indent``: blanks before each line but the first.

    Elsewhere than on a terminal each paragraph stays one line, to be searched and copied.
    """
    told = Text(text) if isinstance(text, str) else text
    if console.is_terminal:
        told = wrapped(told, console.width, indent=indent)
    console.print(told, soft_wrap=True, highlight=False)


def wrapped(text: Text, width: int, *, indent: int = 0) -> Text:
    """With line ends between words, so that no line is wider than ``width`` cells.

    A word that is wider itself, an address say, stays whole.
    """
    lines = Text(style=text.style)
    for number, paragraph in enumerate(text.split("\n")):
        lines.append("\n" if number else "")
        start, end, used = 0, 0, 0
        for word in _WORD.finditer(paragraph.plain):
            wide = cell_len(paragraph.plain[end : word.end()])
            if end and used + wide > width:
                lines.append_text(paragraph[start:end]).append("\n" + " " * indent)
                start, used, wide = word.start(), indent, cell_len(word[0])
            used += wide
            end = word.end()
        lines.append_text(paragraph[start:])
    return lines
