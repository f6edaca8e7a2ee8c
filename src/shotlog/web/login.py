"""Where a person gives the token, once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from shotlog.web.forms import fields_of
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
    given = await fields_of(request, LONGEST_FORM_BYTES)
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
