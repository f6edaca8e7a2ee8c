"""Answers that come piece by piece, from servers and proxies that stream unasked. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

MARK = "text/event-stream"
"""The content type of such an answer."""

_SPOKEN = ("content", "reasoning_content", "reasoning", "refusal")
"""What a piece may hold of the message."""


def whole_completion(body: bytes) -> dict[str, Any] | None:
    """The chat completion that the pieces make; None where they make none.

    A stream without its end was broken off, and is none: half a description is no description.
    """
    said: dict[str, str] = {}
    found: dict[str, Any] = {}
    finish_reason: str | None = None
    for piece in _pieces(body):
        if piece.get("error"):
            return dict(piece)
        found |= {key: piece[key] for key in ("id", "model", "usage") if piece.get(key)}
        choice = _first(piece.get("choices"))
        finish_reason = choice.get("finish_reason") or finish_reason
        delta = choice.get("delta") or choice.get("message") or {}
        for key in _SPOKEN:
            if isinstance(delta.get(key), str):
                said[key] = said.get(key, "") + delta[key]
    if finish_reason is None:
        return None
    message = {"role": "assistant", "content": "", **said}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {**found, "object": "chat.completion", "choices": [choice]}


def _pieces(body: bytes) -> Iterator[Mapping[str, Any]]:
    for line in body.decode("utf-8", "replace").splitlines():
        if not line.startswith("data:"):
            continue
        try:
            piece = json.loads(line.removeprefix("data:"))
        except ValueError:
            continue
        if isinstance(piece, dict):
            yield piece


def _first(choices: object) -> Mapping[str, Any]:
    """The first choice; empty where there is none, as in the piece that counts tokens."""
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}
