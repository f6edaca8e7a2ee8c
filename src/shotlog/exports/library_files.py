"""The JSON files of a library, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from shotlog.exports.building import manifest_object, video_object
from shotlog.rows import ClipRow, ScanRow, VideoRow
from shotlog.speech import Transcript
from shotlog.storage import atomic_write, make_folder

RESULTS_NAME = "results.json"
MANIFEST_NAME = "videos_with_segments.json"
VIDEO_NAME = "video.json"


class Rows(Protocol):
    """What the exports ask of a catalog."""

    def video(self, video_id: str) -> VideoRow | None: ...
    def videos(self) -> Iterator[VideoRow]: ...
    def scan(self, video_id: str) -> ScanRow | None: ...
    def clips(self, video_id: str) -> Sequence[ClipRow]: ...
    def transcript(self, video_id: str) -> Transcript | None: ...


def write_results(catalog: Rows, folder: Path) -> Path:
    """Writes ``results.json``: every video that a run has begun, in the order first seen.

    One video is held at a time. Raises LibraryError, DiskFullError; the old file then stays.
    """
    path = folder / RESULTS_NAME
    begun = (video for video in catalog.videos() if video.status or video.scan_key)
    write_list(path, (_object(catalog, video) for video in begun))
    return path


def write_manifest_with_segments(catalog: Rows, folder: Path) -> Path:
    """Writes ``videos_with_segments.json``, the manifest of all videos with their clips.

    One video is held at a time. Raises LibraryError, DiskFullError; the old file then stays.
    """
    path = folder / MANIFEST_NAME
    videos = catalog.videos()
    write_list(path, (manifest_object(video, catalog.clips(video.id)) for video in videos))
    return path


def write_video(catalog: Rows, video_id: str, folder: Path) -> Path:
    """Writes one video's ``video.json`` into its folder. Raises KeyError for an unknown id."""
    video = catalog.video(video_id)
    if video is None:
        raise KeyError(video_id)
    path = folder / "videos" / video.folder / VIDEO_NAME
    make_folder(path.parent)
    with atomic_write(path) as file:
        file.write(_json(_object(catalog, video)) + b"\n")
    return path


def _object(catalog: Rows, video: VideoRow) -> BaseModel:
    heard = catalog.transcript(video.id)
    return video_object(video, catalog.scan(video.id), catalog.clips(video.id), heard)


def write_list(path: Path, objects: Iterable[BaseModel]) -> None:
    """A JSON list, one object after the other. Raises LibraryError, DiskFullError."""
    with atomic_write(path) as file:
        file.write(b"[")
        separator = b"\n"
        for each in objects:
            file.write(separator)
            file.write(_json(each, margin="  "))
            separator = b",\n"
        file.write(b"\n]\n")


def _json(each: BaseModel, margin: str = "") -> bytes:
    """Within JSON a line feed only ever ends a line; within a string it is written ``\\n``."""
    text = margin + each.model_dump_json(indent=2)
    return text.replace("\n", "\n" + margin).encode()
