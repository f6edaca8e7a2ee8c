"""Downloads that are cut, stopped, and gone on with, over real HTTP on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fetching import FILM, QUICK, Fetching, a_bucket_with_a_film

from shotlog.errors import (
    FetchInterruptedError,
)
from shotlog.fetch import Fetcher
from shotlog.testing.bucket import Fault


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Fetching]:
    with a_bucket_with_a_film(tmp_path / "sources") as fetching:
        yield fetching


def test_a_download_that_was_cut_goes_on_where_it_stopped(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000), Fault(cut_after_bytes=100_000))
    fetched = fetching.fetch()
    assert fetched.path.read_bytes() == FILM
    assert fetching.ranges == [None, "bytes=100000-", "bytes=200000-"]
    assert fetching.bucket.requests[1].if_range == fetched.etag
    assert fetching.statuses == [200, 206, 206]
    assert fetching.moved_bytes == len(FILM)


def test_a_server_that_cuts_again_and_again_gets_done_while_there_is_progress(
    fetching: Fetching,
) -> None:
    fetching.bucket.put("long.mp4", FILM * 4)
    fetching.bucket.fail("long.mp4", Fault(cut_after_bytes=70_000, times=None))
    assert fetching.fetch(fetching.source("long.mp4")).path.read_bytes() == FILM * 4
    assert len(fetching.statuses) == 18
    assert set(fetching.waits) == {1}


def test_a_server_that_sends_nothing_more_is_given_up(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000), Fault(cut_after_bytes=0, times=9))
    with pytest.raises(FetchInterruptedError, match="100000 of 307200 bytes have come"):
        fetching.fetch()
    assert len(fetching.statuses) == 5
    assert fetching.waits == [1, 2, 4, 8]
    assert fetching.left == [".json", ".part"]


def test_the_same_bytes_again_are_no_progress(fetching: Fetching) -> None:
    fault = Fault(cut_after_bytes=100_000, ignore_range=True, times=None)
    fetching.bucket.fail("a.mp4", fault)
    with pytest.raises(FetchInterruptedError):
        fetching.fetch()
    assert len(fetching.statuses) == 5


def test_a_part_of_an_earlier_run_is_gone_on_with(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000), Fault(status=503, times=4))
    with pytest.raises(FetchInterruptedError):
        fetching.fetch()
    with fetching.another() as fetching.fetcher:
        assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.ranges[-1] == "bytes=100000-"
    assert fetching.statuses[-1] == 206


def test_a_part_is_gone_on_with_by_an_address_that_was_signed_anew(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000), Fault(status=503, times=4))
    plain = fetching.source()
    address = f"{plain.url}?X-Amz-Date={{0}}&X-Amz-Signature=ab{{0}}"
    today, tomorrow = (
        replace(plain, public_url=address.format(day), url=address.format(day)) for day in (3, 4)
    )
    with pytest.raises(FetchInterruptedError):
        fetching.fetch(today)
    with fetching.another() as fetching.fetcher:
        assert fetching.fetch(tomorrow).path.read_bytes() == FILM
    assert fetching.ranges[-1] == "bytes=100000-"


def test_a_part_that_is_whole_is_taken_when_the_server_confirms_it(fetching: Fetching) -> None:
    _leave_part(fetching)
    part = next(fetching.folder.glob("*.part"))
    part.write_bytes(FILM)
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.statuses[-1] == 416


def test_a_part_of_another_version_is_started_over(fetching: Fetching) -> None:
    _leave_part(fetching)
    fetching.bucket.put("a.mp4", FILM[::-1])
    assert fetching.fetch().path.read_bytes() == FILM[::-1]
    assert fetching.ranges[-1] == "bytes=100000-"
    assert fetching.statuses[-1] == 200


def test_a_part_larger_than_the_file_is_started_over(fetching: Fetching) -> None:
    _leave_part(fetching)
    part = next(fetching.folder.glob("*.part"))
    part.write_bytes(FILM + b"more")
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.statuses[-2:] == [416, 200]


def test_a_part_without_a_readable_note_is_started_over(fetching: Fetching) -> None:
    _leave_part(fetching)
    next(fetching.folder.glob("*.json")).write_bytes(b'{"address": "')
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.ranges[-1] is None


def test_the_note_beside_a_part_holds_no_address(fetching: Fetching) -> None:
    _leave_part(fetching)
    note = json.loads(next(fetching.folder.glob("*.json")).read_bytes())
    assert note["total_bytes"] == len(FILM)
    assert "http" not in json.dumps(note)


def test_a_file_without_a_version_is_never_pieced_together(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000, hide_version=True))
    assert fetching.fetch().path.read_bytes() == FILM
    assert fetching.ranges == [None, None]


def _leave_part(fetching: Fetching) -> None:
    """100,000 bytes of a download that was stopped."""
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000), Fault(status=503, times=4))
    with pytest.raises(FetchInterruptedError):
        fetching.fetch()


def test_a_cut_behind_a_redirect_is_gone_on_with_behind_it(fetching: Fetching) -> None:
    moved = Fault(redirect_to=fetching.bucket.url("a.mp4"), times=None)
    fetching.bucket.fail("link", moved)
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000))
    assert fetching.fetch(fetching.source("link")).path.read_bytes() == FILM
    assert fetching.ranges == [None, None, "bytes=100000-", "bytes=100000-"]


def test_a_stop_ends_the_download_and_keeps_its_part(fetching: Fetching) -> None:
    fetching.bucket.fail("a.mp4", Fault(cut_after_bytes=100_000))

    def stop_then_wait(_: float) -> None:
        fetching.stop.set()

    with Fetcher(QUICK, sleep=stop_then_wait) as fetching.fetcher:
        with pytest.raises(FetchInterruptedError):
            fetching.fetch()
        assert fetching.left == [".json", ".part"]
        with pytest.raises(FetchInterruptedError, match="was stopped"):
            fetching.fetch()
    assert fetching.statuses == [200]


def test_a_stop_in_the_middle_of_a_file_is_heeded(fetching: Fetching) -> None:
    fetching.bucket.put("long.mp4", FILM * 20)
    source = fetching.source("long.mp4")
    with pytest.raises(FetchInterruptedError, match="was stopped"):
        fetching.fetcher.fetch(
            source, fetching.folder, progress=lambda _: fetching.stop.set(), stop=fetching.stop
        )
    part = next(fetching.folder.glob("*.part"))
    assert 0 < part.stat().st_size < len(FILM) * 20
