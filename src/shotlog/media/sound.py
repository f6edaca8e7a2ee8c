"""The soundtrack on one continuous sample clock, so that clips can be cut to the sample."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

AAC_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""The rates that players expect of AAC-LC; another is converted to 48 kHz."""

JITTER_SECONDS = Fraction(1, 20)
"""Containers round time stamps; less than this is no gap."""

LONGEST_GAP_SECONDS = 600
"""A gap in the sound longer than this is a broken time stamp and not filled."""

SILENCE_DB = -90.0

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SoundForm:
    """How the sound is written."""

    rate_hz: int
    layout: str
    """``mono`` or ``stereo``."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of the soundtrack."""

    start: int
    """Number of its first sample, counted from the first frame shown; may be negative."""
    data: Samples
    """Shape (channels, samples), -1..1."""

    @property
    def end(self) -> int:
        return self.start + int(self.data.shape[1])

    def between(self, start: int, end: int) -> Sound | None:
        """The part with ``start <= sample < end``; None when there is none."""
        first, last = max(start, self.start), min(end, self.end)
        if first >= last:
            return None
        return Sound(first, self.data[:, first - self.start : last - self.start])


class Soundtrack:
    """Turns decoded audio frames into pieces that follow one another without gap or overlap.

    Gaps are filled with silence and what is told twice is dropped, so that every reader of a clip
    keeps picture and sound together, whatever it thinks of time stamps. Channels, rate and samples
    of the source may change on the way; the form of the pieces stays.
    """

    def __init__(
        self,
        source_rate_hz: int,
        channels: int,
        zero_seconds: Fraction,
        form: SoundForm | None = None,
    ) -> None:
        """``form`` is the one wanted; without it, the nearest to the source that clips take."""
        rate = source_rate_hz if source_rate_hz in AAC_RATES_HZ else 48000
        self.form = form or SoundForm(rate, "mono" if channels == 1 else "stereo")
        self._zero = zero_seconds
        self._resampler: av.AudioResampler | None = None
        self._source: tuple[object, ...] = ()
        self._next: int | None = None
        self.frames_left_out = 0
        """Whose channels or rate nothing can be made of: they were damaged."""

    def pieces(self, frame: av.AudioFrame) -> list[Sound]:
        """What one decoded frame adds to the soundtrack."""
        if frame.pts is not None and frame.time_base is not None:
            at = round((frame.pts * frame.time_base - self._zero) * self.form.rate_hz)
        else:
            at = self._next or 0
        found = []
        for resampled in self._resampled(frame):
            data = resampled.to_ndarray().astype(np.float32, copy=False)
            found += self._placed(at, data)
            at = self._next if self._next is not None else at
        return found

    def _resampled(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        try:
            return self._fitting_resampler(frame).resample(frame)
        except av.error.ArgumentError:
            self._resampler = None
            self.frames_left_out += 1
            return []

    def _fitting_resampler(self, frame: av.AudioFrame) -> av.AudioResampler:
        """A new one where the sound changes: the old one would refuse other channels, and play
        another rate at the wrong pitch.
        """
        source = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or source != self._source:
            self._source = source
            self._resampler = av.AudioResampler("fltp", self.form.layout, self.form.rate_hz)
        return self._resampler

    def _placed(self, at: int, data: Samples) -> list[Sound]:
        if self._next is None:
            self._next = at
        gap = at - self._next
        if abs(gap) <= JITTER_SECONDS * self.form.rate_hz:
            gap = 0
        if abs(gap) > LONGEST_GAP_SECONDS * self.form.rate_hz:
            self._next, gap = at, 0
        if gap < 0:
            data = data[:, -gap:]
            gap = 0
        pieces = []
        if gap > 0:
            pieces.append(Sound(self._next, np.zeros((data.shape[0], gap), np.float32)))
        if data.shape[1]:
            pieces.append(Sound(self._next + gap, data))
        if pieces:
            self._next = pieces[-1].end
        return pieces


class EarlySound:
    """The last decoded frames of sound before the first one of the picture."""

    def __init__(self, most_seconds: int) -> None:
        self.frames: deque[av.AudioFrame] = deque()
        self._most_seconds, self._seconds = most_seconds, Fraction(0)

    def add(self, frame: av.AudioFrame) -> None:
        self.frames.append(frame)
        self._seconds += Fraction(frame.samples, frame.sample_rate)
        while self._seconds > self._most_seconds:
            dropped = self.frames.popleft()
            self._seconds -= Fraction(dropped.samples, dropped.sample_rate)


class LoudnessMeter:
    """Energy of the sound in equal steps of time, from the first frame shown on."""

    def __init__(self, rate_hz: int, step_seconds: Fraction) -> None:
        self._samples_a_step = max(1, int(rate_hz * step_seconds))
        self._energy: dict[int, float] = {}
        self._count: dict[int, int] = {}

    def add(self, sound: Sound) -> None:
        step = max(0, sound.start) // self._samples_a_step
        while step * self._samples_a_step < sound.end:
            edge = step * self._samples_a_step
            part = sound.between(edge, edge + self._samples_a_step)
            if part is not None:
                energy = float(np.vdot(part.data, part.data))
                self._energy[step] = self._energy.get(step, 0.0) + energy
                self._count[step] = self._count.get(step, 0) + part.data.size
            step += 1

    def decibels(self, step: int) -> float:
        """RMS over one step in dB below full scale, at least :data:`SILENCE_DB`."""
        count = self._count.get(step, 0)
        if not count:
            return SILENCE_DB
        mean = self._energy[step] / count
        return max(SILENCE_DB, 10 * math.log10(mean)) if mean > 0 else SILENCE_DB
