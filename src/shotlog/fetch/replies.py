"""What a server's answer means for a download. Pure."""

from __future__ import annotations

import codecs
import re

import httpx

from shotlog.certificates import UNTRUSTED_HINT, is_untrusted
from shotlog.errors import (
    FetchError,
    FetchInterruptedError,
    FetchRefusedError,
    SizeMismatchError,
)
from shotlog.fetch.partial import Version
from shotlog.retries import parse_retry_after

AGAIN = frozenset({408, 425, 429})
"""With 5xx, the statuses after which the same request may succeed."""

ROUNDED_SHARE = 0.1
"""How far a rounded size of a listing may be from the file's."""

NO_ADDRESS = (
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    UnicodeError,  # of a host name that DNS cannot have
)

LINK_HINT = "Check it in a browser without a login, or list the bucket again."

REFUSALS = {
    401: (
        "asks for a login",
        "Make the bucket public to read, or list it with signed links (rclone link, presigned).",
    ),
    403: (
        "may not be read",
        "The bucket is private, or the link has expired: make it public to read, "
        "or list it again with fresh signed links.",
    ),
    404: (
        "has no such file",
        "It was renamed, moved or deleted, or the address prefix is wrong: list the bucket again.",
    ),
    410: ("says that the file is gone for good", "Take it out of the listing."),
}


def shown_address(url: httpx.URL | str) -> str:
    """The address fit for messages and logs: no user, no query, which may be a signature."""
    try:
        parsed = httpx.URL(url)
        return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))
    except (httpx.InvalidURL, ValueError):
        return re.sub(r"^([^/?#]*//)?[^/?#]*@", r"\1", re.split(r"[?#]", str(url))[0])


def status_error(response: httpx.Response, address: str) -> FetchError:
    """Why no file came with a status that is none of 200, 206 and 416."""
    status = response.status_code
    if status in AGAIN or status >= 500:
        return FetchInterruptedError(
            f"{address} answers with status {status}.",
            hint="The server is busy or broken: run again later.",
            retry_after_seconds=parse_retry_after(response.headers.get("retry-after")),
        )
    what, hint = REFUSALS.get(status, ("answers without a file", LINK_HINT))
    return FetchRefusedError(f"{address} {what} (status {status}).", hint=hint)


def connection_error(error: Exception, address: str) -> FetchError:
    """Why no whole answer came."""
    if isinstance(error, NO_ADDRESS):
        return FetchRefusedError(
            f"{address} is no address that can be fetched.",
            hint="It must start with https://, http:// or file:// and name a host.",
        )
    if is_untrusted(error):
        return FetchRefusedError(
            f"The certificate of {address} is not trusted.",
            hint=UNTRUSTED_HINT,
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        what = "cannot be reached"
    elif isinstance(error, httpx.ProxyError):
        what = "cannot be reached through the proxy of the environment"
    elif isinstance(error, httpx.TimeoutException):
        what = "fell silent before the file was whole"
    else:
        what = "broke off before the file was whole"
    return FetchInterruptedError(
        f"{address} {what}.",
        hint="Check the network and run again: the download goes on where it stopped.",
    )


def may_redirect(origin: httpx.URL, target: httpx.URL) -> bool:
    """Whether a redirect is followed: never out of the web, never from https to http."""
    return target.scheme == "https" or (target.scheme, origin.scheme) == ("http", "http")


def is_encoded(response: httpx.Response) -> bool:
    """Whether the bytes come packed, although they were asked for plain."""
    return str(response.headers.get("content-encoding", "identity")).strip() not in ("", "identity")


def version_of(response: httpx.Response) -> Version:
    """What an answer with status 200 says of the file."""
    length = response.headers.get("content-length", "")
    return Version(
        response.headers.get("etag"),
        response.headers.get("last-modified"),
        int(length) if length.isdecimal() and not is_encoded(response) else None,
    )


def continues(response: httpx.Response, version: Version, have_bytes: int) -> bool:
    """Whether an answer with status 206 goes on with ``version`` right after ``have_bytes``."""
    given = response.headers.get("content-range", "")
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", given.strip(), re.ASCII)
    if match is None or int(match[1]) != have_bytes or is_encoded(response):
        return False
    if match[3] != "*" and version.total_bytes not in (None, int(match[3])):
        return False
    etag = response.headers.get("etag")
    return etag is None or version.etag is None or etag == version.etag


def total_beyond(response: httpx.Response) -> int | None:
    """The file's size as an answer with status 416 tells it."""
    given = response.headers.get("content-range", "")
    match = re.fullmatch(r"bytes \*/(\d+)", given.strip(), re.ASCII)
    return int(match[1]) if match else None


def refuse_web_page(response: httpx.Response, head: bytes, address: str) -> None:
    """Raises FetchRefusedError if a page for people came in place of the file.

    ``head`` is the first piece of the body. No video begins with ``<``; servers that call a video
    text/html exist.
    """
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()[:15].lower()
    said = "html" in response.headers.get("content-type", "").lower() and text.startswith(b"<")
    if said or text.startswith((b"<!doctype html", b"<html")):
        raise FetchRefusedError(
            f"{address} answers with a web page, not with a video.",
            hint="It may be a login page or a player's page: list the address of the file itself. "
            + LINK_HINT,
        )


def agrees(listed_bytes: int | None, real_bytes: int) -> bool:
    """Whether a file of ``real_bytes`` can be the one listed.

    A listing may say ``500MB``, and a source does not tell whether its size was rounded: a multiple
    of 1000 or 1024 is taken for rounded and may be off by :data:`ROUNDED_SHARE`; any other size
    must be met exactly.
    """
    if listed_bytes is None or listed_bytes == real_bytes:
        return True
    rounded = listed_bytes % 1000 == 0 or listed_bytes % 1024 == 0
    return rounded and abs(listed_bytes - real_bytes) <= ROUNDED_SHARE * listed_bytes


def check_listed(listed_bytes: int | None, real_bytes: int | None, address: str) -> None:
    """Raises SizeMismatchError if the file is known not to be the one listed."""
    if real_bytes is not None and not agrees(listed_bytes, real_bytes):
        raise SizeMismatchError(
            f"{address} has {real_bytes} bytes; the listing says {listed_bytes}.",
            hint="The file has changed or was not uploaded whole: list the bucket again.",
        )
