"""What a file has lost, in plain words."""

from __future__ import annotations

from fractions import Fraction

import av

from shotlog.media.hdr import WITHOUT_BASE, lacks_base_picture
from shotlog.media.reading import Reader

MISSING_SECONDS = Fraction(1)
"""A picture that ends this much before its declared end has lost something."""

MISSING_FRAMES = 3
"""The same for an AVI, whose reader counts frames for a clock and skips damage without a word."""


def damage_of(reader: Reader, frame: av.VideoFrame, end: Fraction) -> tuple[str, ...]:
    """Of a file read to its end: ``frame`` is its first, ``end`` where its picture ends."""
    found = reader.damage.summary()
    if lacks_base_picture(frame):
        found = (WITHOUT_BASE, *found)
    declared, fps = reader.declared_seconds, reader.declared_fps
    missing = MISSING_FRAMES / fps if reader.container_name == "avi" and fps else MISSING_SECONDS
    reached = end
    if reader.declares_file_alone and not reader.damage.bytes_skipped:
        # the sound, or subtitles, may go on when the picture has ended
        reached = max(end, reader.file_seconds)
    if declared is not None and reached <= declared - missing:
        lost = f"the picture ends at {float(end):.2f} s of {float(declared):.2f} s declared"
        return (lost, *found)
    return found
