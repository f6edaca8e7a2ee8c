"""A person at a browser: opens pages, and notes what goes wrong meanwhile."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    ViewportSize,
)

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 780}


class Looker:
    """Each page it opens has a context of its own."""

    def __init__(self, browser: Browser, url: str, screenshots: Path | None) -> None:
        self._browser, self._url, self._screenshots = browser, url, screenshots
        self._contexts: list[BrowserContext] = []
        self.troubles: list[str] = []
        """Errors in the console, uncaught exceptions, requests to other hosts."""
        self._allowed = {url}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for context in self._contexts:
            context.close()

    def open(
        self,
        path: str,
        *,
        phone: bool = False,
        scheme: Scheme = "light",
        **options: Any,
    ) -> Page:
        """The page at this path, loaded with what it fetches at once."""
        size = PHONE if phone else WIDE
        context = self._browser.new_context(
            base_url=self._url, viewport=size, color_scheme=scheme, **options
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        page.on("dialog", lambda dialog: self._note("error", f"dialog: {dialog.message}"))
        page.on("request", self._requested)
        page.goto(path)
        page.wait_for_load_state("load")
        return page

    def allow(self, url: str) -> None:
        """Another page of ours."""
        self._allowed.add(url)

    def picture(self, page: Page, name: str, *, whole: bool = False) -> None:
        """A screenshot, where they are wanted."""
        if self._screenshots is not None:
            self._screenshots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self._screenshots / f"{name}.png", full_page=whole)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(f"{kind}: {text}")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(tuple(f"{url}/" for url in self._allowed)):
            self.troubles.append(f"request to {request.url}")
