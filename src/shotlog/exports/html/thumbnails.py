"""Clips' pictures, small enough that thousands fit in one page."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_SIDE = 160
QUALITY = 60

log = logging.getLogger("shotlog.exports")


@dataclass(frozen=True, slots=True)
class SmallJpeg:
    """A picture as JPEG."""

    width: int
    height: int
    data: bytes = field(repr=False)


def small_jpeg(path: Path) -> SmallJpeg | None:
    """A thumbnail scaled to at most 160 pixels a side; None where it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=["JPEG"]) as picture:
            side = max(picture.size)
            # Decoded straight at half or a quarter of its size, where that is enough.
            wide, high = (each * LONGEST_SIDE // side for each in picture.size)
            picture.draft("RGB", (wide, high))
            small = picture.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        log.warning("%s cannot be shown: %s", path.name, type(error).__name__)
        return None
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    held = io.BytesIO()
    small.save(held, "JPEG", quality=QUALITY)
    return SmallJpeg(small.width, small.height, held.getvalue())
