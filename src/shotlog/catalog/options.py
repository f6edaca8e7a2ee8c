"""A run's options as the catalog keeps them: readable, and without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

_HIDDEN = "hidden"
_SECRET_NAME = re.compile(r"(key|token|secret|password|credential)s?$", re.IGNORECASE)


def options_in(options: Mapping[str, object]) -> str:
    """JSON of the options; secret values are hidden, addresses lose user, password and query."""
    return json.dumps({name: _kept(name, value) for name, value in options.items()}, default=str)


def _kept(name: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, str):
        if value and _SECRET_NAME.search(name):
            return _HIDDEN
        return _without_credentials(value) if "://" in value else value
    if isinstance(value, Mapping):
        return {str(key): _kept(str(key), each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_kept(name, each) for each in value]
    return value


def _without_credentials(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return _HIDDEN
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
