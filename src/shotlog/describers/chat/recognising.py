"""Asks a server what it is: a few GETs that cost nothing, each of which may find nothing."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from shotlog.describers.chat.flavours import (
    FlavourName,
    flavour_by_address,
    flavour_by_owner,
    vllm_by_version,
)
from shotlog.errors import DescribeError, DescribeInterruptedError, EndpointRefusedError
from shotlog.model_servers.addresses import beside_address, is_pai_eas, models_address, shown
from shotlog.model_servers.error_replies import is_kept_from_list
from shotlog.model_servers.server import ModelServer, Reply

KEEPS_NO_LIST = (404, 405, 501)
"""What a server that lists no models answers to whoever asks for them."""

_MODELS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of a server's list."""

    name: str
    owner: str = ""
    context_length: int | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a server said of itself."""

    flavour: FlavourName
    version: str | None = None
    cards: tuple[ModelCard, ...] = ()
    """Empty where it keeps no list."""
    context_length: int | None = None
    """Of whatever it runs, where it says so apart from the list."""
    latency_seconds: float = 0.0
    """From asking for the models to the whole list."""

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(card.name for card in self.cards)

    def context_of(self, model: str) -> int | None:
        """Tokens of question and answer together."""
        stated = (card.context_length for card in self.cards if card.name == model)
        return next((each for each in stated if each), self.context_length)


def recognise_all(server: ModelServer) -> tuple[Recognised, ...]:
    """What answers at each of the server's addresses, those left out that do not answer now.

    Raises DescribeError where none does.
    """
    urls = server.addresses.urls
    found = []
    for url in urls if len(urls) > 1 else ():
        with contextlib.suppress(DescribeError):
            found.append(recognise(server, url, patient=False))
    return tuple(found) or (recognise(server, urls[0]),)


def recognise(server: ModelServer, url: httpx.URL, *, patient: bool = True) -> Recognised:
    """What answers at ``url``; ``patient`` asks a busy one again.

    Raises DescribeError where nothing does, or the key is wrong.
    """
    began = time.monotonic()
    ask = server.get if patient else server.look_at
    reply = ask(models_address(url))
    latency_seconds = time.monotonic() - began
    cards = listed(server, reply) or ()
    known = flavour_by_address(url.host, url.path)
    if known is not None:
        return Recognised(known, None, cards, None, latency_seconds)
    owners = {flavour_by_owner(card.owner) for card in cards} - {None}
    guess = owners.pop() if len(owners) == 1 else None
    flavour, version, context_length = _looked_around(server, url, guess)
    return Recognised(flavour, version, cards, context_length, latency_seconds)


def listed(server: ModelServer, reply: Reply) -> tuple[ModelCard, ...] | None:
    """The models of a reply to ``GET /models``; none where the server keeps no list.

    None where the reply says nothing of them and nothing of whether questions are answered: the
    list is kept from this key, or something else lies there. Raises DescribeError.
    """
    if reply.status in KEEPS_NO_LIST:
        return ()
    if reply.status >= 300:
        if is_kept_from_list(server.complained(reply)):
            return None
        raise server.complaint(reply)
    try:
        found = json.loads(reply.body)
    except ValueError:
        return None
    if isinstance(found, dict) and found.get("error"):
        raise server.complaint(reply)
    if isinstance(found, dict):
        found = found.get("data") or found.get("models")
    return model_cards(found) if isinstance(found, list) else ()


def only_model(models: Sequence[str], url: httpx.URL) -> str:
    """The one model listed: with several there is no guessing. Raises EndpointRefusedError."""
    address = shown(url)
    if len(models) == 1:
        return models[0]
    if not models:
        raise EndpointRefusedError(
            f"{address} does not say which models it has.",
            hint="Give one with --model NAME; if the key should list them, check the key.",
        )
    shown_models = ", ".join(models[:_MODELS_SHOWN])
    more = f" and {len(models) - _MODELS_SHOWN} more" if len(models) > _MODELS_SHOWN else ""
    raise EndpointRefusedError(
        f"{address} has {len(models)} models: {shown_models}{more}.",
        hint="Give the one that sees pictures with --model NAME.",
    )


def model_cards(found: Sequence[object]) -> tuple[ModelCard, ...]:
    """Models from ``GET /models``; adapters (vLLM lists them with a ``parent``) left out."""
    cards = [card for card in found if isinstance(card, dict)]
    return tuple(
        ModelCard(
            str(card["id"]), str(card.get("owned_by") or ""), _count(card.get("max_model_len"))
        )
        for card in cards
        if card.get("id") and not card.get("parent")
    )


def _looked_around(
    server: ModelServer, url: httpx.URL, guess: FlavourName | None
) -> tuple[FlavourName, str | None, int | None]:
    """Flavour, version and context length, by what lies beside the chat.

    Where the list names an owner only that owner's addresses are asked.
    """
    if guess in (None, "vllm"):
        said = _object_at(server, url, "/version")
        version = said.get("version")
        if isinstance(version, str):
            return vllm_by_version(version), version, None
    if guess in (None, "sglang"):
        said = _object_at(server, url, "/get_server_info") or _object_at(
            server, url, "/get_model_info"
        )
        if guess or "model_path" in said:
            return "sglang", _text(said.get("version")), _count(said.get("context_length"))
    if guess in (None, "ollama"):
        version = _object_at(server, url, "/api/version").get("version")
        if guess or isinstance(version, str):
            return "ollama", _text(version), None
    if guess in (None, "llama.cpp"):
        said = _object_at(server, url, "/props")
        if guess or "default_generation_settings" in said:
            return "llama.cpp", _text(said.get("build_info")), _slot_context(said)
    if guess is not None:
        return guess, None, None
    return ("pai-eas" if is_pai_eas(url) else "openai"), None, None


def _slot_context(said: Mapping[str, object]) -> int | None:
    settings = said.get("default_generation_settings")
    return _count(settings.get("n_ctx")) if isinstance(settings, dict) else None


def _object_at(server: ModelServer, url: httpx.URL, path: str) -> Mapping[str, object]:
    """The JSON object beside the chat; empty where none is, for any reason."""
    try:
        reply = server.look_at(beside_address(url, path))
        found = json.loads(reply.body) if reply.status == 200 else None
    except (DescribeInterruptedError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
