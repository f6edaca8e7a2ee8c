"""The models of a run: who describes, who sums up, who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from shotlog.describers import Describer, make_describer
from shotlog.describers.wholes import WholeTeller, make_teller
from shotlog.hearing import Listener, make_listener
from shotlog.settings import Settings


@dataclass(frozen=True)
class Models:
    """Made before a run, closed after it."""

    describer: Describer
    teller: WholeTeller | None = None
    """Who sums videos up; None for the built-in summary."""
    listener: Listener | None = None
    """Who writes down what is spoken; None where nobody listens."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those that the settings ask for; nothing is sent yet. Raises UsageError."""
        describer = make_describer(settings)
        return cls(describer, make_teller(settings, describer), make_listener(settings))

    def close(self) -> None:
        """May be called twice."""
        self.describer.close()
        if self.listener is not None:
            self.listener.close()
