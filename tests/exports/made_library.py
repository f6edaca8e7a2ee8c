"""A small library with real clip files, in which something of everything is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shotlog import api
from shotlog.catalog import FILE_NAME, Catalog
from shotlog.catalog.tagging import Retagged
from shotlog.exports import Written
from shotlog.fields import ClipFields
from shotlog.records import (
    Answer,
    Chapter,
    Clip,
    ClipFile,
    Facts,
    Failure,
    Resolution,
    SceneScore,
    Source,
    Span,
    VideoText,
)
from shotlog.rows import AppliedSettings, Evidence, RuleTag
from shotlog.speech import Transcript, Word
from shotlog.storage import folder_name
from shotlog.testing import videos

HARM = "=cmd|'/c calc'!A0\t<script>alert(1)</script>\n../../etc/passwd {{x}} \x00\x1b[31m \u2028🌳"
"""Means harm to every format, as a name and as a description."""

WHEN = datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC)
FACTS = Facts(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    video_codec="h264",
    pixel_format="yuv420p",
    width=160,
    height=120,
    coded_width=160,
    coded_height=120,
    sample_aspect_ratio=Fraction(1),
    rotation_degrees=0,
    mirrored=False,
    duration_seconds=Fraction(1001, 25),
    duration_seconds_declared=None,
    first_frame_seconds=Fraction(0),
    frame_count=1200,
    rate_fps=Fraction(30000, 1001),
    rate_fps_declared=None,
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=None,
    size_bytes=54321,
)
FIELDS = ClipFields(
    description="A man plants a tree.",
    actions=("plants",),
    objects=("tree", "spade"),
    people_count=1,
    setting="a garden",
    time_of_day="day",
    on_screen_text=(),
    camera="static",
    mood="calm",
    category="gardening",
    tags=("garden",),
    safety_flags=(),
)
TOLD = Answer(
    FIELDS.description,
    "qwen3-vl-8b",
    FIELDS.tags,
    1500,
    120,
    fields=FIELDS,
    requests=1,
    cost=Decimal("0.00012345678901234"),
)
ENDS = (Fraction(0), Fraction(10), Fraction(20), Fraction(30), FACTS.duration_seconds)
SPANS = tuple(Span(k, ENDS[k - 1], ENDS[k]) for k in range(1, len(ENDS)))


@dataclass(frozen=True)
class Made:
    """Two videos of four clips: told, of no words, without file, and with a file that is gone."""

    folder: Path
    sources: Sequence[Source]

    def export(self, name: str, place: Path, **filters: Any) -> Written:
        with api.open(self.folder) as library:
            return library.export(name, place, **filters)


def make(folder: Path, sources: Sequence[Source] | None = None) -> Made:
    sources = sources or (
        Source("https://bucket.example/a b.mp4", "https://bucket.example/a%20b.mp4", "a b.mp4"),
        Source("file:///vids/" + HARM, "file:///vids/b%20%C3%BC.mov", HARM, last_modified=WHEN),
    )
    folder.mkdir()
    with Catalog.open(folder / FILE_NAME) as catalog:
        run = catalog.begin_run({})
        catalog.add_sources(run, sources, lambda each: folder_name(each.file_name, each.id))
        for video in list(catalog.pending(run)):
            _fill(catalog, video.id, folder, f"videos/{video.folder}/clips", a_clip())
        catalog.end_run(run, "done")
    return Made(folder, sources)


@lru_cache(maxsize=1)
def a_clip() -> bytes:
    """A real one, of a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        videos.make_video(path, videos.Recipe(160, 120, Fraction(10), 1.0, videos.street))
        return path.read_bytes()


def _fill(catalog: Catalog, video_id: str, library: Path, clips: str, clip: bytes) -> None:
    (library / clips).mkdir(parents=True)
    rows = []
    for span in SPANS:
        name = f"{clips}/clip_{span.index:03}.mp4"
        file = ClipFile(name, 160, 120, 10, Fraction(1), len(clip))
        rows.append(Clip(span, video=None if span.index == 3 else file))
        if span.index < 3:
            (library / name).write_bytes(clip)
    catalog.save_scan(video_id, "scan", FACTS, (SceneScore(Fraction(10), 0.9),), ())
    catalog.save_clips(video_id, "clips", None, rows)
    catalog.save_transcript(
        video_id, "words", Transcript((Word(Fraction(1), Fraction(2), "Dig."),), "en")
    )
    for index in (1, 3, 4):
        answer = replace(TOLD, description=HARM) if index == 4 else TOLD
        catalog.save_answer(f"{video_id}-{index}", video_id, index, answer)
    failure = Failure("describe", "describe_interrupted", "No answer.", "Run again.", True)
    catalog.save_clip_failure(video_id, 2, failure)
    text = VideoText("A garden.", ("sea",), "Trees", (Chapter(Fraction(0), Fraction(20), "Dig"),))
    catalog.save_video_text(video_id, "text", text)
    evidence = (
        Evidence(1, "people_count", 1.0),
        Evidence(1, "objects", None),
        Evidence(1, "mirrored", False),
    )
    of_clip = (
        RuleTag("planting", "planting", evidence),
        RuleTag("outdoors", "gardens", (), "class"),
    )
    of_video = (RuleTag("calm", "gardens", (Evidence(1, "mood", "calm"),), "class"),)
    catalog.save_rule_tags([Retagged(video_id, "rules", of_video, {1: of_clip})])
    applied = AppliedSettings(Resolution(1280, 720), Fraction(30), 0.3)
    catalog.finish_video(video_id, "partial", applied=applied)
