"""Which clips count as there already, whoever encoded them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shotlog.pipeline.models import Models
from shotlog.pipeline.recipe import Recipe
from shotlog.records import Source
from shotlog.rows import VideoRow
from shotlog.settings import Settings

SOURCE = Source(
    public_url="https://mybucket.online/a.mp4",
    url="https://mybucket.online/a.mp4",
    file_name="a.mp4",
)
UNSEEN = VideoRow(
    id=SOURCE.id,
    source=SOURCE,
    source_key="source",
    etag=None,
    folder="a",
    scan_key=None,
    clips_key=None,
    frames_key=None,
    scenes_key=None,
    text_key=None,
    complete_key=None,
    clip_count=0,
    applied=None,
    status=None,
    failure=None,
    description=None,
    tags=(),
)


def recipe(**settings: Any) -> Recipe:
    read = Settings.model_validate(settings)
    return Recipe.of(read, Models.of(read))


def made_with(**settings: Any) -> VideoRow:
    """The video after a run with these settings."""
    before = recipe(**settings)
    return replace(UNSEEN, scan_key=before.scan_key(UNSEEN), clips_key=before.clips_key(UNSEEN))


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ({}, {"hardware": "nvdec"}, False),
        ({"hardware": "nvdec"}, {}, False),
        ({}, {"hardware": "cuda"}, True),
        ({"hardware": "cuda"}, {}, True),
        ({"hardware": "cuda"}, {"hardware": "cuda"}, False),
        ({"hardware": "cuda"}, {"clips": False}, False),
        ({}, {"clips": False, "hardware": "cuda"}, False),
        ({"clips": False}, {"hardware": "cuda"}, True),
    ],
)
def test_clips_are_made_again_only_where_another_encoder_is_to_make_them(
    before: dict[str, Any], after: dict[str, Any], again: bool
) -> None:
    assert recipe(**after).needs(made_with(**before)).clips == again


@pytest.mark.parametrize("hardware", ["nvdec", "cuda"])
def test_what_a_gpu_decoded_counts_as_decoded(hardware: str) -> None:
    needs = recipe(hardware=hardware).needs(made_with())
    assert not needs.scan
    assert not needs.frames
