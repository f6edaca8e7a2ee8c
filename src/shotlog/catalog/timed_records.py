"""Records that are full of times, read from the JSON in which the catalog keeps them.

Each is what :func:`shotlog.catalog.columns.from_json` makes of the same text, in a fraction of the
time: a video holds thousands of times, and of most clips the same ones. What checks a record is the
record itself.
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import lru_cache

from shotlog.records import ClipFile, FrameFile, SceneScore
from shotlog.speech import Word


@lru_cache(maxsize=1 << 14)
def exact(text: str) -> Fraction:
    """A number as ``str`` writes a fraction, ``15`` or ``1001/30``. Raises ValueError."""
    numerator, _, denominator = text.partition("/")
    return Fraction(int(numerator), int(denominator or 1))


def words_in_json(text: bytes) -> tuple[Word, ...]:
    return tuple(
        Word(exact(each["start"]), exact(each["end"]), each["text"]) for each in json.loads(text)
    )


def scores_in_json(text: bytes) -> tuple[SceneScore, ...]:
    return tuple(SceneScore(exact(each["time"]), each["score"]) for each in json.loads(text))


def clip_file_in_json(text: str) -> ClipFile:
    found = json.loads(text)
    return ClipFile(**{**found, "duration_seconds": exact(found["duration_seconds"])})


def frame_file_in_json(text: str) -> FrameFile:
    found = json.loads(text)
    times, sizes = tuple(map(exact, found["times"])), tuple(found["sizes_bytes"])
    return FrameFile(**{**found, "times": times, "sizes_bytes": sizes})
