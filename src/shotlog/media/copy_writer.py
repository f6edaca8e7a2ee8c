"""Writes one clip of copied and of encoded pictures, and encodes those that stand beside copies."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from shotlog.errors import DamagedVideoError
from shotlog.media import h264
from shotlog.media.copied_sound import ClipSound
from shotlog.media.copy_plan import Cut
from shotlog.media.h264 import SequenceSet
from shotlog.media.keyframes import PROFILES, Survey
from shotlog.media.reading import FALLBACK_FPS
from shotlog.media.scaling import UNSPECIFIED
from shotlog.records import ClipFile

HEAD_PRESET, HEAD_QP = "ultrafast", 20
"""Faster than for clips that are encoded whole, and paid for in bits: at this quantizer the few
frames beside a cut differ from the source by about 50 dB, whatever they show."""


class Joint:
    """Encodes frames so that they stand beside the copied ones in one track.

    The encoder's parameter sets bear numbers that the source does not use, so that both are valid
    at once; whichever a picture names applies.
    """

    def __init__(self, found: Survey, video: VideoStream) -> None:
        number = found.free_set_number
        assert found.sequence is not None and number is not None  # noqa: S101, PT018
        self._found, self._source, self._sequence = found, video.codec_context, found.sequence
        self._set_number = number
        self.configuration = self._configuration()

    def encoder(self) -> VideoCodecContext:
        """A new encoder; its first frame becomes a key frame."""
        found, source, sequence = self._found, self._source, self._sequence
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = found.width, found.height, "yuv420p"
        context.time_base = found.time_base
        rate = found.declared_fps or FALLBACK_FPS
        context.framerate = rate.limit_denominator(1_000_000)
        context.colorspace, context.color_range = source.colorspace, source.color_range
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
        context.sample_aspect_ratio = Fraction(1)
        context.flags |= Flags.global_header
        context.thread_count = 1
        profile = PROFILES[sequence.profile]
        # no B-frames: what is encoded is written in the order in which it is shown
        numbers = f"sps-id={self._set_number}:stitchable=1:bframes=0:keyint=infinite:scenecut=0"
        # CABAC and the loop filter took a third of the time, and gain little at this quantizer
        tools = f"qp={HEAD_QP}:no-deblock=1:cabac=0"
        context.options = {
            "preset": HEAD_PRESET,
            "profile": profile,
            "level": f"{sequence.level // 10}.{sequence.level % 10}",
            "x264-params": f"{numbers}:{tools}",
        }
        return context

    def _configuration(self) -> bytes:
        sequence = self._sequence
        encoder = self.encoder()
        encoder.open()
        own = list(h264.units_by_start_code(encoder.extradata or b""))
        reordered = sequence.reordered_frames
        source = sequence.unit
        if reordered is None:
            reordered = self._found.reordered_frames
            source = sequence.declaring(reordered, sequence.buffered_frames)
        # A decoder that learns of reordering only where the copied part begins shows frames there
        # too early, so the encoded part declares it too.
        own = [
            SequenceSet.of(unit).declaring(reordered, sequence.buffered_frames)
            if unit[0] & 31 == h264.SPS
            else unit
            for unit in own
            if unit[0] & 31 in (h264.SPS, h264.PPS)
        ]
        return h264.configuration_record([source, *self._found.picture_sets.values(), *own])


class CopyWriter:
    """One clip on its way to disk.

    Packets are read before the frames that stand before them are decoded. Those packets wait: no
    more than the decoder holds back.
    """

    def __init__(
        self, found: Survey, cut: Cut, joint: Joint, video: VideoStream, path: Path
    ) -> None:
        self.cut = cut
        self._found, self._joint, self._path = found, joint, path
        self._part = path.with_name(f".{path.name}.part")
        self._stamps = found.shown[cut.first : cut.end]
        self._duration = self._end_stamp() - self._stamps[0]
        self._written = 0
        self._encoder: VideoCodecContext | None = None
        self._to_encode = deque(cut.encoded(found))
        self._waiting: list[tuple[int, bytes, bool]] = []
        self.sound: ClipSound | None = None
        flags = "+faststart+write_colr" if _colours_told(video) else "+faststart"
        self.output = av.open(str(self._part), "w", "mp4", options={"movflags": flags})
        self._stream = self.output.add_stream_from_template(video)
        self._stream.codec_context.extradata = joint.configuration
        self._stream.time_base = found.time_base

    def _end_stamp(self) -> int:
        """When the last frame goes: as the next one comes, so that the frame rate stays the
        source's; at the span's end where the next is more than a frame away.
        """
        found, cut, stamps = self._found, self.cut, self._stamps
        end = found.stamp_at_or_after(cut.span.end)
        step = stamps[-1] - stamps[-2] if len(stamps) > 1 else found.last_duration
        if cut.end < len(found.shown) and found.shown[cut.end] - end <= step:
            return found.shown[cut.end]
        if cut.end == len(found.shown):
            end = min(end, found.shown[-1] + found.last_duration)
        return max(end, stamps[-1] + 1)

    @property
    def complete(self) -> bool:
        return self._written == len(self._stamps)

    def copy(self, stamp: int, sample: bytes, *, key: bool) -> None:
        """Writes a picture of the source; pictures come in decoding order."""
        if self._to_encode and self._to_encode[0].start == self.cut.first:
            self._waiting.append((stamp, sample, key))
        else:
            self._mux(stamp - self._stamps[0], sample, key=key)

    def show(self, frame: av.VideoFrame, number: int) -> None:
        """Takes the decoded frame of this number in order of presentation, and encodes it where
        it cannot be copied. The frame is others' too, and left as it was.
        """
        if not self._to_encode or number not in self._to_encode[0]:
            return
        if self._encoder is None:
            self._encoder = self._joint.encoder()
        before = frame.pts, frame.time_base, frame.pict_type
        frame.pts = self._stamps[number - self.cut.first] - self._stamps[0]
        frame.time_base, frame.pict_type = self._found.time_base, 0
        self._take(self._encoder.encode(frame))
        frame.pts, frame.time_base, frame.pict_type = before
        if number == self._to_encode[0][-1]:
            self._end_encoding()

    def _end_encoding(self) -> None:
        """What follows is copied, or nothing."""
        assert self._encoder is not None  # noqa: S101
        self._take(self._encoder.encode(None))
        self._encoder = None
        self._to_encode.popleft()
        for stamp, sample, key in self._waiting:
            self._mux(stamp - self._stamps[0], sample, key=key)
        self._waiting.clear()

    def finish(self) -> ClipFile:
        """Closes the clip. Raises DamagedVideoError when frames are missing."""
        if not self.complete:
            raise DamagedVideoError(
                f"{self._written} of {len(self._stamps)} frames could be cut out.",
                hint="The file is damaged; upload it again.",
            )
        if self.sound is not None:
            self.sound.finish()
        self.output.close()
        self._part.replace(self._path)
        return ClipFile(
            file=self._path.name,
            width=self._found.width,
            height=self._found.height,
            frame_count=self._written,
            duration_seconds=self._duration * self._found.time_base,
            size_bytes=self._path.stat().st_size,
        )

    def discard(self) -> None:
        """Leaves nothing behind. May be called after a failure, and twice."""
        self.output.close()
        self._part.unlink(missing_ok=True)

    def _take(self, packets: list[av.Packet[VideoStream]]) -> None:
        for packet in packets:
            units = [
                unit
                for unit in h264.units_by_start_code(bytes(packet))
                if unit[0] & 31 in (h264.SLICE, h264.IDR_SLICE)
            ]
            self._mux(packet.pts or 0, h264.sample_of(units), key=packet.is_keyframe)

    def _mux(self, stamp: int, sample: bytes, *, key: bool) -> None:
        """Pictures are decoded as many frames ahead of being shown as the source needs."""
        packet = av.Packet(sample)
        packet.stream = self._stream
        packet.time_base = self._found.time_base
        packet.pts, packet.dts = stamp, self._decoding_stamp(self._written)
        packet.is_keyframe = key
        self._written += 1
        packet.duration = self._length(stamp)
        self.output.mux(packet)

    def _decoding_stamp(self, number: int) -> int:
        ahead, stamps = self._found.reordered_frames, self._stamps
        if number >= ahead:
            return stamps[number - ahead] - stamps[0]
        step = stamps[1] - stamps[0] if len(stamps) > 1 else self._duration
        return (number - ahead) * step

    def _length(self, stamp: int) -> int:
        """An MP4's media lasts from its first packet to the end of its last in decoding order,
        which need not be the last one shown; its edit list to the end of the last one shown.
        """
        stamps, last = self._stamps, self._written - 1
        place = bisect_left(stamps, stamp + stamps[0]) + 1
        length = (stamps[place] - stamps[0] if place < len(stamps) else self._duration) - stamp
        if self._written < len(stamps):
            return length
        decoded = self._decoding_stamp(last) - self._decoding_stamp(0)
        return max(length, self._duration - decoded)


def _colours_told(video: VideoStream) -> bool:
    """Whether the file says anything of its colours, the container alone maybe: then the clip's
    has to, since the pictures copied do not.
    """
    context = video.codec_context
    told = (context.colorspace, context.color_primaries, context.color_trc)
    return any(int(value) != UNSPECIFIED for value in told)
