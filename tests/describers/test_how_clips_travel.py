"""How clips travel to a server: what is refused, remembered, made smaller or padded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from asking_endpoints import (
    QWEN,
    asker_of,
    clip_with_file,
    describer_of,
    forms,
    large_clip,
    question_of,
)
from describing import clip_to_describe

from shotlog.describers.asking import ModelQuestion
from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat.asker import Send
from shotlog.describers.chat.flavours import Limits
from shotlog.describers.chat.negotiation import possible
from shotlog.describers.modelled import shown_of
from shotlog.errors import (
    DescribeRefusedError,
)
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.flavours import RULES, FakeForm, FakeName


@pytest.fixture
def clip(tmp_path: Path) -> ClipToDescribe:
    return clip_with_file(tmp_path)


def test_a_refused_form_steps_down_once_and_for_good(clip: ClipToDescribe) -> None:
    rules = replace(
        RULES["vllm"],
        forms=frozenset[FakeForm]({"images"}),
        unknown_part="Unknown part type: {kind}",
    )
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint)
        for _ in range(3):
            describer_of(asker).describe(clip)
        learned = asker.learned()
        asker.close()
    assert learned is not None
    assert [each.form for each in learned.refused] == ["frames", "clip"]
    assert learned.refused[0].words == "Unknown part type: video_url"
    assert [each.status for each in endpoint.requests] == [400, 400, 200, 200, 200]


def test_a_context_that_cuts_frames_off_in_silence_is_told_once(tmp_path: Path) -> None:
    short = replace(RULES["ollama"], context_length=1024)
    with Endpoint(flavour=short, models=(QWEN,)) as endpoint:
        asker = asker_of(endpoint)
        for index in (1, 2):
            asker.ask(question_of(large_clip(tmp_path, 8 * index)))
        asker.close()
    (note,) = asker.notes
    assert "read 1,024 tokens of a clip whose frames are about" in note
    assert "Give it a longer context" in note


def test_a_server_that_takes_no_video_any_more_gets_pictures(clip: ClipToDescribe) -> None:
    words = {"error": {"message": "At most 0 video(s) may be provided in one prompt."}}
    with Endpoint(flavour="vllm", models=(QWEN,)) as endpoint:
        asker = asker_of(endpoint)
        asker.ask(question_of(clip))
        no_video = Fault(status=400, body=json.dumps(words).encode(), times=2)
        endpoint.fail(no_video)
        asker.ask(question_of(clip))
        asker.close()
    assert forms(endpoint)[-1] == "images"


def test_a_form_that_a_real_question_is_refused_in_is_left_in_the_middle(
    clip: ClipToDescribe,
) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip)
        body = json.dumps({"error": {"message": "video_url is not supported"}}).encode()
        endpoint.fail(Fault(status=400, body=body))
        assert describer_of(asker).describe(clip).description
        describer_of(asker).describe(clip)
        learned = asker.learned()
        asker.close()
    assert learned is not None
    assert learned.form == "clip"
    assert forms(endpoint)[-3:] == ["frames", "clip", "clip"]


def test_one_clip_that_cannot_be_read_does_not_change_how_the_others_travel(
    clip: ClipToDescribe,
) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip)
        endpoint.fail(Fault(status=400, body=b'{"error": {"message": "corrupt frames"}}'))
        assert describer_of(asker).describe(clip).description
        describer_of(asker).describe(clip)
        asker.close()
    assert forms(endpoint)[-2:] == ["clip", "frames"]


def test_a_clip_refused_in_every_form_fails_with_the_first_refusal(clip: ClipToDescribe) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip)
        bodies = [f'{{"error": {{"message": "no {n}"}}}}'.encode() for n in range(3)]
        endpoint.fail(*[Fault(status=400, body=body) for body in bodies])
        with pytest.raises(DescribeRefusedError, match="no 0"):
            describer_of(asker).describe(clip)
        asker.close()


def test_a_vllm_that_drops_frames_after_32_is_seen_through(tmp_path: Path) -> None:
    rules = replace(RULES["vllm"], reads_media_io=False)
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip_to_describe(tmp_path, frame_count=40))
        learned, notes = asker.learned(), asker.notes
        asker.close()
    assert learned is not None
    assert learned.frame_limit == 32
    assert len(notes) == 1
    assert "looks at other frames than were sent" in notes[0]
    question = endpoint.requests[-1].question
    assert question is not None
    assert (question.frame_count, question.frames_seen) == (32, 32)


def test_a_server_that_takes_a_form_and_sees_nothing_is_not_believed(
    clip: ClipToDescribe,
) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        blind = json.dumps(
            {
                "choices": [{"message": {"content": "red"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 21, "completion_tokens": 1},
            }
        ).encode()
        endpoint.fail(Fault(status=200, body=blind))
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip)
        learned = asker.learned()
        asker.close()
    assert learned is not None
    assert learned.form == "clip"
    assert "saw nothing" in learned.refused[0].words


def test_another_version_of_the_server_is_tried_anew(clip: ClipToDescribe) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm-old") as old:
        asker = asker_of(old)
        describer_of(asker).describe(clip)
        learned = asker.learned()
        asker.close()
    assert learned is not None
    with Endpoint(models=(QWEN,), flavour="vllm") as new:
        asker = asker_of(new)
        asker.recall(learned)
        describer_of(asker).describe(clip)
        asker.close()
    assert forms(new) == ["frames", "frames", "frames"]


def test_dashscope_gets_four_frames_and_two_seconds_at_least(tmp_path: Path) -> None:
    with Endpoint(models=(QWEN,), flavour="dashscope") as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip_to_describe(tmp_path, frame_count=1))
        asker.close()
    question = endpoint.requests[-1].question
    assert question is not None
    assert (question.form, question.frame_count) == ("list", 4)


def test_an_item_that_is_too_large_is_made_smaller(tmp_path: Path) -> None:
    rules = replace(RULES["dashscope"], item_bytes=60_000)
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint, send="list")
        with pytest.raises(DescribeRefusedError, match="max bytes"):
            describer_of(asker).describe(large_clip(tmp_path, 4))
        asker.close()


@pytest.mark.parametrize("send", ["frames", "list", "clip", "images"])
def test_a_form_can_be_asked_for(send: str, clip: ClipToDescribe) -> None:
    flavour: FakeName = "dashscope" if send == "list" else "vllm"
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        asker = asker_of(endpoint, send=cast("Send", send))
        describer_of(asker).describe(clip)
        assert asker.learned() is None
        asker.close()
    assert forms(endpoint) == [send]


def test_a_form_without_its_material_says_what_is_missing(clip: ClipToDescribe) -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        asker = asker_of(endpoint, send="url")
        with pytest.raises(DescribeRefusedError, match="sent as url") as caught:
            describer_of(asker).describe(clip)
        published = replace(clip, published_url="https://host/clip.mp4")
        assert describer_of(asker).describe(published).description
        asker.close()
    assert "Send = auto" in caught.value.hint


def test_a_clip_that_is_too_large_or_too_short_does_not_travel_as_a_file(
    clip: ClipToDescribe,
) -> None:
    shown = shown_of(clip)
    assert shown.clip_path is not None
    size_bytes = shown.clip_path.stat().st_size
    assert possible("clip", shown, Limits(item_bytes=size_bytes * 2))
    assert not possible("clip", shown, Limits(item_bytes=size_bytes))
    assert not possible("clip", shown, Limits(min_seconds=16))
    shown.clip_path.unlink()
    assert not possible("clip", shown, Limits())
    assert not possible("url", replace(shown, published_url="file:///clip.mp4"), Limits())


def test_a_question_about_words_alone_needs_no_form() -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        asker = asker_of(endpoint)
        said = asker.ask(ModelQuestion("Sum it up.", "", 64))
        asker.close()
    assert said.text
    assert forms(endpoint)[-1] is None


def test_a_short_context_is_no_sign_of_frames_that_are_dropped(clip: ClipToDescribe) -> None:
    rules = replace(RULES["vllm"], context_length=2000)
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint)
        describer_of(asker).describe(clip)
        learned = asker.learned()
        asker.close()
    assert learned is not None
    assert (learned.form, learned.frame_limit, learned.context_length) == ("frames", None, 2000)
    assert asker.notes == ()
