"""What ``rclone lsjson`` prints: a JSON list with one object a file. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from shotlog.errors import ListingError
from shotlog.records import SkippedRow
from shotlog.sources.intake import Row, shown_text

_USED = frozenset({"Path", "Name", "Size", "ModTime", "IsDir"})


def lsjson_rows(items: Iterable[object], name: str) -> Iterator[Row | SkippedRow]:
    """The rows; their numbers count the entries. Raises ListingError for another kind of list."""
    for entry, item in enumerate(items, 1):
        if not isinstance(item, dict) or not isinstance(item.get("Path"), str):
            if entry == 1:
                raise ListingError(
                    f"{name} is JSON, but not of `rclone lsjson`: its entries have no Path.",
                    hint="A manifest of videos is given with --json.",
                )
            yield SkippedRow(entry, "bad", "", "the entry has no Path.", "List the bucket again.")
            continue
        yield _row(entry, item)


def _row(entry: int, item: dict[str, object]) -> Row:
    size, modified = item.get("Size"), item.get("ModTime")
    # A remote that does not know a file's size says -1 as well.
    known = isinstance(size, int) and size >= 0
    return Row(
        entry,
        f"{item['Path']}/" if item.get("IsDir") is True else str(item["Path"]),
        str(size) if known else "",
        modified if isinstance(modified, str) else "",
        "",
        tuple(
            (shown_text(key), shown_text(text_of(value)))
            for key, value in item.items()
            if key not in _USED
        ),
    )


def text_of(value: object) -> str:
    """A JSON value as one reads it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
