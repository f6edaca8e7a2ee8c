"""Whole runs: a model in process, and a model server that nobody here wrote."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks import local
from shotlog.testing import videos

pytestmark = pytest.mark.needs_torch

HERE = Path(__file__).resolve().parent
TORCHVISION = HERE.parent.parent / ".venv-local" / "server"
PATIENCE_SECONDS = 90.0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of street, each frame with its time written on it."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    videos.make_video(path, videos.Recipe(320, 240, Fraction(10), 4.0, videos.street, sound=False))
    return path


def run_shotlog(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shotlog", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "COLUMNS": "160", "SHOTLOG_MAX_TOKENS": "24"},
        check=False,
    )


def segments(library: Path) -> list[dict[str, Any]]:
    (video,) = json.loads((library / "results.json").read_text(encoding="utf-8"))
    return list(video["segments"])


def test_a_run_with_a_model_in_process_describes_every_clip(
    film: Path, tmp_path: Path, endless_model: Path
) -> None:
    folders = ("--dir", film.parent, "--output", "log")
    words = ("run", *folders, "--segment-length", 1, "--summary", "built-in")
    done = run_shotlog(*words, "--model", f"local:{endless_model}")
    assert done.returncode == 0, done.stdout + done.stderr
    found = segments(tmp_path / "log")
    assert [each["model"] for each in found] == ["tiny"] * 4
    assert len({each["description"] for each in found}) == 4
    assert all(each["usage"]["completion_tokens"] >= 24 for each in found)
    again = run_shotlog(*words, "--model", f"local:{endless_model}")
    assert "nothing to do" in again.stdout
    assert segments(tmp_path / "log") == found


def test_doctor_says_what_would_run_where(endless_model: Path) -> None:
    done = run_shotlog("doctor", "--model", f"local:{endless_model}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny: qwen2_5_vl on c" in done.stdout


def test_doctor_says_that_a_model_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = run_shotlog("doctor", "--model", "local:Qwen/Qwen2.5-VL-3B-Instruct")
    assert done.returncode == 1
    assert "HF_HOME" in done.stdout


@contextmanager
def serving(model: Path, log: Path) -> Iterator[str]:
    """``transformers serve`` with ``model``; yields the base of its addresses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [HERE / "serve_transformers.py", "serve", model, "--host", "127.0.0.1"]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, *map(str, command), "--port", str(port), "--device", "cpu"],
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(TORCHVISION), "HF_HUB_OFFLINE": "1"},
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"the server did not come up:\n{log.read_text(errors='replace')[-3000:]}")


def test_a_real_server_is_described_through_from_a_real_video(
    film: Path, tmp_path: Path, endless_model: Path
) -> None:
    with serving(endless_model, tmp_path / "server.log") as base:
        looked = run_shotlog("doctor", "--endpoint", base)
        done = run_shotlog(
            "run",
            "--dir",
            film.parent,
            "--output",
            "log",
            "--segment-length",
            2,
            "--endpoint",
            base,
        )
    log = (tmp_path / "server.log").read_text(errors="replace")
    assert looked.returncode == 0, looked.stdout
    assert done.returncode == 0, done.stdout + done.stderr + log[-3000:]
    found = segments(tmp_path / "log")
    assert [each["model"] for each in found] == [str(endless_model)] * 2
    assert len({each["description"] for each in found}) == 2
    assert all(each["description"].strip("abcdefghijklmnopqrstuvwxyz ") == "" for each in found)
    assert all(each["usage"]["prompt_tokens"] > 100 for each in found)


def test_the_benchmark_of_models_in_process_works(tmp_path: Path) -> None:
    words = ("--sizes", "tiny", "--clips", "1", "--batch", "1", "--max-tokens", "2")
    local.main([*words, "--device", "cpu", "--json", str(tmp_path / "local.json")])
    (found,) = json.loads((tmp_path / "local.json").read_text())
    assert 0 < found["forward_seconds"] < found["wall_seconds"]
