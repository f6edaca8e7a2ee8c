"""Runs that are killed by SIGKILL, and what the next run does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from running import (
    count,
    kill,
    listing_of,
    logged,
    pad,
    results,
    shotlog,
    small_video,
    start,
    wait_until,
)

from shotlog.testing.bucket import Bucket, Fault
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.endpoint import Fault as EndpointFault

SLOW = EndpointFault(delay_only=True, latency_seconds=0.2, times=None)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        small_video(folder / name, 3.0)
    with Bucket(folder) as served:
        yield served


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as served:
        yield served


def words(bucket: Bucket, endpoint: Endpoint, tmp_path: Path) -> list[object]:
    listing = listing_of(bucket, tmp_path / "videos.csv")
    model = ["--endpoint", endpoint.url, "--workers", 1, "--concurrency", 2]
    model += ["--summary", "built-in"]
    return ["run", "--csv", listing, "--output", tmp_path / "log", "--segment-length", 1, *model]


def assert_whole(endpoint: Endpoint, tmp_path: Path, *, abandoned: int = 0) -> None:
    """Nothing is missing, and nothing was asked twice but what was never answered."""
    found = results(tmp_path / "log")
    assert {video["status"] for video in found.values()} == {"done"}
    assert [len(video["segments"]) for video in found.values()] == [3, 3, 3]
    assert endpoint.answered == 9 + abandoned


@pytest.mark.slow
def test_killed_while_fetching_it_goes_on_where_the_download_was(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    pad(tmp_path / "films" / "b.mp4", 1_000_000)
    bucket.fail("b.mp4", Fault(stall_after_bytes=500_000))
    line = words(bucket, endpoint, tmp_path)
    with start(*line) as process:
        part = tmp_path / "log" / "sources"
        wait_until(
            lambda: any(path.stat().st_size >= 400_000 for path in part.rglob("*.part")),
            "half a film",
        )
        wait_until(
            lambda: count(tmp_path / "log", "SELECT count(*) FROM answers") == 6, "the others"
        )
        kill(process)
    assert shotlog(*line).returncode == 0
    assert_whole(endpoint, tmp_path)
    ranges = [each.range for each in bucket.requests if each.name == "b.mp4"]
    begun = [int(each.removeprefix("bytes=").removesuffix("-")) for each in ranges if each]
    assert begun, "only the rest is asked for"
    assert all(400_000 <= each <= 500_000 for each in begun)
    assert [logged(tmp_path / "log", f"scanned {name}.mp4") for name in "abc"] == [1, 1, 1]


@pytest.mark.slow
def test_killed_while_scanning_it_scans_that_video_alone_again(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    small_video(tmp_path / "films" / "long.mp4", 120.0)
    bucket.put("c.mp4", tmp_path / "films" / "long.mp4")
    line = words(bucket, endpoint, tmp_path)
    with start(*line) as process:
        log = tmp_path / "log"
        wait_until(lambda: any(log.glob("videos/c-*/clips/clip_002.mp4")), "a clip of the long one")
        kill(process)
    assert logged(log, "scanned c.mp4") == 0
    assert shotlog(*line).returncode == 0
    assert [logged(log, f"scanned {name}.mp4") for name in "abc"] == [1, 1, 1]
    assert len(results(log)["c.mp4"]["segments"]) == 120
    assert not list(log.rglob("*.part"))


def test_killed_while_describing_no_answered_request_is_repeated(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    line = words(bucket, endpoint, tmp_path)
    with start(*line) as process:
        log = tmp_path / "log"
        endpoint.fail(SLOW)
        wait_until(lambda: count(log, "SELECT count(*) FROM answers") >= 3, "three answers")
        endpoint.hold()
        wait_until(
            lambda: (
                count(log, "SELECT count(*) FROM answers") == endpoint.answered
                and endpoint.held == 2
            ),
            "every answer to be kept and both requests to wait",
        )
        kill(process)
    before = endpoint.answered
    abandoned = len(endpoint.requests) - before
    endpoint.release()
    assert 3 <= before < 9
    assert shotlog(*line).returncode == 0
    assert_whole(endpoint, tmp_path, abandoned=abandoned)
    assert [logged(log, f"scanned {name}.mp4") for name in "abc"] == [1, 1, 1]


def _kept_at_least(log: Path, answers: int) -> bool:
    return count(log, "SELECT count(*) FROM answers") >= answers


@pytest.mark.slow
def test_killed_again_and_again_it_still_comes_to_its_end(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    line = words(bucket, endpoint, tmp_path)
    log = tmp_path / "log"
    for kept in (1, 4, 7):
        with start(*line) as process:
            wait_until(partial(_kept_at_least, log, kept), "an answer")
            kill(process)
    assert shotlog(*line).returncode == 0
    assert {video["status"] for video in results(log).values()} == {"done"}


@pytest.mark.slow
def test_killed_while_results_are_written_the_old_file_stays_whole(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    line = words(bucket, endpoint, tmp_path)
    assert shotlog(*line).returncode == 0
    log = tmp_path / "log"
    (log / "results.json").unlink()
    assert shotlog(*line).returncode == 0
    assert len(results(log)) == 3
