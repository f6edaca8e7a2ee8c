"""Embedders: each turns words into vectors. ``make_embedder`` picks one."""

from __future__ import annotations

from shotlog.describers.local.model_files import is_local
from shotlog.embedding.base import Embedded, Embedder, Floats
from shotlog.embedding.endpoint import EMBEDDING_POLICY, QUERY_POLICY, EndpointEmbedder
from shotlog.embedding.local.embedder import LocalEmbedder
from shotlog.embedding.prompts import chosen
from shotlog.errors import SettingError
from shotlog.model_servers.addresses import parse_endpoint
from shotlog.model_servers.server import ModelServer
from shotlog.retries import RetryPolicy
from shotlog.settings import Settings

__all__ = [
    "EMBEDDING_POLICY",
    "QUERY_POLICY",
    "QUERY_SECONDS",
    "Embedded",
    "Embedder",
    "Floats",
    "make_embedder",
]

QUERY_SECONDS = 10.0
"""A person waits no longer for the vector of what is looked for."""


def make_embedder(
    settings: Settings, *, policy: RetryPolicy = EMBEDDING_POLICY, timeout_seconds: float = 0.0
) -> Embedder | None:
    """The embedder that the settings ask for; None where they name no model. Nothing is sent yet.

    A model ``local:NAME`` runs in this process, whatever endpoint is set. ``policy`` says how
    often texts are sent again, ``timeout_seconds`` how long an answer may take; 0: as long as the
    settings say. Raises SettingError, MissingToolError.
    """
    model = settings.embedding_model
    if model is None:
        if settings.embedding_endpoint is None:
            return None
        raise SettingError(
            "EmbeddingEndpoint is set, and no model that makes vectors is named.",
            hint="Give --model NAME, or set EmbeddingModel in section [Search].",
        )
    query, text = settings.embedding_query_prompt, settings.embedding_text_prompt
    if is_local(model):
        return LocalEmbedder(
            model,
            query_prompt=query,
            text_prompt=text,
            dimensions=settings.embedding_dimensions,
            device=settings.local_device,
        )
    if settings.embedding_endpoint is None:
        raise SettingError(
            f"Where {model} makes vectors is not said.",
            hint="Give --endpoint URL, or set EmbeddingEndpoint in section [Search]; "
            "local:NAME runs a model in this process.",
        )
    server = ModelServer(
        parse_endpoint(settings.embedding_endpoint),
        key=_key(settings),
        timeout_seconds=timeout_seconds or float(settings.request_timeout),
        policy=policy,
    )
    return EndpointEmbedder(
        server,
        model=model,
        prompts=chosen(model, query, text),
        dimensions=settings.embedding_dimensions,
    )


def _key(settings: Settings) -> str | None:
    """The key without the blanks that copying brings. Raises SettingError."""
    key = settings.embedding_key.get_secret_value().strip() if settings.embedding_key else ""
    if not (key.isascii() and key.isprintable()):
        raise SettingError(
            "The key of the embedding endpoint holds characters that no key has.",
            hint="Copy it again into SHOTLOG_EMBEDDING_KEY or EmbeddingAccessKey in section "
            "[Search].",
        )
    return key or None
