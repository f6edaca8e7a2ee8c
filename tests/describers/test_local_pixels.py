"""Sizes, tokens and patches of frames for a model in process; the figures are the reference's."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shotlog.describers.local.model_files import read_rules
from shotlog.describers.local.pixels import frames_of, patches_of
from shotlog.describers.local.prompts import group_times
from shotlog.errors import DescribeRefusedError, EndpointRefusedError

SECOND = {"patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2}
THIRD = {**SECOND, "patch_size": 16}


def tokens(folder: Path, family: str, size: tuple[int, int], frames: int = 30) -> int:
    rules = read_rules(folder, family, THIRD if family == "qwen3_vl" else SECOND)
    width, height = rules.size_of(frames, *size)
    return -(-frames // 2) * (width // rules.factor) * (height // rules.factor)


@pytest.mark.parametrize(
    ("size", "second", "third"),
    [
        ((1280, 720), 17_940, 11_970),
        ((640, 360), 4_485, 3_300),
        ((854, 480), 7_650, 6_075),
        ((1920, 1080), 40_365, 11_970),
    ],
)
def test_a_clip_takes_as_many_tokens_as_the_published_checkpoints_make_of_it(
    tmp_path: Path, size: tuple[int, int], second: int, third: int
) -> None:
    assert tokens(tmp_path, "qwen2_5_vl", size) == second
    assert tokens(tmp_path, "qwen3_vl", size) == third


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("preprocessor_config.json", {"min_pixels": 3136, "max_pixels": 602_112}),
        ("video_preprocessor_config.json", {"size": {"longest_edge": 602_112}}),
        ("processor_config.json", {"video_processor": {"size": {"longest_edge": 602_112}}}),
    ],
)
def test_a_checkpoint_s_own_bounds_are_kept(
    tmp_path: Path, file: str, said: dict[str, object]
) -> None:
    (tmp_path / file).write_text(json.dumps(said))
    assert tokens(tmp_path, "qwen2_5_vl", (1280, 720)) == 10_800


def test_bounds_that_are_no_json_are_told(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text("{")
    with pytest.raises(EndpointRefusedError, match=r"preprocessor_config\.json"):
        read_rules(tmp_path, "qwen2_vl", SECOND)


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen3_vl"])
@pytest.mark.parametrize("frames", [1, 2, 3, 31])
@pytest.mark.parametrize("room", [50, 700, 5000])
def test_pictures_fit_into_the_tokens_that_are_left(
    tmp_path: Path, family: str, frames: int, room: int
) -> None:
    rules = read_rules(tmp_path, family, THIRD if family == "qwen3_vl" else SECOND)
    width, height = rules.within(room, frames).size_of(frames, 1280, 720)
    taken = -(-frames // 2) * (width // rules.factor) * (height // rules.factor)
    assert taken <= room


def test_a_ribbon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DescribeRefusedError, match="4020x20"):
        read_rules(tmp_path, "qwen2_vl", SECOND).size_of(2, 4020, 20)


def test_a_patch_holds_its_square_of_each_frame_of_its_group(tmp_path: Path) -> None:
    rules = read_rules(tmp_path, "qwen2_vl", SECOND)
    frames = np.random.default_rng(0).integers(0, 256, (3, 56, 84, 3), np.uint8)
    patches, grid = patches_of(frames, rules)
    assert grid == (2, 4, 6)
    assert patches.shape == (48, 3 * 2 * 14 * 14)
    # Four patches that become one token lie behind one another: the third is below the first.
    below = patches[2].reshape(3, 2, 14, 14)
    assert np.array_equal(below[:, 1], frames[1, 14:28, :14].transpose(2, 0, 1))
    second_group = patches[24].reshape(3, 2, 14, 14)
    assert np.array_equal(second_group[:, 0], second_group[:, 1])


def test_frames_are_read_in_colour_whatever_the_jpeg_is() -> None:
    file = io.BytesIO()
    Image.new("L", (30, 20), 77).save(file, "JPEG")
    assert frames_of([file.getvalue()], 56, 28).shape == (1, 28, 56, 3)


def test_a_group_s_time_is_the_middle_of_its_frames() -> None:
    times = [Fraction(0), Fraction(1, 2), Fraction(1)]
    assert group_times(times, 2) == (Fraction(1, 4), Fraction(1))
