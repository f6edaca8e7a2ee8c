"""Frames and timecodes, as video editors count them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shotlog.records import Facts

NEAR = Fraction(1, 2500)
"""Rates this near to each other, as a share, are one; 23.976 and 24 are two and a half apart."""
STEADY = Fraction(1, 200)
"""Where the rate measured is as near to the one declared, frames are evenly spaced."""
USUAL = tuple(Fraction(each) for each in (24, 25, 30, 50, 60, 100, 120))
"""One of them stands for a rate that varies."""
MOST_IN_TIMECODE = 60
"""Frames a second that a list of cuts can count."""


@dataclass(frozen=True, slots=True)
class EditRate:
    """How many frames a second an editor counts in a source."""

    fps: Fraction
    is_steady: bool = True
    """Whether the source's own frames are so far apart; else times are rounded to these."""

    def frame(self, seconds: Fraction) -> int:
        """The first frame at or after a time, from 0.

        Containers that count in milliseconds put a frame up to one off, which is let pass.
        """
        slack = min(Fraction(1, 4), self.fps / 1000)
        return max(0, -int((slack - seconds * self.fps) // 1))

    @property
    def in_timecode(self) -> EditRate:
        """The same or, where it is none that a timecode can count, one that it can."""
        fps = self.fps
        while fps > MOST_IN_TIMECODE:
            fps /= 2
        if snapped(fps) is None:
            return EditRate(_usual(fps), is_steady=False)
        return EditRate(fps, self.is_steady and fps == self.fps)

    @property
    def counted(self) -> int:
        """Frames in a second of timecode: 30 for 29.97."""
        return round(self.fps)

    @property
    def drops(self) -> bool:
        """Whether timecode leaves out numbers to keep up with the clock (29.97 and 59.94)."""
        return self.fps.denominator == 1001 and self.counted % 30 == 0

    def timecode(self, frame: int) -> str:
        """``01:00:00:00``, or ``01:00:00;02`` where numbers are left out (SMPTE ST 12-1).

        Whole days are left out.
        """
        if self.drops:
            frame += self._left_out(frame)
        seconds, of_second = divmod(frame, self.counted)
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        mark = ";" if self.drops else ":"
        return f"{hours % 24:02}:{minute:02}:{second:02}{mark}{of_second:02}"

    @property
    def hour(self) -> int:
        """The frame at ``01:00:00:00``, where lists of cuts begin."""
        nominal = self.counted * 3600
        return nominal - self._per_minute * 54 if self.drops else nominal

    @property
    def _per_minute(self) -> int:
        return self.counted // 15

    def _left_out(self, frame: int) -> int:
        """Numbers that are left out up to this frame: in every minute but each tenth."""
        ten_minutes = self.counted * 600 - self._per_minute * 9
        minute = self.counted * 60 - self._per_minute
        tens, rest = divmod(frame, ten_minutes)
        further = max(0, (rest - self._per_minute) // minute)
        return self._per_minute * (9 * tens + further)


def edit_rate(facts: Facts) -> EditRate:
    """What an editor counts a source's frames by: its true rate, with what rounding blurred put
    right; where the frames are not evenly spaced, the next usual rate."""
    measured, declared = facts.rate_fps, facts.rate_fps_declared or facts.rate_fps
    if abs(declared - measured) <= STEADY * measured:
        return EditRate(snapped(declared) or declared)
    return EditRate(_usual(measured), is_steady=False)


def snapped(fps: Fraction) -> Fraction | None:
    """The whole number of frames in a second, or in 1.001 seconds, that is meant; None: neither."""
    for near in (Fraction(round(fps)), Fraction(round(fps * Fraction(1001, 1000)) * 1000, 1001)):
        if near > 0 and abs(fps - near) <= NEAR * fps:
            return near
    return None


def _usual(fps: Fraction) -> Fraction:
    return next((each for each in USUAL if each >= fps * (1 - STEADY)), USUAL[-1])
