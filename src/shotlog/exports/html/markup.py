"""HTML in which every text is text: nothing that was listed or told becomes an element. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SCHEMES = ("http", "https", "file")


class Markup(str):
    """HTML already; any other text is escaped before it becomes part of some."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """A text as HTML shows it, within elements and within quoted attributes."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(_CONTROLS.sub("\ufffd", text), quote=True))


def joined(*parts: str) -> Markup:
    """One after the other."""
    return Markup("".join(map(escaped, parts)))


def element(name: str, content: str, **attributes: str) -> Markup:
    """An element; ``class_`` stands for the attribute ``class``."""
    told = "".join(f' {key.rstrip("_")}="{escaped(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{told}>{escaped(content)}</{name}>\n")


def linked(address: str, content: str) -> Markup:
    """A link, where the address is one that a browser only ever opens; else the content alone."""
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return escaped(content)
    if scheme not in _SCHEMES or _CONTROLS.search(address):
        return escaped(content)
    return element("a", content, href=address, rel="noopener noreferrer")
