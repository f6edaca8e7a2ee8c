"""Videos as JSON: one list, or one object a line."""

from __future__ import annotations

from collections.abc import Iterable

from shotlog.exports.library_files import write_list
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.storage import atomic_write


def write_json(videos: Iterable[Chosen], target: Target) -> Written:
    """A list of the objects of ``results.json``. Raises LibraryError, DiskFullError."""
    counted = Counting(videos)
    write_list(target.place, (each.video for each in counted))
    return counted.written(target.place)


def write_jsonl(videos: Iterable[Chosen], target: Target) -> Written:
    """The same objects, one a line. Raises LibraryError, DiskFullError."""
    counted = Counting(videos)
    with atomic_write(target.place) as file:
        for each in counted:
            file.write(each.video.model_dump_json().encode() + b"\n")
    return counted.written(target.place)
