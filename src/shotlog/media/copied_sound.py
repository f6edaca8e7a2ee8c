"""The soundtrack of clips that are cut by copying: AAC packets as they are, or encoded anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.audio.stream import AudioStream
from av.container.output import OutputContainer

from shotlog.media.clips import AUDIO_BITS_PER_SECOND_A_CHANNEL
from shotlog.media.keyframes import only, packets_of
from shotlog.media.reading import Reader
from shotlog.media.sound import AAC_RATES_HZ, Sound, SoundForm, Soundtrack

SAMPLES_A_PACKET = 1024
PREROLL_PACKETS = 1
"""Each AAC packet's sound overlaps that of the packet before (ISO/IEC 14496-3, 4.6.11)."""
MOST_DRIFT_SECONDS = Fraction(1, 1000)
"""Time stamps that stray further from an even count of samples are not copied."""
_AAC_LC = 2
_RATES_HZ = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AacPacket:
    """A packet of the source."""

    start: int
    """Number of its first sample, counted from the first frame shown; may be negative."""
    data: bytes

    @property
    def end(self) -> int:
        return self.start + SAMPLES_A_PACKET


Piece = AacPacket | Sound


@dataclass(frozen=True, slots=True)
class SoundSurvey:
    """What is known of the soundtrack before anything is cut."""

    rate_hz: int
    copied: bool
    first_audible: int
    """Number of the first sample that is heard, counted from the first frame shown."""
    end: int
    """Number of the first sample after the last."""


def survey_sound(path: Path, zero_seconds: Fraction) -> SoundSurvey | None:
    """Reads all packets of the sound and decodes the first. None when there is no sound.

    ``zero_seconds`` is the time of the first frame shown on the file's own clock.
    """
    with Reader(path) as reader:
        if reader.audio is None or reader.audio.time_base is None:
            return None
        audio = reader.audio
        only(audio)
        form = Soundtrack(audio.sample_rate, audio.channels, zero_seconds).form
        surveyor = _SoundSurveyor(audio, zero_seconds, form.rate_hz)
        for packet in _packets(audio):
            surveyor.add(packet)
        return surveyor.result()


class _SoundSurveyor:
    """One pass over the packets of the sound."""

    def __init__(self, audio: AudioStream, zero_seconds: Fraction, rate_hz: int) -> None:
        self._zero, self._rate_hz = zero_seconds, rate_hz
        self._base = audio.time_base or Fraction(1, rate_hz)
        self._even = _plain_aac(audio)
        self._first = self._end = self._count = 0
        self._audible: Fraction | None = None
        packet_ticks = Fraction(SAMPLES_A_PACKET, rate_hz) / self._base
        self._packet_ticks = packet_ticks.numerator, packet_ticks.denominator
        self._most_drift = MOST_DRIFT_SECONDS / self._base * packet_ticks.denominator

    def add(self, packet: av.Packet[AudioStream]) -> None:
        if packet.pts is None:
            self._even = False
            return
        if self._count == 0:
            self._first = packet.pts
        elif packet.is_discard and self._audible is not None:
            self._even = False
        up, down = self._packet_ticks
        drift = (packet.pts - self._first) * down - self._count * up
        if packet.is_corrupt or abs(drift) > self._most_drift:
            self._even = False
        if self._audible is None:
            self._audible = _audible(packet, self._zero)
        self._end = max(self._end, packet.pts + (packet.duration or 0))
        self._count += 1

    def result(self) -> SoundSurvey | None:
        if self._audible is None:
            return None
        first_audible = round(self._audible * self._rate_hz)
        first = round((self._first * self._base - self._zero) * self._rate_hz)
        # what comes before the first sound heard must not be heard, and packets are whole
        begins_late = first_audible > 0 and (first_audible - first) % SAMPLES_A_PACKET
        end = round((self._end * self._base - self._zero) * self._rate_hz)
        return SoundSurvey(self._rate_hz, self._even and not begins_late, first_audible, end)


