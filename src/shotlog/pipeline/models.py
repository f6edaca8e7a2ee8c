"""The models of a run: who describes, who sums up, who listens."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from shotlog.describers import CheckedDescriber, make_describer, make_gate
from shotlog.describers.summarizer import WholeTeller, make_teller
from shotlog.gate import Gate
from shotlog.hearing import Listener, make_listener
from shotlog.settings import Settings


@dataclass(frozen=True)
class Models:
    """Made before a run, closed after it."""

    describer: CheckedDescriber
    teller: WholeTeller | None = None
    """Who sums videos up; None for the built-in summary."""
    listener: Listener | None = None
    """Who writes down what is spoken; None where nobody listens."""

    gate: Gate | None = None
    """What every question about clips and videos passes; None where nobody is asked over the
    network.
    """

    @classmethod
    def of(cls, settings: Settings, *, stop: threading.Event | None = None) -> Self:
        """Those that the settings ask for; nothing is sent yet, and nothing once ``stop`` is set.

        Raises UsageError.
        """
        gate = make_gate(settings, stop=stop)
        describer = make_describer(settings, gate=gate)
        with ExitStack() as stack:
            stack.callback(describer.close)
            models = cls(describer, make_teller(settings, describer), make_listener(settings), gate)
            stack.pop_all()
        return models

    def close(self) -> None:
        """May be called twice."""
        self.describer.close()
        if self.listener is not None:
            self.listener.close()
