"""Holds a library against its files: whether all that the catalog promises is really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shotlog.exports.library_files import RESULTS_NAME, VIDEO_NAME
from shotlog.library import Library
from shotlog.rows import ClipRow, VideoRow
from shotlog.storage import inside

Trouble = Literal["missing", "wrong_size", "unknown", "unfinished"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the catalog says."""

    trouble: Trouble
    file: str
    """Relative to the library's folder."""
    video_id: str | None
    """Whose file it is; None for one that belongs to no video."""
    detail: str

    @property
    def mended_by_cutting_again(self) -> bool:
        return self.video_id is not None and self.trouble in ("missing", "wrong_size")


def verify(library: Library) -> Iterator[Finding]:
    """Everything that is amiss; nothing when all is well. Reads sizes, not contents."""
    folders = set()
    for video in library.rows():
        folders.add(video.folder)
        yield from _of_video(library, video)
    yield from _strangers(library.folder, folders)
    if not (library.folder / RESULTS_NAME).is_file():
        yield Finding("missing", RESULTS_NAME, None, "the next run writes it")


def _of_video(library: Library, video: VideoRow) -> Iterator[Finding]:
    clips = library.clips(video.id)
    for clip in clips:
        for file, size_bytes in _promised(clip):
            yield from _check(library.folder, file, size_bytes, video.id)
    if video.status is not None:
        yield from _check(library.folder, f"videos/{video.folder}/{VIDEO_NAME}", None, video.id)
    leftovers = (library.folder / "videos" / video.folder).glob("*/.*.part")
    for path in sorted(leftovers):
        name = path.relative_to(library.folder).as_posix()
        yield Finding("unfinished", name, video.id, "left by a run that was killed")


def _promised(row: ClipRow) -> Iterator[tuple[str, int | None]]:
    clip = row.clip
    if clip.video is not None:
        yield clip.video.file, clip.video.size_bytes
    if clip.frames is not None:
        yield clip.frames.file, sum(clip.frames.sizes_bytes)
    if clip.thumb is not None:
        yield clip.thumb, None


def _check(folder: Path, file: str, size_bytes: int | None, video_id: str) -> Iterator[Finding]:
    path = inside(folder, file)
    if not path.is_file():
        yield Finding("missing", file, video_id, "the catalog has it, the disk does not")
    elif size_bytes is not None and path.stat().st_size != size_bytes:
        seen = path.stat().st_size
        yield Finding("wrong_size", file, video_id, f"{seen} bytes, the catalog says {size_bytes}")


def _strangers(folder: Path, known: set[str]) -> Iterator[Finding]:
    videos = folder / "videos"
    if not videos.is_dir():
        return
    for path in sorted(videos.iterdir()):
        if path.name not in known:
            yield Finding("unknown", f"videos/{path.name}", None, "no video of the catalog has it")
