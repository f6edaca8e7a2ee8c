"""Describers: each is shown a clip and says what is in it. ``make_describer`` picks one."""

from __future__ import annotations

from typing import Protocol

from shotlog.describers.addresses import parse_endpoint, speaks_openai
from shotlog.describers.base import ClipToDescribe, Describer
from shotlog.describers.chat import ChatAsker
from shotlog.describers.checks import EndpointCheck
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

    Without a stated protocol, a named model or an OpenAI-style address means ``openai``; any other
    address is posted to as it is, which is ``plain``. Nothing is sent yet.
    ``policy`` says how often a question is asked again. Raises SettingError.
    """
    if not settings.endpoints:
        return SignalsDescriber()
    urls = [parse_endpoint(each) for each in settings.endpoints]
    server = ModelServer(
        *urls,
        key=_key(settings),
        timeout_seconds=float(settings.request_timeout),
        concurrency=settings.concurrency or CONCURRENCY,
        policy=policy,
    )
    openai = settings.model is not None or speaks_openai(urls[0])
    if (settings.protocol or ("openai" if openai else "plain")) == "openai":
        asker = ChatAsker(server, model=settings.model, send=settings.send)
        return ModelDescriber(asker, max_tokens=settings.max_tokens)
    return PlainDescriber(server, model=settings.model)


def _key(settings: Settings) -> str | None:
    """The endpoint's key without the blanks that copying brings. Raises SettingError."""
    key = settings.access_key.get_secret_value().strip() if settings.access_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingError(
            "The endpoint's key holds characters that no key has.",
            hint="Copy it again into SHOTLOG_ACCESS_KEY or AccessKey in section [QwenVL].",
        )
    return key or None
