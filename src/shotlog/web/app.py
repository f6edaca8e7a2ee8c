"""The page as one application: its parts in order, and what becomes of errors."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from shotlog import __version__
from shotlog.errors import EditedMeanwhileError, LibraryError, ShotlogError
from shotlog.web import api, charting, editing, live, login, media, pages, tracks
from shotlog.web.library_access import Shelf
from shotlog.web.rendering import page
from shotlog.web.safety import HEADERS, Guard, Token
from shotlog.web.watching import Watch

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    media.router,
    api.router,
    tracks.router,
    live.router,
    charting.router,
    editing.router,
    pages.router,
)
"""What is served; each part brings its own."""

STATIC = Path(__file__).parent / "static"

MISSING = {404: "There is nothing at this address.", 405: "That cannot be done here."}


def make_app(folder: Path, *, token: str | None = None) -> FastAPI:
    """The page of the library in ``folder``, which need not be there yet.

    With a ``token``, whoever lacks it sees the form that asks for it and nothing else; without,
    only requests to this machine's own names are answered.
    """
    app = FastAPI(
        title="shotlog",
        version=__version__,
        summary="A library of videos: what is in them, and where.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.shelf = Shelf(folder)
    app.state.watch = Watch(app.state.shelf)
    app.state.counter = charting.Counter(app.state.shelf)
    app.state.token = Token(token) if token else None
    app.add_middleware(Guard, token=app.state.token)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(ShotlogError, _told)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(Exception, _broken)
    return app


def _told(request: Request, error: Exception) -> Response:
    """What the library says is wrong, with what to do."""
    assert isinstance(error, ShotlogError)  # noqa: S101 - it is registered for these
    status = 503 if isinstance(error, LibraryError) else 400
    if isinstance(error, EditedMeanwhileError):
        status = 409
    return _error(request, status, error.code, error.what, error.hint)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these
    said = error.detail if error.detail not in ("Not Found", "Method Not Allowed") else None
    what = said or MISSING.get(error.status_code, error.detail)
    return _error(request, error.status_code, "http", what, "")


def _misunderstood(request: Request, error: Exception) -> Response:
    """A value in the address or the body that will not do; of several, the first."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    first = error.errors()[0]
    place = ".".join(str(each) for each in first["loc"][1:])
    return _error(request, 422, "value", f"{place}: {first['msg']}.", "")


def _broken(_request: Request, _error: Exception) -> Response:
    """The server's own log has the rest."""
    return PlainTextResponse("shotlog has failed here.\n", 500, headers=dict(HEADERS))


def _error(request: Request, status: int, code: str, what: str, hint: str) -> Response:
    path = str(request.scope["path"])
    if path.startswith(("/api/", "/media/")) or path.endswith(".vtt"):
        told = {"code": code, "message": what, "hint": hint}
        return JSONResponse({"error": told}, status_code=status)
    return page(request, "error.html", status=status, what=what, hint=hint)
