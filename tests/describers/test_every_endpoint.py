"""What holds for every kind of model server, each as strict as the real one."""

from __future__ import annotations

import io
import json
import logging
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest
from describing import KEY, clip_to_describe, model_server
from PIL import Image

from shotlog.describers.addresses import parse_endpoint
from shotlog.describers.asking import ModelQuestion
from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat import ChatAsker, Send
from shotlog.describers.modelled import ModelDescriber, shown_of
from shotlog.describers.server import ModelServer
from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.fields import ClipFields, fields_schema
from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.flavours import RULES, FakeForm, FakeName

QWEN = "Qwen/Qwen2.5-VL-7B-Instruct"


@dataclass(frozen=True)
class Wanted:
    """How shotlog should speak to a server."""

    form: FakeForm
    without_file: FakeForm
    """The form for a clip that has no file."""
    tries: int
    """Tiny clips that finding out takes."""
    schema: str
    """How a schema ends up being told."""


WANTED: dict[FakeName, Wanted] = {
    "openai": Wanted("images", "images", 0, "json_schema"),
    "vllm": Wanted("frames", "frames", 2, "json_schema"),
    "vllm-old": Wanted("clip", "frames", 1, "json_schema"),
    "sglang": Wanted("clip", "images", 1, "json_schema"),
    "ollama": Wanted("images", "images", 0, "json_schema"),
    "llama.cpp": Wanted("images", "images", 0, "json_schema"),
    "lm-studio": Wanted("images", "images", 0, "json_schema"),
    "dashscope": Wanted("list", "list", 1, "json_object"),
    "pai-eas-vllm": Wanted("frames", "frames", 2, "json_schema"),
    "pai-eas-sglang": Wanted("clip", "images", 1, "json_schema"),
}

every_flavour = pytest.mark.parametrize("flavour", sorted(WANTED))


@pytest.fixture(scope="module")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    videos.make_video(path, videos.Recipe(160, 120, Fraction(10), 4.0, videos.street))
    return path


@pytest.fixture
def clip(tmp_path: Path, clip_file: Path) -> ClipToDescribe:
    """A clip of 15 s by its span, with frames and a file."""
    return replace(clip_to_describe(tmp_path, frame_count=8), clip_path=clip_file)


def asker_of(endpoint: Endpoint, *, send: Send = "auto", tries: int = 1) -> ChatAsker:
    return ChatAsker(model_server(endpoint.url, tries=tries), model=QWEN, send=send)


def describer_of(asker: ChatAsker) -> ModelDescriber:
    return ModelDescriber(asker, max_tokens=64)


def question_of(clip: ClipToDescribe) -> ModelQuestion:
    return ModelQuestion("Describe it.", "", 64, shown=shown_of(clip), schema=fields_schema())


def forms(endpoint: Endpoint) -> list[FakeForm | None]:
    return [each.question.form for each in endpoint.requests if each.question]


