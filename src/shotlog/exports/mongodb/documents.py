"""A video as MongoDB documents: the object of ``results.json`` in BSON's own types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import bson
from bson.decimal128 import Decimal128
from bson.int64 import Int64

from shotlog.exports.building import shown
from shotlog.exports.objects import VideoObject

SCHEMA_VERSION = 1
"""Of the documents. Raised whenever their shape changes; every document is then written anew."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a document is of, so that it need not be written again."""

    library: str
    """The catalog's id."""
    revision: int | None
    """The catalog's last change that it shows; None: only some of the clips are in it."""


@dataclass(frozen=True, slots=True)
class Made:
    """The documents of one video."""

    video: Document
    clips: tuple[Document, ...]
    """Documents of their own; empty where they are within the video's."""
    segments: int
    """Clips, wherever they are."""
    size_bytes: int
    """Of all of them, as BSON."""
    fits: bool
    """Whether each of them is small enough for the server."""

    @property
    def id(self) -> str:
        return str(self.video["_id"])


def made(
    video_id: str, video: VideoObject, stamp: Stamp, *, clips_in: str, most_bytes: int
) -> Made:
    """A video's documents, for a server that takes ``most_bytes`` of each.

    Where one document would be larger, the clips are documents of their own, for the collection
    ``clips_in``, and the video's says so.
    """
    native = _native(video.model_dump())
    segments = native["segments"]
    marks = {
        "schema_version": Int64(SCHEMA_VERSION),
        "library": stamp.library,
        "revision": None if stamp.revision is None else Int64(stamp.revision),
    }
    count = Int64(len(segments))
    document = {"_id": video_id, **marks, "clip_count": count, "clips_in": None, **native}
    size = len(bson.encode(document))
    if size <= most_bytes:
        return Made(document, (), len(segments), size, True)
    own = {"video_id": video_id, "file_name": native["file_name"]}
    clips = tuple(
        {"_id": f"{video_id}/{each['index']}", **marks, **own, **each} for each in segments
    )
    document |= {"clips_in": clips_in, "segments": []}
    sizes = [len(bson.encode(each)) for each in (document, *clips)]
    return Made(document, clips, len(segments), sum(sizes), max(sizes) <= most_bytes)


def _native(value: Any) -> Any:
    """Whole numbers as int64, money as decimal128; datetimes and floats are BSON's already."""
    if isinstance(value, Mapping):
        return {str(key): _native(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(each) for each in value]
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, bool) or value is None or isinstance(value, (float, datetime)):
        return value
    if isinstance(value, int):
        return Int64(value)
    if isinstance(value, Decimal):
        return Decimal128(value)
    raise TypeError(f"a {type(value).__name__} has no place in a document")
