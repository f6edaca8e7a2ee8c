"""Surveys an H.264 file by its packets alone: every frame's time, what may be cut where, and why
a file cannot be cut by copying.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import av
from av.audio.stream import AudioStream
from av.stream import Discard
from av.video.stream import VideoStream

from shotlog.media import h264
from shotlog.media.clips import FINEST_TICK
from shotlog.media.clock import BROKEN_AHEAD, RESTART_AHEAD
from shotlog.media.h264 import Configuration, SequenceSet
from shotlog.media.hdr import wide_colour_of
from shotlog.media.orientation import Orientation, orientation_of
from shotlog.media.reading import FALLBACK_FPS, Reader

PROFILES = {66: "baseline", 77: "main", 100: "high"}
_UNKNOWN_UNITS = frozenset((2, 3, 4, 13, 14, 15, 19, 20, 21))
"""Data partitions, auxiliary, scalable and multiview pictures."""
_FULL_RANGE = 2
StreamT = TypeVar("StreamT", VideoStream, AudioStream)

SET_NUMBERS = range(32)
"""Of sequence parameter sets (ITU-T H.264, 7.4.2.1.1); those of pictures go further."""

LONGEST_GROUP = 3000
"""Packets from one key frame to the next; they are looked at together."""


@dataclass(frozen=True, slots=True)
class Group:
    """The packets from one key frame that nothing refers across (IDR) to the next, half-open."""

    first: int
    end: int


@dataclass
class Survey:
    """All frames of one file. Numbers of packets count from 0 in decoding order."""

    path: Path
    refusal: str | None = None
    """Why the file cannot be cut by copying; None when it can."""
    time_base: Fraction = Fraction(1, 90_000)
    declared_fps: Fraction | None = None
    width: int = 0
    height: int = 0
    configuration: Configuration = field(default_factory=lambda: Configuration(0, ()))
    sequence: SequenceSet | None = None
    picture_sets: dict[int, bytes] = field(default_factory=dict)
    stamps: array[int] = field(default_factory=lambda: array("q"))
    """Presentation stamp of every packet, in ticks of the time base."""
    referenced: bytearray = field(default_factory=bytearray)
    """1 for every packet that others may refer to."""
    groups: list[Group] = field(default_factory=list)
    shown: array[int] = field(default_factory=lambda: array("q"))
    """The stamps in rising order."""
    reordered_frames: int = 0
    """By how many frames decoding runs ahead of showing, at most."""
    last_duration: int = 0
    """Of the last frame shown, in ticks."""
    open_groups: bool = False
    """Whether there are key frames that pictures refer across."""

    @property
    def zero(self) -> int:
        """Stamp of the first frame shown."""
        return self.shown[0]

    @property
    def picture_end(self) -> Fraction:
        """When the last frame goes, in seconds from the first; 0 where none was found."""
        if not self.shown:
            return Fraction(0)
        return self.seconds(self.shown[-1] + self.last_duration)

    @property
    def free_set_number(self) -> int | None:
        """A number for parameter sets of our own that none of the source's has; None without."""
        sequence = self.sequence
        taken = set(self.picture_sets) | ({sequence.id} if sequence else set())
        return next((number for number in SET_NUMBERS if number not in taken), None)

    @property
    def far_apart(self) -> str:
        """What to say when too few frames can be copied."""
        if self.open_groups:
            return "frames refer across its key frames (open GOP)"
        return "its key frames are too far apart"

    def seconds(self, stamp: int) -> Fraction:
        """A stamp's time from the first frame shown."""
        return (stamp - self.zero) * self.time_base

    def stamp_at_or_after(self, seconds: Fraction) -> int:
        """The lowest stamp not before this time."""
        ticks = seconds / self.time_base
        return self.zero - (-ticks.numerator // ticks.denominator)


def survey(path: Path) -> Survey:
    """Reads all packets of the picture and decodes one frame.

    Raises NotVideoError or DamagedVideoError when there is no picture that can be read.
    """
    with Reader(path) as reader:
        found = Survey(path, declared_fps=reader.declared_fps)
        found.refusal = _stream_refusal(reader, found)
        if found.refusal is None:
            only(reader.video)
            leap = RESTART_AHEAD if reader.clock_may_restart else BROKEN_AHEAD
            found.refusal = _Surveyor(reader.video, found, leap).look()
        return found


def only(stream: VideoStream | AudioStream) -> None:
    """Lets the demuxer leave out all other streams."""
    for each in stream.container.streams:
        if each.index != stream.index:
            each.discard = Discard.all


def packets_of(stream: StreamT) -> Iterator[av.Packet[StreamT]]:
    """The packets of one stream that hold something, as the file has them."""
    container = stream.container
    assert isinstance(container, av.container.InputContainer)  # noqa: S101
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except IndexError:
        # PyAV stumbles, at the very end, over streams that damage seems to begin midway.
        return


def _stream_refusal(reader: Reader, found: Survey) -> str | None:
    video, context = reader.video, reader.video.codec_context
    if context.name != "h264":
        return f"the picture is {context.codec.canonical_name}, not H.264"
    if video.time_base is None or video.time_base.denominator > FINEST_TICK:
        return "its clock is finer than a microsecond"
    found.time_base = video.time_base
    aspect = video.sample_aspect_ratio or context.sample_aspect_ratio
    if aspect and aspect != 1:
        return f"its samples are not square ({aspect})"
    if reader.rotate_tag not in {None, "0"}:
        return "its picture is turned or mirrored"
    try:
        found.configuration = Configuration.of(context.extradata or b"")
        return _sets_refusal(found.configuration.units, found)
    except (ValueError, IndexError):
        return "its parameter sets cannot be read"


def _sets_refusal(units: tuple[bytes, ...] | list[bytes], found: Survey) -> str | None:
    """Takes parameter sets in; says why these are not to be copied."""
    for unit in units:
        kind = unit[0] & 31
        if kind == h264.PPS:
            number = h264.picture_set_id(unit)
            if found.picture_sets.setdefault(number, unit) != unit:
                return "its parameter sets change on the way"
        elif kind == h264.SPS:
            sequence = SequenceSet.of(unit)
            if found.sequence is None:
                found.sequence = sequence
            elif found.sequence.unit != unit:
                return "its parameter sets change on the way"
    return _form_refusal(found.sequence) if found.sequence else None


def _form_refusal(sequence: SequenceSet) -> str | None:
    if sequence.profile not in PROFILES:
        return f"its H.264 profile is number {sequence.profile}, not baseline, main or high"
    if (sequence.chroma_format, sequence.bit_depth) != (1, 8):
        return "its picture is not 8 bit 4:2:0"
    if not sequence.progressive:
        return "it may be interlaced"
    if sequence.order_type == 1:
        return "it counts its pictures in a way that is not known here"
    return None


def frame_refusal(frame: av.VideoFrame) -> str | None:
    """Why a file with this frame must be encoded, to be upright and in the right colours."""
    if frame.format.name != "yuv420p" or int(frame.color_range) == _FULL_RANGE:
        return "its colours are full range or not 8 bit 4:2:0"
    if wide_colour_of(frame):
        return "its colours are HDR or BT.2020"
    if orientation_of(frame) != Orientation():
        return "its picture is turned or mirrored"
    if frame.width % 2 or frame.height % 2:
        return "its size is odd"
    return None


class _Surveyor:
    """One pass over the packets of the picture."""

    def __init__(self, video: VideoStream, found: Survey, leap_seconds: Fraction) -> None:
        """From ``leap_seconds`` on a step of the clock is mended in decoding."""
        self._video, self._found, self._leap_seconds = video, found, leap_seconds
        self._first_packets: list[av.Packet[VideoStream]] | None = []
        self._group_start = 0
        self._orders: list[int] = []
        self._previous_order = 0
        self._newest = (-(1 << 62), 0)

    def look(self) -> str | None:
        try:
            for packet in packets_of(self._video):
                refusal = self._add(packet)
                if refusal:
                    return refusal
        except av.error.FFmpegError:
            return "reading broke off before the end of the file"
        except (ValueError, IndexError):
            return "a packet cannot be read"
        if not self._found.stamps:
            return "no frame of it can be decoded"
        return self._end_group() or self._decode_first() or self._settle()

    def _add(self, packet: av.Packet[VideoStream]) -> str | None:
        if packet.is_corrupt:
            return "a packet is damaged"
        if packet.is_discard:
            return "an edit list hides some of its frames"
        if packet.pts is None:
            return "a frame has no time stamp"
        units = list(self._found.configuration.split(bytes(packet)))
        slices = [unit for unit in units if unit[0] & 31 in (h264.SLICE, h264.IDR_SLICE)]
        refusal = self._units_refusal(units, slices)
        if refusal:
            return refusal
        starts_group = slices[0][0] & 31 == h264.IDR_SLICE
        self._found.open_groups |= packet.is_keyframe and not starts_group
        if starts_group and self._found.stamps:
            refusal = self._end_group()
        elif not self._found.stamps and not starts_group:
            refusal = "it does not begin with a key frame"
        elif len(self._orders) >= LONGEST_GROUP:
            refusal = self._found.far_apart
        if refusal:
            return refusal
        self._take(packet, slices[0])
        return None

    def _units_refusal(self, units: list[bytes], slices: list[bytes]) -> str | None:
        kinds = {unit[0] & 31 for unit in units}
        if kinds & _UNKNOWN_UNITS:
            return "it holds layers or partitions that cannot be copied"
        if kinds & {h264.SPS, h264.PPS}:
            refusal = _sets_refusal(units, self._found)
            if refusal:
                return refusal
        if self._found.sequence is None:
            return "it has no parameter sets"
        if sum(map(h264.begins_picture, slices)) != 1 or not h264.begins_picture(slices[0]):
            return "a packet does not hold one whole picture"
        return None

    def _take(self, packet: av.Packet[VideoStream], first_slice: bytes) -> None:
        found = self._found
        assert packet.pts is not None and found.sequence is not None  # noqa: PT018, S101
        found.stamps.append(packet.pts)
        found.referenced.append(1 if first_slice[0] & 0x60 else 0)
        self._orders.append(self._order(first_slice, found.sequence))
        self._newest = max(self._newest, (packet.pts, packet.duration or 0))
        if self._first_packets is not None and len(found.stamps) == 1:
            self._first_packets.append(packet)

    def _order(self, first_slice: bytes, sequence: SequenceSet) -> int:
        """The picture order count (clause 8.2.1.1), or the number in decoding order."""
        head = h264.slice_head(first_slice, sequence)
        if head.picture_set not in self._found.picture_sets:
            raise ValueError("a slice without its parameter set")
        if sequence.order_type == 2:
            return len(self._orders)
        if first_slice[0] & 31 == h264.IDR_SLICE:
            self._previous_order = 0
        span = 1 << sequence.order_bits
        previous_low = self._previous_order % span
        order = self._previous_order - previous_low + head.order_low_bits
        if head.order_low_bits < previous_low and previous_low - head.order_low_bits >= span // 2:
            order += span
        elif head.order_low_bits > previous_low and head.order_low_bits - previous_low > span // 2:
            order -= span
        if first_slice[0] & 0x60:
            self._previous_order = order
        return order

    def _end_group(self) -> str | None:
        """Checks that the times of a finished group follow the order of its pictures."""
        found, start = self._found, self._group_start
        end = len(found.stamps)
        stamps = found.stamps[start:end]
        by_time = sorted(range(end - start), key=stamps.__getitem__)
        times = array("q", (stamps[number] for number in by_time))
        orders = [self._orders[number] for number in by_time]
        if not all(map(int.__lt__, orders, orders[1:])):
            return "the times of its frames do not follow the order of its pictures"
        if not all(map(int.__lt__, times, times[1:])):
            return "two of its frames have the same time"
        if by_time[0] != 0 or (found.shown and times[0] <= found.shown[-1]):
            return "frames come before the key frame that they hang on, or its clock runs backward"
        line = [*found.shown[-1:], *times]
        leaps = (after - before for before, after in pairwise(line))
        if max(leaps, default=0) * found.time_base >= self._leap_seconds:
            return f"its clock leaps by {self._leap_seconds} s or more"
        early = max(place - rank for rank, place in enumerate(by_time))
        found.reordered_frames = max(found.reordered_frames, early)
        found.shown.extend(times)
        found.groups.append(Group(start, end))
        self._group_start, self._orders = end, []
        return None

    def _decode_first(self) -> str | None:
        frames = list(_decoded(self._first_packets or [], self._video))
        if not frames or frames[0].is_corrupt:
            return "its first frame cannot be decoded"
        frame = frames[0]
        self._found.width, self._found.height = frame.width, frame.height
        return frame_refusal(frame)

    def _settle(self) -> str | None:
        found, sequence = self._found, self._found.sequence
        declared = sequence.reordered_frames if sequence else None
        if declared is not None and declared < found.reordered_frames:
            return "it reorders more frames than it declares"
        step = 1 / (found.declared_fps or FALLBACK_FPS)
        if len(found.shown) > 1:
            step = (found.shown[-1] - found.shown[-2]) * found.time_base
        found.last_duration = self._newest[1] or max(1, round(step / found.time_base))
        return None


def _decoded(packets: list[av.Packet[VideoStream]], video: VideoStream) -> Iterator[av.VideoFrame]:
    try:
        for packet in packets:
            yield from packet.decode()
        yield from video.decode(None)
    except av.error.FFmpegError:
        return
