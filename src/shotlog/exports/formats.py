"""The formats of ``shotlog export``, each a function from chosen videos to a file or a folder."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shotlog.errors import UsageError
from shotlog.exports.chosen import Chosen, Target, Written
from shotlog.exports.lines import write_json, write_jsonl


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    name: str
    about: str
    """Half a sentence for help and docs."""
    default: str
    """The name of what is written, where no other is given; a folder's ends with a slash."""
    write: Callable[[Iterable[Chosen], Target], Written]
    """Whole or not at all. Holds one video at a time. Raises LibraryError, DiskFullError,
    MissingToolError where a package is not installed."""


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("json", "one list, as results.json", "export.json", write_json),
        Format("jsonl", "one object a line", "export.jsonl", write_jsonl),
    )
}
"""By name, in the order shown."""


def format_named(name: str) -> Format:
    """Raises UsageError for an unknown name."""
    known = FORMATS.get(name)
    if known is None:
        near = difflib.get_close_matches(name, FORMATS, n=1, cutoff=0)
        raise UsageError(
            f"There is no format {name!r}.",
            hint=f"Did you mean {near[0]}? There are {', '.join(FORMATS)}.",
        )
    return known
