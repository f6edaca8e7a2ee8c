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
        self._due: dict[int, int] = {}
        """Where the stream's next packet belongs, in ticks as the file counts them."""

    def mend(self, packet: av.Packet[Stream]) -> None:
        """Gives the packet its time on the one line. Call for every packet, in file order."""
        base, index, told = packet.time_base, packet.stream_index, packet.dts
        if base is None or told is None:
            return
        due = self._due.get(index, told)
        if told != due and self._restarts((told - due) * base):
            self._offsets[index] = self._offset_after(told * base, due * base, index)
        self._due[index] = told + (packet.duration or 0)
        offset = self._offsets.get(index)
        shift = round(offset / base) if offset else 0
        if shift:
            packet.dts = told + shift
            if packet.pts is not None:
                packet.pts += shift

    def _offset_after(self, told: Fraction, due: Fraction, index: int) -> Fraction:
        """That of a restart which another stream has shown already, or a new one."""
        offset = self._offsets.get(index, Fraction(0))
        expected = due + offset
        if offset == self._newest or abs(told + self._newest - expected) > SAME_RESTART:
            self._newest = expected - told
        return self._newest

    def _restarts(self, leap: Fraction) -> bool:
        if not self._may_restart:
            return leap > BROKEN_AHEAD
        return leap < -RESTART_BACK or leap > RESTART_AHEAD
