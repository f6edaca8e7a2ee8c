"""Several addresses of one model: which is asked next, which rests, which is given up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from shotlog.model_servers.addresses import shown

FIRST_REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 300.0
"""A failing address rests twice as long each time, up to this."""

log = logging.getLogger("shotlog.servers")

Clock = Callable[[], float]
"""Seconds that only grow, as ``time.monotonic`` tells them."""


@dataclass
class _Address:
    url: httpx.URL
    in_flight: int = 0
    failures: int = 0
    """Since it last answered."""
    rests_until: float = 0.0
    closed: bool = False
    """Whether it is given up for good."""


class SharedAddresses:
    """Lends out the address with the least in flight; used from several threads at once.

    One that fails rests, and is asked again later; one that refuses the key, the bill or the model
    is given up, as long as another is left. The last one is always lent: its errors are the answer.
    """

    def __init__(self, urls: Sequence[httpx.URL], *, clock: Clock = time.monotonic) -> None:
        self.urls = tuple(dict.fromkeys(urls))
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses = [_Address(url) for url in self.urls]
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """Why addresses were given up, in words that name them."""
        with self._lock:
            return tuple(self._notes)

    @contextmanager
    def lent(self, tried: Collection[httpx.URL] = ()) -> Iterator[Lent]:
        """The freest address that was not ``tried``, counted as in flight while it is lent."""
        with self._lock:
            address = min(self._open(tried) or self._addresses, key=self._order)
            address.in_flight += 1
        try:
            yield Lent(self, address, tried)
        finally:
            with self._lock:
                address.in_flight -= 1

    def _open(self, tried: Collection[httpx.URL]) -> list[_Address]:
        return [each for each in self._addresses if not each.closed and each.url not in tried]

    def _order(self, address: _Address) -> tuple[float, int]:
        """Awake ones first, by load; then those that rest, the one that wakes first before."""
        return max(0.0, address.rests_until - self._clock()), address.in_flight

    def rest(
        self, address: _Address, tried: Collection[httpx.URL], wish_seconds: float | None
    ) -> bool:
        """Lets an address rest; whether an awake one is left to try."""
        with self._lock:
            address.failures += 1
            seconds = FIRST_REST_SECONDS * 2.0 ** min(address.failures - 1, 16)
            seconds = max(min(seconds, LONGEST_REST_SECONDS), wish_seconds or 0.0)
            now = self._clock()
            address.rests_until = now + seconds
            return any(each.rests_until <= now for each in self._open((*tried, address.url)))

    def close(self, address: _Address, tried: Collection[httpx.URL], why: str) -> bool:
        """Gives an address up if another is left; whether one is left to try."""
        with self._lock:
            if not any(not each.closed for each in self._addresses if each is not address):
                return False
            if not address.closed:
                address.closed = True
                note = f"{shown(address.url)} is asked no more in this run: {why}"
                self._notes.append(note)
                log.info("%s", note)
            return bool(self._open(tried))

    def worked(self, address: _Address) -> None:
        """Notes that an address answered."""
        with self._lock:
            address.failures = 0
            address.rests_until = 0.0


class Lent:
    """One address while one exchange is made with it."""

    def __init__(
        self, owner: SharedAddresses, address: _Address, tried: Collection[httpx.URL]
    ) -> None:
        self.url = address.url
        self._owner, self._address, self._tried = owner, address, tried

    def rest(self, wish_seconds: float | None = None) -> bool:
        """It failed: whether another awake address is left for this question."""
        return self._owner.rest(self._address, self._tried, wish_seconds)

    def close(self, why: str) -> bool:
        """It will never answer: whether another address is left for this question."""
        return self._owner.close(self._address, self._tried, why)

    def worked(self) -> None:
        self._owner.worked(self._address)
