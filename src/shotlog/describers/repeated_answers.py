"""Which descriptions were said of how many clips; used from several threads at once."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

from shotlog.describers.base import Place
from shotlog.quality import SAID_OFTEN, normalized

USELESS_TRIES = 3
"""So many clips were asked about again and got the same words: for these words it is given up."""


@dataclass
class _Said:
    places: set[Place] = field(default_factory=set)
    """The clips; no more are kept than tell that it is too many."""
    useless_tries: int = 0


class SaidWords:
    """Counts the clips that share a description. Keeps a hash of the words, not the words."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[bytes, _Said] = {}

    def note(self, description: str, place: Place) -> None:
        """The description was kept for this clip."""
        with self._lock:
            places = self._of(description).places
            if len(places) <= SAID_OFTEN:
                places.add(place)

    def is_said_often(self, description: str, place: Place) -> bool:
        """Whether with this clip more than :data:`~shotlog.quality.SAID_OFTEN` have it."""
        with self._lock:
            return len(self._of(description).places - {place}) >= SAID_OFTEN

    def asked_in_vain(self, description: str) -> None:
        """A clip was asked about again for these words, and got them again."""
        with self._lock:
            self._of(description).useless_tries += 1

    def is_worth_asking_again(self, description: str) -> bool:
        with self._lock:
            return self._of(description).useless_tries < USELESS_TRIES

    def _of(self, description: str) -> _Said:
        digest = hashlib.sha256(normalized(description).encode("utf-8", "surrogatepass")).digest()
        return self._said.setdefault(digest[:16], _Said())
