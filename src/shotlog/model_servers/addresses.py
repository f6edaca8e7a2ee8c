"""What an endpoint's address tells, and where exactly its questions go. Pure.

Users paste what their provider's page shows: a host, a base that ends in ``/v1``, the full
``/v1/chat/completions``, DashScope's ``compatible-mode/v1``, or the ``/api/predict/<service>`` of
PAI-EAS, which ends before the ``/v1``. All of them mean the same door.
"""

from __future__ import annotations

import ipaddress
import re

import httpx

from shotlog.errors import SettingError

CHAT_PATH = "/chat/completions"
MODELS_PATH = "/models"
EMBEDDINGS_PATH = "/embeddings"

_VERSION_SEGMENT = re.compile(r"/v\d+((alpha|beta)\d*)?(?=/|$)")
_OPENAI_SIGNS = re.compile(r"/v1(/|$)|/compatible-mode(/|$)|/api/predict/")


def parse_endpoint(text: str) -> httpx.URL:
    """The address of a model server. Raises SettingError unless it is ``http(s)://HOST…``."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.userinfo:
        raise SettingError(
            "The endpoint's address holds a user name or password.",
            hint="Leave it out, and give the key as SHOTLOG_ACCESS_KEY in the environment "
            "or as AccessKey in section [QwenVL] of config.ini.",
        )
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65536:
        raise SettingError(
            f"The endpoint {_without_secrets(text)!r} is no web address.",
            hint="Write it with http:// or https:// and a host, say http://localhost:8000/v1.",
        )
    return url.copy_with(fragment=None)


def speaks_openai(url: httpx.URL) -> bool:
    """Whether the address alone shows an OpenAI-style server: no path, or one with its marks."""
    return url.path in ("", "/") or _OPENAI_SIGNS.search(url.path) is not None


def chat_address(url: httpx.URL) -> httpx.URL:
    """Where chat questions are posted."""
    return _with_path(url, _base_path(url) + CHAT_PATH)


def models_address(url: httpx.URL) -> httpx.URL:
    """Where the server lists its models."""
    return _with_path(url, _base_path(url) + MODELS_PATH)


def embeddings_address(url: httpx.URL) -> httpx.URL:
    """Where texts are posted to become vectors."""
    return _with_path(url, _base_path(url) + EMBEDDINGS_PATH)


def files_address(url: httpx.URL, *further: str) -> httpx.URL:
    """Where files are uploaded; with ``further`` segments, one of them or its content."""
    return _with_path(url, "/".join((_base_path(url) + "/files", *further)))


def batches_address(url: httpx.URL, *further: str) -> httpx.URL:
    """Where batches are made and listed; with ``further`` segments, one of them."""
    return _with_path(url, "/".join((_base_path(url) + "/batches", *further)))


def beside_address(url: httpx.URL, path: str) -> httpx.URL:
    """Where the server keeps ``path``, which begins with a slash, outside its ``/v1``."""
    base = _base_path(url)
    version = _VERSION_SEGMENT.search(base)
    return _with_path(url, (base[: version.start()] if version else base) + path)


def shown(url: httpx.URL) -> str:
    """The address fit for messages and logs: no user, no query, which may hold a token."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


def is_loopback(url: httpx.URL) -> bool:
    """Whether the server runs on this machine, and so reads this machine's files."""
    if url.host == "localhost" or url.host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_pai_eas(url: httpx.URL) -> bool:
    """Whether Alibaba's PAI-EAS gateway stands before the server."""
    return "/api/predict/" in url.path or ".pai-eas." in url.host


def _base_path(url: httpx.URL) -> str:
    path = url.path.rstrip("/")
    for known in (CHAT_PATH, MODELS_PATH, EMBEDDINGS_PATH):
        path = path.removesuffix(known)
    return path if _VERSION_SEGMENT.search(path) else f"{path}/v1"


def _with_path(url: httpx.URL, path: str) -> httpx.URL:
    return url.copy_with(path=path)


def _without_secrets(text: str) -> str:
    return text.strip().partition("?")[0].rpartition("@")[2]
