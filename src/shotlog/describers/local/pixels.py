"""From a clip's JPEGs to the patches that a Qwen-VL model looks at, without its own processor.

The models' video processors need torchvision, which must match torch build for build; what they do
is little and is done here with Pillow and numpy. Formulas: ``smart_resize`` and ``patchify`` of
transformers 5 (``models/qwen2_vl`` and ``models/qwen3_vl``, ``video_processing_*.py``).
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from shotlog.errors import DescribeRefusedError

Pixels = npt.NDArray[np.uint8]
Grid = tuple[int, int, int]
"""Groups of frames, rows and columns of patches."""

NARROWEST = 200
"""Longer than so many times its width no picture may be; the models' own bound."""


@dataclass(frozen=True, slots=True)
class PixelRules:
    """What a checkpoint wants of the pictures it is shown."""

    patch: int
    """Pixels of a patch's side."""
    least_pixels: int
    most_pixels: int
    whole_video: bool
    """Whether the two bounds are of all frames together (Qwen3-VL), not of each (Qwen2, 2.5)."""
    mean: tuple[float, float, float]
    """Of red, green and blue, 0..1; taken away before a model looks."""
    deviation: tuple[float, float, float]
    merge: int = 2
    """So many patches in a square, by side, become one token."""
    group: int = 2
    """So many frames in a row become one."""

    @property
    def factor(self) -> int:
        """Both sides of a picture are multiples of it."""
        return self.patch * self.merge

    def within(self, tokens: int, frame_count: int) -> PixelRules:
        """The same with so few pixels that ``frame_count`` frames take at most ``tokens``."""
        groups = math.ceil(frame_count / self.group)
        fitting = tokens * self.factor**2 // groups
        if self.whole_video:
            fitting *= frame_count
        most = min(self.most_pixels, fitting)
        return replace(self, most_pixels=most, least_pixels=min(self.least_pixels, most))

    def size_of(self, frame_count: int, width: int, height: int) -> tuple[int, int]:
        """(width, height) at which so many frames of that size are shown.

        Raises DescribeRefusedError for a picture that is more than 200 times longer than wide.
        """
        factor = self.factor
        if max(width, height) > NARROWEST * min(width, height):
            raise DescribeRefusedError(
                f"The frames are {width}x{height}; no side may be {NARROWEST} times the other.",
                hint="Leave this video out, or take another model.",
            )
        frames, counted = (1, 1)
        if self.whole_video:
            frames = max(frame_count, self.group)
            counted = round(frames / self.group) * self.group
            narrow = min(width, height)
            if narrow < factor:
                width, height = (int(side * factor / narrow) for side in (width, height))
        sides = [round(side / factor) * factor for side in (width, height)]
        area = counted * sides[0] * sides[1]
        if area > self.most_pixels:
            scale = math.sqrt(frames * width * height / self.most_pixels) * factor
            sides = [max(factor, math.floor(side / scale) * factor) for side in (width, height)]
        elif area < self.least_pixels:
            scale = math.sqrt(self.least_pixels / (frames * width * height)) / factor
            sides = [math.ceil(side * scale) * factor for side in (width, height)]
        return max(factor, sides[0]), max(factor, sides[1])


def frames_of(jpegs: Sequence[bytes], width: int, height: int) -> Pixels:
    """The pictures as one array (frame, row, column, colour). Raises DescribeRefusedError."""
    frames = np.empty((len(jpegs), height, width, 3), np.uint8)
    for number, jpeg in enumerate(jpegs):
        try:
            with Image.open(io.BytesIO(jpeg)) as picture:
                upright = picture.convert("RGB")
        except OSError:
            raise DescribeRefusedError(
                f"Frame {number + 1} of {len(jpegs)} is no picture that can be read.",
                hint="Run again with --redo scan to make the frames anew.",
            ) from None
        if upright.size != (width, height):
            upright = upright.resize((width, height), Image.Resampling.BICUBIC)
        frames[number] = np.asarray(upright)
    return frames


def patches_of(frames: Pixels, rules: PixelRules) -> tuple[Pixels, Grid]:
    """One row a patch, colours first, and how the rows lie.

    The last frame is shown again where a group is not full.
    """
    missing = -len(frames) % rules.group
    if missing:
        frames = np.concatenate([frames, frames[-1:].repeat(missing, axis=0)])
    count, height, width, _ = frames.shape
    groups, rows, columns = count // rules.group, height // rules.patch, width // rules.patch
    merge, patch = rules.merge, rules.patch
    split = frames.transpose(0, 3, 1, 2).reshape(
        (groups, rules.group, 3, rows // merge, merge, patch, columns // merge, merge, patch)
    )
    ordered = split.transpose(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return (
        ordered.reshape(groups * rows * columns, 3 * rules.group * patch * patch),
        (groups, rows, columns),
    )
