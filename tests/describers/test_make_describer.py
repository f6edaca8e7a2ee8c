"""Which describer the settings ask for."""

from __future__ import annotations

from pathlib import Path

import pytest
from describing import INSTRUCTION, KEY, clip_to_describe

from shotlog.describers import make_describer, make_gate
from shotlog.errors import SettingError
from shotlog.settings import Settings, load_settings
from shotlog.testing.endpoint import Endpoint


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "signals"),
        ({"model": "m"}, "signals"),
        ({"public_endpoint": "http://host:8000"}, "openai"),
        ({"public_endpoint": "http://host/v1"}, "openai"),
        ({"public_endpoint": "https://host/compatible-mode/v1"}, "openai"),
        ({"public_endpoint": "http://host/api/predict/svc"}, "openai"),
        ({"public_endpoint": "http://host/describe"}, "plain"),
        ({"public_endpoint": "http://host/describe", "model": "m"}, "openai"),
        ({"public_endpoint": "http://host/v1", "protocol": "plain"}, "plain"),
        ({"public_endpoint": "http://host/describe", "protocol": "openai"}, "openai"),
        (
            {"public_endpoint": "http://a/v1", "vpc_endpoint": "http://b/d", "use_vpc": True},
            "plain",
        ),
    ],
)
def test_settings_choose_the_describer(settings: dict[str, object], name: str) -> None:
    describer = make_describer(Settings.model_validate(settings))
    assert describer.name == name
    assert describer.needs_frames is (name == "openai")
    describer.close()


def test_a_model_without_an_endpoint_is_not_passed_over_in_silence() -> None:
    assert make_describer(Settings()).notes == ()
    (note,) = make_describer(load_settings({"model": "Qwen/Qwen3-VL-8B-Instruct"})).notes
    assert "Qwen/Qwen3-VL-8B-Instruct is not asked" in note
    assert "--endpoint" in note


def test_a_model_in_this_process_keeps_no_cap_on_requests() -> None:
    with pytest.raises(SettingError, match="--max-requests"):
        make_gate(load_settings({"model": "local:Qwen/Qwen2-VL-2B-Instruct", "max_requests": 3}))


def test_eight_questions_are_in_flight_at_first_and_a_few_more_are_ready() -> None:
    given = make_describer(load_settings({"public_endpoint": "http://host/v1", "concurrency": 3}))
    chosen = make_describer(load_settings({"public_endpoint": "http://host/v1"}))
    assert (given.concurrency, chosen.concurrency) == (3 + 2, 8 + 4)
    given.close()
    chosen.close()


def test_an_endpoint_without_scheme_is_a_wrong_setting() -> None:
    with pytest.raises(SettingError, match="no web address"):
        make_describer(load_settings({"public_endpoint": "localhost:8000"}))


@pytest.mark.parametrize("name", ["lab", "gpu.lab", "GPU.Lab"])
def test_a_name_of_one_s_own_stands_for_its_addresses(name: str) -> None:
    addresses = ("http://one:8000/v1", "http://other:8000/v1")
    settings = Settings(public_endpoint=(name,), endpoint_names={name.lower(): addresses})
    assert settings.endpoints == addresses


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    settings = Settings.model_validate({"public_endpoint": "http://host/v1", "access_key": key})
    with pytest.raises(SettingError) as caught:
        make_describer(settings)
    assert key not in str(caught.value)


def test_what_decides_an_answer_is_its_identity_and_nothing_else() -> None:
    here = {"public_endpoint": "http://a/v1", "model": "m", "access_key": KEY}
    there = {"public_endpoint": "http://b/v1", "model": "m", "request_timeout": 1}
    one = make_describer(Settings.model_validate(here))
    same = make_describer(Settings.model_validate(there))
    other = make_describer(Settings.model_validate({**there, "max_tokens": 99}))
    assert one.identity() == same.identity() != other.identity()
    assert KEY not in str(one.identity())
    assert INSTRUCTION not in str(one.identity())
    for describer in (one, same, other):
        describer.close()


def test_settings_lead_to_a_described_clip(tmp_path: Path) -> None:
    with Endpoint(key=KEY) as endpoint:
        settings = {"public_endpoint": endpoint.url, "access_key": f" {KEY}\n"}
        describer = make_describer(Settings.model_validate(settings))
        assert describer.describe(clip_to_describe(tmp_path)).model == "test-model"
        describer.close()
