"""The server that ``shotlog serve`` runs."""

from __future__ import annotations

import socket

from fastapi import FastAPI
from uvicorn import Config, Server


class PageServer(Server):
    """Ends the streams that would go on for ever, before it waits for its answers to end."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._watch = app.state.watch

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.end()
        await super().shutdown(sockets)
