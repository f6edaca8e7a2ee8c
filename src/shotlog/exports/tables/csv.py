"""Clips and videos as CSV tables for Excel, LibreOffice, Numbers and Google Sheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO

from shotlog.exports.objects import ClassObject, SegmentObject, VideoObject
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.tables.cells import LONGEST_CELL, Cell, clock, joined, safe, time_of
from shotlog.fields import LISTS, ClipFields
from shotlog.storage import atomic_folder, atomic_write

MOST_ROWS = 1_048_575
"""That a sheet of Excel holds below its header."""

_FIELDS = tuple(name for name in ClipFields.model_fields if name not in ("description", "tags"))


def write_csv(videos: Iterable[Chosen], target: Target) -> Written:
    """``clips.csv`` and ``videos.csv`` in a folder; the clips alone where the place is a .csv.

    RFC 4180 with a byte order mark, by which Excel knows UTF-8. Raises LibraryError, DiskFullError.
    """
    counted = Counting(videos)
    if target.place.suffix.lower() == ".csv":
        with atomic_write(target.place) as file:
            clips = _Table(file, _CLIP_COLUMNS)
            without = _write(counted, clips, None)
        left_out = (f"Videos without a clip, and so without a row: {without}.",) if without else ()
        return counted.written(target.place, *left_out, *clips.notes("The table"))
    with ExitStack() as stack:
        folder = stack.enter_context(atomic_folder(target.place))
        files = [stack.enter_context((folder / name).open("xb")) for name in _NAMES]
        clips, whole = _Table(files[0], _CLIP_COLUMNS), _Table(files[1], _VIDEO_COLUMNS)
        _write(counted, clips, whole)
    return counted.written(target.place, *clips.notes(_NAMES[0]), *whole.notes(_NAMES[1]))


_NAMES = ("clips.csv", "videos.csv")


def _write(videos: Iterable[Chosen], clips: _Table, whole: _Table | None) -> int:
    """Fills the tables; how many videos had no clip."""
    without = 0
    for each in videos:
        video_id, video = each.row.id, each.video
        if whole is not None:
            whole.add([*(cell(video) for cell in _VIDEO.values()), video_id])
        for segment in video.segments:
            clips.add([*(cell(video, segment) for cell in _CLIP.values()), video_id])
        without += not video.segments
    return without


class _Table:
    """Rows of one CSV file."""

    def __init__(self, file: BinaryIO, columns: Iterable[str]) -> None:
        self._file = file
        self._line = io.StringIO()
        self._writer = csv.writer(self._line)
        self._rows = 0
        self._long_cells = 0
        file.write("\ufeff".encode())
        self._write(tuple(columns))

    def add(self, cells: Sequence[Cell]) -> None:
        """A row, its cells in the order of the columns."""
        self._rows += 1
        length = self._write(cells)
        if length > LONGEST_CELL:
            self._long_cells += sum(
                isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in cells
            )

    def _write(self, cells: Sequence[Cell]) -> int:
        """How many characters the line takes."""
        self._line.seek(0)
        self._line.truncate()
        self._writer.writerow(cells)
        line = self._line.getvalue()
        self._file.write(line.encode())
        return len(line)

    def notes(self, name: str) -> tuple[str, ...]:
        """What a spreadsheet would lose."""
        notes = []
        if self._long_cells:
            notes.append(
                f"Cells of {name} with more than {LONGEST_CELL} characters, "
                f"which a spreadsheet cuts off: {self._long_cells}."
            )
        if self._rows > MOST_ROWS:
            notes.append(
                f"{name} has {self._rows} rows; Excel shows the first {MOST_ROWS}. "
                "Export fewer with --from and --to, or as parquet."
            )
        return tuple(notes)


_ClipColumn = Callable[[VideoObject, SegmentObject], Cell]
_CLIP: Mapping[str, _ClipColumn] = {
    "video": lambda video, _: safe(video.file_name),
    "clip": lambda _, clip: clip.index,
    "start": lambda _, clip: clock(clip.start_seconds),
    "end": lambda _, clip: clock(clip.end_seconds),
    "start_seconds": lambda _, clip: clip.start_seconds,
    "end_seconds": lambda _, clip: clip.end_seconds,
    "description": lambda _, clip: safe(clip.description),
    "tags": lambda _, clip: joined(clip.tags),
    "classes": lambda _, clip: joined(map(_class, clip.classes)),
    "heard": lambda _, clip: safe(clip.heard),
    **{name: lambda _, clip, name=name: _field(clip, name) for name in _FIELDS},  # type: ignore[misc]
    "doubts": lambda _, clip: joined(clip.flags),
    "model": lambda _, clip: safe(clip.model),
    "status": lambda _, clip: clip.status,
    "error": lambda _, clip: safe(clip.error.message if clip.error else None),
    "same_as": lambda _, clip: safe(
        f"{clip.same_as.file_name} clip {clip.same_as.index}" if clip.same_as else None
    ),
    "edited_utc": lambda _, clip: time_of(clip.edit.edited_at if clip.edit else None),
    "requests": lambda _, clip: clip.usage.requests if clip.usage else None,
    "prompt_tokens": lambda _, clip: clip.usage.prompt_tokens if clip.usage else None,
    "completion_tokens": lambda _, clip: clip.usage.completion_tokens if clip.usage else None,
    "cost": lambda _, clip: (
        str(clip.usage.cost) if clip.usage and clip.usage.cost is not None else None
    ),
    "file": lambda _, clip: safe(clip.file),
    "url": lambda _, clip: safe(clip.segment_url),
    "width": lambda _, clip: clip.width,
    "height": lambda _, clip: clip.height,
    "fps": lambda _, clip: clip.fps,
    "video_title": lambda video, _: safe(video.title),
    "video_modified_utc": lambda video, _: time_of(video.last_modified),
    "video_url": lambda video, _: safe(video.public_url),
}
"""A column's name, and what stands in it; what is read first stands first."""

