"""HTTP on 127.0.0.1 in threads, that ends when told to, whatever its clients do."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and the way to answer it once."""

    method: str
    path: str
    authorization: str | None
    body: bytes
    handler: BaseHTTPRequestHandler

    def send(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Sends the response; a client that has gone away is let go."""
        with contextlib.suppress(OSError):
            self.handler.send_response(status)
            self.handler.send_header("Content-Type", content_type)
            self.handler.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.handler.send_header(name, value)
            self.handler.end_headers()
            self.handler.wfile.write(body)

    def send_json(self, status: int, found: Mapping[str, object]) -> None:
        self.send(status, json.dumps(found, ensure_ascii=False).encode())

    def drop(self) -> None:
        """Closes the connection without a response."""
        self.handler.close_connection = True
        with contextlib.suppress(OSError):
            self.handler.connection.shutdown(socket.SHUT_RDWR)


Handle = Callable[[Exchange], None]


class EndableServer(ThreadingHTTPServer):
    """Serves in threads from :meth:`start` to :meth:`stop`. ``port`` 0 takes a free one."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 256

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._lock = threading.Lock()
        self._connections: set[Any] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections, also those in the middle of an exchange; their threads end too."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class QuietHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections kept open, and nothing on the screen."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Says nothing: the tests look at the requests themselves."""


class LoopbackServer(EndableServer):
    """Gives every request to ``handle`` in a thread of its own."""

    def __init__(self, port: int, handle: Handle) -> None:
        super().__init__(port, _Handler)
        self.handle_exchange = handle


class _Handler(QuietHandler):
    server: LoopbackServer

    def do_GET(self) -> None:
        self._exchange(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.send_error(411)
            return
        self._exchange(self.rfile.read(int(length)))

    def _exchange(self, body: bytes) -> None:
        self.server.handle_exchange(
            Exchange(self.command, self.path, self.headers.get("Authorization"), body, self)
        )
