"""Bad input: each kind costs itself alone, and says where and what to do."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import clip_times, listing_of, pad, results, shotlog, small_video

import shotlog as shotlog_api
from shotlog.errors import LibraryError
from shotlog.testing.bucket import Bucket, Fault
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.endpoint import Fault as EndpointFault

KEY = "sk-secret-0123456789"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_video(tmp_path_factory.mktemp("film") / "film.mp4", 2.0, sound=True)
    pad(path, 300_000)
    return path


@pytest.fixture(scope="module")
def sound_alone(tmp_path_factory: pytest.TempPathFactory, film: Path) -> bytes:
    import av

    path = tmp_path_factory.mktemp("sound") / "sound.mp4"
    with av.open(str(film)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return path.read_bytes()


FAULTS = {
    "missing-404.mp4": Fault(status=404, times=None),
    "private-403.mp4": Fault(status=403, times=None),
    "login.mp4": Fault(web_page=True, times=None),
    "cut-always.mp4": Fault(cut_after_bytes=1000, times=None),
    "too-short.mp4": Fault(announce_more_bytes=5000, times=None),
}

EXPECTED = {
    "missing-404.mp4": ("fetch", "fetch_refused", "404"),
    "private-403.mp4": ("fetch", "fetch_refused", "403"),
    "login.mp4": ("fetch", "fetch_refused", "web page"),
    "cut-always.mp4": ("fetch", "fetch_interrupted", ""),
    "too-short.mp4": ("fetch", "", ""),
    "text.mp4": ("scan", "not_video", "video format"),
    "no-index.mp4": ("scan", "damaged", "moov"),
    "sound.mp4": ("scan", "not_video", "no moving picture"),
}
"""Step, code, and what the message names."""


@pytest.fixture(scope="module")
def seen(
    film: Path, sound_alone: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """One run over everything that is bad, with two good videos between."""
    whole = film.read_bytes()
    files: dict[str, bytes | Path] = dict.fromkeys(FAULTS, whole)
    files |= {
        "good-1.mp4": whole,
        "good-2.mp4": whole + b"\0",
        "text.mp4": b"this is no video, whatever its name says\n" * 50,
        "no-index.mp4": whole[:2000],
        "sound.mp4": sound_alone,
        "empty.mp4": b"",
        "../../etc/passwd.mp4": whole,
        "C:\\x.mp4": whole,
    }
    folder = tmp_path_factory.mktemp("bad")
    with Bucket(files) as bucket:
        for name, fault in FAULTS.items():
            bucket.fail(name, fault)
        listing = listing_of(bucket, folder / "videos.csv")
        run = shotlog("run", "--csv", listing, "--output", folder / "inner" / "log")
    return {"run": run, "folder": folder, "found": results(folder / "inner" / "log")}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_bad_file_costs_itself_and_says_why(seen: dict[str, Any], name: str) -> None:
    step, code, words = EXPECTED[name]
    video = seen["found"][name]
    assert video["status"] == "failed"
    assert video["error"]["step"] == step
    assert video["error"]["code"].startswith(code)
    assert words in video["error"]["message"]
    assert name in seen["run"].stdout


def test_the_good_ones_are_done_and_the_run_ends_with_2(seen: dict[str, Any]) -> None:
    assert seen["run"].returncode == 2
    good = ("good-1.mp4", "good-2.mp4", "../../etc/passwd.mp4", "C:\\x.mp4")
    assert [seen["found"][name]["status"] for name in good] == ["done"] * len(good)


def test_an_empty_file_is_a_row_that_is_reported(seen: dict[str, Any]) -> None:
    assert "empty.mp4" not in seen["found"]
    assert "empty.mp4" in seen["run"].stdout


def test_no_name_makes_a_file_outside_the_library(seen: dict[str, Any]) -> None:
    folder = seen["folder"]
    outside = [path for path in folder.rglob("*") if "inner" not in path.relative_to(folder).parts]
    assert [path.name for path in outside] == ["videos.csv"]
    assert sorted(path.name for path in (folder / "inner").iterdir()) == ["log"]
    kept = folder / "inner" / "log" / "videos"
    assert all(path.parent == kept for path in kept.iterdir())


def test_nothing_unfinished_is_left_lying_about(seen: dict[str, Any]) -> None:
    library = seen["folder"] / "inner" / "log"
    assert not [path for path in library.rglob("*.part") if "sources" not in path.parts]
    assert not list(library.rglob("*.source"))


def test_a_key_reaches_no_file_and_no_screen_whatever_goes_wrong(
    film: Path, tmp_path: Path
) -> None:
    said = f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode()
    passing = [EndpointFault(status=status, body=said) for status in (500, 429, 503)]
    passing += [EndpointFault(status=200, body=f"no JSON {KEY}".encode()), EndpointFault(drop=True)]
    refusals = [
        EndpointFault(status=status, body=f"you sent {KEY}".encode()) for status in (400,) * 5
    ]
    faults = [each for pair in zip(passing, refusals, strict=True) for each in pair]
    faults += [
        EndpointFault(status=422, body=said),
        EndpointFault(status=200, body=said),
        EndpointFault(status=401, body=f"{KEY} is no key".encode(), times=None),
    ]
    with Bucket({"a.mp4": film}) as bucket, Endpoint(key=KEY) as endpoint:
        endpoint.fail(*faults)
        listing = listing_of(bucket, tmp_path / "videos.csv")
        words = ["run", "--csv", listing, "--output", tmp_path / "log", "--segment-length", "0.2"]
        words += ["--endpoint", endpoint.url, "--log-level", "DEBUG", "--concurrency", "1"]
        run = shotlog(*words, SHOTLOG_ACCESS_KEY=KEY)
        met = {each.status for each in endpoint.requests}
    assert run.returncode == 2
    assert met == {200, 400, 401, 422, 429, 500, 503, None}, "every fault befell a question"
    assert KEY not in run.stdout + run.stderr
    for path in (tmp_path / "log").rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_an_endpoint_that_refuses_the_key_stops_the_run_before_any_work(
    film: Path, tmp_path: Path
) -> None:
    with Bucket({"a.mp4": film}) as bucket, Endpoint(key=KEY) as endpoint:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        words = ["run", "--csv", listing, "--output", tmp_path / "log", "--segment-length", "0.25"]
        words += ["--endpoint", endpoint.url, "--concurrency", "1", "--model", "test-model"]
        run = shotlog(*words)
        assert run.returncode == 2
        assert "401" in run.stdout
        assert "SHOTLOG_ACCESS_KEY" in run.stdout
        assert "the same command again" in run.stdout
        assert not endpoint.requests
        assert not bucket.requests, "nothing is fetched"
        assert not clip_times(tmp_path / "log")
        assert shotlog(*words, SHOTLOG_ACCESS_KEY=KEY).returncode == 0
        assert endpoint.answered == 7


def test_an_output_folder_that_cannot_be_made_is_said_at_once(film: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    run = shotlog("run", "--dir", film.parent, "--output", tmp_path / "file" / "log")
    assert run.returncode == 1
    assert str(tmp_path / "file") in run.stderr
    assert "choose another place" in run.stderr


@pytest.mark.parametrize("name", ["shotlog.log", ".beats", "videos"])
def test_what_lies_where_the_library_is_to_be_written_is_named(
    film: Path, tmp_path: Path, name: str
) -> None:
    in_the_way = tmp_path / "log" / name
    in_the_way.parent.mkdir()
    if name == "shotlog.log":
        in_the_way.mkdir()
    else:
        in_the_way.write_text("in the way")
    with pytest.raises(LibraryError, match=re.escape(name)):
        shotlog_api.run(dir=film.parent, output=tmp_path / "log")


def test_two_runs_at_once_over_one_library_are_refused(film: Path, tmp_path: Path) -> None:
    from shotlog.storage import prepare_library, run_lock

    prepare_library(tmp_path / "log")
    with run_lock(tmp_path / "log"):
        run = shotlog("run", "--dir", film.parent, "--output", tmp_path / "log")
    assert run.returncode == 1
    assert str(os.getpid()) in run.stderr


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; needs the right to mount one."""
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


