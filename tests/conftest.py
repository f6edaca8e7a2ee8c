"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from mongo_servers import Kind, MongoServer, require
from shotlog.testing.tiny_models import FAMILIES, Family, make_tiny_model

MUST_HAVE_TORCH = "SHOTLOG_TESTS_NEED_TORCH"
TORCH_REQUIRED = bool(os.environ.get(MUST_HAVE_TORCH))
"""Read before the tests' own fixture takes it out of the environment."""

CHROMIUM_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--autoplay-policy=no-user-gesture-required"),
)

BROWSER_PATIENCE_MS = 30_000
"""A page that is slow on a busy machine is no page that is wrong."""

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"../shared/{name} is absent, and in CI it must be there")
        pytest.skip(f"../shared/{name} is absent")
    return folder


@pytest.fixture(scope="session")
def rclone() -> str:
    """The rclone program; absent, a test skips, but in CI fails."""
    found = shutil.which("rclone")
    if found is None and os.environ.get("CI"):
        pytest.fail("rclone is absent, and in CI it must be there")
    if found is None:
        pytest.skip("rclone is not installed")
    return found


@pytest.fixture(scope="session")
def shared_media() -> Path:
    return _shared("media")


@pytest.fixture(scope="session")
def shared_listings() -> Path:
    return _shared("listings")


@pytest.fixture(scope="session", params=get_args(Kind))
def mongo_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MongoServer]:
    """Each MongoDB server in turn, shared by the tests."""
    require(request.param)
    running = MongoServer(request.param, tmp_path_factory.mktemp(request.param))
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine reaches a test, and a test writes where it may."""
    for name in list(os.environ):
        if name.startswith("SHOTLOG_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without torch these tests skip; where the variable is set, as in CI, they fail."""
    if item.get_closest_marker("needs_torch") is None or find_spec("torch") is not None:
        return
    if TORCH_REQUIRED:
        pytest.fail(f"torch is absent, and {MUST_HAVE_TORCH} says that it must be there")
    pytest.skip("torch is not installed; make test-local runs this")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    """A checkpoint of each family with random weights."""
    folder = tmp_path_factory.mktemp("models")
    return {family: make_tiny_model(folder / family, family) for family in FAMILIES}


@pytest.fixture(params=FAMILIES)
def tiny_model(request: pytest.FixtureRequest, tiny_models: dict[Family, Path]) -> Path:
    """Each of them in turn."""
    return tiny_models[request.param]


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that never ends an answer by itself, so that none is empty."""
    return make_tiny_model(tmp_path_factory.mktemp("endless") / "tiny", "qwen2_5_vl", ends=False)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser without a window; absent, a test skips, but in CI fails.

    There is one for all tests of a process: Playwright will not be started twice in a thread.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=BROWSER_PATIENCE_MS)
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI"):
        pytest.fail("chromium is absent, and in CI it must be there")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
