"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

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


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine reaches a test, and a test writes where it may."""
    for name in list(os.environ):
        if name.startswith("SHOTLOG_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
