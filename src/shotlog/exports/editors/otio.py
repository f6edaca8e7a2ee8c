"""Timelines in OpenTimelineIO's own format, which video editors open.

Written as JSON straight away, in the schemas that every version of the library reads; the newer
ones add nothing that is needed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shotlog.exports.editors.cutlists import Cut, Mark, cuts_of, name_of, write_cutlists
from shotlog.exports.editors.edit_rates import EditRate, edit_rate
from shotlog.exports.selection import Chosen, Target, Written
from shotlog.records import Facts

_COLORS = {"description": "GREEN", "chapter": "BLUE", "scene": "RED"}


def write_otio(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder of timelines, one a video. Raises LibraryError, DiskFullError."""
    return write_cutlists(videos, target, _files)


def _files(chosen: Chosen, facts: Facts) -> Iterator[tuple[str, str]]:
    yield "otio", json.dumps(timeline(chosen, facts), ensure_ascii=False, indent=1) + "\n"


def timeline(chosen: Chosen, facts: Facts) -> dict[str, Any]:
    """The clips that fit, one after the other, each a stretch of the source, with its marks."""
    rate = edit_rate(facts)
    length = max(1, rate.frame(facts.duration_seconds))
    video = chosen.video.model_dump(mode="json", exclude={"segments", "scenes", "media"})
    clips = [_clip(chosen, cut, rate, length) for cut in cuts_of(chosen, rate)]
    about = {**video, "steady_frame_rate": rate.is_steady}
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {"shotlog": about},
        "name": chosen.video.title or name_of(chosen),
        "global_start_time": None,
        "tracks": {
            **_item("Stack.1", "tracks", {}),
            "markers": [],
            "children": [
                {
                    **_item("Track.1", "V1", {}),
                    "markers": [],
                    "kind": "Video",
                    "children": clips,
                }
            ],
        },
    }


def _clip(chosen: Chosen, cut: Cut, rate: EditRate, length: int) -> dict[str, Any]:
    return {
        **_item("Clip.1", cut.name, {"shotlog": cut.segment.model_dump(mode="json")}),
        "source_range": _range(cut.first, cut.frames, rate),
        "markers": [_marker(mark, rate) for mark in cut.marks],
        "media_reference": {
            "OTIO_SCHEMA": "ExternalReference.1",
            "metadata": {},
            "name": name_of(chosen),
            "available_range": _range(0, max(length, cut.first + cut.frames), rate),
            "target_url": chosen.row.source.url,
        },
    }


def _marker(mark: Mark, rate: EditRate) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"shotlog": {"kind": mark.kind}},
        "name": mark.name,
        "color": _COLORS[mark.kind],
        "marked_range": _range(mark.frame, 1, rate),
        "comment": mark.comment,
    }


def _item(schema: str, name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": schema,
        "metadata": metadata,
        "name": name,
        "source_range": None,
        "effects": [],
        "enabled": True,
    }


def _range(first: int, frames: int, rate: EditRate) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": _time(first, rate),
        "duration": _time(frames, rate),
    }


def _time(frames: int, rate: EditRate) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "value": float(frames), "rate": float(rate.fps)}
