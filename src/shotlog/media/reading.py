"""Opens a file, chooses its streams, and hands out its frames, each with its exact time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
from av.audio.stream import AudioStream
from av.stream import Stream
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from shotlog.errors import DamagedVideoError, MediaError, NotVideoError
from shotlog.media.clock import Clock
from shotlog.media.damage import Damage
from shotlog.media.decoders import alpha_decoder, decodes_exactly, open_on_gpu
from shotlog.media.memory import SPARE_BYTES, memory_is_short

log = logging.getLogger("shotlog.media")

FALLBACK_FPS = Fraction(25)
"""Taken for the length of a lone frame when a file names no rate."""

MOST_PIXELS = 16384 * 8192
"""A larger picture is not decoded: a file of few bytes could fill the machine's memory."""

MOST_BYTES_A_PIXEL = 4
"""Of the formats that are usual in videos."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded frame."""

    frame: av.VideoFrame
    time: Fraction
    """Seconds from the first frame shown."""
    duration: Fraction | None
    """As the file declares it; None when it does not."""


class Reader:
    """A video file, open for one pass. A context manager.

    Raises NotVideoError or DamagedVideoError when there is no picture in it that can be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        gpu: bool = False,
        on_packet: Callable[[av.Packet[Stream]], None] | None = None,
    ) -> None:
        """With ``gpu``, an NVIDIA GPU decodes what it decodes exactly, and raises
        MediaProcessError where it is gone. ``on_packet`` is shown every packet of the picture, as
        the file has it, before it is decoded.
        """
        self.path, self._on_packet = path, on_packet
        self.damage = Damage()
        self.first_frame_seconds: Fraction | None = None
        self.read_until = Fraction(0)
        """Where the last of all tracks ends, on the file's own clock, as far as it was read."""
        self._container = _open(path)
        try:
            self.video = main_video(self._container, path.name)
            self.audio = _main_audio(self._container)
            _check_size(self.video)
        except MediaError:
            self._container.close()
            raise
        self._alpha = alpha_decoder(self.video, threads=threads)
        self._stored: VideoFormat | None = None
        if gpu and self._alpha is None and decodes_exactly(self.video):
            self._move_to_gpu()
        self._frame_seconds = 1 / (self.declared_fps or FALLBACK_FPS)
        context = self.video.codec_context
        context.options["max_pixels"] = str(MOST_PIXELS)
        context.thread_count = threads
        only_one = threads == 1 or self._stored is not None or self._alpha is not None
        context.thread_type = "NONE" if only_one else "AUTO"

    def _move_to_gpu(self) -> None:
        """Opens the file anew: a container decides on its decoders as it is opened."""
        self._stored = self.video.format
        self._container.close()
        self._container = open_on_gpu(self.path)
        self.video = main_video(self._container, self.path.name)
        self.audio = _main_audio(self._container)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    @property
    def container_name(self) -> str:
        return str(self._container.format.name)

    @property
    def clock_may_restart(self) -> bool:
        """Whether the format allows it, as MPEG transport streams do."""
        return bool(self._container.format.flags & _MAY_RESTART)

    @property
    def declared_fps(self) -> Fraction | None:
        return self.video.average_rate or self.video.guessed_rate or self.video.base_rate

    @property
    def declared_seconds(self) -> Fraction | None:
        if self.video.duration is not None and self.video.time_base is not None:
            return Fraction(self.video.duration * self.video.time_base)
        if self._container.duration is not None:
            return Fraction(self._container.duration, av.time_base)
        return None

    @property
    def declares_file_alone(self) -> bool:
        """Whether a length is declared of the file, and none of its picture."""
        return self.video.duration is None or self.container_name in _ONE_LENGTH

    @property
    def file_seconds(self) -> Fraction:
        """How long the file is, as its length is declared: Matroska counts from 0 on its clock,
        others from where the file begins.
        """
        start = self._container.start_time
        if start is None or "matroska" in self.container_name:
            return self.read_until
        return self.read_until - Fraction(start, av.time_base)

    @property
    def rotate_tag(self) -> str | None:
        """The turn that the picture's metadata ask for."""
        tags = {key.lower(): value for key, value in self.video.metadata.items()}
        return tags.get("rotate")

    def sounds(self) -> Iterator[av.AudioFrame]:
        """Every frame of the sound; no picture is decoded, and its packets may be discarded."""
        for frame in self._decoded([] if self.audio is None else [self.audio]):
            if isinstance(frame, av.AudioFrame):
                yield frame

    def stored_format(self, frame: av.VideoFrame) -> str:
        """The name of the file's pixel format; a GPU hands out layouts of its own."""
        return self._stored.name if self._stored else frame.format.name

    def is_cropped_otherwise(self, frame: av.VideoFrame) -> bool:
        """Whether a GPU gave more of the picture than is to be shown: it cuts off nothing at the
        left and at the top.
        """
        stored = self._stored
        return stored is not None and (frame.width, frame.height) != (stored.width, stored.height)

    def frames(self) -> Iterator[Picture | av.AudioFrame]:
        """Every frame of picture and sound as the file holds them; pictures in rising time.

        Damaged packets are left out and counted in :attr:`damage`.
        """
        streams = [each for each in (self.video, self.audio) if each is not None]
        last: Fraction | None = None
        for frame in self._decoded(streams):
            if isinstance(frame, av.AudioFrame):
                yield frame
                continue
            picture = self._timed(frame, last)
            if picture is None:
                self.damage.frames_out_of_order += 1
                continue
            if last is not None:
                self.damage.note_step(picture.time - last, self._frame_seconds)
            last = picture.time
            self.damage.frames_with_errors += frame.is_corrupt
            yield picture

    def _timed(self, frame: av.VideoFrame, last: Fraction | None) -> Picture | None:
        base = frame.time_base or self.video.time_base
        ticks = frame.pts if frame.pts is not None else frame.dts
        length = frame.duration * base if frame.duration and base else None
        if ticks is None or base is None:
            seconds = Fraction(0) if last is None else last + (length or self._frame_seconds)
            if self.first_frame_seconds is None:
                self.first_frame_seconds = Fraction(0)
            return Picture(frame, seconds, length)
        if self.first_frame_seconds is None:
            self.first_frame_seconds = Fraction(ticks * base)
        seconds = ticks * base - self.first_frame_seconds
        if last is not None and seconds <= last:
            return None
        return Picture(frame, seconds, length)

    def _decoded(
        self, streams: list[VideoStream | AudioStream]
    ) -> Iterator[av.VideoFrame | av.AudioFrame]:
        packets = self._container.demux()
        chosen = {each.index for each in streams}
        timed = {each.index for each in (self.video, self.audio) if each is not None}
        clock = Clock(may_restart=self.clock_may_restart)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, IndexError):
                # PyAV stumbles, at the very end, over streams that damage seems to begin midway.
                return
            except av.error.FFmpegError as error:
                # a damaged index may name a packet that no memory holds
                if memory_is_short(SPARE_BYTES + self._frame_bytes):
                    raise MemoryError from error
                self.damage.breaks_off = True
                log.debug("%s: reading broke off: %s", self.path.name, type(error).__name__)
                self.damage.notes.append("reading broke off before the end of the file")
                yield from self._drained(streams)
                return
            if "matroska" in self.container_name:
                self.damage.note_place(packet)
            # the last packet of a stream, which empties its decoder, has no number of its own
            index = packet.stream.index
            if self._on_packet and packet.size and index == self.video.index:
                self._on_packet(packet)
            if index in chosen:
                self.damage.packets_in_part += packet.is_corrupt
            if index in timed:
                clock.mend(packet)
            self._note_end(packet)
            if index in chosen:
                yield from self._unpacked(packet)

    def _note_end(self, packet: av.Packet[Stream]) -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            self.read_until = max(self.read_until, end)

    def _unpacked(self, packet: av.Packet[Stream]) -> Iterator[av.VideoFrame | av.AudioFrame]:
        try:
            for frame in self._frames_of(packet):
                if isinstance(frame, av.VideoFrame | av.AudioFrame):
                    yield frame
        except av.error.FFmpegError as error:
            self._raise_if_memory_is_short(error)
            self.damage.packets += 1

    def _frames_of(self, packet: av.Packet[Stream]) -> Sequence[object]:
        """By the streams chosen: damage makes a packet's own stream one of no kind."""
        if packet.stream.index == self.video.index:
            pictured = cast("av.Packet[VideoStream]", packet)
            return self._alpha.decode(pictured) if self._alpha else self.video.decode(pictured)
        assert self.audio is not None  # noqa: S101
        return self.audio.decode(cast("av.Packet[AudioStream]", packet))

    def _drained(
        self, streams: list[VideoStream | AudioStream]
    ) -> Iterator[av.VideoFrame | av.AudioFrame]:
        for stream in streams:
            try:
                own = self._alpha if stream is self.video else None
                yield from own.decode(None) if own else stream.decode(None)
            except av.error.FFmpegError as error:
                self._raise_if_memory_is_short(error)
                self.damage.packets += 1

    def _raise_if_memory_is_short(self, error: av.error.FFmpegError) -> None:
        """Lest the file be called damaged."""
        if isinstance(error, MemoryError) or memory_is_short(SPARE_BYTES + self._frame_bytes):
            raise MemoryError from error

    @property
    def _frame_bytes(self) -> int:
        return self.video.width * self.video.height * MOST_BYTES_A_PIXEL


