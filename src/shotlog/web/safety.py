"""What stands before every request: who may ask, from where, and what a browser may load.

The threats and the answers to them are listed in docs/page.md.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shotlog.errors import SettingError

COOKIE = "shotlog-session"
COOKIE_SECONDS = 30 * 24 * 3600
SHORTEST_TOKEN = 16

OPEN_PATHS = ("/login", "/static/")
"""Reached without the token: the form that asks for it, and what it looks like."""
PROGRAMS_PATHS = ("/api/", "/media/", "/openapi.json")
"""Where a request without the token is told so, rather than led to the form."""

LONGEST_BODY_BYTES = 1_000_000
"""Of any request; the longest edit there can be is well below."""

TOO_LONG = f"A request has at most {LONGEST_BODY_BYTES:,} bytes."

_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
"""What a Host header may be, so that no other part of an address hides in it."""

READING = ("GET", "HEAD", "OPTIONS")


def policy(media_origins: tuple[str, ...] = ()) -> str:
    """The content security policy of a page; ``media_origins`` are those it may play from."""
    media = " ".join(("'self'", *media_origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"media-src {media}; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A browser sends no Origin with a form where nothing at all may be told.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}
"""Of every answer that says nothing else."""


def is_loopback(host: str) -> bool:
    """Whether only this machine is reached there: ``localhost``, ``127.0.0.1``, ``::1``."""
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def require_token(host: str, token: str | None) -> None:
    """Raises SettingError where the page would stand open to others, or its token is too short."""
    make = "python -c 'import secrets; print(secrets.token_urlsafe())' makes one."
    if token is None and not is_loopback(host):
        raise SettingError(
            f"The page may be reached by others at {host!r}, and no token keeps them out.",
            hint=f"Set SHOTLOG_TOKEN, or Token in section [Web] of config.ini; {make}",
        )
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise SettingError(
            f"The page's token has {len(token)} characters; at least {SHORTEST_TOKEN} are needed.",
            hint=f"Choose a longer one; {make}",
        )


class Token:
    """The secret that lets people and programs in; compared in constant time."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @property
    def session(self) -> str:
        """What the cookie holds: made of the token, and the token cannot be made of it."""
        return hmac.new(self._secret, b"shotlog page session", hashlib.sha256).hexdigest()

    def is_given(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret)

    def lets_in(self, request: Request) -> bool:
        """Whether the request has the cookie, or the token itself as a bearer's."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.is_given(given.strip()):
            return True
        cookie = request.cookies.get(COOKIE, "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(cookie, self.session.encode())


class Guard:
    """Middleware that refuses what must not pass, and adds :data:`HEADERS` to every answer."""

    def __init__(self, app: ASGIApp, token: Token | None) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        taken = 0

        async def receive_no_more_than_allowed() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LONGEST_BODY_BYTES:
                raise HTTPException(413, TOO_LONG)
            return message

        refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive_no_more_than_allowed, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        if not self._is_meant_for_us(request.headers):
            return PlainTextResponse(
                "This address leads to shotlog under a name that it does not go by. "
                "Use http://127.0.0.1 or http://localhost.\n",
                status_code=421,
            )
        if request.method not in READING and _is_foreign(request.headers):
            return PlainTextResponse("Another site may not write here.\n", status_code=403)
        path = _path(request)
        if self._token is None or path.startswith(OPEN_PATHS) or self._token.lets_in(request):
            return None
        if request.method != "GET" or path.startswith(PROGRAMS_PATHS):
            wanted = "Send the token: Authorization: Bearer …, or log in at /login."
            return JSONResponse(
                {"error": {"code": "token", "message": wanted, "hint": ""}},
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
        return RedirectResponse(f"/login?next={quote(_address(request))}", status_code=303)

    def _is_meant_for_us(self, headers: Headers) -> bool:
        """Without a token, only loopback names: another's name that leads here is an attack."""
        host = headers.get("host", "")
        is_name = _HOST.fullmatch(host) is not None
        return is_name and (self._token is not None or is_loopback(_without_port(host)))


def local_address(address: str) -> str:
    """Where to go after logging in: this page's own addresses only, else its first page."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


def _address(request: Request) -> str:
    query = request.url.query
    return f"{_path(request)}?{query}" if query else _path(request)


def _path(request: Request) -> str:
    """As routes see it. An address put together with the Host header may have another."""
    return str(request.scope["path"])


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site's page asks; programs say nothing of it."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers["host"].lower()
