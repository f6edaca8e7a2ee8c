"""The page of a made library, asked over HTTP of ``shotlog serve`` as a process of its own."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import median

import httpx

from benchmarks.rerun import FACTS
from benchmarks.search import make_library
from shotlog.catalog import FILE_NAME, columns, tags
from shotlog.catalog.connection import transaction
from shotlog.records import Facts, Sample, SceneScore

BAR_MILLISECONDS = 100.0
ROUNDS = 11
"""Answers after the first of each kind; the middle one counts."""

PICTURES = ((1920, 1080), (1280, 720), (3840, 2160), (720, 1280), (640, 480))
CLASSES = ("indoors", "outdoors", "studio")


@dataclass(frozen=True)
class Answered:
    """One kind of question; milliseconds until the whole of the answer was there."""

    name: str
    address: str
    clips: int
    first_milliseconds: float
    """The first since the page was started."""
    again_milliseconds: float
    """The middle one of those after it."""
    size_bytes: int


def answers(clips: int) -> list[Answered]:
    """Of a library of so many clips, made here."""
    with tempfile.TemporaryDirectory() as folder:
        make_library(Path(folder), clips)
        vary(Path(folder))
        return answers_of(Path(folder), clips)


def answers_of(folder: Path, clips: int) -> list[Answered]:
    """Of the library in ``folder``, made varied before."""
    with _served(folder) as address, httpx.Client(base_url=address, timeout=300) as client:
        client.get("/static/page.css").raise_for_status()
        asked = {
            "first page of the grid": "/",
            "a page from the middle": f"/?after={_middle(client)}",
            "longest first": "/?sort=longest",
            "a tag and a length": "/?tag=dark&min_length=1:00&max_length=5:00",
            "a class and words": "/?class=outdoors&q=red+car",
            "a common word": "/?q=man",
            "search as you type: re": "/api/search?q=re*&limit=8",
            "search as you type: red ca": "/api/search?q=red+ca*&limit=8",
            "tags that begin with d": "/api/tags?begins=d",
            "a video": f"/videos/{_a_video(client)}",
            "the run": "/run",
            "the charts": "/charts",
        }
        return [_answered(client, name, path, clips) for name, path in asked.items()]


def vary(folder: Path) -> None:
    """Gives the made library's videos lengths, sizes, pictures and classes, straight into it."""
    chance = random.Random(5)
    path = folder / FILE_NAME
    measured = (
        columns.packed(tuple[SceneScore, ...], ()),
        columns.packed(tuple[Sample, ...], _samples(chance)),
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        videos = connection.execute("SELECT number, id FROM videos").fetchall()
        with transaction(connection):
            for number, name in enumerate(CLASSES):
                connection.execute(
                    "INSERT INTO tags (class_group, folded, name) VALUES ('class', ?, ?)",
                    (name, name),
                )
                (tag,) = connection.execute("SELECT last_insert_rowid()").fetchone()
                places = [(tag, v * tags.PLACES) for v, _ in videos if v % len(CLASSES) == number]
                connection.executemany("INSERT INTO clip_tags VALUES (?, ?)", places)
            for _, video_id in videos:
                seconds = chance.lognormvariate(4.5, 1.2)
                width, height = chance.choice(PICTURES)
                size = int(seconds * 500_000)
                facts = replace(
                    FACTS, width=width, height=height, duration_seconds=Fraction(int(seconds) + 1)
                )
                connection.execute(
                    "UPDATE videos SET duration_seconds = ?, measured_bytes = ?, size_bytes = ?"
                    " WHERE id = ?",
                    (seconds, size, size, video_id),
                )
                connection.execute(
                    "INSERT INTO scans (video_id, facts, scores, samples) VALUES (?, ?, ?, ?)",
                    (video_id, columns.to_json(Facts, facts), *measured),
                )


def _samples(chance: random.Random) -> tuple[Sample, ...]:
    """Of five minutes."""
    colours = (("grey", 0.5), ("blue", 0.2))
    return tuple(
        Sample(
            time=Fraction(number, 2),
            brightness=round(chance.random(), 4),
            contrast=0.2,
            sharpness=0.02,
            motion=round(chance.random() / 10, 4),
            colors=colours,
            loudness_db=-30.0,
        )
        for number in range(600)
    )


def _answered(client: httpx.Client, name: str, path: str, clips: int) -> Answered:
    took, size = [], 0
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        size = len(client.get(path).raise_for_status().content)
        took.append((time.perf_counter() - began) * 1000)
    shown = path.split("after=", maxsplit=1)[0] + ("after=…" if "after=" in path else "")
    return Answered(name, shown, clips, took[0], median(took[1:]), size)


def _middle(client: httpx.Client) -> str:
    """The place of the page behind half of the videos."""
    videos = client.get("/api/library").raise_for_status().json()["videos"]
    limit = max(1, min(500, videos // 2))
    after, seen = None, 0
    while seen < videos / 2:
        asked = {"limit": str(limit)} | ({"after": after} if after else {})
        found = client.get("/api/videos", params=asked).raise_for_status().json()
        if found["after"] is None:
            break
        after, seen = found["after"], seen + len(found["videos"])
    return str(after or "")


def _a_video(client: httpx.Client) -> str:
    found = client.get("/api/videos", params={"limit": "1"}).raise_for_status().json()
    return str(found["videos"][0]["id"])


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """``shotlog serve`` at a free port; its address."""
    words = (sys.executable, "-u", "-m", "shotlog", "serve", str(folder), "--port", "0")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        try:
            assert found is not None, "shotlog serve told no address"
            yield found[0].rstrip("/")
        finally:
            process.terminate()
