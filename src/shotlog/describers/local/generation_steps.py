"""What is done at every token that a model in this process writes; transformers calls it."""

from __future__ import annotations

import threading
from typing import Any


class Endings:
    """Ends each answer at its own longest length, and all of them when the run stops."""

    def __init__(self, limits: Any, prompt_width: int, stop: threading.Event) -> None:
        self._limits, self._prompt_width, self._stop = limits, prompt_width, stop

    def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        """One truth value an answer."""
        written = input_ids.shape[1] - self._prompt_width
        return (self._limits <= written) | self._stop.is_set()


class CountPenalty:
    """OpenAI's ``frequency_penalty``: so much off a token's score each time it was written.

    transformers has only ``repetition_penalty``, which counts the question's tokens too.
    """

    def __init__(self, penalty: float, prompt_width: int) -> None:
        self._penalty, self._prompt_width = penalty, prompt_width

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        written = input_ids[:, self._prompt_width :]
        counts = torch.zeros_like(scores)
        counts.scatter_add_(1, written, torch.ones_like(written, dtype=scores.dtype))
        return scores - self._penalty * counts
