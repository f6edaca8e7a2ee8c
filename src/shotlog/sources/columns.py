"""What a listing's columns mean, by their titles or, without titles, by what they hold. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from shotlog.errors import ListingError
from shotlog.sources.endings import is_video_name
from shotlog.wording import listed

TITLES = {
    "address": ("public_url", "url", "video_url", "file_url", "address", "link", "href", "uri"),
    "name": ("file_name", "filename", "path", "name", "file", "key", "object_key"),
    "size": ("file_size", "size", "filesize", "size_bytes", "bytes", "content_length"),
    "modified": ("last_modified", "modified", "mod_time", "mtime", "modified_at", "date"),
}
"""Accepted titles of each column, the preferred first; case, blanks and ``_`` do not matter."""

_SIZE = re.compile(r"-?\d+|\d+(\.\d+)?\s*[kmgt]?i?b", re.IGNORECASE)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; None where no column does."""

    count: int
    address: int | None = None
    name: int | None = None
    size: int | None = None
    modified: int | None = None
    further: tuple[tuple[str, int], ...] = ()
    """Title and place of each other column."""


def _folded(title: str) -> str:
    return re.sub(r"[\s_-]", "", title).lower()


_ROLE_OF = {_folded(title): role for role, titles in TITLES.items() for title in titles}
_RANK = {_folded(title): rank for titles in TITLES.values() for rank, title in enumerate(titles)}


def columns_by_title(titles: Sequence[str]) -> Columns:
    """Columns as their titles say; of two for the same thing the preferred one counts."""
    places: dict[str, int] = {}
    for place, title in enumerate(titles):
        role, rank = _ROLE_OF.get(_folded(title)), _RANK.get(_folded(title), 0)
        if role and (role not in places or rank < _RANK[_folded(titles[places[role]])]):
            places[role] = place
    taken = set(places.values())
    further = [
        (title.strip(), place)
        for place, title in enumerate(titles)
        if place not in taken and title.strip()
    ]
    return Columns(len(titles), **places, further=tuple(further))


def known_titles(titles: Sequence[str]) -> int:
    """How many of the titles are accepted ones."""
    return sum(_folded(title) in _ROLE_OF for title in titles)


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a row is no row of titles: something in it is a size, a time, an address, a video."""
    return any(
        _SIZE.fullmatch(cell)
        or _TIME.fullmatch(cell)
        or _ADDRESS.match(cell)
        or is_video_name(cell)
        for cell in cells
    )


def columns_by_content(rows: Sequence[Sequence[str]]) -> Columns | None:
    """Columns of rows without titles; None where neither a name nor an address shows.

    A column is what most of its cells look like; the first that looks like nothing else is the
    name.
    """
    counts = [len(row) for row in rows]
    count = max(set(counts), key=counts.count)
    full = [row for row in rows if len(row) == count]
    places: dict[str, int] = {}
    unclear: list[int] = []
    for place in range(count):
        role = _role_of_cells([row[place].strip() for row in full])
        if role is None or role in places:
            unclear.append(place)
        else:
            places[role] = place
    if unclear:
        places["name"] = unclear.pop(0)
    if "name" not in places and "address" not in places:
        return None
    further = tuple((f"column {place + 1}", place) for place in unclear)
    return Columns(count, **places, further=further)


def _role_of_cells(cells: Sequence[str]) -> str | None:
    for role, pattern in (("address", _ADDRESS), ("size", _SIZE), ("modified", _TIME)):
        match = pattern.match if role == "address" else pattern.fullmatch
        if sum(match(cell) is not None for cell in cells) * 2 > len(cells):
            return role
    return None


def no_address_error(name: str, titles: Sequence[str], columns: Columns) -> ListingError:
    """What is wrong with a table that has no address column, and what comes nearest to one."""
    seen = listed([repr(title) for title in titles[:20]])
    if columns.name is not None:
        hint = "Add it, or give what stands before the names as --public-url https://…/."
    else:
        hint = f"It is called public_url or url{_nearest(titles)}."
    return ListingError(
        f"{name} has no column with the videos' addresses; its columns are {seen}.", hint=hint
    )


def _nearest(titles: Sequence[str]) -> str:
    accepted = [title for titles in TITLES.values() for title in titles]
    for title in titles:
        near = difflib.get_close_matches(title.strip().lower(), accepted, n=1, cutoff=0.6)
        if near:
            return f"; nearest to {title!r} is {near[0]!r}"
    return ""
