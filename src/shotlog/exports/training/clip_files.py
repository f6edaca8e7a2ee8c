"""Those clips of an export that have a file and a description: what a model is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shotlog.exports.objects import SegmentObject
from shotlog.exports.selection import Chosen
from shotlog.storage import inside
from shotlog.wording import one_line


@dataclass(frozen=True, slots=True)
class DescribedFile:
    """A clip with its file and its words."""

    path: Path
    segment: SegmentObject
    description: str


class DescribedFiles:
    """Finds them, and counts the others."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self.found = 0
        self._without_file = self._gone = self._without_words = 0

    def of(self, chosen: Chosen) -> Iterator[DescribedFile]:
        """In order. Raises LibraryError where a file's name leads out of the library."""
        for segment in chosen.video.segments:
            path = inside(self._library, segment.file) if segment.file else None
            description = segment.description or ""
            if path is None:
                self._without_file += 1
            elif not path.is_file():
                self._gone += 1
            elif not one_line(description):
                self._without_words += 1
            else:
                self.found += 1
                yield DescribedFile(path, segment, description)

    def notes(self) -> tuple[str, ...]:
        """How many clips were left out and why, a sentence each."""
        told = (
            (self._without_file, "no file in the library; a run with --clips cuts them"),
            (self._gone, "a file that is gone; shotlog verify names them"),
            (self._without_words, "no description; the next run asks for it"),
        )
        return tuple(
            f"Left out: {count} {'clip that has' if count == 1 else 'clips that have'} {why}."
            for count, why in told
            if count
        )
