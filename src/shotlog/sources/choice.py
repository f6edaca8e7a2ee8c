"""Which of the videos are done, chosen by what the listing says, before a byte moves."""

from __future__ import annotations

import fnmatch
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shotlog.errors import SettingError
from shotlog.records import ListingReport, SkippedRow, Source

log = logging.getLogger("shotlog.sources")


@dataclass(frozen=True, slots=True)
class Choice:
    """Bounds that a video must keep; None asks nothing. Raises SettingError for empty ones."""

    min_size: int | None = None
    max_size: int | None = None
    """Bytes, both included."""
    modified_after: datetime | None = None
    """Included."""
    modified_before: datetime | None = None
    """Not included, so that two runs over neighbouring spans share no video."""
    match: str | None = None
    """A glob (``*``, ``?``, ``[…]``) for the name or its last part; case does not matter."""
    limit: int | None = None
    """At most so many videos, the first ones that fit."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise SettingError(
                f"--limit {self.limit} leaves nothing to do.", hint="It is 1 or more."
            )
        sizes, times = (self.min_size, self.max_size), (self.modified_after, self.modified_before)
        if sizes[0] is not None and sizes[1] is not None and sizes[0] > sizes[1]:
            raise SettingError(
                f"No size is at least {sizes[0]} and at most {sizes[1]} bytes.",
                hint="--min-size must not be above --max-size.",
            )
        if times[0] is not None and times[1] is not None and times[0] >= times[1]:
            raise SettingError(
                f"No time is from {times[0]:%Y-%m-%d %H:%M:%S} on and "
                f"before {times[1]:%Y-%m-%d %H:%M:%S}.",
                hint="--modified-after must be earlier than --modified-before.",
            )

    def objection(self, source: Source) -> str:
        """Why the video is not chosen; empty if it is. ``limit`` is not looked at."""
        return self._size_objection(source.size_bytes) or self._time_objection(source.last_modified)

    def _size_objection(self, size: int | None) -> str:
        if self.min_size is None and self.max_size is None:
            return ""
        if size is None:
            return "its size is not known, and --min-size or --max-size asks for it"
        if self.min_size is not None and size < self.min_size:
            return f"{size} bytes are below --min-size {self.min_size}"
        if self.max_size is not None and size > self.max_size:
            return f"{size} bytes are above --max-size {self.max_size}"
        return ""

    def _time_objection(self, time: datetime | None) -> str:
        if self.modified_after is None and self.modified_before is None:
            return ""
        if time is None:
            return "its time is not known, and --modified-after or --modified-before asks for it"
        if self.modified_after is not None and time < self.modified_after:
            return f"{time:%Y-%m-%d %H:%M:%S} is earlier than --modified-after"
        if self.modified_before is not None and time >= self.modified_before:
            return f"{time:%Y-%m-%d %H:%M:%S} is not before --modified-before"
        return ""


def choose(sources: Iterable[Source], choice: Choice, report: ListingReport) -> Iterator[Source]:
    """The videos chosen, in their order; the others go to ``report`` with line 0 and the reason.

    Nothing is read past the last one that ``limit`` admits.
    """
    matches = _matcher(choice.match)
    left = choice.limit
    for source in sources:
        reason = choice.objection(source)
        if not reason and not matches(source.file_name):
            reason = f"its name does not fit --match {choice.match}"
        if reason:
            report.add(SkippedRow(0, "not_chosen", source.file_name, reason))
            log.debug("%r: not chosen: %s", source.file_name, reason)
            continue
        yield source
        if left is not None:
            left -= 1
            if left == 0:
                return


def _matcher(glob: str | None) -> Callable[[str], bool]:
    if glob is None:
        return lambda _: True
    fits = re.compile(fnmatch.translate(glob.casefold())).match

    def matches(name: str) -> bool:
        folded = name.casefold()
        return bool(fits(folded) or fits(folded.rpartition("/")[2]))

    return matches
