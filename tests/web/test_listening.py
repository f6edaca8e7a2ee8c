"""How the page listens."""

from __future__ import annotations

import socket

from shotlog.cli.serve import _listening


def test_a_small_answer_waits_for_no_acknowledgement() -> None:
    """asyncio sees to that only where a socket names its protocol, and this one is made before."""
    with _listening("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
