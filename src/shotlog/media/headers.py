"""What a video's header claims, without decoding a frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av

from shotlog.errors import DamagedVideoError
from shotlog.media.reading import main_video
from shotlog.segments import displayed_size

PROBE_BYTES = 500_000
"""At most so much of the file is looked through for what its header leaves open."""


@dataclass(frozen=True, slots=True)
class Header:
    """As declared; nothing of it is measured."""

    duration_seconds: Fraction
    width: int
    height: int
    """With square pixels, before any turn."""


def read_header(file: Path | BinaryIO, name: str) -> Header:
    """What the header of ``file`` says. Raises NotVideoError, DamagedVideoError."""
    hint = "Leave it out of the listing."
    bounds = {"probesize": str(PROBE_BYTES), "analyzeduration": "1000000"}
    opened = str(file) if isinstance(file, Path) else file
    try:
        with av.open(opened, mode="r", options=bounds) as container:
            stream = main_video(container, name)
            if stream.duration is not None and stream.time_base is not None:
                seconds = Fraction(stream.duration * stream.time_base)
            elif container.duration is not None:
                seconds = Fraction(container.duration, av.time_base)
            else:
                raise DamagedVideoError(f"{name} does not say how long it is.", hint=hint)
            aspect = stream.sample_aspect_ratio or Fraction(1)
            width, height = displayed_size(stream.width, stream.height, aspect or Fraction(1), 0)
            return Header(max(seconds, Fraction(0)), width, height)
    except (av.FFmpegError, ValueError):
        raise DamagedVideoError(f"{name} cannot be read as video.", hint=hint) from None
