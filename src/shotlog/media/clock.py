"""Time stamps that jump, put on one line again, as the ffmpeg program does it."""

from __future__ import annotations

from fractions import Fraction

import av
from av.stream import Stream

RESTART_BACK = Fraction(1, 10)
RESTART_AHEAD = Fraction(10)
"""Seconds that a clock goes back, or leaps ahead, when a stream was joined from several."""
BROKEN_AHEAD = Fraction(30 * 3600)
"""From this leap on the time stamp of any file is broken."""
SAME_RESTART = Fraction(1)
"""Picture and sound that restart this close to one another did so together."""


class Clock:
    """Shifts the packets of a file so that its clock never restarts.

    The thresholds are those of ffmpeg's ``dts_delta_threshold`` and ``dts_error_threshold``.
    """

    def __init__(self, *, may_restart: bool) -> None:
        """``may_restart`` says that the format allows it, as MPEG transport streams do."""
        self._may_restart = may_restart
        self._offsets: dict[int, Fraction] = {}
        self._newest = Fraction(0)
        self._next: dict[int, Fraction] = {}

    def mend(self, packet: av.Packet[Stream]) -> None:
        """Gives the packet its time on the one line. Call for every packet, in file order."""
        base, index = packet.time_base, packet.stream_index
        if base is None or packet.dts is None:
            return
        told = Fraction(packet.dts * base)
        offset = self._offsets.get(index, Fraction(0))
        expected = self._next.get(index)
        if expected is not None and self._restarts(told + offset - expected):
            if abs(told + self._newest - expected) > SAME_RESTART:
                self._newest = expected - told
            offset = self._offsets[index] = self._newest
        self._next[index] = told + offset + (packet.duration or 0) * base
        shift = round(offset / base)
        if shift:
            packet.dts += shift
            if packet.pts is not None:
                packet.pts += shift

    def _restarts(self, leap: Fraction) -> bool:
        if not self._may_restart:
            return leap > BROKEN_AHEAD
        return leap < -RESTART_BACK or leap > RESTART_AHEAD
