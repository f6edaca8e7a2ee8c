"""Which frames of a surveyed file a clip copies and which it encodes. Pure arithmetic."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from shotlog.media.keyframes import Group, Survey
from shotlog.records import Span


@dataclass(frozen=True, slots=True)
class Share:
    """What one clip takes of one group of pictures."""

    copied_before: int
    """Frames with a lower stamp are copied."""
    encoded_from: int
    encoded_until: int
    """Frames with ``from <= stamp < until`` are encoded."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One span in the numbers of the source."""

    span: Span
    first: int
    end: int
    """Its frames in order of presentation, ``first <= number < end``."""

    @classmethod
    def of(cls, found: Survey, span: Span) -> Cut:
        start, end = found.stamp_at_or_after(span.start), found.stamp_at_or_after(span.end)
        numbers = bisect_left(found.shown, start), bisect_left(found.shown, end)
        return cls(span, *numbers)

    @property
    def frame_count(self) -> int:
        return self.end - self.first

    def encoded(self, found: Survey) -> list[range]:
        """Numbers, in order of presentation, of the frames that must be encoded: before the first
        key frame, and after the last frame that can be copied.
        """
        first = bisect_right(found.groups, self.first, key=_first_of) - 1
        last = bisect_left(found.groups, self.end, key=_first_of) - 1
        runs = []
        for number in sorted({first, last}):
            share = self.share(found, found.groups[number])
            start = bisect_left(found.shown, share.encoded_from)
            runs.append(range(start, bisect_left(found.shown, share.encoded_until)))
        return [run for run in runs if run]

    def share(self, found: Survey, group: Group) -> Share:
        """Groups are closed, so numbers of packets and of frames shown have the same bounds."""
        low, high = max(self.first, group.first), min(self.end, group.end)
        if low >= high:
            return Share(0, 0, 0)
        start, until = found.shown[low], found.shown[high - 1] + 1
        if low > group.first:
            return Share(found.shown[group.first], start, until)
        if high == group.end:
            return Share(until, until, until)
        stop = copied_until(found, group, until)
        return Share(stop, stop, until)


def _first_of(group: Group) -> int:
    return group.first


def copied_until(found: Survey, group: Group, until: int) -> int:
    """The highest stamp, not above ``until``, before which a group's frames decode alone.

    Frames from it on are dropped. One that others refer to takes along what is decoded after it, so
    the stamp moves down until nothing that is kept is decoded after it.
    """
    while True:
        stamps = found.stamps[group.first : group.end]
        dropped = (
            place
            for place, stamp in enumerate(stamps)
            if stamp >= until and found.referenced[group.first + place]
        )
        first_dropped = next(dropped, len(stamps))
        orphans = [stamp for stamp in stamps[first_dropped:] if stamp < until]
        if not orphans:
            return until
        until = min(orphans)
