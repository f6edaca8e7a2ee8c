from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.errors import DiskFullError, LibraryError
from shotlog.storage import (
    LOCK_NAME,
    LOCK_TRIES,
    LOCK_WAIT_SECONDS,
    atomic_write,
    folder_name,
    inside,
    is_running,
    prepare_library,
    run_lock,
)

DEV_FULL = Path("/dev/full")

HOLD_LOCK = """
import sys, time
from pathlib import Path
from shotlog.storage import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_fails_half_way_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_write(path) as file:
            file.write(b"half")
            raise KeyError("broken")

    with pytest.raises(KeyError):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_can_be_read_by_those_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with atomic_write(tmp_path / "a"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(not DEV_FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    def fill() -> None:
        with atomic_write(tmp_path / "a"), DEV_FULL.open("wb", 0) as full:
            full.write(b"more")

    with pytest.raises(DiskFullError, match="No room"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_missing_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be written"), atomic_write(tmp_path / "no/a"):
        pass


def test_an_error_about_another_file_stays_what_it_is(tmp_path: Path) -> None:
    def read_missing() -> None:
        with atomic_write(tmp_path / "a"):
            (tmp_path / "missing").read_bytes()

    with pytest.raises(FileNotFoundError):
        read_missing()


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("video1.mp4", "video1-id"),
        ("my holiday  video.mov", "my-holiday-video-id"),
        ("Ümläut – clip (final) 100%.mp4", "Ümläut-clip-final-100-id"),
        ("../../etc/passwd", "passwd-id"),
        ("C:\\films\\x.mp4", "x-id"),
        ("sub/dir/clip.mkv", "clip-id"),
        (".mp4", "video-id"),
        ("..", "video-id"),
        ("", "video-id"),
        ("a/", "video-id"),
        ("con.mp4", "con-id"),
        ("a\u202egnp.mp4", "a-gnp-id"),
        ("a\x00\x1b[31mb.mp4", "a-31mb-id"),
        ("東京 夜景.mp4", "東京-夜景-id"),
        ("हिन्दी.mp4", "हिन्दी-id"),
        ("u\u0308ber.mp4", "über-id"),
        ("a.b.c.mp4", "a-b-c-id"),
        ("\ud800.mp4", "video-id"),
    ],
)
def test_a_folder_is_named_after_what_is_safe_in_the_name(file_name: str, expected: str) -> None:
    assert folder_name(file_name, "id") == expected


def test_a_long_name_is_cut_between_letters() -> None:
    name = folder_name("ä" * 500 + ".mp4", "abcdefghijkl")
    assert name == "ä" * 30 + "-abcdefghijkl"


@given(st.text(st.characters()))
def test_no_name_leaves_its_folder_or_outgrows_it(file_name: str) -> None:
    name = folder_name(file_name, "abcdefghijkl")
    assert Path(name).name == name
    assert len(name.encode()) <= 80
    assert not name.startswith((".", "-"))
    assert not any(unicodedata.category(letter)[0] in "CZ" for letter in name)


def test_a_relative_path_stays_inside(tmp_path: Path) -> None:
    assert inside(tmp_path, "videos/a/clip_001.mp4") == tmp_path / "videos/a/clip_001.mp4"


@pytest.mark.parametrize("relative", ["../a", "videos/../../a", "/etc/passwd", "a\x00b"])
def test_a_path_that_leaves_the_library_is_refused(tmp_path: Path, relative: str) -> None:
    with pytest.raises(LibraryError, match="does not lie inside"):
        inside(tmp_path / "library", relative)


def test_a_link_that_leaves_the_library_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library/videos").symlink_to(tmp_path)
    with pytest.raises(LibraryError):
        inside(tmp_path / "library", "videos/secret")


def test_a_library_reached_over_a_link_is_itself_inside(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert inside(tmp_path / "link", "a.mp4") == tmp_path / "real/a.mp4"


def test_the_library_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "library"
    assert prepare_library(folder) == folder
    assert list(folder.iterdir()) == []


def test_a_library_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="is a file"):
        prepare_library(tmp_path / "file")


def test_a_library_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot be written: Not a directory"):
        prepare_library(tmp_path / "file" / "library")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_library_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LibraryError, match="cannot be written: Permission denied"):
        prepare_library(tmp_path)


def test_a_second_run_is_kept_out_and_told_by_whom(tmp_path: Path) -> None:
    told = pytest.raises(LibraryError, match=f"process {os.getpid()}")
    with run_lock(tmp_path), told, run_lock(tmp_path):
        pass
    with run_lock(tmp_path):
        pass


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(tmp_path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LibraryError, match=f"process {holder.pid}"), run_lock(tmp_path):
            pass
        holder.kill()
    with run_lock(tmp_path):
        pass


def test_a_lock_in_a_missing_folder_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(LibraryError), run_lock(tmp_path / "missing"):
        pass


def test_whether_a_run_goes_on_is_asked_of_its_lock(tmp_path: Path) -> None:
    assert is_running(tmp_path) is False
    with run_lock(tmp_path):
        assert is_running(tmp_path) is True
    assert is_running(tmp_path) is False
    assert is_running(tmp_path / "missing") is False


def test_a_run_begins_once_whoever_asked_whether_one_goes_has_been_told(tmp_path: Path) -> None:
    with run_lock(tmp_path):
        pass
    with (tmp_path / LOCK_NAME).open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        pauses: list[float] = []

        def told(seconds: float) -> None:
            pauses.append(seconds)
            fcntl.flock(asking, fcntl.LOCK_UN)

        with run_lock(tmp_path, pause=told):
            assert is_running(tmp_path) is True
    assert pauses == [LOCK_WAIT_SECONDS]


def test_a_run_waits_no_longer_than_such_questions_take(tmp_path: Path) -> None:
    pauses: list[float] = []
    with (
        run_lock(tmp_path),
        pytest.raises(LibraryError, match="Another run"),
        run_lock(tmp_path, pause=pauses.append),
    ):
        pass
    assert pauses == [LOCK_WAIT_SECONDS] * (LOCK_TRIES - 1)
