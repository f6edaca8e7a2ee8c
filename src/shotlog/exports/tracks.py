"""Files of subtitles beside each other: which words they hold, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shotlog.exports.chosen import Chosen, Counting, Target, Written
from shotlog.exports.cues import Cue, spoken_cues
from shotlog.languages import code_of
from shotlog.storage import atomic_folder

Tracks = Callable[[Chosen], Iterable[tuple[str, str]]]
"""Of a video, the end of each file's name and what it holds."""


def write_tracks(videos: Iterable[Chosen], target: Target, tracks: Tracks) -> Written:
    """A folder of files named after the videos' folders. Raises LibraryError, DiskFullError."""
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


def heard_cues(chosen: Chosen) -> tuple[Cue, ...]:
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


def heard_name(chosen: Chosen) -> str:
    """``transcript.en``, as players read a language from a name; without it where none is known."""
    told = chosen.transcript.language if chosen.transcript else None
    code = code_of(told) if told else None
    return f"transcript.{code}" if code else "transcript"
