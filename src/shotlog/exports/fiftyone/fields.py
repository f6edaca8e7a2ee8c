"""How FiftyOne is told which fields a dataset has (``metadata.json`` of a FiftyOneDataset)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shotlog import __version__

FORMAT_VERSION = "1.0.0"
"""Of FiftyOne: a later one brings what it reads up to date by itself."""

TEXT, WHOLE, REAL, TRUTH, WHEN, KEY, SUPPORT = (
    f"fiftyone.core.fields.{name}Field"
    for name in ("String", "Int", "Float", "Boolean", "DateTime", "ObjectId", "FrameSupport")
)
_LIST = "fiftyone.core.fields.ListField"
_EMBEDDED = "fiftyone.core.fields.EmbeddedDocumentField"
_LABELS = "fiftyone.core.labels"

Field = dict[str, Any]


def dataset_document(name: str, further: Iterable[Field]) -> dict[str, Any]:
    """A dataset of videos whose samples have these fields beside those that all have."""
    always = [
        _field("id", KEY, stored="_id"),
        _field("filepath", TEXT),
        texts("tags"),
        _embedded("metadata", "fiftyone.core.metadata.VideoMetadata", _METADATA),
        _field("created_at", WHEN, read_only=True),
        _field("last_modified_at", WHEN, read_only=True),
        _field("_media_type", TEXT),
        _field("_rand", REAL),
        _field("_dataset_id", KEY),
    ]
    of_frames = [
        _field("id", KEY, stored="_id"),
        _field("frame_number", "fiftyone.core.fields.FrameNumberField"),
        _field("created_at", WHEN, read_only=True),
        _field("last_modified_at", WHEN, read_only=True),
        _field("_sample_id", KEY),
        _field("_dataset_id", KEY),
    ]
    return {
        "name": name,
        "version": FORMAT_VERSION,
        "media_type": "video",
        "sample_fields": [*always, *further],
        "frame_fields": of_frames,
        "group_media_types": {},
        "info": {"made_by": f"shotlog {__version__}"},
        "tags": [],
        "classes": {},
        "default_classes": [],
        "mask_targets": {},
        "default_mask_targets": {},
        "skeletons": {},
        "app_config": {},
        "saved_views": [],
        "workspaces": [],
        "annotation_runs": {},
        "brain_methods": {},
        "evaluations": {},
        "runs": {},
    }


def plain(name: str, kind: str = TEXT) -> Field:
    return _field(name, kind)


def texts(name: str) -> Field:
    return _field(name, _LIST, subfield=TEXT)


def classifications(name: str, further: Iterable[Field]) -> Field:
    fields = [*_LABEL, _field("confidence", REAL), *further]
    return _labels(name, "Classification", fields)


def temporal_detections(name: str, further: Iterable[Field]) -> Field:
    support = _field("support", SUPPORT, subfield=WHOLE)
    return _labels(name, "TemporalDetection", [*_LABEL, support, *further])


def _labels(name: str, kind: str, fields: Iterable[Field]) -> Field:
    """``detections`` of TemporalDetections, ``classifications`` of Classifications."""
    items = "detections" if kind.endswith("Detection") else "classifications"
    one = _field(items, _LIST, f"{_LABELS}.{kind}", _EMBEDDED, fields)
    return _embedded(name, f"{_LABELS}.{kind}s", [one])


def _embedded(name: str, document: str, fields: Iterable[Field]) -> Field:
    return _field(name, _EMBEDDED, document, None, fields)


def _field(
    name: str,
    kind: str,
    document: str | None = None,
    subfield: str | None = None,
    fields: Iterable[Field] = (),
    *,
    stored: str = "",
    read_only: bool = False,
) -> Field:
    return {
        "name": name,
        "ftype": kind,
        "embedded_doc_type": document,
        "subfield": subfield,
        "fields": list(fields),
        "db_field": stored or name,
        "description": None,
        "info": None,
        "read_only": read_only,
        "created_at": None,
    }


_LABEL = (_field("id", KEY, stored="_id"), texts("tags"), _field("label", TEXT))
_METADATA = (
    _field("size_bytes", WHOLE),
    _field("mime_type", TEXT),
    _field("frame_width", WHOLE),
    _field("frame_height", WHOLE),
    _field("frame_rate", REAL),
    _field("total_frame_count", WHOLE),
    _field("duration", REAL),
    _field("encoding_str", TEXT),
)
