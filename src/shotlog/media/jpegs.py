"""JPEG pictures: the model's frames, kept behind one another in one file a clip, and thumbnails."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from shotlog.records import FrameFile

QUALITY_SCALE = 3
"""The encoder's quantiser, 1 best .. 31 worst; 3 shows no blocks at the sizes used."""
_LAMBDA = 118
"""FF_QP2LAMBDA of libavutil/avutil.h: the encoder's unit of quality."""


class JpegEncoder:
    """Encodes full-range 4:2:0 frames of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._context = av.CodecContext.create("mjpeg", "w")
        self._context.width, self._context.height = width, height
        self._context.pix_fmt = "yuvj420p"
        self._context.time_base = Fraction(1, 1000)
        self._context.qscale = True
        self._context.global_quality = QUALITY_SCALE * _LAMBDA
        self._context.thread_count = 1
        self._count = 0

    def encode(self, frame: av.VideoFrame) -> bytes:
        frame.pts, frame.time_base = self._count, Fraction(1, 1000)
        frame.pict_type = 0
        self._count += 1
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


def write_jpeg(frame: av.VideoFrame, path: Path) -> None:
    """Writes one full-range 4:2:0 frame, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(JpegEncoder(frame.width, frame.height).encode(frame))
    part.replace(path)


@dataclass
class FrameWriter:
    """Gathers one clip's frames for the model."""

    path: Path
    width: int
    height: int
    _times: list[Fraction] = field(default_factory=list)
    _pictures: list[bytes] = field(default_factory=list)

    def add(self, jpeg: bytes, seconds_in_clip: Fraction) -> None:
        self._times.append(seconds_in_clip)
        self._pictures.append(jpeg)

    def finish(self, end_seconds_in_clip: Fraction) -> FrameFile:
        """Writes the frames before ``end_seconds_in_clip``; ``file`` is the bare name."""
        count = sum(time < end_seconds_in_clip for time in self._times)
        pictures = self._pictures[:count]
        part = self.path.with_name(f".{self.path.name}.part")
        part.write_bytes(b"".join(pictures))
        part.replace(self.path)
        sizes = tuple(map(len, pictures))
        return FrameFile(self.path.name, tuple(self._times[:count]), sizes, self.width, self.height)
