"""Clips that show the same picture, as the catalog finds them; and cuts with their key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from catalog_material import FACTS, SAMPLES, SCORES, add, clip, many

from shotlog.catalog import Catalog
from shotlog.records import Clip, SceneCuts, SceneMethod
from shotlog.sameness import LENGTH


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        yield opened


def shows(seed: int, index: int = 1, length: int = 15) -> Clip:
    """A clip with a picture of its own."""
    pictures = np.random.default_rng(seed).integers(0, 256, LENGTH, np.uint8).tobytes()
    return replace(clip(index, Fraction(length)), fingerprint=pictures)


def ids(catalog: Catalog, count: int) -> list[str]:
    add(catalog, *many(count))
    return [row.id for row in catalog.videos()]


def same(catalog: Catalog, video_id: str) -> list[tuple[str, int] | None]:
    return [
        (row.same_as.video_id, row.same_as.index) if row.same_as else None
        for row in catalog.clips(video_id)
    ]


def test_a_clip_is_marked_with_the_first_one_that_shows_the_same(catalog: Catalog) -> None:
    one, two, three = ids(catalog, 3)
    for video_id in (one, two, three):
        catalog.save_clips(video_id, None, None, [shows(1), shows(2, 2)])
    assert same(catalog, one) == [None, None]
    assert same(catalog, two) == same(catalog, three) == [(one, 1), (one, 2)]


def test_lengths_must_agree_within_half_a_second(catalog: Catalog) -> None:
    one, two = ids(catalog, 2)
    catalog.save_clips(one, None, None, [shows(1)])
    catalog.save_clips(two, None, None, [shows(1, length=16)])
    assert same(catalog, two) == [None]


def test_among_many_different_clips_only_the_copy_is_marked(catalog: Catalog) -> None:
    first, *others = ids(catalog, 300)
    for seed, video_id in enumerate([first, *others[:-1]]):
        catalog.save_clips(video_id, None, None, [shows(seed)])
    catalog.save_clips(others[-1], None, None, [shows(0)])
    marked = [video_id for video_id in others if same(catalog, video_id) != [None]]
    assert marked == [others[-1]]


def test_clips_saved_again_without_a_look_keep_what_they_show(catalog: Catalog) -> None:
    one, two = ids(catalog, 2)
    for video_id in (one, two):
        catalog.save_clips(video_id, None, None, [shows(1)])
    for video_id in (one, two):
        catalog.save_clips(video_id, None, None, [clip()])
    assert (same(catalog, one), same(catalog, two)) == ([None], [(one, 1)])


def test_cuts_and_their_key_come_back_and_go_with_the_scan(catalog: Catalog) -> None:
    (video_id,) = ids(catalog, 1)
    cuts = SceneCuts(SceneMethod("content", 27.0), (Fraction(1001, 30),))
    catalog.save_scan(video_id, "scan", FACTS, SCORES, SAMPLES)
    catalog.save_scenes(video_id, "scenes", cuts)
    scan, video = catalog.scan(video_id), catalog.video(video_id)
    assert scan is not None
    assert video is not None
    assert (scan.cuts, video.scenes_key) == (cuts, "scenes")
    catalog.forget("scan", [video_id])
    video = catalog.video(video_id)
    assert video is not None
    assert video.scenes_key is None
