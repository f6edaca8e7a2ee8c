"""Files that would fill the machine, or that lost something on the way."""

from __future__ import annotations

import random
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


def garbage(size_bytes: int) -> Path:
    return written(f"garbage{size_bytes}.mp4", random.Random(size_bytes).randbytes(size_bytes))
