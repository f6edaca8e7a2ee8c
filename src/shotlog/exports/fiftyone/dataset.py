"""A dataset of the source videos for FiftyOne: scenes, chapters and clips on their time lines."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import ceil
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from shotlog.exports.building import shown
from shotlog.exports.fiftyone.fields import (
    REAL,
    WHEN,
    WHOLE,
    classifications,
    dataset_document,
    plain,
    temporal_detections,
    texts,
)
from shotlog.exports.objects import ClassObject, SegmentObject
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.records import Facts
from shotlog.rows import ClipRow
from shotlog.segments import scenes_of
from shotlog.storage import atomic_folder

DATASET_NAME = "shotlog"
MEDIA_FOLDER = "data"
"""Below the dataset, where FiftyOne looks for videos that lie behind an address."""

_CLIP_TEXTS = ("description", "heard", "category", "model", "status", "file", "url")
_FIELDS = (
    *(plain(name) for name in ("video_id", "file_name", "public_url", "url", "status")),
    *(plain(name) for name in ("title", "description", "transcript", "language")),
    plain("last_modified", WHEN),
    classifications("classes", [plain("group"), plain("rule")]),
    temporal_detections("scenes", [plain("number", WHOLE)]),
    temporal_detections("chapters", [plain("number", WHOLE)]),
    temporal_detections(
        "clips",
        [
            plain("number", WHOLE),
            plain("start_seconds", REAL),
            plain("end_seconds", REAL),
            *(plain(name) for name in _CLIP_TEXTS),
            texts("classes"),
        ],
    ),
)


def write_fiftyone(videos: Iterable[Chosen], target: Target) -> Written:
    """``metadata.json`` and ``samples.json`` of a FiftyOneDataset; videos stay where they are.

    Raises LibraryError, DiskFullError.
    """
    counted, elsewhere = Counting(videos), 0
    with atomic_folder(target.place) as folder:
        metadata = json.dumps(dataset_document(DATASET_NAME, _FIELDS), indent=1)
        (folder / "metadata.json").write_text(metadata + "\n", encoding="utf-8")
        with (folder / "samples.json").open("xb") as file:
            file.write(b'{"samples": [')
            separator = b"\n"
            for each in counted:
                sample = _sample(each)
                elsewhere += sample["filepath"].startswith(f"{MEDIA_FOLDER}/")
                file.write(separator + json.dumps(sample).encode())
                separator = b",\n"
            file.write(b"\n]}\n")
    notes = (_how_to_play(elsewhere),) if elsewhere else ()
    return counted.written(target.place, *notes)


def _how_to_play(videos: int) -> str:
    those = "1 video lies" if videos == 1 else f"{videos} videos lie"
    return f"{those} behind an address; docs/exports.md says how FiftyOne plays them from there."


def _sample(chosen: Chosen) -> dict[str, Any]:
    row, video = chosen.row, chosen.video
    heard, when = video.transcript, video.last_modified
    return {
        "_id": _key(row.id),
        "_rand": int(_digest(row.id, "rand")[:13], 16) / 16**13,
        "_media_type": "video",
        "filepath": _path(chosen),
        "tags": list(video.tags),
        "metadata": _metadata(chosen.scan.facts, video.file_name) if chosen.scan else None,
        "video_id": row.id,
        "file_name": video.file_name,
        "public_url": video.public_url,
        "url": shown(row.source.url),
        "status": video.status,
        "title": video.title,
        "description": video.description,
        "transcript": heard.text if heard else None,
        "language": heard.language if heard else None,
        "last_modified": {"$date": when.isoformat().replace("+00:00", "Z")} if when else None,
        "classes": _classes(row.id, video.classes),
        "scenes": _detections(_scenes(chosen)),
        "chapters": _detections(_chapters(chosen)),
        "clips": _detections(_clips(chosen)),
    }


def _path(chosen: Chosen) -> str:
    """The video itself where it lies on this machine, else a place below the dataset."""
    parts = urlsplit(chosen.row.source.url)
    if parts.scheme == "file":
        return shown(unquote(parts.path, errors="surrogateescape"))
    ending = PurePosixPath(chosen.video.file_name).suffix.lower()
    ending = ending if ending[1:].isalnum() and ending.isascii() else ""
    return f"{MEDIA_FOLDER}/{chosen.row.folder}{ending or '.mp4'}"


def _metadata(facts: Facts, file_name: str) -> dict[str, Any]:
    return {
        "_cls": "VideoMetadata",
        "size_bytes": facts.size_bytes,
        "mime_type": mimetypes.guess_type(PurePosixPath(file_name).name)[0] or "video/mp4",
        "frame_width": facts.width,
        "frame_height": facts.height,
        "frame_rate": float(facts.rate_fps),
        "total_frame_count": facts.frame_count,
        "duration": float(facts.duration_seconds),
        "encoding_str": facts.video_codec,
    }


def _scenes(chosen: Chosen) -> Iterator[dict[str, Any]]:
    scan, applied = chosen.scan, chosen.row.applied
    if scan is None or applied is None:
        return
    for number, scene in enumerate(scenes_of(scan, applied.scenes), 1):
        key = _key(chosen.row.id, "scene", number)
        support = _support(scan.facts, scene.start, scene.end)
        yield _detection(key, "scene", support) | {"number": number}


def _chapters(chosen: Chosen) -> Iterator[dict[str, Any]]:
    if chosen.scan is None:
        return
    for number, chapter in enumerate(chosen.row.chapters, 1):
        key = _key(chosen.row.id, "chapter", number)
        support = _support(chosen.scan.facts, chapter.start, chapter.end)
        yield _detection(key, chapter.title, support) | {"number": number}


def _clips(chosen: Chosen) -> Iterator[dict[str, Any]]:
    if chosen.scan is None:
        return
    for row, segment in chosen.pairs:
        yield _clip(chosen.scan.facts, row, segment)


def _clip(facts: Facts, row: ClipRow, segment: SegmentObject) -> dict[str, Any]:
    """Its label, by which FiftyOne counts and filters: its class, else the model's category."""
    classes = [each.name for each in segment.classes]
    category = segment.fields.category if segment.fields else None
    label = next(filter(None, (*classes, category)), "clip")
    span = row.clip.span
    key = _key(row.video_id, "clip", segment.index)
    support = _support(facts, span.start, span.end)
    return _detection(key, label, support, segment.tags) | {
        "number": segment.index,
        "start_seconds": segment.start_seconds,
        "end_seconds": segment.end_seconds,
        "description": segment.description,
        "heard": segment.heard,
        "category": category,
        "model": segment.model,
        "status": segment.status,
        "file": segment.file,
        "url": segment.segment_url,
        "classes": classes,
    }


