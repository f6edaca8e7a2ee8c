"""JPEG pictures for a model: made smaller, and a tiny clip to try a server with."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

from shotlog.describers.asking import Shown

QUALITY = 88
"""Shows no blocks at the sizes that models see."""

TINY_SIDE = 448
"""Pixels; large enough that tokens of pictures outweigh those of words by far."""
TINY_FPS = Fraction(2)


def resized(jpeg: bytes, width: int, height: int) -> bytes:
    """The picture in another size."""
    from PIL import Image

    file = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        smaller = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        smaller.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


@lru_cache(maxsize=4)
def tiny_frames(count: int) -> Shown:
    """``count`` frames of plain colours that change, at two a second."""
    from PIL import Image

    jpegs = []
    for index in range(count):
        file = io.BytesIO()
        shade = (index * 37 % 256, 255 - index * 53 % 256, 128)
        Image.new("RGB", (TINY_SIDE, TINY_SIDE), shade).save(file, "JPEG", quality=50)
        jpegs.append(file.getvalue())
    return Shown(
        jpegs=tuple(jpegs),
        times=tuple(Fraction(index) / TINY_FPS for index in range(count)),
        fps=TINY_FPS,
        width=TINY_SIDE,
        height=TINY_SIDE,
        duration_seconds=Fraction(count) / TINY_FPS,
    )


@lru_cache(maxsize=1)
def tiny_clip() -> bytes:
    """Four such frames as an MP4 of two seconds."""
    import av
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    shown = tiny_frames(4)
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=TINY_FPS)
        stream.width = stream.height = TINY_SIDE
        stream.pix_fmt = "yuv420p"
        for jpeg in shown.jpegs:
            with Image.open(io.BytesIO(jpeg)) as picture:
                frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
