"""Lists of cuts in the form of CMX 3600, which every video editor reads."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from shotlog.exports.editors.cutlists import Cut, cuts_of, name_of, write_cutlists
from shotlog.exports.editors.edit_rates import EditRate, edit_rate
from shotlog.exports.selection import Chosen, Target, Written
from shotlog.records import Facts
from shotlog.wording import one_line

MOST_EVENTS = 999
"""An event's number has three digits."""
REEL_CHARACTERS = 8
TITLE_CHARACTERS = 70
COMMENT_CHARACTERS = 72

_COLORS = {"chapter": "BLUE", "scene": "RED"}


def write_edl(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder of lists of cuts, one a video; further ones where it has more than 999 clips.

    Raises LibraryError, DiskFullError.
    """
    return write_cutlists(videos, target, _files)


def _files(chosen: Chosen, facts: Facts) -> Iterator[tuple[str, str]]:
    rate = edit_rate(facts).in_timecode
    cuts = list(cuts_of(chosen, rate))
    for place in range(0, len(cuts), MOST_EVENTS):
        number = place // MOST_EVENTS + 1
        ending = "edl" if number == 1 else f"{number}.edl"
        yield ending, cut_list(chosen, cuts[place : place + MOST_EVENTS], rate)


def cut_list(chosen: Chosen, cuts: Sequence[Cut], rate: EditRate) -> str:
    """The cuts one after the other from ``01:00:00:00``; the source counts from ``00:00:00:00``."""
    title = one_line(chosen.video.title or "") or name_of(chosen)
    lines = [
        f"TITLE: {title[:TITLE_CHARACTERS]}",
        f"FCM: {'' if rate.drops else 'NON-'}DROP FRAME",
        "",
    ]
    reel = chosen.row.id[:REEL_CHARACTERS].upper()
    record = rate.hour
    for number, cut in enumerate(cuts, 1):
        times = (cut.first, cut.first + cut.frames, record, record + cut.frames)
        codes = " ".join(map(rate.timecode, times))
        lines.append(f"{number:03}  {reel:<{REEL_CHARACTERS}} V     C        {codes}")
        lines += [f"* {comment}" for comment in _comments(chosen, cut, record, rate)]
        record += cut.frames
    return "\n".join(lines) + "\n"


def _comments(chosen: Chosen, cut: Cut, record: int, rate: EditRate) -> Iterator[str]:
    yield f"FROM CLIP NAME: {name_of(chosen)}"
    yield f"SOURCE FILE: {one_line(chosen.row.source.url)}"
    told = one_line(cut.segment.description or "")
    for line in textwrap.wrap(told, COMMENT_CHARACTERS):
        yield f"COMMENT: {line}"
    for mark in cut.marks:
        if mark.kind in _COLORS:
            code = rate.timecode(record + mark.frame - cut.first)
            yield f"LOC: {code} {_COLORS[mark.kind]:<7} {mark.name}"
