"""What the tests of endpoints share: askers, questions, and clips with a file or large frames."""

from __future__ import annotations

import io
import random
import tempfile
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from describing import clip_to_describe, model_server
from PIL import Image

from shotlog.describers.asking import ModelQuestion
from shotlog.describers.base import ClipToDescribe
from shotlog.describers.chat.asker import ChatAsker, Send
from shotlog.describers.modelled import ModelDescriber, shown_of
from shotlog.fields import fields_schema
from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.flavours import FakeForm

QWEN = "Qwen/Qwen2.5-VL-7B-Instruct"


@lru_cache(maxsize=1)
def clip_bytes() -> bytes:
    """A real clip of four seconds, as MP4."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        videos.make_video(path, videos.Recipe(160, 120, Fraction(10), 4.0, videos.street))
        return path.read_bytes()


def clip_with_file(folder: Path) -> ClipToDescribe:
    """A clip of 15 s by its span, with eight frames and a file."""
    path = folder / "clip.mp4"
    path.write_bytes(clip_bytes())
    return replace(clip_to_describe(folder, frame_count=8), clip_path=path)


def asker_of(endpoint: Endpoint, *, send: Send = "auto", tries: int = 1) -> ChatAsker:
    return ChatAsker(model_server(endpoint.url, tries=tries), model=QWEN, send=send)


def describer_of(asker: ChatAsker) -> ModelDescriber:
    return ModelDescriber(asker, max_tokens=64)


def question_of(clip: ClipToDescribe) -> ModelQuestion:
    return ModelQuestion("Describe it.", "", 64, shown=shown_of(clip), schema=fields_schema())


def forms(endpoint: Endpoint) -> list[FakeForm | None]:
    return [each.question.form for each in endpoint.requests if each.question]


def large_clip(folder: Path, frame_count: int) -> ClipToDescribe:
    """Frames of 448x448, noise so that they take bytes."""
    noise = random.Random(1).randbytes(448 * 448 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (448, 448), noise).save(file, "JPEG", quality=90)
    jpeg = file.getvalue()
    clip = clip_to_describe(folder, frame_count=frame_count)
    assert clip.frames is not None
    assert clip.frames_path is not None
    clip.frames_path.write_bytes(jpeg * frame_count)
    frames = replace(clip.frames, sizes_bytes=(len(jpeg),) * frame_count, width=448, height=448)
    return replace(clip, frames=frames)
