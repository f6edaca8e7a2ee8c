"""Descriptions, words heard and chapters as WebVTT, the subtitles of browsers."""

from __future__ import annotations

from collections.abc import Iterable

from shotlog.exports.chosen import Chosen, Target, Written
from shotlog.exports.cues import Cue, chapter_cues, described_cues
from shotlog.exports.spelling import one_line, time_stamp
from shotlog.exports.tracks import heard_cues, heard_name, write_tracks


def write_webvtt(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder: of each video its descriptions, its words and its chapters, where it has them.

    Raises LibraryError, DiskFullError.
    """
    return write_tracks(videos, target, _tracks)


def _tracks(chosen: Chosen) -> Iterable[tuple[str, str]]:
    if described := described_cues(chosen.clips):
        yield "descriptions.vtt", webvtt(described)
    if heard := heard_cues(chosen):
        yield f"{heard_name(chosen)}.vtt", webvtt(heard)
    if chapters := chapter_cues(chosen.row.chapters):
        yield "chapters.vtt", webvtt(chapters)


def webvtt(cues: Iterable[Cue]) -> str:
    """A WebVTT file (W3C WebVTT 1). Cues without time are left out."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        start, end = time_stamp(cue.start, "."), time_stamp(cue.end, ".")
        if start < end:
            text = "\n".join(_escaped(line) for line in cue.lines)
            name = f"{_escaped(cue.name)}\n" if cue.name else ""
            blocks.append(f"{name}{start} --> {end}\n{text}\n")
    return "\n".join(blocks)


def _escaped(line: str) -> str:
    """Text that is text alone: neither a tag, nor an arrow between times, nor a further line."""
    plain = one_line(line)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
