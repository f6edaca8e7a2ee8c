"""Hearing in this process."""

from __future__ import annotations

import sys

import pytest

from shotlog.errors import MissingToolError
from shotlog.hearing import make_listener
from shotlog.settings import load_settings


def test_without_the_extra_the_install_line_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    settings = load_settings({"hearing": "local"}, environment={})
    with pytest.raises(MissingToolError, match=r"pip install \"shotlog\[hearing\]\""):
        make_listener(settings)


def test_nobody_listens_unless_told() -> None:
    assert make_listener(load_settings({}, environment={})) is None
