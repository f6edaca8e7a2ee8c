"""Manifests: read with clips or without, written from any listing and read back."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from listing_material import PREFIX, names, read, said

from shotlog.errors import ListingError
from shotlog.records import GivenClip, ListingReport, Resolution, Source
from shotlog.sources import read_manifest, write_manifest

URL = PREFIX + "a.mp4"


def manifest(folder: Path, content: object) -> tuple[list[Source], ListingReport]:
    path = folder / "videos.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    report = ListingReport()
    return list(read_manifest(path, report=report)), report


def entry(**fields: object) -> list[dict[str, object]]:
    return [{"file_name": "a.mp4", "public_url": URL, **fields}]


def test_an_entry_holds_what_its_listing_held_and_its_own_caps(tmp_path: Path) -> None:
    content = entry(file_size=5, last_modified="2026-11-23T11:48:57Z", segments=[],
                    max_resolution="1280x720", max_fps=29.97, rating=4)  # fmt: skip
    [source], report = manifest(tmp_path, content)
    assert (source.file_name, source.size_bytes, source.url) == ("a.mp4", 5, URL)
    assert source.last_modified is not None
    assert source.max_resolution == Resolution(1280, 720)
    assert source.max_fps == Fraction("29.97")
    assert source.further == (("rating", "4"),)
    assert source.given_clips == ()
    assert report.rows == []


@pytest.mark.parametrize("name", ["as-meant.csv", "first-script.csv", "users-own-command.csv"])
def test_a_written_manifest_reads_back_as_its_listing(
    tmp_path: Path, shared_listings: Path, name: str
) -> None:
    sources, _ = read(shared_listings / name)
    with (tmp_path / "videos.json").open("wb") as file:
        assert write_manifest(sources, file) == len(sources)
    back = list(read_manifest(tmp_path / "videos.json", report=ListingReport()))
    assert [(s.public_url, s.url, s.size_bytes, s.last_modified) for s in back] == [
        (s.public_url, s.url, s.size_bytes, s.last_modified) for s in sources
    ]


def test_a_manifest_of_no_video_is_an_empty_list() -> None:
    stream = io.BytesIO()
    assert write_manifest([], stream) == 0
    assert json.loads(stream.getvalue()) == []


def test_a_manifest_has_the_seven_fields_and_no_others(shared_listings: Path) -> None:
    stream = io.BytesIO()
    write_manifest(read(shared_listings / "first-script.csv")[0][:1], stream)
    assert json.loads(stream.getvalue()) == [
        {
            "file_name": "video1.mp4",
            "file_size": 500_000_000,
            "last_modified": None,
            "public_url": "http://example.com/video1.mp4",
            "segments": [],
            "max_resolution": None,
            "max_fps": None,
        }
    ]


def test_an_object_with_videos_is_a_manifest_too(tmp_path: Path) -> None:
    sources, _ = manifest(tmp_path, {"made": {"by": ["hand"]}, "videos": entry(), "n": 1})
    assert names(sources) == ["a.mp4"]


def test_clips_beside_the_manifest_are_read_where_they_lie(tmp_path: Path) -> None:
    clips = tmp_path / "videos/a-1/clips"
    clips.mkdir(parents=True)
    (clips / "clip 1.mp4").write_bytes(b"x")
    segment = {
        "file": "videos/a-1/clips/clip 1.mp4",
        "segment_url": f"{URL}#t=0,15",
        "start_seconds": 0.0,
        "end_seconds": 15.1,
    }
    [source], _ = manifest(tmp_path, entry(segments=[segment, "videos/a-1/clips/clip 1.mp4"]))
    address = f"{tmp_path.resolve().as_uri()}/videos/a-1/clips/clip%201.mp4"
    assert source.given_clips == (
        GivenClip(address, Fraction(0), Fraction("15.1")),
        GivenClip(address),
    )


def test_clips_elsewhere_are_read_from_their_addresses(tmp_path: Path) -> None:
    first = {"file": "gone.mp4", "segment_url": f"{URL}#t=0,15"}
    [source], _ = manifest(tmp_path, entry(segments=[first, "https://h.example/c 1.mp4"]))
    assert [clip.url for clip in source.given_clips] == [
        f"{URL}#t=0,15",
        "https://h.example/c%201.mp4",
    ]


def test_a_library_of_local_files_is_given_back(tmp_path: Path) -> None:
    url = (tmp_path / "a b.mp4").as_uri()
    segments = [{"file": None, "segment_url": f"{url}#t=0,15"}]
    [source], _ = manifest(tmp_path, entry(public_url=url, segments=segments))
    assert source.url == url
    assert source.given_clips == (GivenClip(f"{url}#t=0,15"),)


@pytest.mark.parametrize(
    "file",
    ["../outside.mp4", "/etc/passwd", "C:/x.mp4", "..\\outside.mp4", "link.mp4", "a\0b", "", 5,
     "absent.mp4", "."],
)  # fmt: skip
def test_a_clip_file_outside_the_manifests_folder_does_not_count(
    tmp_path: Path, file: object
) -> None:
    (tmp_path / "outside.mp4").write_bytes(b"x")
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "link.mp4").symlink_to("../outside.mp4")
    content = [*entry(segments=[{"file": file}]), {"public_url": PREFIX + "b.mp4"}]
    sources, report = manifest(folder, content)
    assert names(sources) == ["b.mp4"]
    [bad] = report.rows
    assert (bad.line, bad.kind, bad.name) == (1, "bad", "a.mp4")
    assert "segment 1" in bad.reason


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"public_url": None}, "no address"),
        ({"public_url": "r2:vids/a.mp4"}, "no web address"),
        ({"segments": "clip.mp4"}, "segments is no list"),
        ({"segments": [7]}, "neither an object nor an address"),
        ({"segments": [{"segment_url": "file:///etc/passwd"}]}, "file of this machine"),
        ({"segments": [{"segment_url": "s3://b/c.mp4"}]}, "segment 1: .*no web address"),
        ({"segments": [{"segment_url": URL, "start_seconds": 5, "end_seconds": 5}]}, "from 5 to 5"),
        ({"segments": [{"segment_url": URL, "start_seconds": "soon"}]}, "no number of seconds"),
        ({"segments": [{"segment_url": URL, "end_seconds": "1e350"}]}, "no number of seconds"),
        ({"segments": [URL + "#t=10,5"]}, "segment 1: #t=10,5 ends before it begins"),
        ({"segments": [URL + "#t=1.2.3"]}, "segment 1: #t=1.2.3 is no #t=START,END"),
        ({"max_resolution": "huge"}, "max_resolution: 'huge' is no resolution"),
        ({"max_fps": 0}, "max_fps is 0"),
        ({"max_fps": True}, "max_fps is true"),
        ({"max_fps": "1e999999999"}, "max_fps is 1e999999999"),
    ],
)
def test_a_bad_entry_is_reported_with_its_number_and_the_others_go_on(
    tmp_path: Path, fields: dict[str, object], words: str
) -> None:
    content = [{"public_url": PREFIX + "b.mp4"}, *entry(**fields), {"url": PREFIX + "c.mp4"}]
    sources, report = manifest(tmp_path, content)
    assert names(sources) == ["b.mp4", "c.mp4"]
    assert said(report) == [(2, "bad", "a.mp4")]
    with pytest.raises(ListingError, match=words):
        manifest(tmp_path, entry(**fields))


def test_entries_that_are_no_objects_are_bad_and_doubles_are_one_video(tmp_path: Path) -> None:
    sources, report = manifest(tmp_path, ["x", *entry(), *entry()])
    assert names(sources) == ["a.mp4"]
    assert said(report) == [(1, "bad", "x"), (3, "duplicate", "a.mp4")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("[]", "has no rows"),
        ("file_name,public_url\n", "no JSON list"),
        ('{"video": []}', "without 'videos'"),
        ('{"videos": 5}', "no JSON list"),
        ('[{"public_url": ', "no complete JSON: what begins at line 1"),
        ('[\n{"a": 1} {"b": 2}]', "no complete JSON"),
        ('[{"Path": "a.mp4", "Size": 5}]', "rclone lsjson.*--csv"),
        ("[" * 100_000, "no complete JSON"),
    ],
)
def test_a_file_that_is_no_manifest_says_why(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(ListingError, match=words):
        manifest(tmp_path, content)
