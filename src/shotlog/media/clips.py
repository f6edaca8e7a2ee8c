"""Writes one clip: H.264 and AAC in MP4, from frames that are already the right size."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from shotlog.media.hardware import NVENC, NVENC_OPTIONS, NVENC_SMALLEST
from shotlog.media.scaling import Colour
from shotlog.media.sound import Sound, SoundForm
from shotlog.records import ClipFile, Span

log = logging.getLogger("shotlog.media")

PRESET = "veryfast"
CRF = 23
AUDIO_BITS_PER_SECOND_A_CHANNEL = 64_000
FINEST_TICK = 1_000_000
"""Time bases finer than this overflow the 32-bit fields of some readers; 1/90000 is taken then."""
FEWEST_MOVIE_TICKS = 10_000
"""A second, at least, in the clock of an MP4's edit lists; by default it has 1000, too few."""
WAIT_FOR_SOUND = Fraction(5)
"""Seconds of picture after which a clip is begun though no sound has come yet."""
LONGEST_TAIL_SECONDS = 6
"""No clip ends so long after its nominal end (the tail rules of segments.py and splitting.py)."""
ENCODER_VERSION = f"libx264 {PRESET} crf{CRF} aac 1"
"""Part of a clip's key: what changes the bytes of every clip changes this."""


@dataclass(frozen=True, slots=True)
class ClipForm:
    """What all clips of a video have in common."""

    width: int
    height: int
    rate_fps: Fraction
    """The rate the encoder plans its bits for."""
    time_base: Fraction
    colour: Colour
    sound: SoundForm | None
    threads: int
    nvenc: bool = False
    """Whether an NVIDIA GPU encodes them; where it takes no further one, libx264 does."""


