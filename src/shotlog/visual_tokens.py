"""How many tokens a model makes of frames, by the rule of its family, and of words. Pure.

``tokens = ceil(frames / 2) * (height / f) * (width / f)`` for frames scaled to multiples of ``f``
(``smart_resize`` of qwen-vl-utils and of transformers' Qwen video processors; DashScope publishes
the same with 2 tokens more). The bounds are those of the checkpoints' own files, which vLLM and
transformers heed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, floor, sqrt

FRAMES_A_GROUP = 2
"""Frames that are one in time; an odd last one is repeated."""


BYTES_A_TOKEN = 3
"""Of UTF-8: an English token has four letters, a Chinese one is a sign of three bytes."""

WORDS_OF_A_CHAT = 64
"""Tokens of the chat template: roles, marks and a system line."""

WORDS_OF_A_FRAME = 16
"""Tokens of the time and the marks of a frame that is sent as a picture of its own."""


@dataclass(frozen=True, slots=True)
class Family:
    """What decides how many tokens a picture is."""

    name: str
    factor: int
    """Pixels of a side of what becomes one token."""
    min_pixels: int
    max_pixels: int
    """Of one frame; of all frames together where ``whole_video``."""
    whole_video: bool = False
    most_pixels: int | None = None
    """The largest ``max_pixels`` that may be asked for; None: any."""
    tokens_a_video: int = 0
    """Counted by the rule beside the picture's own."""
    words_a_group: int = 0
    """Tokens of the time that is written before each group of frames, and its marks."""


QWEN2_VL = Family("Qwen2-VL", 28, 3136, 12_845_056)
QWEN2_5_VL = Family("Qwen2.5-VL", 28, 3136, 12_845_056)
QWEN3_VL = Family("Qwen3-VL", 32, 4096, 25_165_824, whole_video=True, words_a_group=9)
DASHSCOPE = Family("DashScope, 32 pixels", 32, 4096, 655_360, False, 2_048_000, 2)
DASHSCOPE_OPEN = Family("DashScope, 32 pixels, open models", 32, 4096, 655_360, False, 786_432, 2)
DASHSCOPE_28 = Family("DashScope, 28 pixels", 28, 3136, 501_760, False, 602_112, 2)

_BY_NAME = (
    (re.compile(r"qwen2[._]?5-?vl"), QWEN2_5_VL),
    (re.compile(r"qwen2-?vl"), QWEN2_VL),
    (re.compile(r"qwen3(\.\d+)?-?vl"), QWEN3_VL),
)
_AT_DASHSCOPE = (
    (re.compile(r"qwen2(\.5)?-vl|qvq"), DASHSCOPE_28),
    (re.compile(r"qwen3(\.\d+)?(-vl)?-(plus|flash|max|235b)"), DASHSCOPE),
    (re.compile(r"qwen3-vl|qwen-vl-max"), DASHSCOPE_OPEN),
    (re.compile(r"qwen-vl"), DASHSCOPE_28),
)
_ONLY_AT_DASHSCOPE = re.compile(r"qwen-vl-|qwen3(\.\d+)?(-vl)?-(plus|flash|max)\b|qvq-")


def text_tokens(text: str) -> int:
    """About as many tokens as ``text`` has, rather more than fewer."""
    return ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_A_TOKEN)


def family_of(model_name: str, *, at_dashscope: bool = False) -> Family | None:
    """The family that a model's name shows; None for another model.

    The same open weights follow DashScope's own bounds where Model Studio serves them:
    ``at_dashscope`` says so. Names that only it has need no telling.
    """
    name = model_name.lower()
    hosted = at_dashscope or _ONLY_AT_DASHSCOPE.search(name) is not None
    table = _AT_DASHSCOPE if hosted else _BY_NAME
    return next((family for pattern, family in table if pattern.search(name)), None)


def visual_tokens(
    family: Family, frame_count: int, width: int, height: int, *, max_pixels: int | None = None
) -> int:
    """Tokens of ``frame_count`` frames of that size, sent as one video.

    ``max_pixels`` bounds one frame in place of the family's own bound (for Qwen3-VL beside it,
    which holds for the whole video). The words between the frames are not counted.
    Raises ValueError for a frame without pixels.
    """
    if frame_count < 1 or width < 1 or height < 1:
        raise ValueError(f"{frame_count} frames of {width}x{height} are no picture")
    tall, wide = fitted(family, frame_count, width, height, max_pixels=max_pixels)
    grid = (tall // family.factor) * (wide // family.factor)
    return groups(frame_count) * grid + family.tokens_a_video


def groups(frame_count: int) -> int:
    """Groups of frames that are one in time."""
    return ceil(frame_count / FRAMES_A_GROUP)


def fitted(
    family: Family, frame_count: int, width: int, height: int, *, max_pixels: int | None = None
) -> tuple[int, int]:
    """(height, width) that the model sees: multiples of the factor, within the bounds."""
    factor = family.factor
    times = frame_count if family.whole_video else 1
    least, most = family.min_pixels, _most(family, frame_count, max_pixels)
    even_times = FRAMES_A_GROUP * groups(frame_count) if family.whole_video else 1
    tall, wide = (max(factor, round(side / factor) * factor) for side in (height, width))
    if even_times * tall * wide > most:
        scale = sqrt(times * height * width / most)
        return _floored(height / scale, factor), _floored(width / scale, factor)
    if even_times * tall * wide < least:
        scale = sqrt(least / (times * height * width))
        return ceil(height * scale / factor) * factor, ceil(width * scale / factor) * factor
    return tall, wide


def _most(family: Family, frame_count: int, max_pixels: int | None) -> int:
    if max_pixels is None:
        return family.max_pixels
    if family.whole_video:
        return min(family.max_pixels, max_pixels * frame_count)
    return min(max_pixels, family.most_pixels or max_pixels)


def _floored(side: float, factor: int) -> int:
    return max(factor, floor(side / factor) * factor)
