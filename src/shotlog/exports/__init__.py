"""What leaves a library as files for people and other programs."""

from shotlog.exports.building import manifest_object, segment_url, video_object
from shotlog.exports.formats import FORMATS, Format, format_named
from shotlog.exports.library_files import write_manifest_with_segments, write_results, write_video
from shotlog.exports.objects import (
    ChapterObject,
    ClassObject,
    EditObject,
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
from shotlog.exports.selection import Chosen, Target, Written, chosen

__all__ = [
    "FORMATS",
    "ChapterObject",
    "Chosen",
    "ClassObject",
    "EditObject",
    "ErrorObject",
    "EvidenceObject",
    "Format",
    "GivenSegmentObject",
    "ManifestObject",
    "MediaObject",
    "RuleTagObject",
    "SameObject",
    "SceneObject",
    "SegmentObject",
    "Target",
    "UsageObject",
    "VideoObject",
    "Written",
    "chosen",
    "format_named",
    "manifest_object",
    "manifest_schema",
    "results_schema",
    "segment_url",
    "video_object",
    "write_manifest_with_segments",
    "write_results",
    "write_video",
]