def _packets(audio: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    """All packets until reading breaks off."""
    packets = packets_of(audio)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        yield packet


def _audible(packet: av.Packet[AudioStream], zero_seconds: Fraction) -> Fraction | None:
    """When the first sound of this packet is heard; None when there is none."""
    try:
        for frame in packet.decode():
            if frame.pts is not None and frame.time_base is not None:
                return Fraction(frame.pts * frame.time_base) - zero_seconds
    except av.error.FFmpegError:
        return None
    return None


def _plain_aac(audio: AudioStream) -> bool:
    """AAC-LC, mono or stereo, 1024 samples a packet, in a form that an MP4 takes as it is
    (AudioSpecificConfig, ISO/IEC 14496-3, 1.6.2.1).
    """
    config = audio.codec_context.extradata or b""
    if audio.codec_context.name != "aac" or audio.profile != "LC" or len(config) < 2:
        return False
    head = int.from_bytes(config[:2], "big")
    kind, rate_index, channels, long_frames = head >> 11, head >> 7 & 15, head >> 3 & 15, head & 4
    if kind != _AAC_LC or rate_index >= len(_RATES_HZ) or channels not in (1, 2) or long_frames:
        return False
    rate = _RATES_HZ[rate_index]
    return rate == audio.sample_rate and rate in AAC_RATES_HZ


class SoundTape:
    """The soundtrack read once, in order; keeps what open clips may still need.

    A context manager.
    """

    def __init__(self, path: Path, zero_seconds: Fraction, found: SoundSurvey) -> None:
        self._found = found
        self._reader = Reader(path)
        audio = self._reader.audio
        assert audio is not None  # noqa: S101
        self.audio: AudioStream = audio
        only(audio)
        self._soundtrack = Soundtrack(audio.sample_rate, audio.channels, zero_seconds)
        self._zero = zero_seconds
        self._source = self._copied() if found.copied else self._decoded()
        self._kept: deque[Piece] = deque()
        self._dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reader.__exit__(kind, error, trace)

    @property
    def copied(self) -> bool:
        return self._found.copied

    @property
    def form(self) -> SoundForm:
        return self._soundtrack.form

    @property
    def first_audible(self) -> int:
        return self._found.first_audible

    def sounds_between(self, start: int, end: int) -> bool:
        """Whether there is any sound with ``start <= sample < end``."""
        return self._found.first_audible < end and start < self._found.end

    def pieces(self, number: int, until: int) -> list[Piece]:
        """The pieces from this number on (they count from 0) that begin before a sample."""
        while not self._kept or self._kept[-1].start < until:
            piece = next(self._source, None)
            if piece is None:
                break
            self._kept.append(piece)
        skipped = max(0, number - self._dropped)
        kept = list(self._kept)[skipped:]
        return [piece for piece in kept if piece.start < until]

    def first_number(self, sample: int) -> int:
        """Number of the first piece kept that reaches past a sample."""
        self.pieces(0, sample + 1)
        numbered = enumerate(self._kept, start=self._dropped)
        found = (number for number, piece in numbered if piece.end > sample)
        return next(found, self._dropped + len(self._kept))

    def forget(self, before: int) -> None:
        """Drops what ends well before a sample."""
        before -= (PREROLL_PACKETS + 1) * SAMPLES_A_PACKET
        while self._kept and self._kept[0].end <= before:
            self._kept.popleft()
            self._dropped += 1

    def _copied(self) -> Iterator[Piece]:
        first: int | None = None
        count = 0
        for packet in _packets(self.audio):
            if packet.pts is None or self.audio.time_base is None:
                continue
            if first is None:
                seconds = packet.pts * self.audio.time_base - self._zero
                first = round(seconds * self._found.rate_hz)
            yield AacPacket(first + count * SAMPLES_A_PACKET, bytes(packet))
            count += 1

    def _decoded(self) -> Iterator[Piece]:
        for packet in _packets(self.audio):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                yield from self._soundtrack.pieces(frame)


class ClipSound:
    """The sound of one clip, handed to its file piece by piece."""

    def __init__(self, tape: SoundTape, output: OutputContainer, start: int, end: int) -> None:
        """``start`` and ``end`` (half-open) are numbers of samples of the source."""
        self._tape, self._output, self._start, self._end = tape, output, start, end
        form = tape.form
        if tape.copied:
            self._stream = output.add_stream_from_template(tape.audio)
            self._stream.time_base = Fraction(1, form.rate_hz)
        else:
            self._stream = output.add_stream("aac", rate=form.rate_hz, layout=form.layout)
            channels = 1 if form.layout == "mono" else 2
            self._stream.bit_rate = AUDIO_BITS_PER_SECOND_A_CHANNEL * channels
        first = tape.first_number(max(start, tape.first_audible))
        hears_from_start = tape.first_audible <= start
        self._number = max(0, first - PREROLL_PACKETS) if hears_from_start else first

    def write(self, until: int) -> None:
        """Writes what begins before this sample of the source, and in the clip."""
        for piece in self._tape.pieces(self._number, min(until, self._end)):
            self._number += 1
            if isinstance(piece, AacPacket):
                self._copy(piece)
            else:
                self._encode(piece)

    def finish(self) -> None:
        self.write(self._end)
        if not self._tape.copied:
            for packet in self._stream.encode(None):
                self._output.mux(packet)

    def _copy(self, piece: AacPacket) -> None:
        packet = av.Packet(piece.data)
        packet.stream = self._stream
        packet.time_base = Fraction(1, self._tape.form.rate_hz)
        packet.pts = packet.dts = piece.start - self._start
        packet.duration = min(piece.end, self._end) - piece.start
        packet.is_keyframe = True
        self._output.mux(packet)

    def _encode(self, piece: Sound) -> None:
        inside = piece.between(self._start, self._end)
        if inside is None:
            return
        form = self._tape.form
        frame = av.AudioFrame.from_ndarray(inside.data.copy(), "fltp", form.layout)
        frame.sample_rate = form.rate_hz
        frame.time_base = Fraction(1, form.rate_hz)
        frame.pts = inside.start - self._start
        for packet in self._stream.encode(frame):
            self._output.mux(packet)
