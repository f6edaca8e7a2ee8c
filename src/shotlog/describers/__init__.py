"""Describers: each is shown a clip and says what is in it. ``make_describer`` picks one."""

from __future__ import annotations

import threading
from typing import Protocol

from shotlog.describers.asking import Asker
from shotlog.describers.base import ClipToDescribe, Describer
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.local.asker import LocalAsker
from shotlog.describers.local.model_files import is_local
from shotlog.describers.modelled import ModelDescriber
from shotlog.describers.plain import PlainDescriber
from shotlog.describers.signals import SignalsDescriber
from shotlog.errors import SettingError
from shotlog.gate import Gate
from shotlog.model_servers.addresses import parse_endpoint, speaks_openai
from shotlog.model_servers.server import MODEL_POLICY, ModelServer
from shotlog.prompts.clips import ClipPrompt, Wanted, read_template
from shotlog.retries import RetryPolicy
from shotlog.settings import Settings

__all__ = [
    "CheckedDescriber",
    "ClipToDescribe",
    "Describer",
    "EndpointCheck",
    "key_of",
    "make_describer",
    "make_gate",
    "make_prompt",
]


class CheckedDescriber(Describer, Protocol):
    """A describer that can be looked at before a run, as ``shotlog doctor`` does."""

    def check(self) -> EndpointCheck:
        """What the endpoint says of itself; no clip is sent. Raises DescribeError."""
        ...


def make_gate(settings: Settings, *, stop: threading.Event | None = None) -> Gate | None:
    """The gate that all questions of a run pass; None where nobody is asked over the network.

    Nothing goes through it once ``stop`` is set.
    Raises SettingError for a --max-cost or --max-requests that cannot be kept.
    """
    if is_local(settings.model):
        if settings.max_requests is not None:
            raise SettingError(
                "--max-requests cannot be kept with a model in this process, which counts none.",
                hint="Leave it away, or bound the run by --limit.",
            )
        return None
    if not settings.endpoints:
        return None
    if settings.max_cost is not None and _speaks_plain(settings):
        raise SettingError(
            "--max-cost cannot be kept with the plain protocol, which counts no tokens.",
            hint="Give --max-requests instead.",
        )
    return Gate.of(settings, stop=stop)


def make_describer(
    settings: Settings, *, policy: RetryPolicy = MODEL_POLICY, gate: Gate | None = None
) -> CheckedDescriber:
    """The describer that the settings ask for; the built-in one where no endpoint is set.

    A model ``local:NAME`` runs in this process, whatever endpoint is set.
    Without a stated protocol, a named model or an OpenAI-style address means ``openai``; any other
    address is posted to as it is, which is ``plain``. Nothing is sent yet.
    ``policy`` says how often a question is asked again, ``gate`` when it may go.
    Raises SettingError, MissingToolError.
    """
    if settings.model is not None and is_local(settings.model):
        return _modelled(local_asker(settings, settings.model), settings)
    if not settings.endpoints:
        unasked = f"No endpoint is set: {settings.model} is not asked; --endpoint says where it is."
        return SignalsDescriber(notes=(unasked,) if settings.model else ())
    urls = [parse_endpoint(each) for each in settings.endpoints]
    server = ModelServer(
        *urls,
        key=key_of(settings),
        timeout_seconds=float(settings.request_timeout),
        gate=gate or make_gate(settings),
        policy=policy,
    )
    if _speaks_plain(settings):
        return PlainDescriber(server, model=settings.model)
    asker = ChatAsker(server, model=settings.model, send=settings.send)
    return _modelled(asker, settings)


def _modelled(asker: Asker, settings: Settings) -> ModelDescriber:
    return ModelDescriber(asker, max_tokens=settings.max_tokens, prompt=make_prompt(settings))


def _speaks_plain(settings: Settings) -> bool:
    if settings.protocol is not None:
        return settings.protocol == "plain"
    return settings.model is None and not speaks_openai(parse_endpoint(settings.endpoints[0]))


def make_prompt(settings: Settings) -> ClipPrompt:
    """The words of the questions that the settings ask for. Raises SettingError."""
    wanted = Wanted(
        structured=settings.structured,
        categories=settings.categories,
        language=settings.language,
        keywords=settings.keywords,
        context=settings.context == "previous",
    )
    path = settings.clip_template
    return ClipPrompt(wanted, read_template(path) if path is not None else None)


def local_asker(settings: Settings, model: str) -> LocalAsker:
    """The model ``local:…`` as the settings run it. Raises SettingError, MissingToolError."""
    return LocalAsker(
        model,
        batch=settings.local_batch,
        device=settings.local_device,
        concurrency=settings.concurrency,
    )


def key_of(settings: Settings) -> str | None:
    """The endpoint's key without the blanks that copying brings. Raises SettingError."""
    key = settings.access_key.get_secret_value().strip() if settings.access_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingError(
            "The endpoint's key holds characters that no key has.",
            hint="Copy it again into SHOTLOG_ACCESS_KEY or AccessKey in section [QwenVL].",
        )
    return key or None
