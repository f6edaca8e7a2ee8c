from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.testing.bucket import Bucket, Fault, ListingEntry, user_listing

URL = "https://mybucket.online/vids/"

AWK = [
    "awk",
    "-v",
    f"bucket_url={URL}",
    'BEGIN {print "file_name,file_size,last_modified,public_url"} '
    '{print $1","$2","$3","bucket_url $1}',
]

NAMES = [
    "my holiday video.mov",
    "a,b.mp4",
    "semi;colon.mp4",
    "Ümläut – clip (final) 100%.mp4",
    "50%20 off#1?.mp4",
    "sub/dir/東京.mkv",
]


def get(url: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(url, headers=named, trust_env=False)


def lsf(entries: list[ListingEntry]) -> str:
    return "".join(
        f"{each.name};{each.size_bytes};{each.last_modified:%Y-%m-%d %H:%M:%S}\n"
        for each in entries
    )


def read_lsf(path: Path) -> list[ListingEntry]:
    rows = [line.rsplit(";", 2) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        ListingEntry(name, int(size), datetime.fromisoformat(time).replace(tzinfo=UTC))
        for name, size, time in rows
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_served_under_any_name(name: str) -> None:
    with Bucket({name: b"0123456789"}) as bucket:
        assert get(bucket.url(name)).content == b"0123456789"
        assert [request.name for request in bucket.requests] == [name]


def test_a_folder_is_served_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a b.mp4").write_bytes(b"film")
    with Bucket(tmp_path) as bucket:
        assert get(bucket.prefix + "sub/a%20b.mp4").content == b"film"
        assert [entry.name for entry in bucket.entries] == ["sub/a b.mp4"]


def test_no_address_reaches_a_file_that_is_not_in_the_bucket(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in").mkdir()
    with Bucket(tmp_path / "in") as bucket:
        assert get(bucket.prefix + "..%2Fsecret").status_code == 404


def test_head_tells_the_size_and_sends_no_body() -> None:
    with Bucket({"a.mp4": b"0123456789"}) as bucket:
        answer = httpx.head(bucket.url("a.mp4"), trust_env=False)
        assert answer.headers["content-length"] == "10"
        assert answer.headers["last-modified"] == "Mon, 06 May 2024 07:08:09 GMT"
        assert answer.content == b""
        assert bucket.requests[0].method == "HEAD"


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=4-", 206, b"456789"),
        ("bytes=2-5", 206, b"2345"),
        ("bytes=-3", 206, b"789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, b""),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_a_range_gives_its_bytes(wanted: str, status: int, body: bytes) -> None:
    with Bucket({"a.mp4": b"0123456789"}) as bucket:
        answer = get(bucket.url("a.mp4"), range=wanted)
        assert (answer.status_code, answer.content) == (status, body)
        assert bucket.requests[0].range == wanted


def test_a_range_of_another_version_gives_the_whole_file() -> None:
    with Bucket({"a.mp4": b"0123456789"}) as bucket:
        etag = get(bucket.url("a.mp4")).headers["etag"]
        assert get(bucket.url("a.mp4"), range="bytes=4-", if_range=etag).status_code == 206
        bucket.put("a.mp4", b"abcdefghij")
        answer = get(bucket.url("a.mp4"), range="bytes=4-", if_range=etag)
        assert (answer.status_code, answer.content) == (200, b"abcdefghij")


def test_faults_befall_their_name_one_after_the_other() -> None:
    with Bucket({"a.mp4": b"a", "b.mp4": b"b"}) as bucket:
        bucket.fail("a.mp4", Fault(status=503, times=2), Fault(status=429, retry_after="7"))
        answers = [get(bucket.url("a.mp4")) for _ in range(4)]
        assert [each.status_code for each in answers] == [503, 503, 429, 200]
        assert answers[2].headers["retry-after"] == "7"
        assert get(bucket.url("b.mp4")).status_code == 200


def test_a_cut_or_a_lie_about_the_length_breaks_the_answer_off() -> None:
    with Bucket({"a.mp4": b"0123456789"}) as bucket:
        bucket.fail("a.mp4", Fault(cut_after_bytes=4), Fault(announce_more_bytes=5))
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                get(bucket.url("a.mp4"))


def test_a_bucket_closes_while_an_answer_stalls() -> None:
    with Bucket({"a.mp4": b"0123456789"}) as bucket:
        bucket.fail("a.mp4", Fault(stall_after_bytes=3))
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(bucket.url("a.mp4"), timeout=0.05, trust_env=False)


def test_the_users_listing_is_the_one_in_the_shared_folder(shared_listings: Path) -> None:
    entries = read_lsf(shared_listings / "lsf-pst.txt")
    real = (shared_listings / "users-own-command.csv").read_text(encoding="utf-8")
    assert user_listing(entries, URL) == real


@pytest.mark.skipif(shutil.which("awk") is None, reason="awk is not installed")
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            ListingEntry,
            st.text(
                st.sampled_from(" \t,;#%/.aäß–東'\"\\$-1\u00a0\u2003"), min_size=1, max_size=12
            ),
            st.integers(-1, 10**12),
            st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        ),
        max_size=8,
    )
)
def test_the_users_listing_is_what_awk_prints(entries: list[ListingEntry]) -> None:
    printed = subprocess.run(AWK, input=lsf(entries).encode(), stdout=subprocess.PIPE, check=True)
    assert user_listing(entries, URL) == printed.stdout.decode()
