"""The page, served for real on a loopback port."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from uvicorn import Config, Server

from shotlog.web.app import make_app

PATIENCE_SECONDS = 30


class Served:
    """The page of a library while the ``with`` block lasts."""

    def __init__(self, folder: Path, *, token: str | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        settings = Config(make_app(folder, token=token), log_level="error", ws="none")
        self._server = Server(settings)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline:
                raise AssertionError("the page did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(PATIENCE_SECONDS)
        self._listener.close()
