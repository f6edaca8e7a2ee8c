"""Real MongoDB servers on loopback: processes of their own, spoken to over a socket."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

Kind = Literal["secantusdb", "mongod"]
PATIENCE_SECONDS = 60.0


class MongoServer:
    """One server with its own data, which outlive :meth:`kill`."""

    def __init__(self, kind: Kind, folder: Path, *, auth: bool = False) -> None:
        self.kind, self._folder, self._auth = kind, folder, auth
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> None:
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(data), stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(self.port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError((self._folder / "server.log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Lets it end in order; may be called twice."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def kill(self) -> None:
        """As when the machine is taken away; may be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def _command(self, data: Path) -> list[str]:
        if self.kind == "mongod":
            words = ["mongod", "--bind_ip", "127.0.0.1", "--dbpath", str(data)]
        else:
            config = self._folder / "empty.toml"
            config.touch()
            program = str(Path(sys.executable).parent / "secantusd-py")
            words = [program, "--config", str(config), "--storage-path", str(data)]
        return [*words, "--port", str(self.port), *(["--auth"] if self._auth else [])]


def require(kind: Kind) -> None:
    """Skips the test where this server is not installed; the one from PyPI always is."""
    if kind == "mongod" and shutil.which("mongod") is None:
        pytest.skip("mongod is not installed")


def _free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