_LISTS_OF_FILES = frozenset(("concat", "dash", "hls", "imf"))
"""Formats that make FFmpeg read other files: what is scanned would not be the file that was asked
for, and its size, time and key would be those of a page of text.
"""

_ONE_LENGTH = frozenset(("asf", "flv", "matroska,webm"))
"""Formats without a length for each track; FFmpeg may give a track the file's."""

_MAY_RESTART = 0x200
"""AVFMT_TS_DISCONT of libavformat/avformat.h."""


def _open(path: Path) -> av.container.InputContainer:
    size = path.stat().st_size
    if size == 0:
        raise NotVideoError(
            f"{path.name} holds 0 bytes; a video holds some.", hint="Upload it again."
        )
    try:
        container = av.open(str(path), "r", metadata_errors="replace")
    except av.error.FFmpegError as error:
        if memory_is_short():
            raise MemoryError from error
        if _starts_like_mp4(path):
            raise DamagedVideoError(
                f"{size:,} bytes that start as an MP4, but its index (moov) is missing or damaged.",
                hint="The upload or the recording broke off; upload it again.",
            ) from error
        raise NotVideoError(
            f"{size:,} bytes in no video format that can be read.",
            hint="Check that the address answers with the video itself.",
        ) from error
    if container.format.name in _LISTS_OF_FILES:
        container.close()
        raise NotVideoError(
            f"{size} bytes that name other files ({container.format.name}), and no video.",
            hint="List the videos themselves.",
        )
    return container


def _starts_like_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")


def main_video(container: av.container.InputContainer, name: str) -> VideoStream:
    """The picture: the largest video stream that is no cover art."""
    pictures = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
        and stream.codec_context is not None
    ]
    if not pictures:
        kinds = sorted({str(stream.type) for stream in container.streams}) or ["nothing"]
        raise NotVideoError(
            f"{name} holds {', '.join(kinds)} and no moving picture.",
            hint="Leave it out of the listing, or check that it is the right file.",
        )
    return max(pictures, key=lambda stream: stream.width * stream.height)


def _check_size(video: VideoStream) -> None:
    width, height = video.width, video.height
    if width * height > MOST_PIXELS:
        raise MediaError(
            f"Its picture has {width}x{height} pixels; at most {MOST_PIXELS} are decoded.",
            hint="Make it smaller first, or leave it out of the listing.",
        )


def _main_audio(container: av.container.InputContainer) -> AudioStream | None:
    """The sound: the default track, else the first that has a decoder."""
    usable = [
        stream
        for stream in container.streams.audio
        if stream.codec_context is not None and stream.sample_rate
    ]
    default = [each for each in usable if each.disposition & av.stream.Disposition.default]
    return next(iter(default or usable), None)