def _support(facts: Facts, start: Fraction, end: Fraction) -> tuple[int, int]:
    """The first and the last frame, from 1, as FiftyOne counts: by the mean rate.

    Where frames come at uneven times these are the nearest that it can be told.
    """
    first = ceil(start * facts.rate_fps) + 1
    last = ceil(end * facts.rate_fps)
    count = max(1, facts.frame_count)
    first = min(first, count)
    return first, min(max(first, last), count)


def _detection(
    key: dict[str, str], label: str, support: tuple[int, int], tags: Iterable[str] = ()
) -> dict[str, Any]:
    return {
        "_id": key,
        "_cls": "TemporalDetection",
        "tags": list(tags),
        "label": label,
        "support": list(support),
    }


def _detections(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"_cls": "TemporalDetections", "detections": list(found)}


def _classes(video_id: str, classes: Iterable[ClassObject]) -> dict[str, Any]:
    told = [
        {
            "_id": _key(video_id, "class", each.group),
            "_cls": "Classification",
            "tags": [],
            "label": each.name,
            "group": each.group,
            "rule": each.rule,
        }
        for each in classes
    ]
    return {"_cls": "Classifications", "classifications": told}


def _key(*words: object) -> dict[str, str]:
    """The same id for the same thing, each time it is exported."""
    return {"$oid": _digest(*words)[:24]}


def _digest(*words: object) -> str:
    return hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()
