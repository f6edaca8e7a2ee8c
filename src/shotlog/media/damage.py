"""What could not be read of a file, and what must therefore be missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.stream import Stream

MOST_BETWEEN_PACKETS_BYTES = 1000
"""Headers between two packets of a Matroska file take less."""


@dataclass
class Damage:
    """What could not be read, counted while the file streams past."""

    packets: int = 0
    packets_in_part: int = 0
    """That the container knows to have lost bytes."""
    frames_with_errors: int = 0
    frames_out_of_order: int = 0
    sound_frames: int = 0
    """Of which no sound can be made."""
    breaks_off: bool = False
    seconds_without_frames: Fraction = Fraction(0)
    """Beyond the length of a frame, between one and the next."""
    bytes_skipped: int = 0
    """That lay between two packets, and were none."""
    notes: list[str] = field(default_factory=list)
    _place: int | None = None
    _place_bytes: int = 0

    def note_step(self, seconds: Fraction, frame_seconds: Fraction) -> None:
        """Takes the time from one frame to the next, and how long a frame is shown."""
        beyond = seconds - frame_seconds
        if beyond > frame_seconds / 2:
            self.seconds_without_frames += beyond

    def note_place(self, packet: av.Packet[Stream]) -> None:
        """Takes every packet of a Matroska file, whose reader skips damaged bytes without a word.

        Packets of one block have the same place.
        """
        if packet.pos is None or packet.pos < 0:
            return
        if self._place is not None:
            hole = packet.pos - self._place - self._place_bytes
            self.bytes_skipped += hole if hole > MOST_BETWEEN_PACKETS_BYTES else 0
        if packet.pos != self._place:
            self._place, self._place_bytes = packet.pos, 0
        self._place_bytes += packet.size

    def summary(self) -> tuple[str, ...]:
        found = list(self.notes)
        if self.packets:
            found.append(f"damaged packets left out: {self.packets}")
        if self.frames_with_errors:
            found.append(f"frames that the decoder could not make whole: {self.frames_with_errors}")
        if self.frames_out_of_order:
            found.append(
                f"frames left out, with a time not after the one before: {self.frames_out_of_order}"
            )
        if self.sound_frames:
            found.append(f"frames of sound left out, of no use: {self.sound_frames}")
        if self.packets_in_part and self.seconds_without_frames:
            found.append(f"packets of which a part is missing: {self.packets_in_part}")
        if self.bytes_skipped and self.seconds_without_frames:
            found.append(f"bytes skipped to find the next frame: {self.bytes_skipped}")
        if found and self.seconds_without_frames:
            missing = float(self.seconds_without_frames)
            found.append(f"seconds without a frame, before the end: {missing:.2f}")
        return tuple(found)
