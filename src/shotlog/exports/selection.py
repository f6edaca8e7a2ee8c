"""What is exported: videos, and those of their clips that were asked for; where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shotlog.exports.building import video_object
from shotlog.exports.library_files import Rows
from shotlog.exports.objects import SegmentObject, VideoObject
from shotlog.rows import ClipRow, ScanRow, SelectedRow, VideoRow
from shotlog.speech import Transcript


@dataclass(frozen=True, slots=True)
class Chosen:
    """One video, as every format takes it."""

    row: VideoRow
    scan: ScanRow | None
    """None where nothing was read of it."""
    transcript: Transcript | None
    """All words heard in the video; None where nobody listened."""
    clips: tuple[ClipRow, ...]
    """Those asked for, in order."""
    video: VideoObject
    """As in ``results.json``; its segments are those of ``clips``, in the same order."""

    @property
    def pairs(self) -> Iterator[tuple[ClipRow, SegmentObject]]:
        return zip(self.clips, self.video.segments, strict=True)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes, and where what it speaks of lies."""

    place: Path
    """The file or folder to be written."""
    library: Path
    """The library's folder: clip files and thumbnails are named relative to it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What an export came to."""

    place: Path
    videos: int
    clips: int
    notes: tuple[str, ...] = ()
    """What a person should know of it, such as clips left out and why; a sentence each."""


class Counting:
    """Hands on what it is given, and counts it."""

    def __init__(self, videos: Iterable[Chosen]) -> None:
        self._videos = videos
        self.videos = 0
        self.clips = 0

    def __iter__(self) -> Iterator[Chosen]:
        for each in self._videos:
            yield each
            self.videos += 1
            self.clips += len(each.clips)

    def written(self, place: Path, *notes: str) -> Written:
        return Written(place, self.videos, self.clips, notes)


def chosen(catalog: Rows, selected: Iterable[SelectedRow]) -> Iterator[Chosen]:
    """The videos selected, one held at a time."""
    for each in selected:
        row = catalog.video(each.video_id)
        if row is not None:
            yield _chosen(catalog, row, each.indexes)


def _chosen(catalog: Rows, row: VideoRow, indexes: Sequence[int] | None) -> Chosen:
    clips, scan = tuple(catalog.clips(row.id)), catalog.scan(row.id)
    transcript = catalog.transcript(row.id)
    video = video_object(row, scan, clips, transcript)
    if indexes is not None:
        asked = set(indexes)
        clips = tuple(clip for clip in clips if clip.clip.span.index in asked)
        segments = tuple(each for each in video.segments if each.index in asked)
        video = video.model_copy(update={"segments": segments})
    return Chosen(row, scan, transcript, clips, video)
