"""A small library made without a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from shotlog.catalog import Catalog
from shotlog.fields import ClipFields
from shotlog.records import Answer, Clip, Facts, Source, Span
from shotlog.speech import Transcript, Word

FACTS = Facts(
    container="mp4",
    video_codec="h264",
    pixel_format="yuv420p",
    width=1280,
    height=720,
    coded_width=1280,
    coded_height=720,
    sample_aspect_ratio=Fraction(1),
    rotation_degrees=0,
    mirrored=False,
    duration_seconds=Fraction(30),
    duration_seconds_declared=None,
    first_frame_seconds=Fraction(0),
    frame_count=900,
    rate_fps=Fraction(30),
    rate_fps_declared=None,
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=None,
    size_bytes=5_000_000_000,
)
FIELDS = ClipFields(
    description="A red car.",
    actions=("drive",),
    objects=("car",),
    people_count=1,
    setting="street",
    time_of_day="night",
    on_screen_text=("$price", "a.b"),
    camera="still",
    mood="calm",
    category="traffic",
    tags=("street",),
    safety_flags=(),
)
ANSWER = Answer(
    description="A red car drives past some dogs.",
    model="qwen3-vl",
    tags=("street", "night"),
    prompt_tokens=900,
    completion_tokens=40,
    fields=FIELDS,
    requests=1,
    cost=Decimal("0.00125"),
)
MODIFIED = datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC)


def source(name: str) -> Source:
    address = f"https://bucket.example/vids/{name}"
    return Source(
        public_url=address,
        url=address,
        file_name=name,
        size_bytes=5_000_000_000,
        last_modified=MODIFIED,
    )


def library(folder: Path, names: Sequence[str], clips: int = 2) -> Path:
    """Videos that are done, of so many clips of 15 seconds, and one that no run has begun."""
    folder.mkdir(exist_ok=True)
    with Catalog.open(folder / "shotlog.db") as catalog:
        sources = [source(name) for name in (*names, "not begun.mp4")]
        catalog.add_sources(catalog.begin_run({}), sources, lambda each: f"video-{each.id}")
        for each in sources[:-1]:
            catalog.save_scan(each.id, "scan", FACTS, (), ())
            cut = [
                Clip(Span(index, Fraction(15 * (index - 1)), Fraction(15 * index)))
                for index in range(1, clips + 1)
            ]
            catalog.save_clips(each.id, "clips", None, cut)
            heard = Transcript((Word(Fraction(1), Fraction(2), "tlhIngan"),), "klingon")
            catalog.save_transcript(each.id, "sound", heard)
            catalog.save_answer(f"answer of {each.id}", each.id, 1, ANSWER)
            catalog.finish_video(each.id, "done", complete_key="all")
    return folder


def describe(folder: Path, name: str, text: str) -> None:
    """Another answer for a video's first clip."""
    answer = Answer(description=text, model="qwen3-vl", tags=("street",))
    with Catalog.open(folder / "shotlog.db") as catalog:
        video_id = source(name).id
        catalog.save_answer(f"answer of {video_id}", video_id, 1, answer)
