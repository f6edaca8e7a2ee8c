"""Pictures to show to a model, for the tests of this folder."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
from PIL import Image

from shotlog.describers.asking import ModelQuestion, Sampling, Shown


def noise(seed: int, width: int = 160, height: int = 120) -> bytes:
    """A JPEG of coloured noise; each seed has its own."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def shown(frames: int, seed: int = 0, *, width: int = 160, height: int = 120) -> Shown:
    """So many frames of noise, two a second."""
    return Shown(
        jpegs=tuple(noise(100 * seed + number, width, height) for number in range(frames)),
        times=tuple(Fraction(number, 2) for number in range(frames)),
        fps=Fraction(2),
        width=width,
        height=height,
        duration_seconds=Fraction(frames, 2),
    )


def question(
    pictures: Shown | None = None,
    *,
    max_tokens: int = 12,
    sampling: Sampling | None = None,
    words: str = "Describe this video.",
) -> ModelQuestion:
    return ModelQuestion(
        opening=words,
        closing="",
        max_tokens=max_tokens,
        shown=pictures,
        sampling=sampling or Sampling(),
    )
