"""Descriptions, words heard and chapters as files of subtitles, for browsers and for players."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.languages import code_of
from shotlog.storage import atomic_folder
from shotlog.subtitles.cues import Cue, chapter_cues, described_cues, in_pieces, spoken_cues
from shotlog.subtitles.srt import srt
from shotlog.subtitles.webvtt import webvtt

Tracks = Callable[[Chosen], Iterable[tuple[str, str]]]
"""Of a video, the end of each file's name and what it holds."""


def write_webvtt(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder: of each video its descriptions, its words and its chapters, where it has them.

    Raises LibraryError, DiskFullError.
    """
    return _write_tracks(videos, target, _in_webvtt)


def write_srt(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder: of each video its descriptions and its words, where it has them.

    Raises LibraryError, DiskFullError.
    """
    return _write_tracks(videos, target, _in_srt)


def _in_webvtt(chosen: Chosen) -> Iterable[tuple[str, str]]:
    if described := described_cues(chosen.clips):
        yield "descriptions.vtt", webvtt(described)
    if heard := _heard_cues(chosen):
        yield f"{_heard_name(chosen)}.vtt", webvtt(heard)
    if chapters := chapter_cues(chosen.row.chapters):
        yield "chapters.vtt", webvtt(chapters)


def _in_srt(chosen: Chosen) -> Iterable[tuple[str, str]]:
    described = described_cues(chosen.clips)
    if described:
        yield "descriptions.srt", srt(piece for cue in described for piece in in_pieces(cue))
    if heard := _heard_cues(chosen):
        yield f"{_heard_name(chosen)}.srt", srt(heard)


def _write_tracks(videos: Iterable[Chosen], target: Target, tracks: Tracks) -> Written:
    """A folder of files named after the videos' folders."""
    counted = Counting(videos)
    silent = 0
    with atomic_folder(target.place) as folder:
        for each in counted:
            made = list(tracks(each))
            silent += not made
            for name, text in made:
                (folder / f"{each.row.folder}.{name}").write_bytes(text.encode())
    notes = (
        (f"Videos of which nothing is said, and so without a file: {silent}.",) if silent else ()
    )
    return counted.written(target.place, *notes)


def _heard_cues(chosen: Chosen) -> tuple[Cue, ...]:
    """The words heard: all of them, or those within the clips where some were asked for."""
    words = chosen.transcript.words if chosen.transcript else ()
    if len(chosen.clips) != chosen.row.clip_count:
        spans = [row.clip.span for row in chosen.clips]
        words = tuple(
            word
            for word in words
            if any(span.start <= (word.start + word.end) / 2 < span.end for span in spans)
        )
    return spoken_cues(words)


def _heard_name(chosen: Chosen) -> str:
    """``transcript.en``, as players read a language from a name; without it where none is known."""
    told = chosen.transcript.language if chosen.transcript else None
    code = code_of(told) if told else None
    return f"transcript.{code}" if code else "transcript"
