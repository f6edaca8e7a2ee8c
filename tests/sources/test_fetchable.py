"""Addresses with blanks, %, #, ;, commas and letters of all alphabets, quoted and refused."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from listing_material import PREFIX

from shotlog.errors import RowError, SettingError
from shotlog.sources.addresses import Prefix, fetchable, name_of, shown_address

NAMES = {
    "plain.mp4": "plain.mp4",
    "my holiday.mov": "my%20holiday.mov",
    "100%.mp4": "100%25.mp4",
    "50%20.mp4": "50%2520.mp4",
    "take #1.mp4": "take%20%231.mp4",
    "what?.mp4": "what%3F.mp4",
    "a?b=c.mp4": "a%3Fb%3Dc.mp4",
    "a;b,c.mp4": "a%3Bb%2Cc.mp4",
    "Ümläut.mp4": "%C3%9Cml%C3%A4ut.mp4",
    "sub dir/clip.mkv": "sub%20dir/clip.mkv",
    "a+b&c=d.mp4": "a%2Bb%26c%3Dd.mp4",
    "../../etc/passwd": "%2E%2E/%2E%2E/etc/passwd",
    "C:\\x.mp4": "C%3A%5Cx.mp4",
    "line\nbreak\0.mp4": "line%0Abreak%00.mp4",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_at_the_end_of_an_address_is_quoted_whole(name: str) -> None:
    assert fetchable(PREFIX + name, name) == PREFIX + NAMES[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_behind_a_prefix_is_quoted_the_same(name: str) -> None:
    prefix = Prefix.of_option(PREFIX.rstrip("/"))
    assert prefix.address(name) == (PREFIX + name, PREFIX + NAMES[name])


@pytest.mark.parametrize("name", ["my holiday.mov", "100%.mp4", "take #1.mp4", "Ümläut.mp4"])
def test_an_address_that_is_quoted_already_stays(name: str) -> None:
    assert fetchable(PREFIX + NAMES[name], name) == PREFIX + NAMES[name]
    assert fetchable(PREFIX + NAMES[name]) == PREFIX + NAMES[name]


@pytest.mark.parametrize(
    ("pasted", "ready"),
    [
        ("https://h.example/a b.mp4", "https://h.example/a%20b.mp4"),
        ("https://h.example/a%20b.mp4", "https://h.example/a%20b.mp4"),
        ("https://h.example/100%.mp4", "https://h.example/100%25.mp4"),
        ("https://h.example/a#1.mp4", "https://h.example/a%231.mp4"),
        ("https://h.example/what?.mp4", "https://h.example/what%3F.mp4"),
        ("https://h.example/ü.mp4", "https://h.example/%C3%BC.mp4"),
        ("https://h.example", "https://h.example/"),
        ("https://h.example?v=1", "https://h.example/?v=1"),
        ("HTTP://h.example:8080/a,b;c.mp4", "http://h.example:8080/a,b;c.mp4"),
        ("https://[::1]:8080/a b.mp4", "https://[::1]:8080/a%20b.mp4"),
        (
            "https://h.example/a b.mp4?X-Amz-Signature=0a%2F1&X-Amz-Expires=60",
            "https://h.example/a%20b.mp4?X-Amz-Signature=0a%2F1&X-Amz-Expires=60",
        ),
        ("https://h.example/get?file=a b#.mp4", "https://h.example/get?file=a%20b%23.mp4"),
        ("https://bücher.example/a.mp4", "https://xn--bcher-kva.example/a.mp4"),
    ],
)
def test_a_pasted_address_keeps_what_is_meant_and_quotes_the_rest(pasted: str, ready: str) -> None:
    assert fetchable(pasted) == ready


def test_a_folder_that_is_quoted_already_is_not_quoted_twice() -> None:
    address = "https://h.example/my%20folder/100%.mp4"
    assert fetchable(address, "100%.mp4") == "https://h.example/my%20folder/100%25.mp4"


def test_a_name_that_only_ends_an_escape_is_not_taken_for_the_name() -> None:
    assert fetchable("https://h.example/a%20b.mp4", "20b.mp4") == "https://h.example/a%20b.mp4"


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(name=texts)
def test_unquoting_gives_the_name_back(name: str) -> None:
    assert unquote(fetchable(PREFIX + name, name)) == PREFIX + name


@given(name=texts)
@example(name=".")
@example(name="./a")
def test_the_client_asks_the_server_for_exactly_that_name(name: str) -> None:
    ready = fetchable(PREFIX + name, name)
    assert unquote(httpx.URL(ready).raw_path.decode()) == "/vids/" + name
    assert not urlsplit(ready).fragment


@given(address=texts.map(lambda text: f"https://h.example/{text}"))
def test_what_is_ready_stays_as_it_is(address: str) -> None:
    assert fetchable(fetchable(address)) == fetchable(address)


@pytest.mark.parametrize(
    ("address", "what", "hint"),
    [
        ("s3://bucket/a.mp4", "no web address", "shotlog run --rclone REMOTE:PATH"),
        ("r2:vids/a.mp4", "no web address", "shotlog run --rclone REMOTE:PATH"),
        ("mybucket.online/vids/a.mp4", "no web address", "--public-url"),
        ("a.mp4", "no web address", "--public-url"),
        ("C:\\videos\\a.mp4", "no web address", "--dir FOLDER"),
        ("/videos/a.mp4", "no web address", "--dir FOLDER"),
        ("ftp://h.example/a.mp4", "begins with https:// or http://", "a browser opens"),
        ("file:///etc/passwd", "file of this machine", "--dir FOLDER"),
        ("FILE:/etc/passwd", "file of this machine", "--dir FOLDER"),
        ("https:///a.mp4", "needs a host", "Correct it"),
        ("https://h.example:99999/a.mp4", "needs a host", "Correct it"),
        ("https://h\\x/a.mp4", "needs a host", "Correct it"),
        ("https:h.example/a.mp4", "no web address", ""),
    ],
)
def test_other_addresses_are_refused_with_what_to_do(address: str, what: str, hint: str) -> None:
    with pytest.raises(RowError) as caught:
        fetchable(address, line=7)
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert caught.value.line == 7


@pytest.mark.parametrize(
    "address",
    ["https://me:hush@h.example/a.mp4", "ftp://me:hush@h.example/a", "https://me:hu/sh@h.example/"],
)
def test_a_password_is_refused_and_never_repeated(address: str) -> None:
    with pytest.raises(RowError) as caught:
        fetchable(address)
    assert "hu" not in str(caught.value).replace("https", "").replace("http", "")


def test_a_signature_is_not_shown() -> None:
    assert shown_address("https://h.example/a.mp4?sig=hush") == "https://h.example/a.mp4"


@pytest.mark.parametrize("prefix", ["s3://bucket", "vids/", "https://me:hush@h.example/", ""])
def test_a_prefix_must_be_a_web_address(prefix: str) -> None:
    with pytest.raises(SettingError, match="--public-url") as caught:
        Prefix.of_option(prefix)
    assert "hush" not in str(caught.value)


def test_the_name_of_an_address_is_its_last_part_unquoted() -> None:
    assert name_of("https://h.example/sub/a%20b.mp4?sig=x") == "a b.mp4"
    assert name_of("https://h.example") == "h.example"
