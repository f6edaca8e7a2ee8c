"""A library, its page, and a browser to look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from web.films import make_library
from web.looking import Looker
from web.serving import Served

SCREENSHOTS = os.environ.get("SHOTLOG_SCREENSHOTS")
"""Read before the tests' own fixture takes it out of the environment."""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="session")
def served(library: Path) -> Iterator[Served]:
    with Served(library) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


@pytest.fixture
def looker(chromium: Browser, served: Served) -> Iterator[Looker]:
    """Opens pages, and at the end has seen no error and no request to another host."""
    folder = Path(SCREENSHOTS) if SCREENSHOTS else None
    with Looker(chromium, served.url, folder) as looker:
        yield looker
    assert looker.troubles == []
