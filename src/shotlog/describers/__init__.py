"""Describers: each is shown a clip and says what is in it. ``make_describer`` picks one."""

from __future__ import annotations

from typing import Protocol

from shotlog.describers.addresses import parse_endpoint, speaks_openai
from shotlog.describers.base import ClipToDescribe, Describer
from shotlog.describers.chat import ChatAsker
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.local import LocalAsker
from shotlog.describers.local_files import is_local
from shotlog.describers.modelled import ModelDescriber
from shotlog.describers.plain import PlainDescriber
from shotlog.describers.server import MODEL_POLICY, ModelServer
from shotlog.describers.signals import SignalsDescriber
from shotlog.errors import SettingError
from shotlog.retries import RetryPolicy
from shotlog.settings import Settings

__all__ = [
    "CheckedDescriber",
    "ClipToDescribe",
    "Describer",
    "EndpointCheck",
    "make_describer",
]

CONCURRENCY = 8
"""Model requests in flight where nothing else was asked: enough to keep one GPU busy."""


class CheckedDescriber(Describer, Protocol):
    """A describer that can be looked at before a run, as ``shotlog doctor`` does."""

    def check(self) -> EndpointCheck:
        """What the endpoint says of itself; no clip is sent. Raises DescribeError."""
        ...


def make_describer(settings: Settings, *, policy: RetryPolicy = MODEL_POLICY) -> CheckedDescriber:
    """The describer that the settings ask for; the built-in one where no endpoint is set.

    A model ``local:NAME`` runs in this process, whatever endpoint is set.
    Without a stated protocol, a named model or an OpenAI-style address means ``openai``; any other
    address is posted to as it is, which is ``plain``. Nothing is sent yet.
    ``policy`` says how often a question is asked again. Raises SettingError, MissingToolError.
    """
    if settings.model is not None and is_local(settings.model):
        return ModelDescriber(local_asker(settings, settings.model), max_tokens=settings.max_tokens)
    if not settings.endpoints:
        return SignalsDescriber()
    url = parse_endpoint(settings.endpoints[0])
    server = ModelServer(
        url,
        key=_key(settings),
        timeout_seconds=float(settings.request_timeout),
        concurrency=settings.concurrency or CONCURRENCY,
        policy=policy,
    )
    openai = settings.model is not None or speaks_openai(url)
    if (settings.protocol or ("openai" if openai else "plain")) == "openai":
        asker = ChatAsker(server, model=settings.model)
        return ModelDescriber(asker, max_tokens=settings.max_tokens)
    return PlainDescriber(server, model=settings.model)


def local_asker(settings: Settings, model: str) -> LocalAsker:
    """The model ``local:…`` as the settings run it. Raises SettingError, MissingToolError."""
    return LocalAsker(
        model,
        batch=settings.local_batch,
        device=settings.local_device,
        concurrency=settings.concurrency,
    )


def _key(settings: Settings) -> str | None:
    """The endpoint's key without the blanks that copying brings. Raises SettingError."""
    key = settings.access_key.get_secret_value().strip() if settings.access_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingError(
            "The endpoint's key holds characters that no key has.",
            hint="Copy it again into SHOTLOG_ACCESS_KEY or AccessKey in section [QwenVL].",
        )
    return key or None
