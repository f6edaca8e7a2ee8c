"""Remotes listed by rclone: the real one where it is installed, and how its failures are said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from listing_material import PREFIX, names

from shotlog.errors import ListingError, MissingToolError, SettingError
from shotlog.records import ListingReport, Source
from shotlog.sources import read_rclone
from shotlog.sources.rclone import without_secrets


@pytest.fixture
def rclone() -> str:
    if shutil.which("rclone") is None and not os.environ.get("CI"):
        pytest.skip("rclone is not installed")
    return "rclone"


def script(folder: Path, body: str) -> str:
    """A program that stands for rclone."""
    path = folder / "fake-rclone"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def listed(remote: str, program: str) -> list[Source]:
    return list(read_rclone(remote, public_url=PREFIX, report=ListingReport(), program=program))


def test_a_remote_is_listed_with_everything_below(tmp_path: Path, rclone: str) -> None:
    for name in ("a #1.mp4", "sub/ü.mkv", "notes.txt"):
        (tmp_path / "bucket" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bucket" / name).write_bytes(b"12345")
    sources = sorted(listed(str(tmp_path / "bucket"), rclone), key=lambda source: source.file_name)
    assert names(sources) == ["a #1.mp4", "sub/ü.mkv"]
    assert [source.url for source in sources] == [
        PREFIX + "a%20%231.mp4",
        PREFIX + "sub/%C3%BC.mkv",
    ]
    assert {source.size_bytes for source in sources} == {5}


def test_an_unknown_remote_says_how_to_find_the_known_ones(rclone: str) -> None:
    with pytest.raises(ListingError, match=r"could not list nowhere:vids.*listremotes"):
        listed("nowhere:vids", rclone)


def test_a_remote_that_looks_like_an_option_is_none(tmp_path: Path, rclone: str) -> None:
    with pytest.raises(ListingError, match="could not list --version"):
        listed("--version", rclone)


def test_a_missing_rclone_names_the_line_that_installs_it() -> None:
    with pytest.raises(MissingToolError, match=r"apt install rclone.*brew install rclone"):
        listed("r2:vids", "no-such-rclone")


def test_a_failure_is_quoted_without_secrets(tmp_path: Path) -> None:
    said = (
        "2026/11/23 11:48:57 ERROR : first line\\n"
        "2026/11/23 11:48:57 Failed to lsjson: AccessDenied secret_access_key=hush1 "
        "https://me:hush2@h.example/x?X-Amz-Signature=hush3 AKIAhush4hush4hush4hush"
    )
    program = script(tmp_path, f"printf '[\\n'; printf '{said}\\n' >&2; exit 3")
    with pytest.raises(ListingError) as caught:
        listed("r2:vids", program)
    assert "could not list r2:vids (exit 3): Failed to lsjson: AccessDenied" in caught.value.what
    assert "may not list this bucket" in caught.value.hint
    assert "hush" not in str(caught.value)


def test_a_failure_after_some_videos_is_an_error_all_the_same(tmp_path: Path) -> None:
    body = """echo '[{"Path":"a.mp4","Size":5,"IsDir":false}]'; echo 'broke off' >&2; exit 1"""
    stream = read_rclone(
        "r2:vids", public_url=PREFIX, report=ListingReport(), program=script(tmp_path, body)
    )
    assert next(stream).file_name == "a.mp4"
    with pytest.raises(ListingError, match="broke off"):
        next(stream)


def test_a_listing_that_is_no_longer_wanted_ends_rclone(tmp_path: Path) -> None:
    first = """echo '[{"Path":"a.mp4","Size":5,"IsDir":false},'"""
    body = f"echo $$ > pid; {first}; printf '%300000s' ' '; exec sleep 60"
    stream = read_rclone(
        "r2:vids", public_url=PREFIX, report=ListingReport(), program=script(tmp_path, body)
    )
    assert isinstance(stream, Generator)
    next(stream)
    stream.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text("utf-8")), 0)


def test_an_empty_remote_names_no_video(tmp_path: Path) -> None:
    with pytest.raises(ListingError, match="has no rows"):
        listed("r2:vids", script(tmp_path, "echo '[]'"))


def test_where_the_files_are_reached_must_be_said() -> None:
    with pytest.raises(SettingError, match="--public-url"):
        list(read_rclone("r2:vids", public_url=None, report=ListingReport()))


def test_what_looks_like_a_secret_is_blotted_out() -> None:
    line = "2026/11/23 11:48:57 ERROR : token: abc Authorization: Bearer xyz key=1 sub/clip.mp4"
    assert without_secrets(line) == "token: … Authorization: … … key=… sub/clip.mp4"