@every_flavour
def test_a_clip_travels_in_the_form_that_suits_the_server(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    wanted = WANTED[flavour]
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        asker = asker_of(endpoint)
        assert describer_of(asker).describe(clip).description
        describer_of(asker).describe(replace(clip, clip_path=None))
        asker.close()
    assert forms(endpoint)[wanted.tries :] == [wanted.form, wanted.without_file]
    assert all(request.status == 200 for request in endpoint.requests)
    assert asker.notes == ()


@every_flavour
def test_what_was_learned_is_not_tried_again(flavour: FakeName, clip: ClipToDescribe) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        first = asker_of(endpoint)
        describer_of(first).describe(clip)
        learned = first.learned()
        assert learned is not None
        assert first.learned() is None
        first.close()
        before = len(endpoint.requests)
        second = asker_of(endpoint)
        second.recall(learned)
        describer_of(second).describe(clip)
        assert second.learned() is None
        second.close()
    assert len(endpoint.requests) - before == 1


@every_flavour
def test_threads_that_start_together_try_the_server_once(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint, ThreadPoolExecutor(8) as pool:
        describer = describer_of(asker_of(endpoint))
        list(pool.map(describer.describe, [clip] * 8))
        describer.close()
    assert len(endpoint.requests) == WANTED[flavour].tries + 8


@every_flavour
def test_frames_and_their_rate_reach_the_model(flavour: FakeName, clip: ClipToDescribe) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        asker = asker_of(endpoint)
        asker.ask(question_of(replace(clip, clip_path=None)))
        asker.close()
    question = endpoint.requests[-1].question
    assert question is not None
    assert question.frames_seen == 8
    if flavour == "vllm-old":
        # It does not read the rate: the clip itself suits it better.
        assert question.fps == 1
    elif question.form != "images":
        assert question.fps == 2
    else:
        assert question.labels[:2] == ("frame at 0.0 s:", "frame at 0.5 s:")


@every_flavour
def test_a_schema_is_told_as_strictly_as_the_server_can_keep_it(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        asker = asker_of(endpoint)
        said = asker.ask(question_of(clip))
        learned = asker.learned()
        asker.close()
    assert learned is not None
    assert learned.schema == WANTED[flavour].schema
    assert said.schema_told
    if learned.schema == "json_schema" and flavour != "openai":
        assert ClipFields.model_validate_json(said.text).description
    elif flavour != "openai":
        assert isinstance(json.loads(said.text), dict)


@every_flavour
def test_a_server_that_keeps_no_schema_is_told_it_in_words(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    rules = replace(RULES[flavour], schemas=frozenset())
    if flavour == "openai":
        pytest.skip("it reads no response_format at all")
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint)
        said = asker.ask(question_of(clip))
        before = len(endpoint.requests)
        asker.ask(question_of(clip))
        asker.close()
    assert not said.schema_told
    question = endpoint.requests[-1].question
    assert question is not None
    assert "people_count" in question.instruction
    assert len(endpoint.requests) == before + 1


@every_flavour
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(flavour: FakeName, clip: ClipToDescribe, status: int) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        endpoint.fail(Fault(status=status, retry_after="0"), Fault(status=status))
        describer = describer_of(asker_of(endpoint, tries=4))
        assert describer.describe(clip).description
        describer.close()


@every_flavour
def test_a_server_that_stays_busy_can_be_asked_later(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        endpoint.fail(Fault(status=429, retry_after="17", times=None))
        describer = describer_of(asker_of(endpoint))
        with pytest.raises(DescribeInterruptedError) as caught:
            describer.describe(clip)
        describer.close()
    assert caught.value.retry_after_seconds == 17


@every_flavour
def test_moderation_refuses_the_clip_and_not_its_form(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    body = json.dumps({"error": {"message": "inappropriate", "code": "data_inspection_failed"}})
    with Endpoint(models=(QWEN,), flavour=flavour) as endpoint:
        describer = describer_of(asker_of(endpoint))
        describer.describe(clip)
        endpoint.fail(Fault(status=400, body=body.encode()))
        before = len(endpoint.requests)
        with pytest.raises(DescribeRefusedError, match="inappropriate"):
            describer.describe(clip)
        describer.describe(clip)
        describer.close()
    assert len(endpoint.requests) - before == 2
    assert forms(endpoint)[-1] == WANTED[flavour].form


@every_flavour
def test_a_wrong_key_and_an_unknown_model_are_final(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour, key=KEY) as endpoint:
        wrong = ChatAsker(model_server(endpoint.url, key="another", tries=4), model=QWEN)
        with pytest.raises(EndpointRefusedError) as key_error:
            wrong.ask(question_of(clip))
        right = ChatAsker(model_server(endpoint.url, key=KEY, tries=4), model="nobody")
        with pytest.raises(EndpointRefusedError, match="nobody") as model_error:
            right.ask(question_of(clip))
        wrong.close()
        right.close()
    assert "SHOTLOG_ACCESS_KEY" in key_error.value.hint
    assert "--model" in model_error.value.hint


@every_flavour
def test_a_key_is_shown_nowhere(
    flavour: FakeName, clip: ClipToDescribe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="shotlog")
    shown: list[object] = []
    with Endpoint(models=(QWEN,), flavour=flavour, key=KEY) as endpoint:
        asker = ChatAsker(model_server(endpoint.url, key=KEY), model=QWEN)
        asker.ask(question_of(clip))
        for status in (400, 401, 403, 404, 413, 422, 429, 500, 501):
            body = json.dumps({"error": {"message": f"no: Bearer {KEY}"}}).encode()
            endpoint.fail(*[Fault(status=status, body=body)] * 8)
            with pytest.raises(DescribeError) as caught:
                asker.ask(question_of(clip))
            shown += [caught.value, asker.learned(), asker.notes]
        asker.close()
    assert KEY not in f"{shown} {caplog.text} {endpoint.requests} {asker!r}"


@pytest.mark.parametrize(
    "flavour", sorted(name for name in WANTED if RULES[name].too_long and name != "openai")
)
@pytest.mark.parametrize("says_so", [False, True])
def test_a_context_that_is_too_short_gets_fewer_or_smaller_pictures(
    flavour: FakeName, tmp_path: Path, says_so: bool
) -> None:
    rules = replace(RULES[flavour], context_length=900, lists_context=says_so)
    large = large_clip(tmp_path, frame_count=16)
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint, send="images")
        assert describer_of(asker).describe(large).description
        asker.close()
    question = endpoint.requests[-1].question
    assert question is not None
    assert question.frame_count >= 4
    refused = [request.status for request in endpoint.requests if request.status != 200]
    assert len(refused) == (0 if says_so else len(endpoint.requests) - 1)


def large_clip(folder: Path, frame_count: int) -> ClipToDescribe:
    """Frames of 448x448, noise so that they take bytes."""
    noise = random.Random(1).randbytes(448 * 448 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (448, 448), noise).save(file, "JPEG", quality=90)
    jpeg = file.getvalue()
    clip = clip_to_describe(folder, frame_count=frame_count)
    assert clip.frames is not None
    assert clip.frames_path is not None
    clip.frames_path.write_bytes(jpeg * frame_count)
    frames = replace(clip.frames, sizes_bytes=(len(jpeg),) * frame_count, width=448, height=448)
    return replace(clip, frames=frames)


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


@pytest.fixture
def two() -> Iterator[tuple[Endpoint, Endpoint]]:
    with (
        Endpoint(models=(QWEN,), flavour="sglang", key=KEY) as one,
        Endpoint(models=(QWEN,), flavour="sglang", key=KEY) as other,
    ):
        yield one, other


def shared_asker(*urls: str, key: str = KEY) -> ChatAsker:
    server = ModelServer(*map(parse_endpoint, urls), key=key, timeout_seconds=5)
    return ChatAsker(server, model=QWEN)


def test_two_addresses_share_the_load(two: tuple[Endpoint, Endpoint], clip: ClipToDescribe) -> None:
    asker = shared_asker(*(each.url for each in two))
    describer_of(asker).describe(clip)
    for each in two:
        each.hold()
    with ThreadPoolExecutor(8) as pool:
        before = [len(each.requests) for each in two]
        waiting = [pool.submit(describer_of(asker).describe, clip) for _ in range(8)]
        for each, count in zip(two, before, strict=True):
            each.wait_for_requests(count + 4)
            each.release()
        assert all(each.result(10).description for each in waiting)
    asker.close()


def test_an_address_that_fails_rests_and_the_other_answers(
    two: tuple[Endpoint, Endpoint], clip: ClipToDescribe
) -> None:
    failing, well = two
    asker = shared_asker(failing.url, well.url)
    describer_of(asker).describe(clip)
    failing.fail(Fault(status=503, times=None))
    for _ in range(6):
        assert describer_of(asker).describe(clip).description
    asker.close()
    assert [each.status for each in failing.requests].count(503) == 1


def test_a_key_that_one_address_refuses_is_said_with_its_address(clip: ClipToDescribe) -> None:
    with (
        Endpoint(models=(QWEN,), flavour="sglang", key="another") as closed,
        Endpoint(models=(QWEN,), flavour="sglang", key=KEY) as well,
    ):
        asker = shared_asker(closed.url, well.url)
        for _ in range(3):
            assert describer_of(asker).describe(clip).description
        notes = asker.notes
        asker.close()
    assert len(notes) == 1
    assert closed.url in notes[0]
    assert "401" in notes[0]
    assert KEY not in notes[0]


def test_where_no_address_takes_the_key_the_run_is_told(clip: ClipToDescribe) -> None:
    with (
        Endpoint(models=(QWEN,), flavour="sglang", key="one") as one,
        Endpoint(models=(QWEN,), flavour="sglang", key="two") as other,
    ):
        asker = shared_asker(one.url, other.url)
        with pytest.raises(EndpointRefusedError, match="401"):
            describer_of(asker).describe(clip)
        asker.close()


def test_servers_of_two_kinds_get_what_both_take(clip: ClipToDescribe) -> None:
    with (
        Endpoint(models=(QWEN,), flavour="vllm") as vllm,
        Endpoint(models=(QWEN,), flavour="sglang") as sglang,
    ):
        asker = shared_asker(vllm.url, sglang.url)
        for _ in range(4):
            describer_of(asker).describe(clip)
        asker.close()
    assert set(forms(vllm)) | set(forms(sglang)) == {"clip"}


def test_the_bare_token_of_pai_eas_is_found_at_the_first_look(clip: ClipToDescribe) -> None:
    flavour: FakeName = "pai-eas-vllm"
    with Endpoint(models=(QWEN,), flavour=flavour, key=KEY, bare_key=True) as endpoint:
        asker = ChatAsker(model_server(endpoint.url, key=KEY), model=QWEN)
        describer_of(asker).describe(clip)
        asker.close()
    assert {each.status for each in endpoint.requests} == {200}


@pytest.mark.parametrize(
    ("host", "flavour", "form"),
    [
        ("ep-2ze1.privatelink.aliyuncs.com", "dashscope", "list"),
        ("vpc-cn-beijing.dashscope.aliyuncs.com", "dashscope", "list"),
        ("1234.cn-beijing.pai-eas.aliyuncs.com", "pai-eas-vllm", "frames"),
        ("1234.vpc.cn-beijing.pai-eas.aliyuncs.com", "pai-eas-sglang", "clip"),
    ],
)
def test_alibaba_s_own_addresses_are_known(
    host: str, flavour: FakeName, form: str, clip: ClipToDescribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint(models=(QWEN,), flavour=flavour, key=KEY) as endpoint:
        monkeypatch.setenv("HTTP_PROXY", endpoint.url.removesuffix(RULES[flavour].path))
        asker = ChatAsker(model_server(f"http://{host}{RULES[flavour].path}", key=KEY), model=QWEN)
        describer_of(asker).describe(clip)
        asker.close()
    assert forms(endpoint)[-1] == form
