"""How many bytes of fetched sources may lie on the disk at a time."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from shotlog.errors import FetchError, FetchInterruptedError, from_os_error

UNKNOWN_BYTES = 1000**3
"""Reserved for a file whose size the listing does not say."""

MARGIN_BYTES = 256 * 1000**2
"""Left free on the disk for what the run itself writes."""

log = logging.getLogger("shotlog.fetch")


def free_bytes(folder: Path) -> int:
    """Bytes free on the disk that holds ``folder``, or will once it is made."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


class ByteBudget:
    """Lets downloads begin, in the order they ask, while their bytes fit. Thread-safe.

    Bytes fit when they stay within the budget and when the disk has room for everything reserved
    and ``margin_bytes`` more. Of what is reserved nothing counts as written yet: on a disk that is
    nearly full, downloads rather wait than meet its end.
    """

    def __init__(
        self,
        budget_bytes: int,
        folder: Path,
        *,
        margin_bytes: int = MARGIN_BYTES,
        free: Callable[[Path], int] = free_bytes,
        look_seconds: float = 0.2,
    ) -> None:
        self._budget_bytes = budget_bytes
        self._folder = folder
        self._margin_bytes = margin_bytes
        self._free = free
        self._look_seconds = look_seconds
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._reserved_bytes = 0

    @property
    def reserved_bytes(self) -> int:
        """By all that is fetched or lies here."""
        with self._changed:
            return self._reserved_bytes

    def acquire(self, size_bytes: int | None, stop: threading.Event) -> int:
        """Waits until ``size_bytes`` fit; returns how many to give back by ``release``.

        A size of None reserves :data:`UNKNOWN_BYTES`, or the budget where that is less. A file
        larger than the whole budget is let in when nothing else is there.
        Reserve all that one piece of work needs at once: two that hold a part each and wait for
        the rest would wait for each other.
        Raises FetchError if the disk cannot hold it even alone, FetchInterruptedError on ``stop``.
        """
        wanted = min(UNKNOWN_BYTES, self._budget_bytes) if size_bytes is None else size_bytes
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or not self._fits(wanted, size_bytes is None):
                    if stop.is_set():
                        raise FetchInterruptedError(
                            "The run was stopped before this download began.",
                            hint="Run the same command again.",
                        )
                    self._changed.wait(self._look_seconds)
                self._reserved_bytes += wanted
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        return wanted

    def grow(self, more_bytes: int) -> None:
        """Adds to what is reserved, for a file that turns out larger; never waits."""
        with self._changed:
            self._reserved_bytes += more_bytes

    def release(self, reserved_bytes: int) -> None:
        """Gives back what ``acquire`` and ``grow`` reserved. Raises ValueError for more."""
        with self._changed:
            if reserved_bytes > self._reserved_bytes:
                raise ValueError(
                    f"{reserved_bytes} bytes given back; {self._reserved_bytes} are reserved"
                )
            self._reserved_bytes -= reserved_bytes
            self._changed.notify_all()

    def _fits(self, wanted: int, guessed: bool) -> bool:
        alone = self._reserved_bytes == 0
        within = self._reserved_bytes + wanted <= self._budget_bytes
        if not within and not alone:
            return False
        try:
            free = self._free(self._folder)
        except OSError as error:
            raise from_os_error(error, self._folder) from None
        if free - self._reserved_bytes - self._margin_bytes < wanted:
            if not alone or guessed:
                return alone
            raise FetchError(
                f"The file has {wanted} bytes; the disk that holds {self._folder} has {free} free, "
                f"of which {self._margin_bytes} are kept for the run's own files.",
                hint="Make room, or set TemporaryDirectory in section [Paths] of config.ini "
                "to a folder on a larger disk.",
            )
        if not within:
            log.warning(
                "a file of %d bytes is larger than the budget of %d: it is fetched alone",
                wanted,
                self._budget_bytes,
            )
        return True
