"""Videos whose clocks and counts are odd."""

from __future__ import annotations

import struct
from pathlib import Path

from recipes import H264, PICTURE, TONE, lavfi, made, written

BIDIRECTIONAL = (
    "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "3", "-g", "25",
)  # fmt: skip


def at_rate(rate: int, seconds: float) -> Path:
    graph = f"testsrc2=size=320x180:rate={rate}:duration={seconds}"
    return made(f"rate{rate}.mp4", *lavfi(graph), *H264)


def edited(suffix: str) -> Path:
    """Cut by copying in the middle of a group of frames: an edit list, or negative stamps, hides
    what comes before.
    """
    sources = (*lavfi("testsrc2=size=160x90:rate=25:duration=3"), *lavfi(TONE))
    whole = made(f"whole{suffix}", *sources, *BIDIRECTIONAL, "-c:a", "aac", "-t", "3")
    return made(f"edited{suffix}", "-ss", "1.3", "-i", str(whole), "-c", "copy")


def negative_decoding_times() -> Path:
    """Frames are decoded in another order than they are shown in, the first ones before 0."""
    graph = "testsrc2=size=160x90:rate=25:duration=2"
    return made("early.mp4", *lavfi(graph), *BIDIRECTIONAL)


def open_groups(codec: str, suffix: str) -> Path:
    """Groups of frames that lean on the one before, cut so that the first has none to lean on."""
    options = {
        "libx264": ("-x264-params", "open-gop=1:keyint=25:bframes=3:scenecut=0"),
        "libx265": ("-x265-params", "open-gop=1:keyint=25:bframes=3:scenecut=0:log-level=error"),
    }
    encoder = ("-c:v", codec, "-preset", "veryfast", "-pix_fmt", "yuv420p", *options[codec])
    graph = "testsrc2=size=160x90:rate=25:duration=3"
    whole = made(f"open-{codec}{suffix}", *lavfi(graph), *encoder)
    return made(f"open-cut-{codec}{suffix}", "-ss", "1.2", "-i", str(whole), "-c", "copy")


def restamped(name: str, formula: str) -> Path:
    """Four seconds whose packets get their times by this formula."""
    whole = made("steady.mkv", *lavfi(PICTURE), *H264, "-bf", "0")
    return made(name, "-i", str(whole), "-c", "copy", "-bsf:v", f"setts=ts='{formula}'")


def restarting() -> Path:
    """A transport stream of two that were joined, each with a clock of its own."""
    parts = []
    for number, tone in enumerate((440, 880)):
        sound = f"sine=frequency={tone}:sample_rate=48000:duration=2"
        picture = "testsrc2=size=160x90:rate=25:duration=2"
        args = (*lavfi(picture), *lavfi(sound), *BIDIRECTIONAL, "-c:a", "aac")
        parts.append(made(f"restart{number}.ts", *args).read_bytes())
    return written("restarting.ts", b"".join(parts))


def restarting_soon() -> Path:
    """The same, of four parts of half a second."""
    picture = "testsrc2=size=160x90:rate=25:duration=0.5"
    tone = "sine=frequency=440:sample_rate=48000:duration=0.5"
    part = made("half.ts", *lavfi(picture), *lavfi(tone), *BIDIRECTIONAL, "-c:a", "aac")
    return written("restarting-soon.ts", part.read_bytes() * 4)


def long_declared() -> Path:
    """A Matroska file of 4 s that says it lasts ten times as long."""
    data = bytearray(made("short.mkv", *lavfi(PICTURE), *H264).read_bytes())
    # RFC 9559, 5.1.2.10: the Duration, a number of 8 bytes, in milliseconds
    at = data.index(b"\x44\x89\x88") + 3
    data[at : at + 8] = struct.pack(">d", 40_000.0)
    return written("long-declared.mkv", bytes(data))
