"""What a look at a describer shows before any clip is shown to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """What an endpoint said when it was only looked at; no clip was sent."""

    protocol: str
    """``signals``, ``openai`` or ``plain``."""
    address: str = ""
    """Where questions will go, without query; empty for the built-in describer."""
    latency_seconds: float = 0.0
    """From the request to the whole reply."""
    models: tuple[str, ...] = ()
    """What it lists; empty where it keeps no list."""
    model: str | None = None
    """The one that will be asked; None where it is not known, or the protocol names none."""

    @property
    def lists_model(self) -> bool | None:
        """Whether the model to be asked is on the endpoint's list; None without either."""
        return self.model in self.models if self.models and self.model is not None else None
