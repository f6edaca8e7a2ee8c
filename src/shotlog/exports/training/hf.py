"""A folder that ``datasets`` of Hugging Face loads, and that can be put on its hub as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.training.clip_files import DescribedFile, DescribedFiles
from shotlog.exports.training.hardlinks import link_or_copy
from shotlog.storage import atomic_folder

SPLIT = "train"
METADATA_NAME = "metadata.jsonl"

_TEXT, _TEXTS, _WHOLE, _REAL = "string", ("string",), "int64", "float64"
COLUMNS: Mapping[str, str | tuple[str]] = {
    "text": _TEXT,
    "video_id": _TEXT,
    "clip": _WHOLE,
    "start_seconds": _REAL,
    "end_seconds": _REAL,
    "width": _WHOLE,
    "height": _WHOLE,
    "fps": _REAL,
    "tags": _TEXTS,
    "classes": _TEXTS,
    "heard": _TEXT,
    "model": _TEXT,
    "source_name": _TEXT,
    "source_url": _TEXT,
    "source_title": _TEXT,
    "fields": _TEXT,
}
"""Beside the video itself, with their types; a type in a tuple is that of a list's items.

No name may end with ``file_name``: ``datasets`` takes such a column for another video.
"""


def write_hf(videos: Iterable[Chosen], target: Target) -> Written:
    """``README.md`` and ``train/``: a folder of clips for each video, and ``metadata.jsonl``.

    Clips are hard links where the disk allows it. Raises LibraryError, DiskFullError.
    """
    counted, files = Counting(videos), DescribedFiles(target.library)
    with atomic_folder(target.place) as folder:
        split = folder / SPLIT
        split.mkdir()
        with (split / METADATA_NAME).open("xb") as metadata:
            for each in counted:
                for file in files.of(each):
                    _add(split, metadata, each, file)
        (folder / "README.md").write_text(_card(files.found), encoding="utf-8")
    return Written(target.place, counted.videos, files.found, files.notes())


def _add(split: Path, metadata: BinaryIO, chosen: Chosen, file: DescribedFile) -> None:
    name = f"{chosen.row.folder}/clip_{file.segment.index:03}.mp4"
    place = split / name
    place.parent.mkdir(exist_ok=True)
    link_or_copy(file.path, place)
    row = {"file_name": name, **_row(chosen, file)}
    metadata.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _row(chosen: Chosen, file: DescribedFile) -> dict[str, object]:
    video, segment = chosen.video, file.segment
    return {
        "text": file.description,
        "video_id": chosen.row.id,
        "clip": segment.index,
        "start_seconds": segment.start_seconds,
        "end_seconds": segment.end_seconds,
        "width": segment.width,
        "height": segment.height,
        "fps": segment.fps,
        "tags": list(segment.tags),
        "classes": [each.name for each in segment.classes],
        "heard": segment.heard,
        "model": segment.model,
        "source_name": video.file_name,
        "source_url": video.public_url,
        "source_title": video.title,
        "fields": segment.fields.model_dump_json() if segment.fields else None,
    }


def _card(clips: int) -> str:
    """The dataset's card. Its types are told, lest they be guessed from the first rows."""
    features = "".join(_feature(name, kind) for name, kind in COLUMNS.items())
    return f"""---
configs:
- config_name: default
  data_files:
  - split: {SPLIT}
    path: {SPLIT}/**
  features:
  - name: video
    dtype: video
{features}task_categories:
- text-to-video
- video-text-to-text
tags:
- video
- shotlog
---

# Clips and their descriptions

Written by shotlog: {clips} clips, a row each.

```py
from datasets import Video, load_dataset

clips = load_dataset("path/to/this/folder", split="{SPLIT}")
paths = clips.cast_column("video", Video(decode=False))
```
"""


def _feature(name: str, kind: str | tuple[str]) -> str:
    if isinstance(kind, tuple):
        return f"  - name: {name}\n    list: {kind[0]}\n"
    return f"  - name: {name}\n    dtype: {kind}\n"
