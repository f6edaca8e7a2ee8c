"""Downloads of whole files, and why there are none, over real HTTP on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import httpx
import pytest
from fetching import FILM, QUICK, Fetching, a_bucket_with_a_film

from shotlog.errors import (
    DiskFullError,
    FetchInterruptedError,
    FetchRefusedError,
    LibraryError,
    SizeMismatchError,
)
from shotlog.fetch import Fetched, Fetcher
from shotlog.fetch.replies import may_redirect
from shotlog.records import Source
from shotlog.testing.bucket import Bucket, Fault


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Fetching]:
    with a_bucket_with_a_film(tmp_path / "sources") as fetching:
        yield fetching


def test_a_file_is_fetched_and_named_by_its_id(fetching: Fetching) -> None:
    source = fetching.source(size_bytes=len(FILM))
    fetched = fetching.fetch(source)
    assert fetched.path == fetching.folder / f"{source.id}.source"
    assert fetched.path.read_bytes() == FILM
    assert (fetched.size_bytes, fetched.borrowed) == (len(FILM), False)
    assert fetched.last_modified == "Mon, 06 May 2024 07:08:09 GMT"
    assert fetched.etag is not None
    assert fetching.moved_bytes == len(FILM)
    assert fetching.left == [".source"]


@pytest.mark.parametrize(
    "name",
    ["my holiday, part 2;.mov", "Ümläut – clip (final) 100%.mp4", "50%20 off#1?.mp4", "C:\\x.mp4"],
)
def test_any_name_is_fetched_into_the_folder(fetching: Fetching, name: str) -> None:
    fetching.bucket.put(name, b"film of " + name.encode())
    fetched = fetching.fetch(fetching.source(name))
    assert fetched.path.read_bytes() == b"film of " + name.encode()
    assert fetched.path.parent == fetching.folder


def test_waits_as_long_as_the_server_asks(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(status=429, retry_after="7"))
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.waits == [8]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(fetching: Fetching, status: int) -> None:
    fetching.bucket.fail("a.mp4", Fault(status=status))
    fetching.fetch()
    assert fetching.statuses == [status, 200]


def test_a_server_that_stays_busy_is_given_up(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(status=503, times=None))
    with pytest.raises(FetchInterruptedError, match="status 503"):
        fetching.fetch()
    assert len(fetching.statuses) == 5


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "list the bucket again"),
        (401, "public"),
        (403, "private, or the link has expired"),
        (404, "renamed, moved or deleted"),
        (410, "out of the listing"),
        (304, "list the bucket again"),
    ],
)
def test_a_server_that_says_no_is_asked_once(fetching: Fetching, status: int, hint: str) -> None:
    fetching.bucket.fail("a.mp4", Fault(status=status, times=None))
    with pytest.raises(FetchRefusedError, match=f"status {status}") as caught:
        fetching.fetch()
    assert hint in caught.value.hint
    assert fetching.statuses == [status]
    assert fetching.left == []


def test_no_message_and_no_log_shows_what_signs_an_address(
    fetching: Fetching, caplog: pytest.LogCaptureFixture
) -> None:
    url = fetching.bucket.url("a.mp4").replace("//", "//user:word@") + "?signature=secret#word"
    source = Source(public_url=url, url=url, file_name="a.mp4")
    moved = Fault(redirect_to=fetching.bucket.url("a.mp4") + "?signature=secret")
    fetching.bucket.fail("a.mp4", moved, Fault(cut_after_bytes=9), moved, Fault(status=403))
    with caplog.at_level(logging.DEBUG, "shotlog"), pytest.raises(FetchRefusedError) as caught:
        fetching.fetch(source)
    said = [str(caught.value)]
    said += [each.getMessage() for each in caplog.records if each.name.startswith("shotlog")]
    assert fetching.bucket.url("a.mp4") in said[0]
    assert not any("secret" in line or "word" in line for line in said)


def test_a_listing_with_another_size_is_named_with_both(fetching: Fetching) -> None:
    with pytest.raises(SizeMismatchError, match="has 307200 bytes; the listing says 12345") as seen:
        fetching.fetch(fetching.source(size_bytes=12345))
    assert fetching.bucket.url("a.mp4") in seen.value.what
    assert fetching.statuses == [200]
    assert (fetching.moved_bytes, fetching.left) == (0, [])


@pytest.mark.parametrize("listed", [307_200, 300_000, 310_000, 320 * 1024])
def test_a_rounded_size_in_the_listing_may_be_a_little_off(fetching: Fetching, listed: int) -> None:
    assert fetching.fetch(fetching.source(size_bytes=listed)).size_bytes == 307_200


@pytest.mark.parametrize("listed", [0, 307_201, 500_000, 200_000])
def test_a_size_too_far_off_is_no_rounding(fetching: Fetching, listed: int) -> None:
    with pytest.raises(SizeMismatchError, match=str(listed)):
        fetching.fetch(fetching.source(size_bytes=listed))


def test_a_server_that_announces_too_much_is_found_out(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(announce_more_bytes=1000))
    with pytest.raises(SizeMismatchError, match="announced 308200 bytes and has 307200"):
        fetching.fetch()
    assert fetching.left == []


def test_a_server_that_announces_too_little_is_found_out_by_the_listing(
    fetching: Fetching,
) -> None:
    fetching.bucket.put("b.mp4", FILM + b".")
    fetching.bucket.fail("b.mp4", Fault(announce_more_bytes=-1000))
    with pytest.raises(SizeMismatchError, match="has 306201 bytes; the listing says 307201"):
        fetching.fetch(fetching.source("b.mp4", size_bytes=307_201))


def test_a_file_of_unknown_length_is_taken_to_its_end(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(hide_length=True, times=None))
    assert fetching.fetch(fetching.source(size_bytes=len(FILM))).path.read_bytes() == FILM


def test_a_file_of_unknown_length_that_is_cut_is_found_out_by_the_listing(
    fetching: Fetching,
) -> None:
    fetching.bucket.fail("a.mp4", Fault(hide_length=True, cut_after_bytes=100_000))
    with pytest.raises(SizeMismatchError, match="has 100000 bytes; the listing says 307200"):
        fetching.fetch(fetching.source(size_bytes=len(FILM)))


def test_a_file_without_bytes_is_a_file(fetching: Fetching) -> None:
    fetching.bucket.put("empty.mp4", b"")
    fetched = fetching.fetch(fetching.source("empty.mp4", size_bytes=0))
    assert (fetched.size_bytes, fetched.path.read_bytes()) == (0, b"")


def test_a_web_page_is_no_video(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(web_page=True, times=None))
    with pytest.raises(FetchRefusedError, match="answers with a web page"):
        fetching.fetch()
    assert (fetching.statuses, fetching.left) == ([200], [])


def test_a_server_that_falls_silent_is_asked_again(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(stall_after_bytes=100_000))
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.ranges == [None, "bytes=100000-"]


def test_redirects_are_followed(fetching: Fetching) -> None:
    fetching.bucket.put("new.mp4", b"new")
    fetching.bucket.fail("a.mp4", Fault(redirect_to="/vids/b.mp4"))
    fetching.bucket.fail("b.mp4", Fault(redirect_to=fetching.bucket.url("new.mp4")))
    assert fetching.fetch().path.read_bytes() == b"new"
    assert fetching.statuses == [302, 302, 200]


def test_redirects_in_a_circle_end(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(redirect_to="/vids/a.mp4", times=None))
    with pytest.raises(FetchRefusedError, match="more than 10 times"):
        fetching.fetch()
    assert len(fetching.statuses) == 11


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("file:///etc/passwd", "not followed"),
        ("ftp://127.0.0.1/a", "not followed"),
        ("data:text/plain,a", "no address"),
    ],
)
def test_a_redirect_out_of_the_web_is_refused(fetching: Fetching, target: str, why: str) -> None:
    fetching.bucket.fail("a.mp4", Fault(redirect_to=target))
    with pytest.raises(FetchRefusedError, match=why):
        fetching.fetch()
    assert len(fetching.statuses) == 1


@pytest.mark.parametrize(
    ("origin", "target", "followed"),
    [
        ("http://a/x", "https://b/x", True),
        ("http://a/x", "http://b/x", True),
        ("https://a/x", "https://b/x", True),
        ("https://a/x", "http://a/x", False),
        ("https://a/x", "file:///x", False),
    ],
)
def test_a_redirect_never_gives_up_the_safe_connection(
    origin: str, target: str, followed: bool
) -> None:
    assert may_redirect(httpx.URL(origin), httpx.URL(target)) is followed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_download(fetching: Fetching) -> None:
    def onto_full_disk(path: Path, mode: str) -> IO[bytes]:
        path.write_bytes(b"what had room")
        return Path("/dev/full").open("wb")

    with (
        Fetcher(QUICK, opened=onto_full_disk) as fetching.fetcher,
        pytest.raises(DiskFullError, match="No room"),
    ):
        fetching.fetch()
    assert fetching.statuses == [200]
    assert fetching.left == []


def test_a_folder_that_cannot_be_written_is_named(fetching: Fetching) -> None:
    fetching.folder.parent.mkdir(exist_ok=True)
    fetching.folder.write_bytes(b"a file in its place")
    with pytest.raises(LibraryError, match="cannot be written"):
        fetching.fetch()


def test_a_file_fetched_before_is_taken_as_it_lies(fetching: Fetching) -> None:
    fetching.fetch(fetching.source(size_bytes=len(FILM)))
    assert fetching.fetch(fetching.source(size_bytes=len(FILM))).size_bytes == len(FILM)
    assert len(fetching.statuses) == 1


def test_a_file_fetched_before_with_another_size_is_fetched_again(fetching: Fetching) -> None:
    source = fetching.source(size_bytes=len(FILM))
    fetching.fetch(source).path.write_bytes(b"torn")
    assert fetching.fetch(source).path.read_bytes() == FILM


def test_several_threads_fetch_over_one_fetcher(fetching: Fetching) -> None:
    names = [f"{number}.mp4" for number in range(12)]
    for name in names:
        fetching.bucket.put(name, FILM + name.encode())
        fetching.bucket.fail(name, Fault(cut_after_bytes=200_000))
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda name: fetching.fetch(fetching.source(name)), names)
        assert [each.path.read_bytes() for each in found] == [FILM + n.encode() for n in names]


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/a.mp4", "http:///a.mp4", "http://[::1/a.mp4", "http://a..b/c", "a.mp4"],
)
def test_what_is_no_web_address_is_refused(fetching: Fetching, url: str) -> None:
    with pytest.raises(FetchRefusedError, match="no address that can be fetched"):
        fetching.fetch(Source(public_url=url, url=url, file_name="a.mp4"))


def test_a_server_that_is_away_is_named(fetching: Fetching) -> None:
    with Bucket({}) as gone:
        url = gone.url("a.mp4")
    with pytest.raises(FetchInterruptedError, match="cannot be reached"):
        fetching.fetch(Source(public_url=url, url=url, file_name="a.mp4"))
    assert len(fetching.waits) == 4


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with fetching.another() as fetching.fetcher:
        assert fetching.fetch().size_bytes == len(FILM)


def test_a_local_file_is_borrowed_where_it_lies(fetching: Fetching, tmp_path: Path) -> None:
    path = tmp_path / "Ümläut #1 100%.mp4"
    path.write_bytes(FILM)
    source = Source(public_url=str(path), url=path.as_uri(), file_name=path.name)
    assert fetching.fetch(source) == Fetched(path, len(FILM), borrowed=True)
    assert fetching.left == []


@pytest.mark.parametrize(
    "url",
    ["file:///no/such/film.mp4", "file:///", "file://elsewhere/film.mp4", "file:///a%00b.mp4"],
)
def test_a_local_file_that_is_not_there_is_refused(fetching: Fetching, url: str) -> None:
    with pytest.raises(FetchRefusedError, match=r"^file:/"):
        fetching.fetch(Source(public_url=url, url=url, file_name="film.mp4"))
