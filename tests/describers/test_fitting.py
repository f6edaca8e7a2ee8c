"""Pictures within what a server and its model take; and the body that carries them."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shotlog.describers.asking import ModelQuestion, Sampling, Shown
from shotlog.describers.chat.fitting import Plan, Room, fitted, planned, spread, tokens_of
from shotlog.describers.chat.flavours import FLAVOURS, Limits
from shotlog.describers.chat.forms import Dress, body_of, is_even
from shotlog.describers.chat.pictures import tiny_clip, tiny_frames
from shotlog.errors import DescribeRefusedError
from shotlog.rows import Form
from shotlog.visual_tokens import QWEN2_5_VL, QWEN3_VL

SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


def noise(width: int, height: int) -> bytes:
    file = io.BytesIO()
    data = random.Random(width).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), data).save(file, "JPEG", quality=85)
    return file.getvalue()


def shown(count: int = 30, width: int = 640, height: int = 360, jpeg: bytes = b"x" * 900) -> Shown:
    return Shown(
        jpegs=(jpeg,) * count,
        times=tuple(Fraction(each, 2) for each in range(count)),
        fps=Fraction(2),
        width=width,
        height=height,
        duration_seconds=Fraction(count, 2),
    )


def test_what_fits_is_left_as_it_is() -> None:
    assert fitted(shown(), "frames", Room(FLAVOURS["vllm"].limits, QWEN2_5_VL, 20_000)) == shown()


@given(
    count=st.integers(1, 200),
    width=st.integers(64, 1280),
    height=st.integers(64, 1280),
    tokens=st.integers(500, 40_000),
)
def test_pictures_never_take_more_tokens_than_there_is_room_for(
    count: int, width: int, height: int, tokens: int
) -> None:
    room = Room(Limits(decode_bytes=50_000_000), QWEN3_VL, tokens)
    for form in ("frames", "images"):
        plan = planned(shown(count, width, height), form, room)
        taken = tokens_of(plan, form, room)
        assert taken is not None
        assert taken <= tokens
        assert plan.count * plan.width * plan.height * 3 <= 50_000_000
        assert plan.count <= count


def test_no_room_at_all_is_an_error_that_says_what_to_change() -> None:
    with pytest.raises(DescribeRefusedError) as caught:
        planned(shown(), "images", Room(Limits(), QWEN2_5_VL, 10))
    assert "MaxTokens" in caught.value.hint


def test_pixels_that_the_model_throws_away_are_not_sent() -> None:
    large = shown(60, 1280, 720)
    dashscope = planned(large, "list", Room(replace(FLAVOURS["dashscope"].limits, max_frames=60)))
    assert 0.9 * 655360 < dashscope.pixels <= 655360
    long = planned(shown(120, 1280, 720), "frames", Room(Limits(), QWEN3_VL))
    assert long.pixels * 120 < 1.1 * 25165824
    same = tokens_of(Plan(120, 1280, 720), "frames", Room(Limits(), QWEN3_VL)) or 0
    assert (tokens_of(long, "frames", Room(Limits(), QWEN3_VL)) or 0) > 0.96 * same


@pytest.mark.parametrize("form", ["frames", "list"])
def test_bytes_keep_the_limits_as_they_are_once_encoded(form: Form) -> None:
    given = shown(6, 448, 448, noise(448, 448))
    limits = Limits(item_bytes=200_000, request_bytes=600_000)
    made = fitted(given, form, Room(limits))
    sizes = [len(jpeg) * 4 / 3 for jpeg in made.jpegs]
    assert max(sizes) <= 200_000
    assert sum(sizes) <= (200_000 if form == "frames" else 600_000)
    for jpeg in made.jpegs:
        assert Image.open(io.BytesIO(jpeg)).size == (made.width, made.height)


def test_frames_are_left_out_evenly_and_in_pairs_and_the_rate_tells() -> None:
    made = fitted(shown(41), "frames", Room(Limits(max_frames=21)))
    assert len(made.jpegs) == 20
    assert made.times[0] == 0
    assert made.times[-1] == 20
    assert made.fps == Fraction(19, 20)
    gaps = {later - earlier for earlier, later in pairwise(made.times)}
    assert gaps == {Fraction(1), Fraction(3, 2)}
    assert not is_even(made)
    assert is_even(shown(41))


def test_the_last_frame_is_repeated_up_to_the_least_a_server_takes() -> None:
    made = fitted(shown(1), "list", Room(Limits(min_frames=4, min_seconds=3.0)))
    assert made.times == tuple(Fraction(each, 2) for each in range(6))
    assert len(fitted(shown(1), "images", Room(Limits(min_frames=4))).jpegs) == 1


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_spread_keeps_the_first_and_the_last(count: int, kept: int) -> None:
    found = spread(count, kept)
    assert len(found) == min(count, kept)
    assert list(found) == sorted(set(found))
    assert found[0] == 0
    assert kept == 1 or found[-1] == count - 1


def question(**changes: Any) -> ModelQuestion:
    return replace(ModelQuestion("What?", "Now.", 64, shown=tiny_frames(4)), **changes)


def content(body: dict[str, object]) -> list[dict[str, Any]]:
    messages: Any = body["messages"]
    return list(messages[0]["content"])


def test_frames_travel_as_one_video_with_their_count_and_rate() -> None:
    body = body_of(question(), "m", Dress("frames"))
    words, video, closing = content(body)
    assert body["media_io_kwargs"] == {"video": {"num_frames": -1, "fps": 2}}
    assert video["video_url"]["url"].startswith("data:video/jpeg;base64,/9j/")
    assert video["video_url"]["url"].count(",") == 4
    assert (words["text"], closing["text"]) == ("What?", "Now.")


def test_dashscope_reads_the_rate_in_the_part() -> None:
    listed = body_of(question(), "m", Dress("list", rate_beside=True))
    assert content(listed)[1]["fps"] == 2
    assert len(content(listed)[1]["video"]) == 4
    clip = body_of(question(), "m", Dress("clip", rate_beside=True), clip=b"mp4")
    assert content(clip)[1] == {
        "type": "video_url",
        "video_url": {"url": "data:video/mp4;base64,bXA0"},
        "fps": 2,
    }
    assert "media_io_kwargs" not in listed | clip


def test_frames_at_uneven_times_say_when_they_were_taken() -> None:
    uneven = replace(tiny_frames(4), times=(Fraction(0), Fraction(1), Fraction(2), Fraction(9)))
    for form in ("frames", "list"):
        note = content(body_of(question(shown=uneven), "m", Dress(form)))[2]["text"]
        assert "0.0, 1.0, 2.0, 9.0" in note


@pytest.mark.parametrize("form", ["clip", "url"])
def test_a_form_without_material_is_a_fault_of_the_caller(form: Form) -> None:
    with pytest.raises(ValueError, match="no material"):
        body_of(question(), "m", Dress(form))


def test_a_schema_is_told_in_the_field_or_in_words() -> None:
    asked = question(schema=SCHEMA, shown=None)
    strict = body_of(asked, "m", Dress(schema="json_schema"))
    loose = body_of(asked, "m", Dress(schema="json_object"))
    words = body_of(asked, "m", Dress(schema="words"))
    assert json.dumps(SCHEMA) in json.dumps(strict["response_format"])
    assert loose["response_format"] == {"type": "json_object"}
    assert "response_format" not in words
    for body in (loose, words):
        assert json.dumps(SCHEMA) in content(body)[0]["text"]
    assert "JSON" not in content(strict)[0]["text"]


def test_sampling_and_a_server_s_own_fields_are_carried() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, frequency_penalty=0.2, seed=7)
    dress = Dress(tokens_field="max_completion_tokens", further={"enable_thinking": False})
    body = body_of(question(sampling=sampling), "m", dress)
    named = {"temperature": 0.5, "top_p": 0.9, "frequency_penalty": 0.2, "seed": 7}
    assert named.items() <= body.items()
    assert (body["max_completion_tokens"], body["enable_thinking"]) == (64, False)
    assert "max_tokens" not in body


def test_the_tiny_clip_is_a_video_of_two_seconds() -> None:
    import av

    with av.open(io.BytesIO(tiny_clip()), "r") as container:
        stream = container.streams.video[0]
        assert len(list(container.decode(stream))) == 4
        assert stream.average_rate == Fraction(2)
