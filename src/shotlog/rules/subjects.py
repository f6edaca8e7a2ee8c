"""What rules look at: a video, and its clips, as far as they are known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shotlog.rules.folding import folded


@dataclass(slots=True)
class VideoSubject:
    """One video. What is not known of it is None, and meets no condition."""

    name: str
    size_bytes: int | None = None
    modified: datetime | None = None
    address: str = ""
    status: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the scan, with numbers as floats; empty where nothing was scanned."""
    title: str | None = None
    description: str | None = None
    transcript: str | None = None
    tags: Sequence[str] = ()
    """By measurement and by the model; rules add theirs while they are applied."""
    clips: Sequence[ClipSubject] = ()
    folds: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ClipSubject:
    """One clip of it, half-open in time."""

    video: VideoSubject
    index: int
    start_seconds: float
    end_seconds: float
    description: str | None = None
    transcript: str | None = None
    model: str | None = None
    tags: Sequence[str] = ()
    fields_json: str | None = None
    """A model's fields as they are stored; read at first use, for most rules never ask."""
    signals_json: str | None = None
    """:class:`~shotlog.records.Signals` likewise."""
    classes: Sequence[str] = ()
    folds: dict[str, str] = field(default_factory=dict)
    _fields: Mapping[str, Any] | None = None
    _signals: Mapping[str, Any] | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        if self._fields is None:
            self._fields = json.loads(self.fields_json) if self.fields_json else {}
        return self._fields

    @property
    def signals(self) -> Mapping[str, Any]:
        if self._signals is None:
            self._signals = json.loads(self.signals_json) if self.signals_json else {}
        return self._signals


Subject = VideoSubject | ClipSubject


def video_of(subject: Subject) -> VideoSubject:
    return subject if isinstance(subject, VideoSubject) else subject.video


def clip_of(subject: Subject) -> int | None:
    """Its number; None for the video as a whole."""
    return None if isinstance(subject, VideoSubject) else subject.index


def fold_of(subject: Subject, name: str, text: str) -> str:
    """The folded text of a field, folded once however many rules look at it."""
    found = subject.folds.get(name)
    if found is None:
        found = subject.folds[name] = folded(text)
    return found
