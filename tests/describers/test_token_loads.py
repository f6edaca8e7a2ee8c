from __future__ import annotations

from fractions import Fraction

import pytest

from shotlog.describers.asking import ModelQuestion, Shown
from shotlog.describers.chat.token_loads import load_of
from shotlog.gate.spending import Load
from shotlog.model_servers.usage import used_in
from shotlog.visual_tokens import text_tokens


def question(frame_count: int) -> ModelQuestion:
    times = tuple(Fraction(number, 2) for number in range(frame_count))
    shown = Shown((b"",) * frame_count, times, Fraction(2), 1034, 582, Fraction(15))
    return ModelQuestion("Describe this video.", "", 512, shown)


@pytest.mark.parametrize(
    ("model", "as_pictures"),
    [("Qwen/Qwen2.5-VL-7B-Instruct", 30 * 37 * 21), ("qwen3-vl", 30 * 32 * 18), ("who", 30 * 777)],
)
def test_a_question_is_reckoned_as_if_each_frame_were_a_picture(
    model: str, as_pictures: int
) -> None:
    load = load_of(question(30), model)
    assert as_pictures < load.prompt_tokens < as_pictures + 1000
    assert load.completion_tokens == 512


def test_a_question_of_words_alone_is_its_words() -> None:
    asked = ModelQuestion("x" * 3000, "", 100)
    assert 1000 <= load_of(asked, "qwen3-vl").prompt_tokens < 1100


def test_chinese_has_a_token_a_sign() -> None:
    assert text_tokens("描述视频") == 4


@pytest.mark.parametrize(
    ("found", "used"),
    [
        ({"usage": {"prompt_tokens": 7, "completion_tokens": 2}}, Load(7, 2)),
        ({"usage": {"prompt_tokens": 7}}, Load(7, 0)),
        ({"usage": {"prompt_tokens": -1}}, None),
        ({"usage": {"prompt_tokens": 10**30}}, None),
        ({"usage": {"prompt_tokens": 7, "completion_tokens": 10**30}}, Load(7, 0)),
        ({"usage": None}, None),
        ({}, None),
    ],
)
def test_what_a_server_counted_is_read(found: dict[str, object], used: Load | None) -> None:
    assert used_in(found) == used
