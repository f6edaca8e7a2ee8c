"""Small texts put beside files that others may write to: only our own are ever changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shotlog.storage import atomic_write

KEPT_NAME = ".sidecars.json"
"""Lies beside the texts, and tells which of them are ours."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written in one folder."""

    token: str = ""
    """Of the export that wrote last."""
    hashes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A text's name, and what it may hold where it is still ours."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update of one folder came to."""

    written: int
    """Texts that are there as they were wanted."""
    foreign: tuple[str, ...]
    """Names of those that somebody else wrote or changed, left as they are."""


def read_kept(folder: Path) -> Kept:
    """What was kept in a folder; nothing where the file is missing or no longer ours."""
    try:
        found = json.loads((folder / KEPT_NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Kept()
    files = found.get("files") if isinstance(found, dict) else None
    if not isinstance(files, dict):
        return Kept()
    hashes = {
        name: tuple(map(str, told))
        for name, told in files.items()
        if isinstance(told, list) and Path(name).name == name
    }
    return Kept(str(found.get("export")), hashes)


def update(folder: Path, wanted: Mapping[str, str], token: str) -> Updated:
    """Writes the texts wanted, by name, and removes our others.

    Killed halfway, it knows its texts the next time. Raises OSError, LibraryError, DiskFullError.
    """
    before = read_kept(folder).hashes
    states = {name: _state(folder, name, before, wanted) for name in {**wanted, **before}}
    mine = {name: text for name, text in wanted.items() if states[name] != "foreign"}
    gone = [name for name in before if name not in wanted and states[name] == "ours"]
    late = {name: text for name, text in mine.items() if states[name] != "right"}
    after = {name: (_hash(text.encode()),) for name, text in mine.items()}
    if late or gone:
        either = {name: (*before.get(name, ()), *after.get(name, ())) for name in (*mine, *gone)}
        _write_kept(folder, Kept(token, either))
    for name in gone:
        (folder / name).unlink()
    for name, text in late.items():
        with atomic_write(folder / name) as file:
            file.write(text.encode())
    if after:
        _write_kept(folder, Kept(token, after))
    else:
        (folder / KEPT_NAME).unlink(missing_ok=True)
    return Updated(len(mine), tuple(name for name in states if states[name] == "foreign"))


def _state(
    folder: Path, name: str, before: Mapping[str, tuple[str, ...]], wanted: Mapping[str, str]
) -> str:
    """``missing``, ``right`` as it is, ``ours`` to change, or ``foreign``."""
    try:
        held = (folder / name).read_bytes()
    except FileNotFoundError:
        return "missing"
    if name in wanted and held == wanted[name].encode():
        return "right"
    return "ours" if _hash(held) in before.get(name, ()) else "foreign"


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def _write_kept(folder: Path, kept: Kept) -> None:
    with atomic_write(folder / KEPT_NAME) as file:
        file.write(json.dumps({"export": kept.token, "files": kept.hashes}, indent=1).encode())
