"""The listings that rclone and the users' own command really wrote, record by record."""

from __future__ import annotations

from pathlib import Path

import pytest
from listing_material import PREFIX, names, read, said, utc

from shotlog.errors import ListingError
from shotlog.records import Source

UMLAUTS = "Ümläut – clip (final) 100%.mp4"
UMLAUTS_QUOTED = "%C3%9Cml%C3%A4ut%20%E2%80%93%20clip%20%28final%29%20100%25.mp4"


def source(name: str, quoted: str, size: int, time: str) -> Source:
    return Source(PREFIX + name, PREFIX + quoted, name, size, utc(time))


AS_LISTED = [
    source("a  b.mp4", "a%20%20b.mp4", 10, "2026-11-23 12:34:13"),
    source("a,b.mp4", "a%2Cb.mp4", 12345, "2026-11-23 11:48:57"),
    source("my holiday video.mov", "my%20holiday%20video.mov", 12345, "2024-05-06 07:08:09"),
    source("semi;colon.mp4", "semi%3Bcolon.mp4", 12345, "2026-11-23 11:48:57"),
    source("video1.mp4", "video1.mp4", 12345, "2024-05-06 07:08:09"),
    source(UMLAUTS, UMLAUTS_QUOTED, 987654, "2023-01-02 03:04:05"),
]
RECURSIVE = source("sub/dir/clip.mkv", "sub/dir/clip.mkv", 12345, "2026-11-23 11:48:57")
LEFT_OUT = [(3, "bad", "empty.mp4"), (5, "not_video", "notes.txt"), (7, "directory", "sub/")]


def test_the_users_own_listing_is_read_wherever_its_rows_still_hold_what_they_held(
    shared_listings: Path,
) -> None:
    sources, report = read(shared_listings / "users-own-command.csv")
    assert sources == [
        source("a b.mp4", "a%20b.mp4", 10, "2026-11-23 12:34:13"),
        AS_LISTED[1],
        source("my holiday video.mov", "my%20holiday%20video.mov", 12345, "2024-05-06"),
        AS_LISTED[3],
        AS_LISTED[4],
    ]
    assert said(report) == [
        (2, "mended", "a b.mp4"),
        (3, "mended", "a,b.mp4"),
        (4, "bad", "empty.mp4"),
        (5, "mended", "my holiday video.mov"),
        (6, "not_video", "notes.txt"),
        (7, "mended", "semi;colon.mp4"),
        (8, "directory", "sub/"),
        (9, "mended", "video1.mp4"),
        (10, "bad", "Ümläut – clip …"),
    ]


def test_a_mended_row_says_what_was_lost(shared_listings: Path) -> None:
    _, report = read(shared_listings / "users-own-command.csv")
    reasons = {row.line: row.reason for row in report.rows}
    assert "two blanks in a row read back as one" in reasons[2]
    assert "blank" not in reasons[3]
    assert "time of day is lost, midnight UTC" in reasons[5]


def test_a_row_whose_name_was_cut_off_is_reported_with_the_command_that_lists_rightly(
    shared_listings: Path,
) -> None:
    _, report = read(shared_listings / "users-own-command.csv")
    row = report.rows[-1]
    assert "cut off" in row.reason
    assert "rclone lsf -R --csv --format pst REMOTE:PATH" in row.hint
    assert f"--csv listing.csv --public-url {PREFIX}" in row.hint
    assert f"shotlog run --rclone REMOTE:PATH --public-url {PREFIX}" in row.hint


def test_the_table_as_it_was_meant(shared_listings: Path) -> None:
    sources, report = read(shared_listings / "as-meant.csv")
    assert sources == [
        source("video1.mp4", "video1.mp4", 500_000_000, "2023-10-10 12:00:00"),
        source("video2.mov", "video2.mov", 1_000_000_000, "2023-09-15 15:45:32"),
    ]
    assert report.rows == []


def test_the_older_titles_keep_their_further_column(shared_listings: Path) -> None:
    sources, report = read(shared_listings / "first-script.csv")
    one, two = "http://example.com/video1.mp4", "http://example.com/video2.mov"
    assert sources == [
        Source(one, one, "video1.mp4", 500_000_000, further=(("duration", "5:30"),)),
        Source(two, two, "video2.mov", 1_000_000_000, further=(("duration", "10:00"),)),
    ]
    assert report.rows == []


@pytest.mark.parametrize("public_url", [PREFIX, PREFIX.rstrip("/")])
def test_lsf_as_it_prints(shared_listings: Path, public_url: str) -> None:
    sources, report = read(shared_listings / "lsf-pst.txt", public_url=public_url)
    assert sources == AS_LISTED
    assert said(report) == LEFT_OUT


def test_lsf_as_csv_recursively(shared_listings: Path) -> None:
    sources, report = read(shared_listings / "lsf-recursive.csv", public_url=PREFIX)
    assert sources == [*AS_LISTED, RECURSIVE]
    assert said(report) == [*LEFT_OUT, (10, "directory", "sub/dir/")]


def test_lsjson_recursively(shared_listings: Path) -> None:
    sources, report = read(shared_listings / "lsjson-recursive.json", public_url=PREFIX)
    assert names(sources) == names([*AS_LISTED, RECURSIVE])
    assert [each.url for each in sources] == [each.url for each in [*AS_LISTED, RECURSIVE]]
    assert sources[0].last_modified == utc("2026-11-23 12:34:13.366134")
    assert sources[2].further == (("MimeType", "video/quicktime"),)
    assert said(report) == [*LEFT_OUT, (10, "directory", "sub/dir/")]


@pytest.mark.parametrize("file", ["lsf-pst.txt", "lsf-recursive.csv", "lsjson-recursive.json"])
def test_names_alone_need_the_address_before_them(shared_listings: Path, file: str) -> None:
    with pytest.raises(ListingError, match=r"names and no addresses.*--public-url"):
        read(shared_listings / file)
