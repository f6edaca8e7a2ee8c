from __future__ import annotations

import pytest

from shotlog.visual_tokens import (
    DASHSCOPE,
    DASHSCOPE_28,
    DASHSCOPE_OPEN,
    QWEN2_5_VL,
    QWEN2_VL,
    QWEN3_VL,
    Family,
    family_of,
    fitted,
    visual_tokens,
)

UTILS_2 = 768 * 28 * 28
UTILS_3 = 768 * 32 * 32


@pytest.mark.parametrize(
    ("family", "max_pixels", "size", "tokens"),
    [
        (QWEN2_5_VL, UTILS_2, (560, 1008), 10_800),
        (QWEN2_VL, None, (728, 1288), 17_940),
        (QWEN2_5_VL, None, (728, 1288), 17_940),
        (QWEN3_VL, UTILS_3, (640, 1152), 10_800),
        (QWEN3_VL, None, (672, 1216), 11_970),
        (DASHSCOPE, None, (576, 1056), 8_912),
        (DASHSCOPE, 2_048_000, (704, 1280), 13_202),
        (DASHSCOPE_28, None, (504, 924), 8_912),
        (QWEN2_5_VL, 151_200, (280, 504), 2_700),
    ],
)
def test_fifteen_seconds_of_720p_at_two_frames_a_second(
    family: Family, max_pixels: int | None, size: tuple[int, int], tokens: int
) -> None:
    assert fitted(family, 30, 1280, 720, max_pixels=max_pixels) == size
    assert visual_tokens(family, 30, 1280, 720, max_pixels=max_pixels) == tokens


@pytest.mark.parametrize(
    ("width", "height", "of_qwen2_5", "of_qwen3"),
    [(640, 360, 4_485, 3_300), (854, 480, 7_650, 6_075), (1920, 1080, 40_365, 11_970)],
)
def test_fifteen_seconds_of_other_sizes(
    width: int, height: int, of_qwen2_5: int, of_qwen3: int
) -> None:
    assert visual_tokens(QWEN2_5_VL, 30, width, height) == of_qwen2_5
    assert visual_tokens(QWEN3_VL, 30, width, height) == of_qwen3


def test_the_thirty_two_frames_of_an_old_vllm() -> None:
    assert visual_tokens(QWEN2_5_VL, 32, 1280, 720) == 19_136


def test_frames_sent_one_by_one_are_not_joined_in_time() -> None:
    assert 30 * visual_tokens(QWEN2_5_VL, 2, 1280, 720) == 35_880


def test_an_odd_last_frame_counts_as_two() -> None:
    assert visual_tokens(QWEN2_5_VL, 3, 280, 280) == visual_tokens(QWEN2_5_VL, 4, 280, 280) == 200


def test_a_picture_below_the_least_is_made_larger() -> None:
    assert fitted(QWEN2_5_VL, 2, 28, 28) == (56, 56)
    assert visual_tokens(QWEN2_5_VL, 2, 28, 28) == 4


def test_a_bound_beyond_what_dashscope_takes_is_its_own() -> None:
    within = visual_tokens(DASHSCOPE_OPEN, 30, 1920, 1080, max_pixels=786_432)
    assert visual_tokens(DASHSCOPE_OPEN, 30, 1920, 1080, max_pixels=9_999_999) == within


@pytest.mark.parametrize("wrong", [(0, 10, 10), (1, 0, 10), (1, 10, 0)])
def test_no_frame_is_no_question(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no picture"):
        visual_tokens(QWEN3_VL, *wrong)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Qwen/Qwen2-VL-7B-Instruct", QWEN2_VL),
        ("Qwen/Qwen2.5-VL-7B-Instruct", QWEN2_5_VL),
        ("qwen2.5vl:7b", QWEN2_5_VL),
        ("local:Qwen/Qwen3-VL-4B-Instruct", QWEN3_VL),
        ("Qwen/Qwen3-VL-235B-A22B-Instruct", QWEN3_VL),
        ("qwen3-vl-plus-2025-12-19", DASHSCOPE),
        ("qwen3-vl-flash", DASHSCOPE),
        ("qwen3.8-flash", DASHSCOPE),
        ("qwen-vl-max", DASHSCOPE_OPEN),
        ("qwen-vl-plus", DASHSCOPE_28),
        ("llava:13b", None),
        ("test-model", None),
    ],
)
def test_a_name_shows_its_family(name: str, family: Family | None) -> None:
    assert family_of(name) is family


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("qwen2.5-vl-72b-instruct", DASHSCOPE_28),
        ("qwen3-vl-32b-instruct", DASHSCOPE_OPEN),
        ("qwen3-vl-235b-a22b-instruct", DASHSCOPE),
    ],
)
def test_open_weights_at_dashscope_follow_its_rule(name: str, family: Family) -> None:
    assert family_of(name, at_dashscope=True) is family
