"""Which server is which, and what its refusals are about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asking_endpoints import QWEN
from describing import KEY, model_server

from shotlog.describers.chat.fallbacks import blamed, context_in, most_images_in
from shotlog.describers.chat.flavours import (
    FLAVOURS,
    FlavourName,
    flavour_by_address,
    flavour_for,
    in_common,
    vllm_by_version,
)
from shotlog.describers.chat.recognising import recognise
from shotlog.errors import DescribeRefusedError
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.flavours import RULES, FakeName


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("dashscope.aliyuncs.com", True),
        ("dashscope-intl.aliyuncs.com", True),
        ("dashscope-us.aliyuncs.com", True),
        ("cn-hongkong.dashscope.aliyuncs.com", True),
        ("ws-12ab.cn-beijing.maas.aliyuncs.com", True),
        ("ws-12ab.ap-southeast-1.maas.aliyuncs.com", True),
        ("vpc-cn-beijing.dashscope.aliyuncs.com", True),
        ("ep-2ze8f1.privatelink.aliyuncs.com", True),
        ("dashscope.aliyuncs.com.evil.example", False),
        ("mydashscope.example.com", False),
        ("1234.cn-beijing.pai-eas.aliyuncs.com", False),
    ],
)
def test_dashscope_is_known_by_its_hosts(host: str, known: bool) -> None:
    assert (flavour_by_address(host, "/v1") == "dashscope") is known


@pytest.mark.parametrize(
    ("version", "flavour"),
    [
        ("0.11.0", "vllm-old"),
        ("0.17.1", "vllm-old"),
        ("0.18.0", "vllm"),
        ("v0.33.0", "vllm"),
        ("1.0.0", "vllm"),
        ("0.1.dev1+gabc", "vllm-old"),
        ("dev", "vllm"),
    ],
)
def test_vllm_is_new_or_old_by_its_version(version: str, flavour: FlavourName) -> None:
    assert vllm_by_version(version) == flavour


@pytest.mark.parametrize(
    ("fake", "flavour", "version"),
    [
        ("openai", "openai", None),
        ("vllm", "vllm", "0.33.0"),
        ("vllm-old", "vllm-old", "0.11.0"),
        ("sglang", "sglang", "0.5.23"),
        ("ollama", "ollama", "0.21.0"),
        ("llama.cpp", "llama.cpp", "b7000"),
        ("lm-studio", "lm-studio", None),
        ("dashscope", "dashscope", None),
        ("pai-eas-vllm", "vllm", "0.33.0"),
        ("pai-eas-sglang", "sglang", "0.5.23"),
    ],
)
@pytest.mark.parametrize("names_owner", [True, False])
def test_a_server_is_known_by_what_it_says(
    fake: FakeName, flavour: FlavourName, version: str | None, names_owner: bool
) -> None:
    if fake == "lm-studio" and not names_owner:
        flavour = "openai"
    rules = RULES[fake] if names_owner else replace(RULES[fake], owner="me")
    with Endpoint(models=(QWEN,), key=KEY, flavour=rules) as endpoint:
        server = model_server(endpoint.url, key=KEY)
        found = recognise(server, server.url)
        server.close()
    assert (found.flavour, found.version, found.models) == (flavour, version, (QWEN,))
    assert not endpoint.requests


def test_dashscope_bounds_lists_and_frames_by_model() -> None:
    plus = flavour_for("dashscope", "qwen3-vl-plus").limits
    open_one = flavour_for("dashscope", "qwen2.5-vl-7b-instruct").limits
    assert (plus.max_frames, plus.max_pixels) == (2000, 655360)
    assert (open_one.max_frames, open_one.max_pixels) == (512, 501760)
    assert flavour_for("dashscope", "qwen2-vl-7b").limits.max_frames == 80


def test_models_that_think_unasked_are_told_not_to() -> None:
    assert flavour_for("dashscope", "qwen3.5-plus").further == {"enable_thinking": False}
    assert flavour_for("dashscope", "qwen-vl-max").further == {}
    told = {"chat_template_kwargs": {"enable_thinking": False}}
    for name in ("vllm", "vllm-old", "sglang", "llama.cpp", "pai-eas"):
        assert flavour_for(name, "Qwen/Qwen3.5-9B").further == told
        assert flavour_for(name, "Qwen/Qwen3-VL-8B-Instruct").further == {}
    assert flavour_for("openai", "Qwen/Qwen3.5-9B").further == {}


def test_openai_itself_counts_the_answer_in_another_field() -> None:
    assert flavour_for("openai", "m", "api.openai.com").tokens_field == "max_completion_tokens"
    assert flavour_for("openai", "m", "127.0.0.1").tokens_field == "max_tokens"


def test_servers_of_several_kinds_have_their_tightest_limits_in_common() -> None:
    both = in_common([FLAVOURS["vllm"], FLAVOURS["dashscope"]])
    assert both.ladder == ("clip", "url", "images")
    assert both.limits.item_bytes == 10 * 1024**2
    assert both.limits.request_bytes == 20 * 1024**2
    assert (both.limits.min_frames, both.schema) == (4, "json_object")
    assert in_common([FLAVOURS["vllm"]] * 2) == FLAVOURS["vllm"]


def test_every_ladder_ends_in_what_all_servers_take() -> None:
    assert all(each.ladder[-1] == "images" for each in FLAVOURS.values())


def refusal(status: int | None, said: str) -> DescribeRefusedError:
    return DescribeRefusedError("no", status=status, said=said)


@pytest.mark.parametrize(
    ("status", "said", "blame"),
    [
        (400, "Unknown part type: video_url", "form"),
        (400, "invalid message format", "form"),
        (415, "", "form"),
        (422, "body.messages.0: extra fields", "form"),
        (501, "Only base64 data URLs are supported for now.", "form"),
        (400, "This model's maximum context length is 4096 tokens.", "size"),
        (400, "Exceeded limit on max bytes per data-uri item : 10485760", "size"),
        (400, "At most 16 image(s) may be provided in one prompt.", "size"),
        (413, "", "size"),
        (400, "'response_format.type' must be 'json_schema' or 'text'", "schema"),
        (400, "guided decoding is not available", "schema"),
        (418, "", "nothing"),
        (None, "its moderation", "nothing"),
    ],
)
def test_a_refusal_is_about_the_form_the_size_or_the_schema(
    status: int | None, said: str, blame: str
) -> None:
    assert blamed(refusal(status, said), "json_schema") == blame


@pytest.mark.parametrize(
    ("said", "length"),
    [
        ("This model's maximum context length is 4096 tokens. However, you requested", 4096),
        ("The decoder prompt (length 9000) is longer than the maximum model length of 8192.", 8192),
        ("The input (9000 tokens) is longer than the model's context length (8192 tokens).", 8192),
        ("Range of input length should be [1, 129024]", 129024),
        ("the request exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("too long", None),
    ],
)
def test_a_refusal_tells_the_context_length(said: str, length: int | None) -> None:
    assert context_in(refusal(400, said)) == length


def test_a_refusal_tells_how_many_images_are_allowed() -> None:
    assert most_images_in(refusal(400, "At most 16 image(s) may be provided")) == 16
