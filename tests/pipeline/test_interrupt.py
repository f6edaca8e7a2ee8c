"""Ctrl-C, once and twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from running import (
    PATIENCE_SECONDS,
    count,
    listing_of,
    results,
    shotlog,
    small_video,
    start,
    wait_until,
)

from shotlog.testing.bucket import Bucket
from shotlog.testing.endpoint import Endpoint, Fault


def test_the_first_finishes_what_is_in_hand_and_exits_130(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for number in range(6):
        small_video(films / f"{number}.mp4", 2.0)
    log = tmp_path / "log"
    with Bucket(films) as bucket, Endpoint() as endpoint:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        line = ["run", "--csv", listing, "--output", log, "--endpoint", endpoint.url]
        line += ["--segment-length", "1", "--concurrency", "1", "--workers", "1"]
        endpoint.hold()
        with start(*line) as process:
            endpoint.wait_for_requests(1, PATIENCE_SECONDS)
            os.kill(process.pid, signal.SIGINT)
            wait_until(lambda: _stopping(log), "the signal to be heard")
            endpoint.release()
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130, said
        assert "Interrupted" in said
        kept = count(log, "SELECT count(*) FROM answers")
        assert kept == endpoint.answered == 1
        assert (log / "results.json").exists()
        assert shotlog(*line).returncode == 0
        assert endpoint.answered == 12
    assert {video["status"] for video in results(log).values()} == {"done"}


def test_the_second_stops_at_once_and_loses_nothing_done(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    small_video(films / "a.mp4", 9.0)
    log = tmp_path / "log"
    with Bucket(films) as bucket, Endpoint() as endpoint:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        line = ["run", "--csv", listing, "--output", log, "--endpoint", endpoint.url]
        line += ["--segment-length", "1", "--concurrency", "1"]
        endpoint.fail(Fault(delay_only=True, latency_seconds=0.3, times=None))
        with start(*line) as process:
            wait_until(lambda: count(log, "SELECT count(*) FROM answers") >= 1, "an answer")
            endpoint.hold()
            kept = endpoint.answered
            wait_until(
                lambda: endpoint.held == 1 and count(log, "SELECT count(*) FROM answers") == kept,
                "every answer to be kept and a request to wait",
            )
            os.kill(process.pid, signal.SIGINT)
            wait_until(
                lambda: process.poll() is not None or _stopping(log), "the first to be heard"
            )
            os.kill(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130, said
        assert count(log, "SELECT count(*) FROM answers") == kept
        endpoint.release()


def _stopping(log: Path) -> bool:
    return "stopping" in (log / "shotlog.log").read_text(encoding="utf-8")
