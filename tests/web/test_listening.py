"""How the page listens."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shotlog.cli.serve import _listening


def test_a_small_answer_waits_for_no_acknowledgement() -> None:
    """asyncio sees to that only where a socket names its protocol, and this one is made before."""
    with (
        _listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.slow
def test_ctrl_c_ends_it_while_somebody_watches_the_run(tmp_path: Path) -> None:
    words = (sys.executable, "-u", "-m", "shotlog", "serve", str(tmp_path), "--port", "0")
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        with httpx.stream("GET", f"{found[0]}api/run/events", timeout=30) as response:
            lines = response.iter_lines()
            assert next(lines).startswith("retry")
            process.send_signal(signal.SIGINT)
            assert "event: run" in list(lines), "the stream ends as it should"
        said = process.stdout.read()
    assert process.returncode == 0
    assert "Error" not in said
    assert "ERROR" not in said
