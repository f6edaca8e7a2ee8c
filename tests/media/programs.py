"""What the ffmpeg and ffprobe programs say of a file: the other witness in the tests of media."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Pictures = npt.NDArray[np.uint8]
"""Shape (frames, height, width) for grey, (frames, height, width, 3) for RGB."""


@cache
def program(name: str) -> str:
    """Its path. Skips the test where it is not installed; in CI that is a failure."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed, and in CI it must be")
        pytest.skip(f"{name} is not installed")
    return found


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [program(name), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Shown:
    """The frames of a source as ffprobe lists them."""

    first: Fraction
    """When the first one comes on the file's own clock."""
    times: list[Fraction]
    """Seconds from the first frame."""
    end: Fraction
    """When the last one goes."""


@cache
def shown(path: Path) -> Shown:
    found = probe(path, "-select_streams", "v:0", "-show_frames", "-show_streams")
    base = Fraction(found["streams"][0]["time_base"])
    frames = found["frames"]
    times = [frame["pts"] * base for frame in frames]
    last = frames[-1].get("pkt_duration", frames[-1].get("duration"))
    step = last * base if last else times[-1] - times[-2]
    return Shown(times[0], [time - times[0] for time in times], times[-1] + step - times[0])


@cache
def probe(path: Path, *arguments: str) -> dict[str, Any]:
    done = run("ffprobe", "-v", "error", "-of", "json", *arguments, path)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def looked_over(path: Path) -> dict[str, Any]:
    """Format, streams and packets, in one look."""
    return probe(path, "-show_format", "-show_streams", "-show_packets")


def stream_of(path: Path, kind: str) -> dict[str, Any] | None:
    """The first stream of this kind, ``video`` or ``audio``."""
    found = [each for each in looked_over(path)["streams"] if each["codec_type"] == kind]
    return found[0] if found else None


def packets_of(path: Path, kind: str) -> list[dict[str, Any]]:
    """The packets of all streams of this kind, in the order of the file."""
    return [each for each in looked_over(path)["packets"] if each["codec_type"] == kind]


def stamps(path: Path) -> list[Fraction]:
    """When the frames of a clip come on its own clock."""
    stream = stream_of(path, "video")
    assert stream is not None
    base = Fraction(stream["time_base"])
    return sorted(packet["pts"] * base for packet in packets_of(path, "video"))


@cache
def grey(path: Path, width: int, height: int) -> Pictures:
    """Every frame, upright, averaged down to this size, 0 black .. 255 white."""
    return _decoded(path, f"scale={width}:{height}:flags=area,format=gray", (height, width))


@cache
def colours(path: Path, width: int, height: int, matrix: str = "auto") -> Pictures:
    """Every frame, upright, averaged down to this size, in RGB.

    ``matrix`` is how the numbers are read; ``auto`` reads them as the file's tags say.
    """
    scale = f"scale={width}:{height}:flags=area:in_color_matrix={matrix}"
    return _decoded(path, f"{scale},format=rgb24", (height, width, 3))


def filtered(path: Path, filters: str, shape: tuple[int, ...]) -> Pictures:
    """Every frame after these filters of the program, the last of which sets the format."""
    return _decoded(path, filters, shape)


def _decoded(path: Path, filters: str, shape: tuple[int, ...]) -> Pictures:
    done = run(
        "ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
        "-vf", filters, "-f", "rawvideo", "-",
    )  # fmt: skip
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, *shape)


def sound(path: Path, rate_hz: int = 48_000) -> npt.NDArray[np.float32]:
    """The soundtrack in mono, with silence where the file has none before or between."""
    done = run(
        "ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", str(rate_hz),
        "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-",
    )  # fmt: skip
    return np.frombuffer(done.stdout, np.float32)


def cuts(path: Path, threshold: float) -> list[Fraction]:
    """Times of the cuts on the file's own clock, by the select filter of the ffmpeg program."""
    done = run(
        "ffmpeg", "-nostats", "-copyts", "-i", path, "-map", "0:v:0",
        "-vf", f"select='gt(scene,{threshold})',showinfo", "-f", "null", "-",
    )  # fmt: skip
    return [Fraction(time) for time in re.findall(r"pts_time:([\d.]+)", done.stderr.decode())]


def boxes(path: Path) -> list[str]:
    """Names of an MP4's top-level boxes, in order."""
    data, at, names = path.read_bytes(), 0, []
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        at += size or len(data)
    return names


def difference(one: Pictures, other: Pictures) -> float:
    """Mean absolute difference of two pictures, 0..255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
