"""The catalog's rows: what it hands to the pipeline, the exports, the search and the pages."""

from shotlog.rows.batches import BATCH_OPEN, BatchLine, BatchRow, BatchStatus, LineState
from shotlog.rows.counts import Counts, DescribingRate, TagCount
from shotlog.rows.endpoints import Form, Manner, RefusedForm, SchemaTold
from shotlog.rows.failures import FailureGroup, FailureRow
from shotlog.rows.runs import InHand, RunProgress, RunRow, RunStatus, Stage, Step, TrailPoint
from shotlog.rows.searches import FoundBy, FoundRow, SelectedRow, Snippet, VectorModel
from shotlog.rows.tags import UNEDITED, Edit, Evidence, RuleTag, edit_version, tags_now
from shotlog.rows.videos import (
    AppliedSettings,
    BrowsedPage,
    BrowsedRow,
    ClipRow,
    SameClip,
    ScanRow,
    VideoRow,
)

__all__ = [
    "BATCH_OPEN",
    "UNEDITED",
    "AppliedSettings",
    "BatchLine",
    "BatchRow",
    "BatchStatus",
    "BrowsedPage",
    "BrowsedRow",
    "ClipRow",
    "Counts",
    "DescribingRate",
    "Edit",
    "Evidence",
    "FailureGroup",
    "FailureRow",
    "Form",
    "FoundBy",
    "FoundRow",
    "InHand",
    "LineState",
    "Manner",
    "RefusedForm",
    "RuleTag",
    "RunProgress",
    "RunRow",
    "RunStatus",
    "SameClip",
    "ScanRow",
    "SchemaTold",
    "SelectedRow",
    "Snippet",
    "Stage",
    "Step",
    "TagCount",
    "TrailPoint",
    "VectorModel",
    "VideoRow",
    "edit_version",
    "tags_now",
]
