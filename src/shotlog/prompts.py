"""The words a model is given with a clip. Pure text: what is sent where is the describers' part.

The opening is the same for every clip of a run and stands before the first frame, so that a model
server that keeps prefixes (vLLM and SGLang do) reads it once.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction

VERSION = "1"
"""Raised with every change of the words below: answers to other words are other answers."""

FRAMES_NOTE = (
    "The video is given as still frames in order of time. Before each frame stands its time in "
    "seconds from the start of the video. Treat them as one continuous video."
)

FRAME_LABEL = "frame at {seconds} s:"
"""``seconds`` from the clip's start, to a tenth of a second."""


def frame_label(time_seconds: Fraction) -> str:
    """What stands before the frame at this time of its clip."""
    return FRAME_LABEL.format(seconds=f"{float(time_seconds):.1f}")


def prompt_identity() -> str:
    """Version and hash of the words around an instruction; the instruction itself is left out."""
    words = "\n".join((FRAMES_NOTE, FRAME_LABEL))
    return f"{VERSION}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
