"""Listeners: each hears a video's sound and writes down the words. ``make_listener`` picks one."""

from __future__ import annotations

from shotlog.errors import SettingError
from shotlog.hearing.base import Listener
from shotlog.hearing.endpoint import HEARING_POLICY, SpeechEndpoint, SpeechServer
from shotlog.hearing.whisper import LocalWhisper
from shotlog.model_servers.addresses import parse_endpoint
from shotlog.retries import RetryPolicy
from shotlog.settings import Settings

__all__ = ["LOCAL", "Listener", "make_listener"]

LOCAL = "local"
"""The address that stands for a model in this process."""

DEFAULT_LOCAL_MODEL = "small"


def make_listener(settings: Settings, *, policy: RetryPolicy = HEARING_POLICY) -> Listener | None:
    """The listener that the settings ask for; None where nobody listens. Nothing is sent yet.

    ``policy`` says how often a stretch is sent again. Raises SettingError, MissingToolError.
    """
    if settings.hearing is None:
        return None
    language = settings.hearing_language
    if settings.hearing.strip().lower() == LOCAL:
        default = type(settings).model_fields["hearing_model"].default
        named = settings.hearing_model
        return LocalWhisper(DEFAULT_LOCAL_MODEL if named == default else named, language)
    server = SpeechServer(
        parse_endpoint(settings.hearing),
        key=_key(settings),
        timeout_seconds=float(settings.request_timeout),
        policy=policy,
    )
    return SpeechEndpoint(server, model=settings.hearing_model, language=language)


def _key(settings: Settings) -> str | None:
    """The key without the blanks that copying brings. Raises SettingError."""
    key = settings.hearing_key.get_secret_value().strip() if settings.hearing_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingError(
            "The key of the hearing endpoint holds characters that no key has.",
            hint="Copy it again into SHOTLOG_HEARING_KEY or AccessKey in section [Hearing].",
        )
    return key or None
