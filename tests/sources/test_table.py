"""Listings as tables: any order, any titles, and what bad rows and bad files get."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from listing_material import PREFIX, names, read, said, utc

from shotlog.errors import ListingError, SettingError

ROW = f"a.mp4,5,2026-11-23 11:48:57,{PREFIX}a.mp4\n"
TITLES = "file_name,file_size,last_modified,public_url\n"


@pytest.mark.parametrize(
    "content",
    [
        "URL,Title,Size\nhttps://h.example/a.mp4,First,5\n",
        "size ; TITLE ; Public URL\n5;First;https://h.example/a.mp4\n",
        "Title\tFile-Size\turl\nFirst\t5\thttps://h.example/a.mp4\n",
        "\ufeffTitle,FILE_SIZE,Url\r\nFirst,5,https://h.example/a.mp4\r\n",
        "Title,file_size,url\rFirst,5,https://h.example/a.mp4\r",
        '\n"Title","file_size","url"\n\n"First","5"," https://h.example/a.mp4 "\n\n',
    ],
)
def test_columns_have_any_order_case_and_delimiter(tmp_path: Path, content: str) -> None:
    [source], report = read(tmp_path / "l.csv", content)
    assert (source.file_name, source.size_bytes) == ("a.mp4", 5)
    assert source.url == source.public_url == "https://h.example/a.mp4"
    assert [(title.lower(), value) for title, value in source.further] == [("title", "First")]
    assert report.rows == []


def test_addresses_alone_are_enough(tmp_path: Path) -> None:
    content = "https://h.example/a%20b.mp4\nhttps://h.example/c.mp4?sig=1\n"
    sources, _ = read(tmp_path / "l.csv", content)
    assert names(sources) == ["a b.mp4", "c.mp4"]


def test_rows_without_titles_are_known_by_what_they_hold(tmp_path: Path) -> None:
    [source], _ = read(tmp_path / "l.csv", ROW)
    assert (source.size_bytes, source.last_modified) == (5, utc("2026-11-23 11:48:57"))


def test_names_alone_are_enough_with_the_address_before_them(tmp_path: Path) -> None:
    sources, _ = read(tmp_path / "l.csv", "a,b.mp4\nc d.mov\nsub/\n", public_url=PREFIX)
    assert [each.url for each in sources] == [PREFIX + "a%2Cb.mp4", PREFIX + "c%20d.mov"]


def test_a_name_column_and_the_address_before_it_are_enough(tmp_path: Path) -> None:
    sources, _ = read(tmp_path / "l.csv", "name,size\na#1.mp4,5\n", public_url=PREFIX)
    assert sources[0].url == PREFIX + "a%231.mp4"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (TITLES, "has no rows"),
        ("file_name,file_size\na.mp4,5\n", "no column with the videos' addresses.*'file_name'"),
        ("publik_url,b\nx,y\n", "'publik_url' and 'b'.*nearest to 'publik_url' is 'public_url'"),
        (TITLES + "notes.txt,5,,https://h.example/notes.txt\nsub/,-1,,\n", "names no video"),
        (
            TITLES + "a.mp4,5,,s3://b/a.mp4\nb.mp4,5,,\n",
            "two unusable rows.*line 2: .*no web address",
        ),
        (b"name,url\na.mp4,https://h.example/a.mp4\n\xe4.mp4,x\n", "line 3, byte 1 is 0xE4"),
        ("name,url\n".encode("utf-16"), "line 1, byte 1 is 0xFF.*UTF-16"),
        ("name,url\n".encode("utf-16-le"), "zero bytes"),
        ('[{"public_url": "https://h.example/a.mp4"}]', "not of `rclone lsjson`.*--json"),
        ('[{"Path": "a.mp4", ', "no complete JSON"),
    ],
)
def test_a_listing_that_cannot_be_used_says_why(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    path = tmp_path / "l.csv"
    path.touch()
    with pytest.raises(ListingError, match=f"(?s){words}") as caught:
        read(path, content, public_url=PREFIX if "Path" in str(content) else None)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"\0\0\0 ftypisom" + bytes(99), b"\x1aE\xdf\xa3\x93"])
def test_a_video_in_the_place_of_a_listing_is_told_to_be_one(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ListingError) as caught:
        read(tmp_path / "beach.MP4", content)
    assert "--dir FOLDER" in caught.value.hint


def test_a_byte_that_is_no_utf8_is_found_deep_in_a_file(tmp_path: Path) -> None:
    content = (TITLES + ROW * 40_000).encode() + b"ab\xff\n"
    with pytest.raises(ListingError, match="line 40002, byte 3 is 0xFF"):
        read(tmp_path / "l.csv", content)


@pytest.mark.parametrize("missing", [True, False])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, missing: bool) -> None:
    with pytest.raises(ListingError, match="No such file" if missing else "Is a directory"):
        read(tmp_path / "absent.csv" if missing else tmp_path)


def test_a_wrong_prefix_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--public-url"):
        read(tmp_path / "l.csv", ROW, public_url="r2:vids")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("b.mp4,5,,", "no address"),
        ("b.mp4", "1 columns where 4 belong"),
        (f"b.mp4,5,,x,{PREFIX}b.mp4,y", "6 columns where 4 belong"),
        ("b.mp4,5,,file:///etc/passwd", "file of this machine"),
        ("b.mp4,5,,https://me:hush@h.example/b.mp4", "user name or password"),
        (f"b.mp4,0,,{PREFIX}b.mp4", "0 bytes"),
        (f"b.mp4,0 MB,,{PREFIX}b.mp4", "0 bytes"),
        (f'"b.mp4,5,,{PREFIX}b.mp4', "1 columns where 4 belong"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_and_the_others_go_on(
    tmp_path: Path, row: str, words: str
) -> None:
    content = f"{TITLES}{ROW}{row}\n" + ROW.replace("a.mp4", "c.mp4")
    sources, report = read(tmp_path / "l.csv", content)
    assert names(sources) == ["a.mp4", "c.mp4"]
    [bad] = report.rows
    assert (bad.line, bad.kind) == (3, "bad")
    assert words in bad.reason
    assert bad.hint
    assert "hush" not in f"{bad}"


def test_a_quote_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    rows = "".join(ROW.replace("a.mp4", f"{number}.mp4") for number in range(5000))
    quoted = f'"x,y.mp4",5,,"{PREFIX}x,y.mp4"\n'
    sources, report = read(tmp_path / "l.csv", f'{TITLES}"b.mp4,5,,x\n{rows}{quoted}{ROW}')
    assert len(sources) == 5002
    assert said(report) == [(2, "bad", "b.mp4,5,,x")]


def test_a_line_break_within_quotes_belongs_to_the_name(tmp_path: Path) -> None:
    content = f'{TITLES}"a\nb.mp4",5,,"{PREFIX}a\nb.mp4"\n,,,\n{ROW}{ROW}'
    sources, report = read(tmp_path / "l.csv", content)
    assert names(sources) == ["a\nb.mp4", "a.mp4"]
    assert sources[0].url == PREFIX + "a%0Ab.mp4"
    assert said(report) == [(7, "duplicate", "a.mp4")]


@pytest.mark.parametrize("name", ["../../etc/passwd.mp4", "C:\\x.mp4", "a\0b.mp4", "\x1b[2J.mp4"])
def test_a_name_is_only_shown(tmp_path: Path, name: str) -> None:
    [source], _ = read(tmp_path / "l.csv", f"{TITLES}{name},5,,https://h.example/v/1.mp4\n")
    assert source.file_name == name
    assert source.url == "https://h.example/v/1.mp4"


@pytest.mark.parametrize("size", ["many", "5 apples", "-7", "9" * 30, "9999999999 TB"])
def test_a_size_that_cannot_be_read_leaves_the_row_usable(tmp_path: Path, size: str) -> None:
    content = f"{TITLES}a.mp4,{size},yesterday,{PREFIX}a.mp4\n"
    [source], report = read(tmp_path / "l.csv", content)
    assert (source.size_bytes, source.last_modified) == (None, None)
    [row] = report.rows
    assert (row.line, row.kind) == (2, "mended")
    assert repr(size) in row.reason
    assert "'yesterday'" in row.reason


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23 11:48:57", "2026-11-23 11:48:57"),
        ("2026-11-23T11:48:57Z", "2026-11-23 11:48:57"),
        ("2026-11-23T13:48:57+02:00", "2026-11-23 11:48:57"),
        ("2026-11-23T11:48:57.366134985Z", "2026-11-23 11:48:57.366134"),
    ],
)
def test_times_are_read_in_utc(tmp_path: Path, text: str, time: str) -> None:
    [source], report = read(tmp_path / "l.csv", f"{TITLES}a.mp4,5,{text},{PREFIX}a.mp4\n")
    assert source.last_modified == utc(time)
    assert report.rows == []


def test_what_is_no_video_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = ["notes.txt", "._a.mp4", ".DS_Store", "sub/", "clip.MP4", "no ending", "take.3", "a.TS"]
    content = "name,url\n" + "".join(f"{name},{PREFIX}{name}\n" for name in rows)
    sources, report = read(tmp_path / "l.csv", content)
    assert names(sources) == ["clip.MP4", "no ending", "take.3", "a.TS"]
    assert report.counts == {"not_video": 3, "directory": 1}


def test_one_address_in_two_spellings_is_one_video(tmp_path: Path) -> None:
    content = f"url\n{PREFIX}a b.mp4\n{PREFIX}a%20b.mp4\n"
    sources, report = read(tmp_path / "l.csv", content)
    assert [each.public_url for each in sources] == [PREFIX + "a b.mp4"]
    assert said(report) == [(3, "duplicate", "a b.mp4")]


def test_titles_between_joined_listings_are_no_rows(tmp_path: Path) -> None:
    sources, report = read(tmp_path / "l.csv", TITLES + ROW + TITLES + ROW.replace("a.", "b."))
    assert names(sources) == ["a.mp4", "b.mp4"]
    assert report.rows == []


def test_the_log_names_each_mended_and_each_bad_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="shotlog"):
        content = f"{TITLES}a.mp4,x,,{PREFIX}a.mp4\nb\n,x,,https://h.example/c.mp4?t=hush\n"
        read(tmp_path / "l.csv", content)
    assert "line 2, 'a.mp4': mended: the size 'x'" in caplog.text
    assert "line 3, 'b': left out" in caplog.text
    assert "line 4, 'c.mp4': mended" in caplog.text
    assert "hush" not in caplog.text


def test_half_a_character_in_json_is_a_bad_row(tmp_path: Path) -> None:
    content = '[{"Path":"\\ud800.mp4","Size":1},{"Path":"a.mp4","Size":1}]'
    sources, report = read(tmp_path / "l.json", content, public_url=PREFIX)
    assert names(sources) == ["a.mp4"]
    assert said(report) == [(1, "bad", "\\ud800.mp4")]


def test_lsjson_without_line_breaks_and_over_many_blocks(tmp_path: Path) -> None:
    entries = (f'{{"Path":"ü {n}.mp4","Size":-1,"IsDir":false}}' for n in range(20_000))
    sources, report = read(tmp_path / "l.json", f"[{', '.join(entries)}]", public_url=PREFIX)
    assert len(sources) == 20_000
    assert (sources[-1].file_name, sources[-1].size_bytes) == ("ü 19999.mp4", None)
    assert report.rows == []


def test_a_dash_reads_standard_input() -> None:
    program = (
        "from pathlib import Path; from shotlog.records import ListingReport; "
        "from shotlog.sources import read_listing; "
        "print([s.file_name for s in "
        "read_listing(Path('-'), public_url=None, report=ListingReport())])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=(TITLES + ROW).encode(),
        capture_output=True,
        check=True,
    )
    assert io.BytesIO(done.stdout).read().strip() == b"['a.mp4']"
