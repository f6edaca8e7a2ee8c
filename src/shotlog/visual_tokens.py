"""How many tokens a model of the Qwen-VL family makes of pictures. Pure arithmetic.

Source: ``smart_resize`` of transformers (models/qwen2_vl and models/qwen3_vl), with the limits that
the released checkpoints carry.
"""

from __future__ import annotations

import math
import re
from typing import Literal

Family = Literal["qwen2-vl", "qwen2.5-vl", "qwen3-vl"]

_SIDE = {"qwen2-vl": 28, "qwen2.5-vl": 28, "qwen3-vl": 32}
"""Pixels of a token's side: patch times merge."""
_FRAME_PIXELS = (3136, 12845056)
"""Least and most of one frame, Qwen2-VL and Qwen2.5-VL."""
_VIDEO_PIXELS = (4096, 25165824)
"""Least and most of a video's frames together, Qwen3-VL."""
_VISUAL = re.compile(r"qwen-?(2\.5|2|3)(?:\.\d+)?[-_]?vl")


def family_of(model_name: str) -> Family | None:
    """The family a model's name tells of, whoever wrote it; None where it tells of none."""
    found = _VISUAL.search(model_name.lower().replace("_", "-"))
    return None if found is None else _FAMILIES[found[1]]


_FAMILIES: dict[str, Family] = {"2": "qwen2-vl", "2.5": "qwen2.5-vl", "3": "qwen3-vl"}


def visual_tokens(
    family: Family, frame_count: int, width: int, height: int, *, max_pixels: int | None = None
) -> int:
    """Tokens of a video of ``frame_count`` frames, text and time stamps left out.

    ``max_pixels`` bounds one frame, below the checkpoint's own limit. Two frames share a group.
    """
    side = _SIDE[family]
    groups = math.ceil(frame_count / 2)
    least, most = _FRAME_PIXELS
    if family == "qwen3-vl":
        least, most = (math.ceil(each / (2 * groups)) for each in _VIDEO_PIXELS)
    most = max(least, min(most, max_pixels or most))
    rows, columns = max(1, round(height / side)), max(1, round(width / side))
    if rows * columns * side * side > most:
        scale = math.sqrt(width * height / most)
        rows = max(1, math.floor(height / scale / side))
        columns = max(1, math.floor(width / scale / side))
    elif rows * columns * side * side < least:
        scale = math.sqrt(least / (width * height))
        rows, columns = math.ceil(height * scale / side), math.ceil(width * scale / side)
    return groups * rows * columns
