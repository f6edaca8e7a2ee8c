"""Clips and their descriptions in tar shards, as WebDataset and its kin read them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Self

from shotlog.errors import LibraryError
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.training.clip_files import DescribedFile, DescribedFiles
from shotlog.storage import atomic_folder

SHARD_SAMPLES = 1_000
SHARD_BYTES = 10**9
"""A shard ends with the first of both: a file of a size that object stores and loaders like."""


def write_webdataset(videos: Iterable[Chosen], target: Target) -> Written:
    """``shotlog-000000.tar`` and so on; a sample is ``KEY.mp4``, ``KEY.txt`` and ``KEY.json``.

    The same library gives the same bytes. Raises LibraryError, DiskFullError.
    """
    counted, files = Counting(videos), DescribedFiles(target.library)
    with atomic_folder(target.place) as folder, Shards(folder) as shards:
        for each in counted:
            for file in files.of(each):
                key = f"{each.row.folder}-{file.segment.index:04}".replace(".", "-")
                with open_clip(file.path) as clip:
                    shards.add(key, clip, _texts(each, file))
    notes = (*_how_to_read(shards.count), *files.notes())
    return Written(target.place, counted.videos, files.found, notes)


class Shards:
    """Tar files that follow one another."""

    def __init__(
        self, folder: Path, most_samples: int = SHARD_SAMPLES, most_bytes: int = SHARD_BYTES
    ) -> None:
        self._folder = folder
        self._most_samples, self._most_bytes = most_samples, most_bytes
        self._tar: tarfile.TarFile | None = None
        self._samples = self._bytes = 0
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, key: str, clip: BinaryIO, texts: dict[str, bytes]) -> None:
        """One sample: the clip, then the texts by their endings."""
        size = clip.seek(0, io.SEEK_END)
        clip.seek(0)
        adding = size + sum(map(len, texts.values()))
        full = self._samples >= self._most_samples or self._bytes + adding > self._most_bytes
        if self._tar is None or (full and self._samples):
            self._close()
            self._tar = self._next()
        self._tar.addfile(_member(f"{key}.mp4", size), clip)
        for ending, text in texts.items():
            self._tar.addfile(_member(f"{key}.{ending}", len(text)), io.BytesIO(text))
        self._samples += 1
        self._bytes += adding

    def _next(self) -> tarfile.TarFile:
        name = f"shotlog-{self.count:06}.tar"
        self.count += 1
        self._samples = self._bytes = 0
        # Names are short, so that GNU's form is the plain one that every reader of tar knows.
        return tarfile.open(self._folder / name, "x", format=tarfile.GNU_FORMAT)

    def _close(self) -> None:
        if self._tar is not None:
            self._tar.close()
            self._tar = None


def open_clip(path: Path) -> BinaryIO:
    """A clip's file. Raises LibraryError where it cannot be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise LibraryError(
            f"The clip {path} cannot be read: {error.strerror or type(error).__name__}.",
            hint="Check its permissions; shotlog verify compares the library with its files.",
        ) from None


def _member(name: str, size: int) -> tarfile.TarInfo:
    """No time, no owner: nothing that differs where the library is the same."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member


def _texts(chosen: Chosen, file: DescribedFile) -> dict[str, bytes]:
    video = chosen.video
    told = {
        "video_id": chosen.row.id,
        "file_name": video.file_name,
        "public_url": video.public_url,
        "video_title": video.title,
        "video_description": video.description,
        **file.segment.model_dump(mode="json"),
    }
    as_json = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {"txt": file.description.encode(), "json": as_json.encode()}


def _how_to_read(shards: int) -> tuple[str, ...]:
    if shards < 2:
        return ()
    return (f"The shards: shotlog-{{000000..{shards - 1:06}}}.tar",)