class ClipWriter:
    """One clip on its way to disk. End it by :meth:`finish` or :meth:`discard`.

    What lies at or after the nominal end is held back until :meth:`finish` says whether it belongs
    to this clip (the tail rule) or to the next. Sound is held back until the picture is as far, so
    that none is left over where the picture ends first.
    """

    def __init__(self, path: Path, span: Span, zero: Fraction, form: ClipForm) -> None:
        """``zero`` is the time of the clip's first frame; the clip's own clock starts there."""
        self.span = span
        self._path, self._zero, self._form = path, zero, form
        self._part = path.with_name(f".{path.name}.part")
        too_fine = form.time_base.denominator > FINEST_TICK
        self._tick = Fraction(1, 90_000) if too_fine else form.time_base
        self._output = self._open_output()
        self._picture = self._gpu_picture() or self._add_picture(
            "libx264", {"preset": PRESET, "crf": str(CRF), "threads": str(form.threads)}
        )
        self._sound: AudioStream | None = None
        self._waiting: list[av.Packet[VideoStream]] | None = [] if form.sound else None
        self._lengths: dict[int, int] = {}
        self._first_dts: int | None = None
        self._newest_packet: av.Packet[VideoStream] | None = None
        self._held: tuple[av.VideoFrame, Fraction] | None = None
        self._picture_tail: list[tuple[av.VideoFrame, Fraction]] = []
        self._sound_ahead: deque[Sound] = deque()
        self._frame_count = 0
        self._duration = Fraction(0)
        self._last_step = 1 / form.rate_fps
        self._rate_hz = form.sound.rate_hz if form.sound else 0
        self._zero_sample = round(zero * self._rate_hz)
        self._end_sample = round(span.end * self._rate_hz)

    def _open_output(self) -> av.container.OutputContainer:
        options = {"movflags": "+faststart", "movie_timescale": str(_movie_ticks(self._tick))}
        return av.open(str(self._part), "w", "mp4", options=options)

    def _gpu_picture(self) -> VideoStream | None:
        """None where the GPU is not wanted, or does not take this clip: it has a smallest
        picture, and many encode only so many at a time.
        """
        smallest_width, smallest_height = NVENC_SMALLEST
        form = self._form
        if not form.nvenc or form.width < smallest_width or form.height < smallest_height:
            return None
        stream = self._add_picture(NVENC, NVENC_OPTIONS)
        try:
            stream.codec_context.open()
        except av.error.FFmpegError as error:
            log.info("%s: libx264, as NVENC gave %s", self._path.name, type(error).__name__)
            self._output.close()
            self._output = self._open_output()
            return None
        return stream

    def _add_picture(self, encoder: str, options: dict[str, str]) -> VideoStream:
        form = self._form
        stream = cast(
            "VideoStream",
            self._output.add_stream(
                encoder, rate=form.rate_fps.limit_denominator(1_000_000), options=options
            ),
        )
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = form.width, form.height, "yuv420p"
        context.time_base = self._tick
        context.colorspace = form.colour.matrix
        context.color_primaries = form.colour.primaries
        context.color_trc = form.colour.transfer
        context.color_range = 1
        context.sample_aspect_ratio = Fraction(1)
        return stream

    def add_picture(self, frame: av.VideoFrame, time: Fraction) -> None:
        """Takes the next frame, of the form's size, shown at ``time``."""
        self._encode_sound_before(min(round(time * self._rate_hz), self._end_sample))
        if time >= self.span.end:
            self._picture_tail.append((frame, time))
            return
        if self._held is not None:
            self._encode(*self._held, until=time)
        self._held = (frame, time)

    def end_at(self, span: Span) -> None:
        """Moves the nominal end back, to no earlier than what it was given so far."""
        self.span = span
        self._end_sample = round(span.end * self._rate_hz)

    def add_sound(self, sound: Sound) -> None:
        """Takes the next piece of the soundtrack; what lies before the clip is left out."""
        last = self._end_sample + LONGEST_TAIL_SECONDS * self._rate_hz
        shown = sound.between(self._zero_sample, last)
        if shown is not None and self._form.sound is not None:
            self._sound_ahead.append(shown)

    def finish(self, end: Fraction) -> ClipFile:
        """Closes the clip. ``end`` is its nominal end, or the picture's, later or earlier."""
        beyond = self._picture_tail[0][1] if self._picture_tail else None
        if end > self.span.end:
            for frame, time in self._picture_tail:
                if self._held is not None:
                    self._encode(*self._held, until=time)
                self._held = (frame, time)
            beyond = None
        if self._held is not None:
            frame, time = self._held
            self._encode(frame, time, until=self._last_end(time, end, beyond))
            self._held = None
        self._end_sound(round(end * self._rate_hz))
        self._close()
        self._part.replace(self._path)
        return ClipFile(
            file=self._path.name,
            width=self._form.width,
            height=self._form.height,
            frame_count=self._frame_count,
            duration_seconds=self._duration,
            size_bytes=self._path.stat().st_size,
        )

    def discard(self) -> None:
        """Leaves nothing behind. May be called after a failure, and twice."""
        self._output.close()
        self._part.unlink(missing_ok=True)

    def _last_end(self, last: Fraction, end: Fraction, beyond: Fraction | None) -> Fraction:
        """When the last frame goes: as the next one comes, so that the frame rate stays the
        source's; at the span's end where the next is more than a frame away.
        """
        if beyond is not None and beyond - end <= self._last_step:
            return beyond
        return max(end, last + self._tick)

    def _encode(self, frame: av.VideoFrame, time: Fraction, *, until: Fraction) -> None:
        """Encodes one frame; overlapping clips share frames, so the stamps are set only here."""
        first, last = self._ticks(time), self._ticks(until)
        frame.time_base = self._tick
        frame.pts = first
        frame.duration = max(1, last - first)
        frame.pict_type = 0
        self._lengths[first] = frame.duration
        self._frame_count += 1
        self._duration = (first + frame.duration) * self._tick
        self._last_step = until - time
        for packet in self._picture.encode(frame):
            self._mux(packet)
        if self._form.sound and self._waiting and time - self._zero >= WAIT_FOR_SOUND:
            self._begin_sound(self._form.sound)

    def _ticks(self, time: Fraction) -> int:
        return round((time - self._zero) / self._tick)

    def _begin_sound(self, form: SoundForm) -> AudioStream:
        stream = self._output.add_stream("aac", rate=form.rate_hz, layout=form.layout)
        channels = 1 if form.layout == "mono" else 2
        stream.bit_rate = AUDIO_BITS_PER_SECOND_A_CHANNEL * channels
        self._sound = stream
        self._release()
        return stream

    def _release(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for packet in waiting:
            self._output.mux(packet)

    def _mux(self, packet: av.Packet[VideoStream]) -> None:
        """Hands packets on, one late: the last one must be known to set its length.

        libx264 forgets the lengths of frames, so each packet is given that of its frame.
        """
        packet.duration = self._lengths.pop(packet.pts or 0, 0)
        if self._first_dts is None:
            self._first_dts = packet.dts
        before, self._newest_packet = self._newest_packet, packet
        if before is not None:
            self._hand_on(before)

    def _hand_on(self, packet: av.Packet[VideoStream]) -> None:
        if self._waiting is not None:
            self._waiting.append(packet)
        else:
            self._output.mux(packet)

    def _mux_last(self) -> None:
        """An MP4's media lasts from its first packet to the end of its last in decoding order,
        which need not be the last one shown; its edit list to the end of the last one shown.
        """
        packet, self._newest_packet = self._newest_packet, None
        if packet is None:
            return
        if packet.dts is not None and self._first_dts is not None:
            total = round(self._duration / self._tick)
            packet.duration = max(packet.duration or 1, total - (packet.dts - self._first_dts))
        self._hand_on(packet)

    def _encode_sound_before(self, sample: int) -> None:
        """Encodes the pieces that end no later."""
        while self._form.sound and self._sound_ahead and self._sound_ahead[0].end <= sample:
            self._encode_sound(self._sound_ahead.popleft(), self._form.sound)

    def _end_sound(self, sample: int) -> None:
        self._encode_sound_before(sample)
        last = self._sound_ahead[0].between(0, sample) if self._sound_ahead else None
        if last is not None and self._form.sound:
            self._encode_sound(last, self._form.sound)
        self._sound_ahead.clear()

    def _encode_sound(self, sound: Sound, form: SoundForm) -> None:
        stream = self._sound or self._begin_sound(form)
        frame = av.AudioFrame.from_ndarray(sound.data.copy(), "fltp", form.layout)
        frame.sample_rate = form.rate_hz
        frame.time_base = Fraction(1, form.rate_hz)
        frame.pts = sound.start - self._zero_sample
        for packet in stream.encode(frame):
            self._output.mux(packet)

    def _close(self) -> None:
        for packet in self._picture.encode(None):
            self._mux(packet)
        self._mux_last()
        self._release()
        if self._sound is not None:
            for packet in self._sound.encode(None):
                self._output.mux(packet)
        self._output.close()


def _movie_ticks(tick: Fraction) -> int:
    """Ticks a second in which ``tick`` is whole, so that lengths in edit lists stay exact."""
    times = -(-FEWEST_MOVIE_TICKS // tick.denominator)
    return tick.denominator * times
