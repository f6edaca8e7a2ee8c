"""Cues as SubRip subtitles, which every player shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shotlog.subtitles.cues import Cue
from shotlog.wording import one_line, time_stamp

_TAG = re.compile(r"<(?=[/A-Za-z])|\{(?=\\)")
"""What players take for the beginning of a style: ``<i>``, ``{\\an8}``."""
_NO_JOIN = "\u2060"


def srt(cues: Iterable[Cue]) -> str:
    """A SubRip file. Cues without time or text are left out."""
    blocks: list[str] = []
    for cue in cues:
        start, end = time_stamp(cue.start, ","), time_stamp(cue.end, ",")
        lines = [line for line in map(_plain, cue.lines) if line]
        if start < end and lines:
            text = "\n".join(lines)
            blocks.append(f"{len(blocks) + 1}\n{start} --> {end}\n{text}\n")
    return "\n".join(blocks)


def _plain(line: str) -> str:
    """Text that is text alone: SubRip knows no escapes, so an unseen sign parts what would act.

    An arrow becomes another one: some players look for it in any line.
    """
    plain = one_line(line).replace("-->", "→")
    return _TAG.sub(lambda found: found.group() + _NO_JOIN, plain)
