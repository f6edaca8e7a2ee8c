"""Descriptions and words heard as SubRip subtitles, which every player shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shotlog.exports.chosen import Chosen, Target, Written
from shotlog.exports.cues import Cue, described_cues, in_pieces
from shotlog.exports.spelling import one_line, time_stamp
from shotlog.exports.tracks import heard_cues, heard_name, write_tracks

_TAG = re.compile(r"<(?=[/A-Za-z])|\{(?=\\)")
"""What players take for the beginning of a style: ``<i>``, ``{\\an8}``."""
_NO_JOIN = "\u2060"


def write_srt(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder: of each video its descriptions and its words, where it has them.

    Raises LibraryError, DiskFullError.
    """
    return write_tracks(videos, target, _tracks)


def _tracks(chosen: Chosen) -> Iterable[tuple[str, str]]:
    described = described_cues(chosen.clips)
    if described:
        yield "descriptions.srt", srt(piece for cue in described for piece in in_pieces(cue))
    if heard := heard_cues(chosen):
        yield f"{heard_name(chosen)}.srt", srt(heard)


def srt(cues: Iterable[Cue]) -> str:
    """A SubRip file. Cues without time are left out."""
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
