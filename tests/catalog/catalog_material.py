"""Records as a real run makes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction

from shotlog.catalog import Catalog
from shotlog.records import (
    Answer,
    AudioFacts,
    Clip,
    ClipFile,
    Facts,
    Failure,
    FrameFile,
    Sample,
    SceneScore,
    Source,
    Span,
)

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
    duration_seconds=Fraction(1001, 30),
    duration_seconds_declared=Fraction(1001, 30),
    first_frame_seconds=Fraction(0),
    frame_count=1000,
    rate_fps=Fraction(30000, 1001),
    rate_fps_declared=None,
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=AudioFacts("aac", 48000, 2),
    size_bytes=12345,
)
SCORES = (SceneScore(Fraction(1001, 100), 0.42), SceneScore(Fraction(20), 0.2))
SAMPLES = (Sample(Fraction(1, 3), 0.5, 0.1, 0.02, 0.0, (("red", 0.6), ("grey", 0.1)), -23.5),)
ANSWER = Answer(
    description="A man plants a tree. 🌳",
    model="qwen3-vl",
    tags=("garden",),
    prompt_tokens=900,
    completion_tokens=40,
    evidence=(("static", "motion 0.001"),),
)
FAILURE = Failure("describe", "describe_interrupted", "The endpoint was busy.", "Wait.", True)


def source(name: str = "a.mp4", size_bytes: int | None = 12345) -> Source:
    return Source(
        public_url=f"https://bucket.example/vids/{name}",
        url=f"https://bucket.example/vids/{name}",
        file_name=name,
        size_bytes=size_bytes,
        last_modified=datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC) if size_bytes else None,
    )


def many(count: int) -> Iterator[Source]:
    return (source(f"{number}.mp4") for number in range(count))


def clip(index: int = 1, length: Fraction = Fraction(15)) -> Clip:
    start = (index - 1) * length
    return Clip(
        span=Span(index, start, start + length),
        video=ClipFile(
            f"videos/a-x/clips/clip_{index:03}.mp4", 1280, 720, 450, Fraction(15), 99999
        ),
        thumb=f"videos/a-x/thumbs/clip_{index:03}.jpg",
        frames=FrameFile("frames/1.bin", (Fraction(0), Fraction(1, 2)), (100, 90), 640, 360),
    )


def folder_of(source: Source) -> str:
    return f"video-{source.id}"


def add(catalog: Catalog, *sources: Source) -> int:
    """A run that chose these sources; its id."""
    run_id = catalog.begin_run({})
    catalog.add_sources(run_id, sources, folder_of)
    return run_id
