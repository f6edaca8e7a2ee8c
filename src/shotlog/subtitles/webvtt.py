"""Cues as WebVTT, the subtitles of browsers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shotlog.subtitles.cues import Cue
from shotlog.wording import one_line, time_stamp


def webvtt(cues: Iterable[Cue]) -> str:
    """A WebVTT file (W3C WebVTT 1). Cues without time or text are left out."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        start, end = time_stamp(cue.start, "."), time_stamp(cue.end, ".")
        lines = [line for line in map(_escaped, cue.lines) if line]
        if start < end and lines:
            text = "\n".join(lines)
            name = f"{_escaped(cue.name)}\n" if cue.name else ""
            blocks.append(f"{name}{start} --> {end}\n{text}\n")
    return "\n".join(blocks)


def _escaped(line: str) -> str:
    """Text that is text alone: neither a tag, nor an arrow between times, nor a further line."""
    plain = one_line(line)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
