"""What endpoints' addresses mean."""

from __future__ import annotations

import pytest

from shotlog.errors import SettingError
from shotlog.model_servers.addresses import (
    chat_address,
    is_loopback,
    is_pai_eas,
    models_address,
    parse_endpoint,
    shown,
    speaks_openai,
)

EAS = "http://123.cn-beijing.pai-eas.aliyuncs.com/api/predict/my_service"
DASHSCOPE = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"


@pytest.mark.parametrize(
    ("given", "chat"),
    [
        ("http://host:8000", "http://host:8000/v1/chat/completions"),
        ("http://host:8000/", "http://host:8000/v1/chat/completions"),
        (" http://host:8000/v1/ ", "http://host:8000/v1/chat/completions"),
        ("http://host/v1/chat/completions", "http://host/v1/chat/completions"),
        ("http://host/v1/models", "http://host/v1/chat/completions"),
        (DASHSCOPE, f"{DASHSCOPE}/chat/completions"),
        ("https://host/compatible-mode", "https://host/compatible-mode/v1/chat/completions"),
        (EAS, f"{EAS}/v1/chat/completions"),
        (f"{EAS}/v1", f"{EAS}/v1/chat/completions"),
        ("https://host/v1beta/openai/", "https://host/v1beta/openai/chat/completions"),
        ("https://host/api/v3?tenant=a", "https://host/api/v3/chat/completions?tenant=a"),
        ("http://[::1]:8000", "http://[::1]:8000/v1/chat/completions"),
    ],
)
def test_every_way_to_write_an_openai_address_leads_to_the_chat(given: str, chat: str) -> None:
    assert str(chat_address(parse_endpoint(given))) == chat


def test_models_are_listed_beside_the_chat() -> None:
    url = parse_endpoint("http://host/v1/chat/completions")
    assert str(models_address(url)) == "http://host/v1/models"


@pytest.mark.parametrize(
    ("given", "openai"),
    [
        ("http://host:8000", True),
        ("http://host/v1", True),
        ("https://host/compatible-mode/v1", True),
        (EAS, True),
        ("https://host/describe", False),
        ("https://host/v12/describe", False),
    ],
)
def test_an_address_shows_whether_it_speaks_openai(given: str, openai: bool) -> None:
    assert speaks_openai(parse_endpoint(given)) is openai


@pytest.mark.parametrize(
    "given",
    ["", "host:8000", "localhost:8000/v1", "ftp://host/v1", "http://", "http://host:99999/"],
)
def test_an_address_that_is_none_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(SettingError, match="is no web address") as caught:
        parse_endpoint(given)
    assert "http://localhost:8000/v1" in caught.value.hint


@pytest.mark.parametrize("given", ["https://me:hidden@host/v1", "ftp://me:hidden@host/?key=hidden"])
def test_a_secret_in_an_address_is_not_repeated(given: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_endpoint(given)
    assert "hidden" not in str(caught.value)


def test_an_address_is_shown_without_its_query() -> None:
    assert shown(parse_endpoint("https://host:8443/v1?token=hidden#part")) == "https://host:8443/v1"


def test_this_machine_is_known_by_all_its_names() -> None:
    here = ["http://localhost", "http://127.0.0.1:1", "http://[::1]", "http://0.0.0.0:8000"]
    assert all(is_loopback(parse_endpoint(each)) for each in here)
    assert not is_loopback(parse_endpoint("http://10.0.0.1"))


def test_pai_eas_is_known_by_host_or_path() -> None:
    assert is_pai_eas(parse_endpoint(EAS))
    assert is_pai_eas(parse_endpoint("http://gateway/api/predict/x"))
    assert not is_pai_eas(parse_endpoint("http://host/v1"))
