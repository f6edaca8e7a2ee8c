"""How many tokens an answer took, as its server counted. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shotlog.gate.spending import Load

MOST_TOKENS = 10**12
"""No question takes more; a server that says so does not count."""


def used_in(found: Mapping[str, object]) -> Load | None:
    """What the server counted for an answer; None where it does not say."""
    usage = found.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt = _count(usage.get("prompt_tokens"))
    if prompt is None:
        return None
    return Load(prompt, _count(usage.get("completion_tokens")) or 0)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= MOST_TOKENS else None
