"""What a video editor is handed of a video: its clips as cuts of the source, with their marks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shotlog.exports.editors.edit_rates import EditRate, edit_rate
from shotlog.exports.objects import SegmentObject
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.records import Facts
from shotlog.segments import scenes_of
from shotlog.storage import atomic_folder
from shotlog.wording import one_line

NAME_CHARACTERS = 60
"""Of a description, in the name of a mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to be seen at one frame of a source."""

    frame: int
    kind: Literal["description", "chapter", "scene"]
    name: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A clip as a stretch of the source's frames."""

    name: str
    first: int
    """Frame of the source, from 0."""
    frames: int
    """At least 1."""
    segment: SegmentObject
    marks: tuple[Mark, ...]
    """In order of time."""


Files = Callable[[Chosen, Facts], Iterable[tuple[str, str]]]
"""Of a video that was read, the ending of each file's name and what it holds."""


def write_cutlists(videos: Iterable[Chosen], target: Target, files: Files) -> Written:
    """A folder of files named after the videos' folders. Raises LibraryError, DiskFullError."""
    counted = Counting(videos)
    unread = varying = 0
    with atomic_folder(target.place) as folder:
        for each in counted:
            if each.scan is None or not each.clips:
                unread += 1
                continue
            varying += not edit_rate(each.scan.facts).is_steady
            for ending, text in files(each, each.scan.facts):
                (folder / f"{each.row.folder}.{ending}").write_bytes(text.encode())
    notes = []
    if unread:
        notes.append(f"Videos without a clip, or never read, and so without a file: {unread}.")
    if varying:
        notes.append(
            f"Videos whose frames are not evenly spaced: {varying}; "
            "their times are rounded to those of a steady rate."
        )
    return counted.written(target.place, *notes)


def cuts_of(chosen: Chosen, rate: EditRate) -> Iterator[Cut]:
    """The clips asked for, in order, with the marks that lie in each."""
    marks = list(_marks(chosen, rate))
    for row, segment in chosen.pairs:
        span = row.clip.span
        first = rate.frame(span.start)
        end = max(first + 1, rate.frame(span.end))
        within = [mark for mark in marks if first <= mark.frame < end]
        told = one_line(segment.description or "")
        if told:
            name = textwrap.shorten(told, NAME_CHARACTERS, placeholder=" …")
            within.insert(0, Mark(first, "description", name, told))
        yield Cut(
            f"{name_of(chosen)} clip {span.index}", first, end - first, segment, tuple(within)
        )


def name_of(chosen: Chosen) -> str:
    """The video's name, in one line."""
    return one_line(chosen.video.file_name)


def _marks(chosen: Chosen, rate: EditRate) -> Iterator[Mark]:
    """Chapters and scenes, at the frames where they begin."""
    for chapter in chosen.row.chapters:
        yield Mark(rate.frame(chapter.start), "chapter", one_line(chapter.title))
    if chosen.scan is not None and chosen.row.applied is not None:
        for number, scene in enumerate(scenes_of(chosen.scan, chosen.row.applied.scenes), 1):
            yield Mark(rate.frame(scene.start), "scene", f"Scene {number}")
