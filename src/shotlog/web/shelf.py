"""The library that the page shows, opened anew for each request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from shotlog import api


class Shelf:
    """Where the library lies. Nothing stays open between requests, so a run may begin or end, and
    the folder may be moved or made, while the page is served.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def open(self) -> Iterator[api.Library]:
        """For the thread that asks. Raises LibraryError where there is none that can be read."""
        with api.open(self.folder) as library:
            yield library


def _shelf(request: Request) -> Shelf:
    shelf = request.app.state.shelf
    assert isinstance(shelf, Shelf)  # noqa: S101 - starlette's state has no types
    return shelf


Door = Annotated[Shelf, Depends(_shelf)]
"""What a route asks for: ``def videos(shelf: Door)``."""
