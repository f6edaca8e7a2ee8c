"""What holds for every kind of model server, each as strict as the real one."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

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
from describing import KEY, model_server

from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat.asker import ChatAsker, Send
from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.fields import ClipFields
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.flavours import RULES, FakeForm, FakeName


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
    "openai": Wanted("images", "images", 0, "words"),
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


@pytest.fixture
def clip(tmp_path: Path) -> ClipToDescribe:
    return clip_with_file(tmp_path)


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
    assert said.schema_told is (learned.schema != "words")
    if learned.schema == "json_schema":
        assert ClipFields.model_validate_json(said.text).description
    elif learned.schema == "json_object":
        assert isinstance(json.loads(said.text), dict)


@pytest.mark.parametrize("flavour", sorted(set(WANTED) - {"openai"}))
def test_a_server_that_keeps_no_schema_is_told_it_in_words(
    flavour: FakeName, clip: ClipToDescribe
) -> None:
    rules = replace(RULES[flavour], schemas=frozenset())
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
@pytest.mark.parametrize("send", ["auto", "images"])
def test_a_context_that_is_too_short_gets_fewer_or_smaller_pictures(
    flavour: FakeName, tmp_path: Path, says_so: bool, send: Send
) -> None:
    rules = replace(RULES[flavour], context_length=1900, lists_context=says_so)
    large = large_clip(tmp_path, frame_count=16)
    with Endpoint(models=(QWEN,), flavour=rules) as endpoint:
        asker = asker_of(endpoint, send=send)
        assert describer_of(asker).describe(large).description
        asker.close()
    question = endpoint.requests[-1].question
    assert question is not None
    assert question.frame_count >= 4
    if says_so and send == "images":
        assert [request.status for request in endpoint.requests] == [200]


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
