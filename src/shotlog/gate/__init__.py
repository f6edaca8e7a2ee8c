"""What every question to a model passes: how many at a time, how many tokens, how much money."""

from shotlog.gate.gate import Gate, Passage

__all__ = ["Gate", "Passage"]