_VideoColumn = Callable[[VideoObject], Cell]
_VIDEO: Mapping[str, _VideoColumn] = {
    "video": lambda video: safe(video.file_name),
    "title": lambda video: safe(video.title),
    "description": lambda video: safe(video.description),
    "tags": lambda video: joined(video.tags),
    "classes": lambda video: joined(map(_class, video.classes)),
    "chapters": lambda video: joined(
        f"{clock(each.start_seconds)} {each.title}" for each in video.chapters
    ),
    "transcript": lambda video: safe(video.transcript.text if video.transcript else None),
    "language": lambda video: safe(video.transcript.language if video.transcript else None),
    "clips": lambda video: len(video.segments),
    "scenes": lambda video: len(video.scenes),
    "status": lambda video: video.status,
    "error": lambda video: safe(video.error.message if video.error else None),
    "modified_utc": lambda video: time_of(video.last_modified),
    "url": lambda video: safe(video.public_url),
    "size_bytes": lambda video: video.file_size,
    **{
        name: lambda video, name=name: _media(video, name)  # type: ignore[misc]
        for name in (
            *("duration_seconds", "width", "height", "fps", "video_codec", "pixel_format"),
            *("rotation_degrees", "container", "has_audio", "audio_codec", "audio_channels"),
            *("color_transfer", "interlaced"),
        )
    },
    "damage": lambda video: joined(video.media.damage if video.media else ()),
    "edited_utc": lambda video: time_of(video.edit.edited_at if video.edit else None),
}

_CLIP_COLUMNS = (*_CLIP, "video_id")
_VIDEO_COLUMNS = (*_VIDEO, "video_id")


def _class(each: ClassObject) -> str:
    return f"{each.group}: {each.name}"


def _field(clip: SegmentObject, name: str) -> Cell:
    if clip.fields is None:
        return None
    value = getattr(clip.fields, name)
    if name in LISTS:
        return joined(value)
    return safe(value) if isinstance(value, str) else int(value)


def _media(video: VideoObject, name: str) -> Cell:
    value = getattr(video.media, name) if video.media else None
    return safe(value) if isinstance(value, str) else _told(value)


def _told(value: Cell) -> Cell:
    """A yes or no in words that every program takes for one."""
    return str(value).upper() if isinstance(value, bool) else value
