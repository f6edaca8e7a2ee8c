"""How long a second request is worth its price; used from several threads at once."""

from __future__ import annotations

import logging
import threading

IN_VAIN = 8
"""So many second requests in a row that did not help, and no more are made for that reason in this
run: a model that cannot do it would cost twice for every clip."""

log = logging.getLogger("shotlog.describers")


class Patience:
    """Counts, for each reason to ask once more, how often in a row it was in vain."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_vain: dict[str, int] = {}

    def has(self, reason: str) -> bool:
        with self._lock:
            return self._in_vain.get(reason, 0) < IN_VAIN

    def tell(self, reason: str, *, helped: bool) -> None:
        """How a second request for this reason came out."""
        with self._lock:
            times = 0 if helped else self._in_vain.get(reason, 0) + 1
            self._in_vain[reason] = times
        if times == IN_VAIN:
            log.warning("asked again %d times for %s in vain: not asked again", IN_VAIN, reason)
