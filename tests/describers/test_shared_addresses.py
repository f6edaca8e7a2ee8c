"""Several addresses of one model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from asking_endpoints import QWEN, clip_with_file, describer_of, forms
from describing import KEY

from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.plain import PlainDescriber
from shotlog.errors import (
    EndpointRefusedError,
)
from shotlog.model_servers.addresses import parse_endpoint
from shotlog.model_servers.balancing import FIRST_REST_SECONDS, SharedAddresses
from shotlog.model_servers.server import ModelServer
from shotlog.testing.endpoint import Endpoint, Fault


@pytest.fixture
def clip(tmp_path: Path) -> ClipToDescribe:
    return clip_with_file(tmp_path)


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


def test_the_plain_protocol_too_says_which_address_refuses_the_key(clip: ClipToDescribe) -> None:
    with Endpoint(key="another") as closed, Endpoint(key=KEY) as well:
        urls = map(parse_endpoint, (closed.plain_url, well.plain_url))
        describer = PlainDescriber(ModelServer(*urls, key=KEY))
        assert describer.describe(clip).description
        notes = describer.notes
        describer.close()
    assert [closed.plain_url in note for note in notes] == [True]


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


class Hands:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lend(addresses: SharedAddresses) -> str:
    with addresses.lent() as lent:
        return lent.url.host


def test_an_address_that_failed_is_tried_again_after_a_rest_that_grows() -> None:
    clock = Hands()
    addresses = SharedAddresses([httpx.URL("http://a"), httpx.URL("http://b")], clock=clock)
    rests = []
    for _ in range(3):
        assert lend(addresses) == "a"
        with addresses.lent() as lent:
            assert lent.rest()
        began = clock.now
        while lend(addresses) == "b":
            clock.now += 1
        rests.append(clock.now - began)
    assert rests == [FIRST_REST_SECONDS, 2 * FIRST_REST_SECONDS, 4 * FIRST_REST_SECONDS]
    with addresses.lent() as lent:
        lent.worked()
        assert lent.rest()
    clock.now += FIRST_REST_SECONDS
    assert lend(addresses) == "a"


def test_a_server_s_wish_to_wait_is_its_rest() -> None:
    clock = Hands()
    addresses = SharedAddresses([httpx.URL("http://a"), httpx.URL("http://b")], clock=clock)
    with addresses.lent() as lent:
        lent.rest(60)
    clock.now = 59
    assert lend(addresses) == "b"
    clock.now = 60
    assert lend(addresses) == "a"


def test_the_last_address_is_never_given_up() -> None:
    addresses = SharedAddresses([httpx.URL("http://a"), httpx.URL("http://b")])
    with addresses.lent() as lent:
        assert lent.close("wrong key")
    with addresses.lent() as lent:
        assert not lent.close("wrong key")
    assert lend(addresses) == "b"
    assert addresses.notes == ("http://a/ is asked no more in this run: wrong key",)


def test_an_address_given_twice_is_one() -> None:
    assert len(SharedAddresses([httpx.URL("http://a"), httpx.URL("http://a")]).urls) == 1
