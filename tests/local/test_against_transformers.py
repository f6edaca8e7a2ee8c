"""Our pixels beside those of transformers' own image processor, which needs no torchvision."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pictures import noise, question, shown
from PIL import Image

from shotlog.describers.local.model import LocalModel, Place
from shotlog.testing.tiny_models import Family

pytestmark = pytest.mark.needs_torch


@pytest.mark.parametrize(("width", "height"), [(160, 120), (641, 359), (90, 300), (40, 30)])
def test_a_still_clip_has_the_patches_of_the_picture(
    tiny_models: dict[Family, Path], width: int, height: int
) -> None:
    """An image is shown to Qwen2-VL as a video of two frames that are the same."""
    from transformers import Qwen2VLImageProcessorPil

    folder = tiny_models["qwen2_vl"]
    model = LocalModel(folder, Place("cpu", "float32", ""))
    jpeg = noise(3, width, height)
    still = replace(shown(2, width=width, height=height), jpegs=(jpeg, jpeg))
    ours = model.prepare(question(still))
    with Image.open(io.BytesIO(jpeg)) as picture:
        theirs = Qwen2VLImageProcessorPil.from_pretrained(folder)(picture, return_tensors="np")
    assert [list(ours.grid)] == theirs["image_grid_thw"].tolist()
    assert ours.patches is not None
    pixels = model.pixels(ours.patches).numpy()
    assert pixels.shape == theirs["pixel_values"].shape
    assert float(np.abs(pixels - theirs["pixel_values"]).max()) < 1e-4


def test_two_groups_are_two_pictures_one_after_the_other(
    tiny_models: dict[Family, Path],
) -> None:
    model = LocalModel(tiny_models["qwen2_vl"], Place("cpu", "float32", ""))
    one, two = noise(1), noise(2)
    clip = replace(
        shown(3), jpegs=(one, one, two), times=(Fraction(0), Fraction(1, 2), Fraction(1))
    )
    patches = model.prepare(question(clip)).patches
    apart = [
        model.prepare(question(replace(shown(1), jpegs=(jpeg,)))).patches for jpeg in (one, two)
    ]
    assert patches is not None
    assert all(each is not None for each in apart)
    assert np.array_equal(patches, np.concatenate([each for each in apart if each is not None]))