@pytest.mark.slow
def test_a_full_disk_ends_the_run_with_what_to_do_and_keeps_what_was_done(
    film: Path, tiny_disk: Path, tmp_path: Path
) -> None:
    words = ["run", "--dir", film.parent, "--output", tiny_disk / "log"]
    first = shotlog(*words)
    assert first.returncode == 0, first.stdout + first.stderr
    filler = tiny_disk / "filler"
    _fill(filler)
    second = shotlog(*words, "--redo", "scan")
    assert second.returncode in (1, 2), second.stdout
    assert "disk" in second.stdout + second.stderr
    filler.unlink()
    assert shotlog(*words).returncode == 0
    assert results(tiny_disk / "log")["film.mp4"]["status"] == "done"


WRONG_WORDS = [
    (["run"], "--csv"),
    (["run", "--csv", "a.csv", "--dir", "b"], "exactly one"),
    (["run", "--csv", "absent.csv"], "absent.csv"),
    (["run", "--dir", ".", "--segment-length", "0"], "--segment-length"),
    (["run", "--dir", ".", "--overlap", "15"], "SegmentLength"),
    (["run", "--dir", ".", "--max-resolution", "big"], "720p"),
    (["run", "--dir", ".", "--scene-threshold", "2"], "--scene-threshold"),
    (["run", "--dir", ".", "--limit", "0"], "--limit"),
    (["run", "--dir", ".", "--min-size", "lots"], "500MB"),
    (["run", "--dir", ".", "--modified-after", "soon"], "2026-11-23"),
    (["run", "--dir", ".", "--redo", "everything"], "describe"),
    (["run", "--dir", ".", "--endpoint", "localhost"], "http"),
    (["run", "--dir", ".", "--log_level", "LOUD"], "--log-level"),
    (["run", "--dir", ".", "--config", "absent.ini"], "absent.ini"),
    (["run", "--dir", ".", "--use-vpc"], "VpcEndpoint"),
    (["run", "--nonsense"], "--nonsense"),
    (["show", "absent"], "absent"),
    (["nonsense"], "nonsense"),
]


@pytest.mark.parametrize(("words", "named"), WRONG_WORDS, ids=lambda each: " ".join(each)[:40])
def test_wrong_use_ends_with_1_and_names_what_is_wrong(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from shotlog.cli.main import main

    assert main(words) == 1
    said = capsys.readouterr()
    assert named in " ".join((said.out + said.err).split())


def test_an_unknown_setting_names_the_nearest_known_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shotlog.cli.main import main

    (tmp_path / "config.ini").write_text("[Processing]\nSegmentLenght = 10\n")
    assert main(["run", "--dir", "."]) == 1
    said = capsys.readouterr().err
    assert "SegmentLenght" in said
    assert "[Processing] SegmentLength" in said
