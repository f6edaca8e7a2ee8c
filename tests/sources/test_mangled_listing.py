"""Whatever rclone lists, the users' own awk line read back, by the real awk."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from listing_material import PREFIX, awk, names, read, said, utc

from shotlog.errors import ListingError
from shotlog.records import ListingReport
from shotlog.sources import read_listing

FORGED = re.compile(r";-?\d+;\d{4}-\d\d-\d\d|^\S+ [\d.]* ?\d{4}-\d\d-\d\d ")
"""A name with a size and a day of its own, which no reader can tell from rclone's."""

REAL_AWK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

letters = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Z"], exclude_characters="\ufeff"
)
words = st.text(letters, min_size=1, max_size=8) | st.text(
    st.sampled_from("ab,;:/\"'%#?&=-1"), min_size=1, max_size=8
)
stems = (
    st.lists(
        words | st.sampled_from(["https://x.y/", "2026-11-23", "12:34:56", ";1"]),
        min_size=1,
        max_size=6,
    )
    .map(" ".join)
    .filter(lambda stem: "._" not in stem)
)
sizes = st.integers(1, 2**50)
times = st.integers(0, 4 * 10**9).map(
    lambda seconds: f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
)
rows = st.lists(
    st.tuples(stems.map(lambda stem: stem + ".mp4"), sizes, times),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
)


@REAL_AWK
@given(rows=rows, bucket_url=st.sampled_from([PREFIX, "https://b.example/a,b;c/get?file="]))
@example(rows=[("a,b c;d https://x.y/ e.mp4", 1, "2026-01-01 00:00:00")], bucket_url=PREFIX)
@example(rows=[("x,x y.mp4", 1, "2026-01-01 00:00:00")], bucket_url=PREFIX)
@example(
    rows=[("0.mp4", 1, "2026-01-01 00:00:00"), ("0 0 0 0.mp4", 1, "2026-01-01 00:00:00")],
    bucket_url=PREFIX,
)
@example(rows=[("0 1 0 0.mp4", 1, "2026-01-01 00:00:00")], bucket_url=PREFIX)
@example(rows=[("a,https://b.mp4", 1, "2026-01-01 00:00:00")], bucket_url=PREFIX)
def test_every_row_reads_back_right_or_is_reported(
    tmp_path: Path, rows: list[tuple[str, int, str]], bucket_url: str
) -> None:
    rows = [row for row in rows if not FORGED.search(row[0])]
    listed = dict(enumerate(rows, 2))
    content = awk([f"{name};{size};{time}" for name, size, time in rows], bucket_url)
    path = tmp_path / "listing.csv"
    path.write_text(content, encoding="utf-8", newline="")
    report = ListingReport()
    try:
        found = {
            each.file_name: each for each in read_listing(path, public_url=None, report=report)
        }
    except ListingError:
        found = {}
    unusable = {row.line for row in report.rows if row.kind == "bad"}
    assert not [row for row in report.rows if row.kind not in ("bad", "mended", "duplicate")]
    for line, (name, size, time) in listed.items():
        blanks = name.count(" ")
        if line in unusable:
            assert blanks > 2 or (blanks == 2 and "," in name)
            continue
        known = time if blanks < 2 else time.split(" ")[0]
        assert (found[name].size_bytes, found[name].last_modified) == (size, utc(known))
        assert found[name].public_url == bucket_url + name == unquote(found[name].url)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("plain.mp4;5;2026-11-23 11:48:57", "plain.mp4"),
        ("a,b,c.mp4;5;2026-11-23 11:48:57", "a,b,c.mp4"),
        ("one, two.mp4;5;2026-11-23 11:48:57", "one, two.mp4"),
        ("a;1;b c;d.mp4;5;2026-11-23 11:48:57", "a;1;b c;d.mp4"),
        ('say "hi".mp4;5;2026-11-23 11:48:57', 'say "hi".mp4'),
        ('"quoted.mp4;5;2026-11-23 11:48:57', '"quoted.mp4'),
        ("https://x.y/z.mp4;5;2026-11-23 11:48:57", "https://x.y/z.mp4"),
        ("sub dir/日本 語.mp4;5;2026-11-23 11:48:57", "sub dir/日本 語.mp4"),
        ("../../etc/passwd.mp4;5;2026-11-23 11:48:57", "../../etc/passwd.mp4"),
    ],
)
def test_a_row_alone_reads_back(tmp_path: Path, line: str, name: str) -> None:
    [source], report = read(tmp_path / "l.csv", awk([line]))
    assert (source.file_name, source.size_bytes) == (name, 5)
    assert source.public_url == PREFIX + name
    assert unquote(source.url) == PREFIX + name
    assert report.counts == {"mended": 1}


