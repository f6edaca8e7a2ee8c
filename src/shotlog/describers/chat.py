"""Any OpenAI-style chat endpoint: frames go as JPEG data URLs, each after its time.

This is the form that vLLM, SGLang, Ollama, llama.cpp, LM Studio, DashScope and PAI-EAS all take.
The constant text stands first, so that servers that keep prefixes read it once.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator, Mapping

from shotlog.describers.addresses import chat_address, models_address, shown
from shotlog.describers.asking import Completion, ModelQuestion
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.loads import load_of
from shotlog.describers.server import ModelServer
from shotlog.errors import DescribeInterruptedError, EndpointRefusedError
from shotlog.prompts import FRAMES_NOTE, frame_label

_MODELS_SHOWN = 5
_KEEPS_NO_LIST = (404, 405, 501)
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


class ChatAsker:
    """Asks a model behind ``POST …/chat/completions``.

    Without ``model`` the one that the endpoint lists is asked; with several there is no guessing.
    """

    name = "openai"

    def __init__(self, server: ModelServer, *, model: str | None) -> None:
        self._server = server
        self._model = model
        self._model_named = model

    @property
    def concurrency(self) -> int:
        return self._server.concurrency

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of this server."""
        return ()

    def identity(self) -> Mapping[str, str]:
        """Protocol and model.

        A model that was not named counts as "whichever the endpoint serves": asking would need the
        endpoint even for a run that has nothing left to do.
        """
        return {"protocol": self.name, "model": self._model_named or ""}

    def ask(self, question: ModelQuestion) -> Completion:
        """The model's words. Raises DescribeError."""
        model = self._model_to_ask()
        body = {
            "model": model,
            "messages": [{"role": "user", "content": list(_parts(question))}],
            "max_tokens": question.max_tokens,
            "temperature": question.sampling.temperature,
            "stream": False,
        }
        address = chat_address(self._server.url)
        found = self._server.post(address, body, load_of(question, model))
        return read_completion(found, model, shown(self._server.url))

    def check(self) -> EndpointCheck:
        """Asks the endpoint for its models, once. Raises DescribeError when it does not answer."""
        began = time.monotonic()
        reply = self._server.look_at(models_address(self._server.url))
        latency_seconds = time.monotonic() - began
        models = () if reply.status in _KEEPS_NO_LIST else _model_names(self._server.read(reply))
        return EndpointCheck(
            protocol=self.name,
            address=shown(chat_address(self._server.url)),
            latency_seconds=latency_seconds,
            models=models,
            model=self._model_named or (models[0] if len(models) == 1 else None),
        )

    def close(self) -> None:
        self._server.close()

    def _model_to_ask(self) -> str:
        """Threads that start together may each find it out; they find the same."""
        if self._model is None:
            self._model = self._only_model()
        return self._model

    def _only_model(self) -> str:
        address = shown(self._server.url)
        models = _model_names(self._server.get(models_address(self._server.url)))
        if len(models) == 1:
            return models[0]
        if not models:
            raise EndpointRefusedError(
                f"{address} does not say which models it has.", hint="Give one with --model NAME."
            )
        shown_models = ", ".join(models[:_MODELS_SHOWN])
        more = f" and {len(models) - _MODELS_SHOWN} more" if len(models) > _MODELS_SHOWN else ""
        raise EndpointRefusedError(
            f"{address} has {len(models)} models: {shown_models}{more}.",
            hint="Give the one that sees pictures with --model NAME.",
        )


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
    return Completion(
        text=without_thoughts(_text_of(message.get("content"))),
        model=named if isinstance(named, str) and named else model,
        cut=finish_reason == "length",
        refused=finish_reason == "content_filter" or bool(message.get("refusal")),
        prompt_tokens=_count(counts.get("prompt_tokens")),
        completion_tokens=_count(counts.get("completion_tokens")),
    )


def _model_names(found: Mapping[str, object]) -> tuple[str, ...]:
    """Names from ``GET /models``; adapters (vLLM lists them with a ``parent``) left out."""
    data = found.get("data")
    cards = [card for card in data if isinstance(card, dict)] if isinstance(data, list) else []
    return tuple(str(card["id"]) for card in cards if card.get("id") and not card.get("parent"))


def without_thoughts(text: str) -> str:
    """The answer alone. Some chat templates open the thought themselves: only its end is seen."""
    return _THOUGHTS.sub("", text).rpartition("</think>")[2].strip()


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


def _parts(question: ModelQuestion) -> Iterator[dict[str, object]]:
    pictures = question.shown
    opening = question.opening if pictures is None else f"{question.opening}\n\n{FRAMES_NOTE}"
    yield {"type": "text", "text": opening}
    for time_seconds, jpeg in zip(pictures.times, pictures.jpegs, strict=True) if pictures else ():
        yield {"type": "text", "text": frame_label(time_seconds)}
        url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
        yield {"type": "image_url", "image_url": {"url": url}}
    if question.closing:
        yield {"type": "text", "text": question.closing}
