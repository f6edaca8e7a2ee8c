"""What a media process is given to do in the tests of the pool: it must be importable there."""

from __future__ import annotations

import os
import signal
import time

from shotlog.media.scan import ScanRequest, ScanResult


def act_as_named(requests: tuple[ScanRequest, ...]) -> tuple[ScanResult, ...]:
    """Fares as the name of the first file says, and with ``fine`` gives nothing back."""
    match requests[0].path.name:
        case "exits":
            os._exit(139)
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "sees Ctrl-C":
            if signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
                os._exit(1)
        case "hangs":
            requests[0].path.write_text(str(os.getpid()))
            time.sleep(600)
        case "fills":
            bytearray(1 << 30)
        case "beats":
            _beat(requests[0], 5)
    return ()


def _beat(request: ScanRequest, seconds: int) -> None:
    """Progress twice a second, for longer than the pool waits for the next."""
    assert request.heartbeat is not None
    for half in range(2 * seconds):
        request.heartbeat.write_text(f"{half / 2:.3f} 0")
        time.sleep(0.5)
