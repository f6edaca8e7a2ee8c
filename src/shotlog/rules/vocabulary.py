"""The fields that a condition may name: what each is, whose it is, and where it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from shotlog.fields import SafetyFlag, TimeOfDay
from shotlog.rules.subjects import ClipSubject, Subject, video_of

Kind = Literal["number", "seconds", "bytes", "pixels", "time", "yes_no", "text", "name", "items"]
Scope = Literal["video", "clip", "both"]
"""A video's fields may be asked of a clip too, and are its video's; a clip's only of a clip."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a condition may name."""

    name: str
    kind: Kind
    get: Callable[[Subject], Any]
    scope: Scope
    choices: tuple[str, ...] = ()
    """All that it may be; empty where it may be anything."""
    whole: bool = False
    """Whether an item is compared as a whole, not by its words."""


def _fact(name: str) -> Callable[[Subject], Any]:
    return lambda subject: video_of(subject).facts.get(name)


def _of_video(name: str) -> Callable[[Subject], Any]:
    return lambda subject: getattr(video_of(subject), name)


def _own(name: str) -> Callable[[Subject], Any]:
    return lambda subject: getattr(subject, name)


def _filled_in(name: str) -> Callable[[Subject], Any]:
    return lambda subject: cast("ClipSubject", subject).fields.get(name)


def _signal(name: str) -> Callable[[Subject], Any]:
    return lambda subject: cast("ClipSubject", subject).signals.get(name)


def _colors(subject: Subject) -> Any:
    shares = cast("ClipSubject", subject).signals.get("colors")
    return None if shares is None else [name for name, _ in shares]


def _clip_length(subject: Subject) -> float:
    clip = cast("ClipSubject", subject)
    return clip.end_seconds - clip.start_seconds


def _short_side(subject: Subject) -> Any:
    facts = video_of(subject).facts
    return min(facts["width"], facts["height"]) if "width" in facts else None


def _has_audio(subject: Subject) -> Any:
    facts = video_of(subject).facts
    return facts["audio"] is not None if "audio" in facts else None


def _portrait(subject: Subject) -> Any:
    facts = video_of(subject).facts
    return facts["height"] > facts["width"] if "width" in facts else None


def _has_damage(subject: Subject) -> Any:
    facts = video_of(subject).facts
    return bool(facts["damage"]) if "damage" in facts else None


def _title(subject: Subject) -> Any:
    return video_of(subject).title


def _clip_count(subject: Subject) -> int:
    return len(video_of(subject).clips)


_FIELDS = (
    Field("name", "name", _of_video("name"), "video"),
    Field("address", "name", _of_video("address"), "video"),
    Field("size", "bytes", _of_video("size_bytes"), "video"),
    Field("date", "time", _of_video("modified"), "video"),
    Field("status", "items", _of_video("status"), "video", ("done", "partial", "failed")),
    Field("duration", "seconds", _fact("duration_seconds"), "video"),
    Field("width", "number", _fact("width"), "video"),
    Field("height", "number", _fact("height"), "video"),
    Field("resolution", "pixels", _short_side, "video"),
    Field("fps", "number", _fact("rate_fps"), "video"),
    Field("portrait", "yes_no", _portrait, "video"),
    Field("audio", "yes_no", _has_audio, "video"),
    Field("damage", "yes_no", _has_damage, "video"),
    Field("codec", "text", _fact("video_codec"), "video"),
    Field("container", "text", _fact("container"), "video"),
    Field("title", "text", _title, "video"),
    Field("clip_count", "number", _clip_count, "video"),
    Field("description", "text", _own("description"), "both"),
    Field("transcript", "text", _own("transcript"), "both"),
    Field("tags", "items", _own("tags"), "both", whole=True),
    Field("class", "items", _own("classes"), "clip", whole=True),
    Field("model", "text", _own("model"), "clip"),
    Field("start", "seconds", _own("start_seconds"), "clip"),
    Field("end", "seconds", _own("end_seconds"), "clip"),
    Field("clip_duration", "seconds", _clip_length, "clip"),
    *(
        Field(name, "number", _signal(name), "clip")
        for name in ("brightness", "contrast", "sharpness", "motion", "motion_peak")
    ),
    *(Field(name, "number", _signal(name), "clip") for name in ("shot_count", "loudness_db")),
    *(
        Field(f"{name}_seconds", "seconds", _signal(f"{name}_seconds"), "clip")
        for name in ("still", "frozen", "black", "silent")
    ),
    Field("colors", "items", _colors, "clip", whole=True),
    *(Field(name, "items", _filled_in(name), "clip") for name in ("actions", "objects")),
    Field("on_screen_text", "items", _filled_in("on_screen_text"), "clip"),
    Field(
        *("safety_flags", "items", _filled_in("safety_flags"), "clip"),
        choices=get_args(SafetyFlag),
        whole=True,
    ),
    Field("people_count", "number", _filled_in("people_count"), "clip"),
    Field("time_of_day", "items", _filled_in("time_of_day"), "clip", get_args(TimeOfDay)),
    *(Field(name, "text", _filled_in(name), "clip") for name in ("setting", "camera", "mood")),
    Field("category", "items", _filled_in("category"), "clip", whole=True),
)

FIELDS: Mapping[str, Field] = {each.name: each for each in _FIELDS}

WORDS = "words"
"""Stands for all that is told in words: :data:`TOLD`, of the clip or of the video."""
TOLD = ("description", "transcript")
