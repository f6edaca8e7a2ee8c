"""What a chat completion says. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shotlog.describers.asking import Completion, without_thoughts
from shotlog.errors import DescribeInterruptedError, EndpointRefusedError
from shotlog.model_servers.error_replies import BROKEN_OFF


def read_completion(found: Mapping[str, object], model: str, address: str) -> Completion:
    """What a chat completion says. Raises EndpointRefusedError where it is none."""
    choice = _first_choice(found, address)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _wrong_shape(address)
    finish_reason = choice.get("finish_reason")
    named = found.get("model")
    usage = found.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    text = _text_of(message.get("content"))
    apart = message.get("reasoning_content") or message.get("reasoning")
    return Completion(
        text=without_thoughts(text),
        model=named if isinstance(named, str) and named else model,
        cut=finish_reason == "length" or BROKEN_OFF in found,
        refused=finish_reason == "content_filter" or bool(message.get("refusal")),
        thought=bool(apart) or "<think>" in text or "</think>" in text,
        prompt_tokens=_count(counts.get("prompt_tokens")),
        completion_tokens=_count(counts.get("completion_tokens")),
    )


def _first_choice(found: Mapping[str, object], address: str) -> Mapping[str, object]:
    choices = found.get("choices")
    if not isinstance(choices, list):
        raise _wrong_shape(address)
    if not choices:
        raise DescribeInterruptedError(
            f"{address} answered without any choice.",
            hint="Run again; only the clips without an answer are asked for.",
        )
    if not isinstance(choices[0], dict):
        raise _wrong_shape(address)
    return choices[0]


def _wrong_shape(address: str) -> EndpointRefusedError:
    return EndpointRefusedError(
        f"{address} answered with JSON that is no chat completion.",
        hint="Check --endpoint, and Protocol in section [QwenVL] of config.ini.",
    )


def _text_of(content: object) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
