"""Files that would fill the machine, or that lost something on the way."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

from recipes import H264, PICTURE, lavfi, made, written


def vast() -> Path:
    """A file of few bytes that calls itself 16384x12288 pixels large."""
    source = lavfi("color=red:size=16x16:rate=5:duration=0.4")
    data = bytearray(made("dot.avi", *source, "-c:v", "rawvideo", "-pix_fmt", "bgr24").read_bytes())
    # the BITMAPINFOHEADER in the chunk strf: its own size, then width and height
    at = data.index(b"strf") + 12
    data[at : at + 8] = (16384).to_bytes(4, "little") + (12288).to_bytes(4, "little")
    return written("vast.avi", bytes(data))


def without_a_cluster() -> Path:
    """A Matroska file of 4 s in which the name of one cluster, and what follows, is overwritten."""
    whole = made("clusters.mkv", *lavfi(PICTURE), *H264, "-cluster_time_limit", "500")
    data = bytearray(whole.read_bytes())
    at = [n for n in range(len(data)) if data[n : n + 4] == b"\x1f\x43\xb6\x75"][4]
    noise = random.Random(7).randbytes(3000)
    data[at : at + len(noise)] = noise
    return written("lost-cluster.mkv", bytes(data))


def still_with_sound(seconds: int, late: int = 0) -> Path:
    """One frame, ``late`` seconds after the sound begins; decoded that takes 0.2 MB a second."""
    tone = f"sine=frequency=440:sample_rate=48000:duration={seconds}"
    still = ("-itsoffset", str(late), *lavfi("testsrc2=size=320x180:rate=25:duration=0.04"))
    codecs = ("-c:v", "mpeg4", "-c:a", "pcm_mulaw")
    return made(f"still{seconds}-{late}.mkv", *still, *lavfi(tone), *codecs)


def one_mad_size() -> Path:
    """An MP4 of 120 frames whose index says that the 91st takes a gigabyte."""
    data = bytearray(made("sizes.mp4", *lavfi(PICTURE), *H264).read_bytes())
    # ISO/IEC 14496-12, 8.7.3.2: version, the size of all, their number, then each
    at = data.index(b"stsz") + 4 + 12 + 4 * 90
    data[at : at + 4] = (0x3FFFFFFF).to_bytes(4, "big")
    return written("one-mad-size.mp4", bytes(data))


def garbage(size_bytes: int) -> Path:
    return written(f"garbage{size_bytes}.mp4", random.Random(size_bytes).randbytes(size_bytes))


def white_png(width: int, height: int) -> bytes:
    """A white picture of one bit a pixel (ISO/IEC 15948)."""
    row = b"\0" + b"\xff" * -(-width // 8)
    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def grows_vast() -> Path:
    """Small pictures, among which one of a few thousand bytes has 20000x10000 pixels."""
    pictures = [white_png(64, 48)] * 3 + [white_png(20_000, 10_000)] + [white_png(64, 48)] * 3
    stream = written("grows.pngs", b"".join(pictures))
    source = ("-f", "image2pipe", "-framerate", "5", "-c:v", "png", "-i", str(stream))
    return made("grows.mkv", *source, "-c", "copy")


def unfolds(frames: int) -> Path:
    """So many 8K frames of one colour, in a few bytes each."""
    graph = f"color=gray:size=7680x4320:rate=30,trim=end_frame={frames}"
    return made("unfolds.mp4", *lavfi(graph), *H264)