def test_titles_are_not_needed(tmp_path: Path) -> None:
    content = awk(["a.mp4;5;2026-11-23 11:48:57", "b c.mp4;6;2026-11-23 11:48:57"])
    sources, report = read(tmp_path / "l.csv", content.split("\n", 1)[1])
    assert names(sources) == ["a.mp4", "b c.mp4"]
    assert [row.line for row in report.rows] == [1, 2]


def test_line_ends_of_windows_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    content = awk(["a.mp4;5;2026-11-23 11:48:57", "b c.mp4;6;2026-11-23 11:48:57"])
    sources, _ = read(tmp_path / "l.csv", "\ufeff" + content.replace("\n", "\r\n"))
    assert names(sources) == ["a.mp4", "b c.mp4"]


def test_a_name_that_may_be_two_names_is_reported_with_both(tmp_path: Path) -> None:
    content = awk(["a b,c d.mp4;5;2026-11-23 11:48:57", "x.mp4;5;2026-11-23 11:48:57"])
    sources, report = read(tmp_path / "l.csv", content)
    assert names(sources) == ["x.mp4"]
    [bad] = [row for row in report.rows if row.kind == "bad"]
    assert "'a b c,d.mp4' or 'a b,c d.mp4'" in bad.reason


def test_a_row_of_another_form_is_bad_and_the_others_go_on(tmp_path: Path) -> None:
    content = awk(["a.mp4;5;2026-11-23 11:48:57"]) + "what is this\n,,,\n"
    sources, report = read(tmp_path / "l.csv", content)
    assert names(sources) == ["a.mp4"]
    assert said(report)[1:] == [(3, "bad", "what is this"), (4, "bad", ",,,")]


def test_a_listing_whose_every_name_was_cut_off_cannot_be_used(tmp_path: Path) -> None:
    content = awk(["my very long name.mp4;5;2026-11-23 11:48:57"])
    with pytest.raises(ListingError, match=r"line 2: .*cut off.*rclone lsf -R --csv"):
        read(tmp_path / "l.csv", content)


def test_a_bucket_address_with_a_token_is_not_repeated_in_the_hint(tmp_path: Path) -> None:
    lines = ["a.mp4;5;2026-11-23 11:48:57", "my very long name.mp4;5;2026-11-23 11:48:57"]
    _, report = read(tmp_path / "l.csv", awk(lines, "https://b.example/get?token=hush&file="))
    assert not any("hush" in row.hint + row.reason for row in report.rows)
    assert "--public-url URL" in report.rows[-1].hint


def test_the_command_with_the_right_separator_leaves_commas_unquoted_and_is_read(
    tmp_path: Path,
) -> None:
    lines = ["a,b.mp4;5;2026-11-23 11:48:57", "c d.mp4;6;2026-11-23 11:48:57"]
    program = (
        'BEGIN {FS=";"; print "file_name,file_size,last_modified,public_url"} '
        '{print $1","$2","$3","bucket_url $1}'
    )
    sources, report = read(tmp_path / "l.csv", awk(lines, program=program))
    assert names(sources) == ["a,b.mp4", "c d.mp4"]
    assert sources[0].url == PREFIX + "a%2Cb.mp4"
    assert sources[0].last_modified == utc("2026-11-23 11:48:57")
    assert said(report) == [(2, "mended", "a,b.mp4")]


@settings(REAL_AWK, max_examples=100)
@given(rows=rows, titled=st.booleans())
def test_a_plain_table_is_never_taken_for_a_mangled_one(
    tmp_path: Path, rows: list[tuple[str, int, str]], titled: bool
) -> None:
    # Without titles, a column of web addresses can only be taken for the addresses.
    rows = [row for row in rows if titled or "://" not in row[0]] or [("a.mp4", 1, "2026-01-01")]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if titled:
        writer.writerow(["file_name", "file_size", "last_modified", "public_url"])
    writer.writerows([name, size, time, PREFIX + name] for name, size, time in rows)
    sources, report = read(tmp_path / "l.csv", text.getvalue())
    assert [(each.file_name, each.size_bytes, each.last_modified) for each in sources] == [
        (name, size, utc(time)) for name, size, time in rows
    ]
    assert report.rows == []
