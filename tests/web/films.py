"""A small real library to look at: clips, scenes, words heard, rules, failures, hostile names."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

import shotlog
from shotlog.fields import fields_schema
from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.made_up import instance_of
from shotlog.testing.questions import Question
from shotlog.testing.transcriptions import SpokenWord, TranscriptionEndpoint

HOSTILE_NAME = "<img src=x onerror=alert(1)> & \"quotes\" 'n' {{ 7*7 }}.mp4"
HOSTILE_WORDS = "</script><script>alert(2)</script> <img src=x onerror=alert(3)> --> {{ 7*7 }}"

RECIPES = {
    "hills.mp4": videos.Recipe(320, 180, Fraction(10), 12, videos.landscape),
    "road.mp4": videos.Recipe(320, 180, Fraction(10), 8, videos.street, sound=False),
    "phone.mov": videos.Recipe(
        320, 180, Fraction(10), 4, videos.portrait, rotation_degrees=90, sound=False
    ),
    "night.mp4": videos.Recipe(320, 180, Fraction(10), 5, videos.night, sound=False),
    "cut off.mkv": videos.Recipe(160, 120, Fraction(10), 8, videos.street, sound=False),
    HOSTILE_NAME: videos.Recipe(160, 120, Fraction(10), 3, videos.slides, sound=False),
}
CUT_OFF = "cut off.mkv"
NO_VIDEO = "no video.mp4"

SAID = ["good", "morning", "everybody", "<b>look</b>", "at", "the", "hills"]
"""Heard in the first four seconds of hills.mp4, one word each half second."""
WORD_SECONDS = 0.5

RULES = """
rules:
  - tag: traffic
    clip: {words: [car, cars]}
  - class: outdoors
    video: {any_clip: {words: [hills, road]}}
  - class: dark
    group: light
    video: {any_clip: {words: [black, dusk]}}
"""

_SEEN = {
    "hills": ("A bright sky over green hills; the sun climbs from left to right.", "landscape"),
    "dusk": ("Dusk over dark hills while a yellow sun sinks.", "landscape"),
    "road": ("A red car and a blue car cross a grey road.", "street"),
    "night": ("Nearly black; one small light sways in the middle.", "night"),
    "slide": (HOSTILE_WORDS, "<b>slide</b>"),
}


def make_library(folder: Path) -> Path:
    """Makes the videos and runs shotlog on them; returns the library's folder."""
    films = folder / "films"
    films.mkdir()
    for name, recipe in RECIPES.items():
        part = films / f"part{Path(name).suffix}"
        videos.make_video(part, recipe)
        if name == CUT_OFF:
            videos.truncated(part, 0.6)
        part.rename(films / name)
    (films / NO_VIDEO).write_bytes(b"this is no video" * 200)
    rules = folder / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    with Endpoint(answer=_answer) as model, TranscriptionEndpoint(hear=_hear) as speech:
        shotlog.run(
            dir=films,
            output=folder / "library",
            segment_length=4,
            public_endpoint=model.url,
            hearing=speech.url,
            rules=rules,
        )
    return folder / "library"


def small_film(path: Path) -> Path:
    """Four seconds of cars on a road."""
    path.parent.mkdir()
    videos.make_video(path, videos.Recipe(160, 120, Fraction(10), 4, videos.street))
    return path


def _answer(question: Question) -> str:
    if question.is_of_a_whole:
        return json.dumps(_whole(question))
    description, tag = _SEEN[_kind(question.jpegs[len(question.jpegs) // 2])]
    fields = instance_of(question.schema or fields_schema(), "")
    return json.dumps({**fields, "description": description, "tags": [tag]})


def _whole(question: Question) -> dict[str, object]:
    told = "\n".join((question.instruction, *question.labels))
    numbers = [int(each) for each in re.findall(r"^clips? (\d+)", told, re.MULTILINE)]
    name = next((kind for kind, (words, _) in _SEEN.items() if words[:20] in told), "video")
    chapters = [{"first_clip": number, "title": f"Part {number}"} for number in numbers[:2]]
    title = {"hills": "Sun over the hills", "road": "Two cars on a road"}.get(name, f"A {name}")
    return {"title": title, "description": f"A short film: {name}.", "chapters": chapters}


def _kind(jpeg: bytes) -> str:
    with Image.open(io.BytesIO(jpeg)) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=float)
    if pixels.mean() < 20:
        return "night"
    if pixels.std() < 30 and pixels.mean() > 200:
        return "slide"
    if np.abs(pixels[..., 0] - pixels[..., 2]).mean() < 25:
        return "road"
    return "hills" if pixels.mean() > 110 else "dusk"


def _hear(samples: npt.NDArray[np.float32], rate_hz: int) -> Sequence[SpokenWord]:
    return [
        SpokenWord(place * WORD_SECONDS, (place + 0.9) * WORD_SECONDS, word)
        for place, word in enumerate(SAID)
    ]
