"""A run in progress, and the runs before it: as a page, as JSON, and as events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from shotlog.errors import LibraryError
from shotlog.web.api import FAULTS
from shotlog.web.library_access import Door, Shelf
from shotlog.web.rendering import page
from shotlog.web.run_objects import NowObject, RunsObject, run_object
from shotlog.web.watching import Watching

PAGE_RUNS = 20
MOST_RUNS = 200
MOST_ID = 2**62

RETRY_MILLISECONDS = 2000
"""After so long a browser whose stream broke off asks for another."""

router = APIRouter(responses=FAULTS)

Before = Annotated[int | None, Query(ge=1, le=MOST_ID, description="as the page before says")]


@router.get("/run", include_in_schema=False)
def run_page(request: Request, shelf: Door, watch: Watching, before: Before = None) -> HTMLResponse:
    """The last run, live, and those before it."""
    found = _runs(shelf, before, PAGE_RUNS)
    return page(request, "run.html", now=watch.now(), history=found, begun=before is not None)


@router.get("/run/now", include_in_schema=False)
def run_now(request: Request, watch: Watching) -> HTMLResponse:
    """The part of the page that changes while a run goes."""
    return page(request, "run_now.html", now=watch.now())


@router.get("/api/run", tags=["runs"])
def run(watch: Watching) -> NowObject:
    """The last run as it stands, whether it goes on or has ended."""
    return watch.now()


@router.get(
    "/api/run/events",
    tags=["runs"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def events(watch: Watching) -> StreamingResponse:
    """The same as server-sent events: one named `run` now and whenever it changes.

    The data of each is what `/api/run` answers. A comment comes where nothing changes for long.
    The stream stays open when a run ends, and tells of the next.
    """
    return StreamingResponse(
        _stream(watch),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/api/runs", tags=["runs"])
def runs(
    shelf: Door,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=MOST_RUNS)] = PAGE_RUNS,
) -> RunsObject:
    """All runs over the library, the last first, a page at a time."""
    with shelf.open():
        return _runs(shelf, before, limit)


async def _stream(watch: Watching) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    async for now in watch.moments():
        yield f"event: run\ndata: {now.model_dump_json()}\n\n" if now else ": still here\n\n"


def _runs(shelf: Shelf, before: int | None, limit: int) -> RunsObject:
    """None of a library that is not there yet."""
    try:
        with shelf.open() as library:
            rows = library.runs(before=before, limit=limit + 1)
            is_going = library.is_running()
    except LibraryError:
        return RunsObject(runs=(), before=None)
    shown = tuple(run_object(row, is_going=is_going) for row in rows[:limit])
    return RunsObject(runs=shown, before=rows[limit - 1].id if len(rows) > limit else None)
