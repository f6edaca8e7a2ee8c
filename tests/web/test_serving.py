"""``shotlog serve`` as a program."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shotlog.cli.main import main

PATIENCE_SECONDS = 30


@contextmanager
def program(*words: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "shotlog", "serve", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "160", "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, said
    return found[0]


def rest_of(process: subprocess.Popen[str]) -> str:
    """What else it says until it ends: ``communicate`` would lose what a buffer holds already."""
    assert process.stdout is not None
    said = process.stdout.read()
    process.wait(PATIENCE_SECONDS)
    return said


def answer_of(address: str) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return httpx.get(address)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_it_tells_its_address_and_ends_by_ctrl_c(library: Path) -> None:
    with program(library, "--port", 0) as process:
        assert "Sun over the hills" in answer_of(address_of(process)).text
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
        assert (process.returncode, "Traceback" in said) == (0, False)
        assert "Ended." in said


def test_a_library_that_is_not_there_yet_is_told(tmp_path: Path) -> None:
    with program(tmp_path / "nolib", "--port", 0) as process:
        assert answer_of(address_of(process)).status_code == 503
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
        assert "No library is in" in said


def test_the_token_comes_from_the_environment_and_is_never_told(library: Path) -> None:
    token = "an open secret, long enough"
    with program(library, "--port", 0, SHOTLOG_TOKEN=token) as process:
        address = address_of(process)
        assert answer_of(address + "api/videos").status_code == 401
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
        assert token not in said + address


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(tmp_path), "--port", str(port)]) == 1
    told = capsys.readouterr().err
    assert f"Nothing can listen at 127.0.0.1 port {port}: Address already in use.\n" in told
    assert "--port takes another" in told


def test_others_are_let_in_only_with_a_token(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["serve", str(tmp_path), "--host", "0.0.0.0", "--port", "0"]) == 1  # noqa: S104 - it is refused
    assert "SHOTLOG_TOKEN" in capsys.readouterr().err


def test_an_address_that_is_none_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOTLOG_TOKEN", "an open secret, long enough")
    assert main(["serve", str(tmp_path), "--host", "no such host.invalid", "--port", "0"]) == 1
    told = capsys.readouterr().err
    assert "Nothing can listen at" in told
    assert "an address of this machine" in told
    assert "--port" not in told
