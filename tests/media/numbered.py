"""Videos whose every frame bears its number in black and white blocks, for any decoder to read."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from programs import program
from scanning import workshop

WIDTH, HEIGHT = 320, 192
BLOCK, BITS = 24, 12
BLACK, WHITE = 16, 235

Grey = npt.NDArray[np.uint8]


def _picture(number: int) -> Grey:
    """A textured ground that moves, under the number."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.sin((x + 3 * number) / 9) * np.cos((y - 2 * number) / 13)
    grain = np.random.default_rng(7).normal(0, 12, (HEIGHT, WIDTH))
    grey = np.clip(125 + 70 * waves + np.roll(grain, number, axis=1), BLACK, WHITE)
    for bit in range(BITS):
        value = WHITE if number >> bit & 1 else BLACK
        grey[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = value
    picture: Grey = grey.astype(np.uint8)
    return picture


def number_in(grey: Grey) -> int:
    """The number that a picture of any size shows; its luma or any of its colours is enough."""
    high, wide = grey.shape
    row = round((BLOCK / 2) * high / HEIGHT)
    columns = [round((bit + 0.5) * BLOCK * wide / WIDTH) for bit in range(BITS)]
    return sum(int(grey[row, column] > 126) << bit for bit, column in enumerate(columns))


@cache
def _raw(count: int) -> bytes:
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    return b"".join(_picture(number).tobytes() + grey for number in range(count))


@cache
def numbered(
    name: str, *codec: str, count: int = 130, rate: str = "30", sound: bool = False
) -> Path:
    """A file of this name in the workshop, encoded by the ffmpeg program with these arguments."""
    path = workshop() / f"numbered-{'heard-' if sound else ''}{name}"
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", rate)
    tone = "aevalsrc='0.4*sin(2*PI*(300+80*t)*t)':sample_rate=48000"
    with_sound = ("-f", "lavfi", "-i", tone, "-c:a", "aac", "-shortest") if sound else ()
    command = [program("ffmpeg"), "-v", "error", "-y", *raw, "-i", "-", *with_sound, *codec, path]
    subprocess.run(list(map(str, command)), input=_raw(count), check=True)
    return path
