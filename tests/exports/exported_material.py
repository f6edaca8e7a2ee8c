"""Made videos as exports are handed them, and names that mean harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from shotlog.exports import Chosen, video_object
from shotlog.records import (
    Answer,
    AudioFacts,
    Chapter,
    Clip,
    ClipFile,
    Facts,
    Failure,
    Resolution,
    SceneScore,
    Source,
    Span,
)
from shotlog.rows import AppliedSettings, ClipRow, ScanRow, VideoRow
from shotlog.segments import clip_name
from shotlog.speech import Transcript, Word
from shotlog.storage import folder_name

HOSTILE = (
    '=HYPERLINK("https://evil.example","a")\r\n-->\n\n1\n00:00:00,000 --> 00:00:09,000\n'
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;<b>'\"`"
    "\u2028* LOC: 01:00:00:00 RED x\n002  AX V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00"
    "\x00\x1b]0;x\x07{\\an8}../../etc/passwd"
)
"""Means harm to every format."""

FACTS = Facts(
    container="mov,mp4,m4a,3gp,3g2,mj2",
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
    frame_count=750,
    rate_fps=Fraction(25),
    rate_fps_declared=Fraction(25),
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=AudioFacts("aac", 48000, 2),
    size_bytes=1_000_000,
)


def facts_at(
    rate: Fraction, seconds: Fraction | int = 30, declared: Fraction | None = None
) -> Facts:
    """Of a video of that rate."""
    return replace(
        FACTS,
        rate_fps=rate,
        rate_fps_declared=declared or rate,
        duration_seconds=Fraction(seconds),
        frame_count=round(rate * seconds),
    )


def words(text: str, start: float = 0, each: float = 0.4) -> tuple[Word, ...]:
    """The words of a text, one after the other, with no pause between them."""
    first, step = Fraction(start), Fraction(each).limit_denominator(1000)
    return tuple(
        Word(first + step * place, first + step * (place + 1), word)
        for place, word in enumerate(text.split())
    )


def a_clip(
    index: int, start: float, end: float, description: str | None, folder: str = ""
) -> ClipRow:
    """A clip with this answer, or with none; with a file where a folder is named."""
    span = Span(index, Fraction(start), Fraction(end))
    file = f"videos/{folder}/clips/{clip_name(index)}.mp4"
    video = ClipFile(file, 1280, 720, 375, span.end - span.start, 1000) if folder else None
    failure = Failure("describe", "describe_interrupted", "No answer in 300 s.", "Run again.", True)
    return ClipRow(
        video_id="",
        clip=Clip(span, video=video),
        answer_key="key" if description else None,
        answer=Answer(description, "qwen3-vl-8b", ("dark",)) if description else None,
        failure=None if description else failure,
        attempts=0,
    )


def a_video(
    *clips: ClipRow,
    name: str = "beach.mp4",
    heard: Transcript | None = None,
    facts: Facts | None = FACTS,
    cuts: Sequence[Fraction] = (),
    chapters: Sequence[Chapter] = (),
    title: str | None = None,
    clip_count: int | None = None,
) -> Chosen:
    """A video and those of its clips that fit; ``clip_count`` says how many it has in all."""
    source = Source(
        public_url=f"https://bucket.example/{name}",
        url="https://bucket.example/vids/a%20b.mp4",
        file_name=name,
        last_modified=datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC),
    )
    row = VideoRow(
        id=source.id,
        source=source,
        source_key="source",
        etag=None,
        folder=folder_name(name, source.id),
        scan_key="scan" if facts else None,
        clips_key="clips",
        frames_key=None,
        scenes_key=None,
        text_key="text",
        complete_key="complete",
        clip_count=len(clips) if clip_count is None else clip_count,
        applied=AppliedSettings(Resolution(1280, 720), Fraction(30), 0.3),
        status="done",
        failure=None,
        description="Two clips of the sea.",
        tags=("sea",),
        title=title,
        chapters=tuple(chapters),
    )
    scan = ScanRow(facts, tuple(SceneScore(time, 0.9) for time in cuts)) if facts else None
    return Chosen(row, scan, heard, clips, video_object(row, scan, clips, heard))
