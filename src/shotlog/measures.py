"""What was measured over one clip, from the samples of its video. Pure arithmetic."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fractions import Fraction

from shotlog.records import Facts, Sample, Scene, Signals, Span

STILL_MOTION = 0.004
"""Mean luma change below which nothing is seen to move: camera noise and compression stay under."""
FROZEN_MOTION = 0.0005
"""Below it, the same picture is shown again: a still, a slide, a stalled stream."""
BLACK_BRIGHTNESS = 0.06
"""Mean luma below which a picture is taken for black; 16/255, video black, is 0.063."""
BLACK_CONTRAST = 0.03
"""And it is black all over: a dark scene with a light in it is none."""
SILENT_DB = -60.0
"""RMS below which nothing is heard in a room."""
COLOURS_KEPT = 3


def signals_of(
    span: Span, facts: Facts, scenes: Sequence[Scene], samples: Sequence[Sample]
) -> Signals:
    """The signals of one clip. ``samples`` and ``scenes`` are those of the whole video.

    A span that lies between two samples is given the last one before it.
    """
    end = bisect_left(samples, span.end, key=_time)
    inside = samples[bisect_left(samples, span.start, key=_time) : end]
    if not inside:
        inside = samples[max(0, end - 1) : end]
    lengths = list(_lengths(inside, span))
    moving = inside[1:] or inside
    return Signals(
        duration_seconds=float(span.end - span.start),
        shot_count=1 + sum(span.start < scene.start < span.end for scene in scenes),
        brightness=_mean([each.brightness for each in inside]),
        contrast=_mean([each.contrast for each in inside]),
        sharpness=_mean([each.sharpness for each in inside]),
        motion=_mean([each.motion for each in moving]),
        motion_peak=max((each.motion for each in moving), default=0.0),
        still_seconds=_still_seconds(inside, lengths),
        frozen_seconds=_longest_freeze(inside, lengths),
        black_seconds=sum(
            length
            for each, length in zip(inside, lengths, strict=True)
            if each.brightness < BLACK_BRIGHTNESS and each.contrast < BLACK_CONTRAST
        ),
        colors=_colours(inside),
        has_audio=facts.audio is not None,
        loudness_db=_loudness(inside, facts),
        silent_seconds=sum(
            length
            for each, length in zip(inside, lengths, strict=True)
            if each.loudness_db is None or each.loudness_db < SILENT_DB
        ),
        portrait=facts.height > facts.width,
    )


def _time(sample: Sample) -> Fraction:
    return sample.time


def _lengths(samples: Sequence[Sample], span: Span) -> Iterator[float]:
    """The stretch of the span that each sample stands for: until the next one."""
    if not samples:
        return
    times = [span.start, *(max(each.time, span.start) for each in samples[1:])]
    for start, end in zip(times, [*times[1:], span.end], strict=True):
        yield float(max(Fraction(0), end - start))


def _still_seconds(samples: Sequence[Sample], lengths: Sequence[float]) -> float:
    """A sample's motion tells of the stretch before it; the first stretch is told by the second."""
    still = 0.0
    for number, length in enumerate(lengths):
        told_by = samples[min(number + 1, len(samples) - 1)]
        if told_by.motion < STILL_MOTION:
            still += length
    return still


def _longest_freeze(samples: Sequence[Sample], lengths: Sequence[float]) -> float:
    longest = run = 0.0
    for before, sample in zip(lengths, samples[1:], strict=False):
        run = run + before if sample.motion < FROZEN_MOTION else 0.0
        longest = max(longest, run)
    return longest


def _colours(samples: Sequence[Sample]) -> tuple[tuple[str, float], ...]:
    shares: dict[str, float] = {}
    for sample in samples:
        for name, share in sample.colors:
            shares[name] = shares.get(name, 0.0) + share / len(samples)
    ranked = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
    return tuple(ranked[:COLOURS_KEPT])


def _loudness(samples: Sequence[Sample], facts: Facts) -> float | None:
    """Mean of the energy, not of the decibels: a shout in a silent clip is heard."""
    if facts.audio is None:
        return None
    energies = [10 ** (each.loudness_db / 10) for each in samples if each.loudness_db is not None]
    return 10 * math.log10(_mean(energies)) if energies else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
