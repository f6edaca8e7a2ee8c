"""What leaves a library as files for people and other programs."""

from shotlog.exports.building import manifest_object, segment_url, video_object
from shotlog.exports.objects import (
    ChapterObject,
    ClassObject,
    ErrorObject,
    EvidenceObject,
    GivenSegmentObject,
    ManifestObject,
    MediaObject,
    RuleTagObject,
    SameObject,
    SceneObject,
    SegmentObject,
    UsageObject,
    VideoObject,
    manifest_schema,
    results_schema,
)
from shotlog.exports.writing import write_manifest_with_segments, write_results, write_video

__all__ = [
    "ChapterObject",
    "ClassObject",
    "ErrorObject",
    "EvidenceObject",
    "GivenSegmentObject",
    "ManifestObject",
    "MediaObject",
    "RuleTagObject",
    "SameObject",
    "SceneObject",
    "SegmentObject",
    "UsageObject",
    "VideoObject",
    "manifest_object",
    "manifest_schema",
    "results_schema",
    "segment_url",
    "video_object",
    "write_manifest_with_segments",
    "write_results",
    "write_video",
]
