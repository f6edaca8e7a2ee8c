"""Clips to describe, with real JPEG frames, for the tests of this folder."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from PIL import Image

from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.modelled import ModelDescriber
from shotlog.describers.plain import PlainDescriber
from shotlog.model_servers.addresses import parse_endpoint
from shotlog.model_servers.server import ModelServer
from shotlog.records import FrameFile, Resolution, Signals, Span
from shotlog.retries import RetryPolicy

KEY = "sk-very-secret-key-0123456789"
INSTRUCTION = "Describe this video."

SIGNALS = Signals(
    duration_seconds=15.0,
    shot_count=1,
    brightness=0.5,
    contrast=0.2,
    sharpness=0.005,
    motion=0.05,
    motion_peak=0.1,
    still_seconds=2.0,
    frozen_seconds=0.0,
    black_seconds=0.0,
    colors=(),
    has_audio=True,
    loudness_db=-23.0,
    silent_seconds=0.0,
    portrait=False,
)
"""A clip of which nothing is worth saying but that it has one shot."""


def clip_to_describe(
    folder: Path, index: int = 1, *, frame_count: int = 3, url: str = "https://host/clip.mp4"
) -> ClipToDescribe:
    jpegs = [_jpeg(shade) for shade in range(index, index + frame_count)]
    path = folder / f"frames_{index}.bin"
    path.write_bytes(b"".join(jpegs))
    frames = FrameFile(
        file=path.name,
        times=tuple(Fraction(number, 2) for number in range(frame_count)),
        sizes_bytes=tuple(len(jpeg) for jpeg in jpegs),
        width=32,
        height=32,
    )
    return ClipToDescribe(
        video_id="abc",
        span=Span(index, Fraction(15 * (index - 1)), Fraction(15 * index)),
        instruction=INSTRUCTION,
        url=url,
        signals=SIGNALS,
        max_resolution=Resolution(1280, 720),
        max_fps=30.0,
        frames=frames,
        frames_path=path,
    )


def without_frames(clip: ClipToDescribe) -> ClipToDescribe:
    return replace(clip, frames=None, frames_path=None)


def model_server(
    address: str, *, key: str | None = None, tries: int = 1, timeout_seconds: float = 5.0
) -> ModelServer:
    return ModelServer(
        parse_endpoint(address),
        key=key,
        timeout_seconds=timeout_seconds,
        policy=quick_policy(tries),
    )


def quick_policy(tries: int) -> RetryPolicy:
    return RetryPolicy(attempts=tries, base_seconds=0.001, cap_seconds=0.002)


def openai_describer(
    address: str, *, model: str | None = "test-model", key: str | None = None, tries: int = 1
) -> ModelDescriber:
    asker = ChatAsker(model_server(address, key=key, tries=tries), model=model)
    return ModelDescriber(asker, max_tokens=64)


def plain_describer(address: str, *, key: str | None = None, tries: int = 1) -> PlainDescriber:
    return PlainDescriber(model_server(address, key=key, tries=tries))


def _jpeg(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), (shade * 7 % 256, 90, 30)).save(file, "JPEG")
    return file.getvalue()
