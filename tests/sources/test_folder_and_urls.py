"""Local folders and lists of addresses."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from listing_material import names, said

from shotlog.errors import ListingError
from shotlog.records import ListingReport, Source
from shotlog.sources import read_folder, read_urls


def folder(path: Path, *files: str) -> tuple[list[Source], ListingReport]:
    for name in files:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")
    report = ListingReport()
    return list(read_folder(path, report=report)), report


def test_every_video_below_is_found_in_order(tmp_path: Path) -> None:
    sources, report = folder(tmp_path, "b/c.mkv", "b/a #1.MP4", "z.mov", "notes.txt", "._z.mov")
    assert names(sources) == ["z.mov", "b/a #1.MP4", "b/c.mkv"]
    assert {source.size_bytes for source in sources} == {5}
    assert report.counts == {"not_video": 2}


def test_the_address_is_the_files_own(tmp_path: Path) -> None:
    [source], _ = folder(tmp_path, "sub dir/ü 100%?.mp4")
    file = tmp_path / "sub dir/ü 100%?.mp4"
    assert source.url == source.public_url
    assert unquote(urlsplit(source.url).path) == str(file)
    assert source.last_modified is not None
    assert abs(source.last_modified.timestamp() - file.stat().st_mtime) < 1e-3


def test_a_relative_folder_gives_whole_addresses(tmp_path: Path) -> None:
    folder(tmp_path, "v/a.mp4")
    [source], _ = folder(Path("v"))
    assert source.url == (tmp_path / "v/a.mp4").as_uri()


def test_links_that_go_round_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/up").symlink_to("..")
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    sources, report = folder(tmp_path, "sub/a.mp4")
    assert names(sources) == ["sub/a.mp4"]
    assert said(report) == [(1, "bad", "gone.mp4")]


def test_what_is_no_readable_video_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe.mp4")
    sources, report = folder(tmp_path, "a.mp4")
    assert names(sources) == ["a.mp4"]
    assert said(report) == [(2, "bad", "empty.mp4"), (3, "not_video", "pipe.mp4")]


def test_clips_of_a_library_are_no_footage(tmp_path: Path) -> None:
    out = "processed_videos"
    sources, _ = folder(
        tmp_path, "a.mp4", f"{out}/shotlog.db", f"{out}/videos/a/clips/clip_001.mp4",
        f"{out}/sources/x.mp4", "videos/b.mp4",
    )  # fmt: skip
    assert names(sources) == ["a.mp4", "videos/b.mp4"]


def test_a_name_that_is_no_utf8_is_shown_and_still_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"x")
    [source], _ = folder(tmp_path)
    assert source.file_name == "caf\ufffd.mp4"
    assert source.url.endswith("caf%E9.mp4")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent", "No such file"),
        ("file", "Not a directory"),
        ("bare", "holds no file"),
        ("texts", r"names no video \(one other file\)"),
    ],
)
def test_a_folder_that_gives_nothing_says_why(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "bare").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/notes.txt").touch()
    with pytest.raises(ListingError, match=words):
        folder(tmp_path / name)


def test_addresses_are_read_as_pasted() -> None:
    report = ListingReport()
    urls = [" https://h.example/my,clip 1.mp4?sig=hush ", "https://h.example/b", "r2:x", "b.mp4",
            "https://h.example/b"]  # fmt: skip
    sources = list(read_urls(urls, report=report))
    assert names(sources) == ["my,clip 1.mp4", "b"]
    assert sources[0].url == "https://h.example/my,clip%201.mp4?sig=hush"
    assert [(row.line, row.kind) for row in report.rows] == [
        (3, "bad"), (4, "bad"), (5, "duplicate"),
    ]  # fmt: skip


def test_no_usable_address_is_an_error() -> None:
    with pytest.raises(ListingError, match="no row that can be used"):
        list(read_urls(["s3://bucket/a.mp4"], report=ListingReport()))
