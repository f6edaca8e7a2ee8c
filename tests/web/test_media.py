"""Clips and thumbnails over HTTP, and nothing else of the disk."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from web.serving import Served


@pytest.fixture(scope="module")
def clip(library: Path) -> Path:
    return next(library.glob("videos/hills*/clips/clip_001.mp4"))


@pytest.fixture(scope="module")
def address(library: Path, clip: Path) -> str:
    return "/media/" + quote(clip.relative_to(library).as_posix())


def test_a_clip_comes_whole(client: httpx.Client, address: str, clip: Path) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, clip.read_bytes())
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"


def test_its_head_comes_alone(client: httpx.Client, address: str, clip: Path) -> None:
    answer = client.head(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == clip.stat().st_size


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("0-", 0, None), ("0-0", 0, 0), ("5-9", 5, 9), ("10-", 10, None), ("0-999999999", 0, None)],
)
def test_a_part_of_it_comes(
    client: httpx.Client, address: str, clip: Path, wanted: str, first: int, last: int | None
) -> None:
    data = clip.read_bytes()
    end = len(data) if last is None else last + 1
    answer = client.get(address, headers={"Range": f"bytes={wanted}"})
    assert (answer.status_code, answer.content) == (206, data[first:end])
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{len(data)}"


def test_its_end_comes(client: httpx.Client, address: str, clip: Path) -> None:
    answer = client.get(address, headers={"Range": "bytes=-7"})
    assert (answer.status_code, answer.content) == (206, clip.read_bytes()[-7:])
    whole = client.get(address, headers={"Range": "bytes=-999999999"})
    assert (whole.status_code, whole.content) == (206, clip.read_bytes())


@pytest.mark.parametrize("wanted", ["999999999-", "-0", f"{'9' * 5000}-"])
def test_a_part_that_it_has_not_is_refused(
    client: httpx.Client, address: str, clip: Path, wanted: str
) -> None:
    answer = client.get(address, headers={"Range": f"bytes={wanted}"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{clip.stat().st_size}"


@pytest.mark.parametrize(
    "wanted", ["bytes=9-5", "bytes=0-1,4-5", "bytes=x-", "lines=0-1", "bytes=-"]
)
def test_what_is_no_single_range_is_answered_with_the_whole(
    client: httpx.Client, address: str, clip: Path, wanted: str
) -> None:
    answer = client.get(address, headers={"Range": wanted})
    assert (answer.status_code, len(answer.content)) == (200, clip.stat().st_size)


def test_what_the_browser_has_is_not_sent_again(client: httpx.Client, address: str) -> None:
    headers = client.head(address).headers
    for condition in (
        {"If-None-Match": headers["etag"]},
        {"If-None-Match": f'"other", W/{headers["etag"]}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": headers["last-modified"]},
    ):
        answer = client.get(address, headers=condition)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == headers["etag"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    for no_date in ("Wed, 25 Nov 2037 01:00:00", "Wed, 25 Nov 2037 01:00:00 -0000", "yesterday"):
        answer = client.get(address, headers={"If-Modified-Since": no_date})
        assert answer.status_code == 200, no_date


def test_a_part_of_another_state_is_not_mixed_in(client: httpx.Client, address: str) -> None:
    headers = client.head(address).headers
    part = {"Range": "bytes=0-3"}
    for condition in (headers["etag"], headers["last-modified"]):
        assert client.get(address, headers={**part, "If-Range": condition}).status_code == 206
    for condition in ('"other"', f"W/{headers['etag']}", "Mon, 01 Jan 2001 00:00:00 GMT", "junk"):
        assert client.get(address, headers={**part, "If-Range": condition}).status_code == 200


def test_a_clip_made_anew_is_another_state(
    tmp_path: Path, library: Path, clip: Path, address: str
) -> None:
    copied = tmp_path / clip.relative_to(library)
    copied.parent.mkdir(parents=True)
    copied.write_bytes(b"first")
    with Served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        before = client.get(address).headers["etag"]
        copied.write_bytes(b"other one")
        assert client.get(address).headers["etag"] != before


ESCAPES = (
    "videos/../shotlog.db",
    "videos/../../etc/passwd",
    "../shotlog.db",
    "/etc/passwd",
    "//etc/passwd",
    "videos/x/clips/../../../shotlog.db",
    "videos/..%2f..%2fshotlog.db",
    "videos%2f..%2fshotlog.db",
    "%2e%2e/shotlog.db",
    "videos/%2e%2e/%2e%2e/etc/passwd",
    "videos/x/clips/%2e%2e%2f%2e%2e%2f%2e%2e%2fshotlog.db",
    "videos/x/clips/..%5c..%5cshotlog.db",
    "videos/x/clips/%252e%252e/shotlog.db",
    "videos/x/clips/clip_001.mp4%00.jpg",
    "videos/x/clips/.",
    "videos/x/clips/..",
    "shotlog.db",
    "shotlog.log",
    "results.json",
    "videos",
    "",
)


@pytest.mark.parametrize("path", ESCAPES)
def test_no_spelling_leads_to_another_file(served: Served, path: str) -> None:
    """By a client that sends the path as it is; httpx would tidy it up."""
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
    connection.request("GET", f"/media/{path}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 404
    assert b"SQLite" not in body
    assert b"root:" not in body


@pytest.fixture(scope="module")
def beset(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A library in which somebody has put links and other files."""
    root = tmp_path_factory.mktemp("beset")
    (root / "secret.mp4").write_bytes(b"secret")
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "clip_001.mp4").write_bytes(b"secret")
    clips = root / "library" / "videos" / "x" / "clips"
    clips.mkdir(parents=True)
    shutil.copy(library / "shotlog.db", root / "library" / "shotlog.db")
    (clips / "link.mp4").symlink_to(root / "secret.mp4")
    (clips / "loop.mp4").symlink_to(clips / "loop.mp4")
    (clips / "db.mp4").symlink_to(root / "library" / "shotlog.db")
    (clips / "page.html").write_text("<script>alert(1)</script>")
    (clips / "folder.mp4").mkdir()
    (clips.parent / "thumbs").symlink_to(root / "elsewhere")
    (clips / "fine.mp4").write_bytes(b"fine")
    with Served(root / "library") as served:
        yield served


LINKS = (
    *("clips/link.mp4", "clips/loop.mp4", "clips/db.mp4", "clips/page.html", "clips/folder.mp4"),
    *("thumbs/clip_001.mp4", "clips/none.mp4"),
)


@pytest.mark.parametrize("path", LINKS)
def test_no_link_leads_out_and_nothing_else_is_served(beset: Served, path: str) -> None:
    answer = httpx.get(f"{beset.url}/media/videos/x/{path}")
    assert (answer.status_code, b"secret" in answer.content) == (404, False)


def test_what_lies_beside_them_is_served(beset: Served) -> None:
    assert httpx.get(f"{beset.url}/media/videos/x/clips/fine.mp4").content == b"fine"
