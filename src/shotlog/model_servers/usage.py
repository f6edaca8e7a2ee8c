"""How many tokens an answer took, as its server counted. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shotlog.gate.spending import Load


def used_in(found: Mapping[str, object]) -> Load | None:
    """What the server counted for an answer; None where it does not say."""
    usage = found.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(prompt, int) or prompt < 0:
        return None
    return Load(prompt, completion if isinstance(completion, int) and completion >= 0 else 0)
