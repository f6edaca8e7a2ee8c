"""Where a person gives the token, once."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from shotlog.web.rendering import page
from shotlog.web.safety import COOKIE, COOKIE_SECONDS, Token, local_address

LONGEST_FORM_BYTES = 10_000

router = APIRouter(include_in_schema=False)


@router.get("/login")
def form(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address's own word
    if request.app.state.token is None:
        return RedirectResponse("/", 303)
    return page(request, "login.html", next=local_address(next), wrong=False)


@router.post("/login")
async def log_in(request: Request) -> Response:
    token: Token | None = request.app.state.token
    given = await _form(request)
    there = local_address(given.get("next", "/"))
    if token is None:
        return RedirectResponse("/", 303)
    if not token.is_given(given.get("token", "").strip()):
        return page(request, "login.html", status=403, next=there, wrong=True)
    response = RedirectResponse(there, 303)
    response.set_cookie(
        COOKIE,
        token.session,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
def log_out() -> Response:
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; of one named twice the last."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM_BYTES:
            raise HTTPException(413, "The form is too long.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
