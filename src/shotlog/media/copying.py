"""Cuts H.264 without encoding it anew: groups of pictures are copied, and only the frames between
a cut and the next key frame are encoded, with parameters that join (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from av.video.stream import VideoStream

from shotlog.errors import DamagedVideoError
from shotlog.media import h264
from shotlog.media.copied_sound import ClipSound, SoundTape, survey_sound
from shotlog.media.copy_plan import Cut, Share
from shotlog.media.copy_writer import HEAD_PRESET, HEAD_QP, CopyWriter, Joint
from shotlog.media.heartbeat import Heart
from shotlog.media.keyframes import Group, Survey, only, packets_of, survey
from shotlog.media.reading import Reader
from shotlog.records import ClipFile, Resolution, Span
from shotlog.segments import RateCap, clip_name, fitted_size

MOST_ENCODED = Fraction(1, 2)
"""A larger share of frames to encode is not worth the second way of cutting."""
COPIER_VERSION = f"copy libx264 {HEAD_PRESET} qp{HEAD_QP} 1"
"""Part of a clip's key where it is cut by copying."""
_KEPT_UNITS = frozenset((h264.SLICE, h264.IDR_SLICE, h264.SEI))


def copyable(
    path: Path, spans: Sequence[Span], max_resolution: Resolution, max_fps: Fraction
) -> str | None:
    """Why a file cannot be cut in these spans by copying; None when it can.

    Raises NotVideoError or DamagedVideoError when there is no picture that can be read.
    """
    return refusal(survey(path), spans, max_resolution, max_fps)


def refusal(
    found: Survey, spans: Sequence[Span], max_resolution: Resolution, max_fps: Fraction
) -> str | None:
    """Why a surveyed file cannot be cut in these spans by copying; None when it can."""
    if found.refusal:
        return found.refusal
    size = (found.width, found.height)
    if fitted_size(*size, max_resolution) != size:
        return f"its picture is larger than {max_resolution}"
    counts = [0, 0]
    for span in spans:
        cut = Cut.of(found, span)
        if not _keeps_every_frame(found, cut, max_fps):
            return f"it has more than {float(max_fps):g} frames a second"
        counts[0] += cut.frame_count
        counts[1] += cut.encoded_frames(found)
    if counts[1] > counts[0] * MOST_ENCODED:
        share = round(100 * counts[1] / counts[0])
        return f"{found.far_apart}: {share} % of frames had to be encoded anew"
    return None


def _keeps_every_frame(found: Survey, cut: Cut, max_fps: Fraction) -> bool:
    cap = RateCap(max_fps, found.declared_fps)
    zero = found.shown[cut.first] if cut.frame_count else 0
    stamps = found.shown[cut.first : cut.end]
    return all(cap.keeps((stamp - zero) * found.time_base) for stamp in stamps)


def copy_clips(
    found: Survey, spans: Sequence[Span], folder: Path, *, heartbeat: Path | None = None
) -> tuple[ClipFile, ...]:
    """Writes the clip of every span to ``folder``, in one pass; ``file`` is relative to it.

    ``spans`` are final, in rising order of their starts, and may overlap. A span without a frame
    gives no clip. Raises DamagedVideoError when a frame that must be encoded cannot be decoded,
    and leaves nothing unfinished behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _Pass(found, folder, Heart(heartbeat)) as under_way:
        return under_way.run([cut for span in spans if (cut := Cut.of(found, span)).frame_count])


class _Pass:
    """One pass over a file for all its clips. A context manager."""

    def __init__(self, found: Survey, folder: Path, heart: Heart) -> None:
        self._found, self._folder, self._heart = found, folder, heart
        self._open: list[CopyWriter] = []
        zero = found.zero * found.time_base
        with ExitStack() as stack:
            self._video = stack.enter_context(Reader(found.path)).video
            only(self._video)
            self._joint = Joint(found, self._video)
            sound = survey_sound(found.path, zero)
            self._tape = None
            if sound is not None:
                self._tape = stack.enter_context(SoundTape(found.path, zero, sound))
            stack.callback(self._discard)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()

    def _discard(self) -> None:
        for writer in self._open:
            writer.discard()
        self._open.clear()

    def run(self, cuts: list[Cut]) -> tuple[ClipFile, ...]:
        found, done = self._found, list[ClipFile]()
        waiting = list(reversed(cuts))
        packets = packets_of(self._video)
        for group in found.groups:
            while waiting and waiting[-1].first < group.end:
                self._open.append(self._opened(waiting.pop()))
            self._take(group, packets)
            self._take_sound(group)
            for writer in [each for each in self._open if each.cut.end <= group.end]:
                done.append(writer.finish())
                self._open.remove(writer)
            end = found.seconds(found.shown[group.end - 1])
            self._heart.beat(float(end), len(done))
            if not self._open and not waiting:
                break
        return tuple(done)

    def _opened(self, cut: Cut) -> CopyWriter:
        found = self._found
        path = self._folder / f"{clip_name(cut.span.index)}.mp4"
        writer = CopyWriter(found, cut, self._joint, self._video, path)
        if self._tape is not None:
            rate = self._tape.form.rate_hz
            start = round(found.seconds(found.shown[cut.first]) * rate)
            end = round(min(cut.span.end, found.picture_end) * rate)
            if self._tape.sounds_between(start, end):
                writer.sound = ClipSound(self._tape, writer.output, start, end)
        return writer

    def _take(self, group: Group, packets: Iterator[av.Packet[VideoStream]]) -> None:
        """Hands one group of pictures to the open clips."""
        found = self._found
        shares = [(writer, writer.cut.share(found, group)) for writer in self._open]
        decoded = _to_decode(found, group, [share for _, share in shares])
        for number in range(group.first, group.end):
            packet, stamp = next(packets, None), found.stamps[number]
            if packet is None or packet.pts != stamp:
                raise DamagedVideoError(
                    "The file reads otherwise than a moment before.",
                    hint="Check that nothing else writes to it.",
                )
            takers = [writer for writer, share in shares if stamp < share.copied_before]
            if takers:
                sample = self._sample(packet)
                for writer in takers:
                    writer.copy(stamp, sample, key=number == group.first)
            if number in decoded:
                self._encode(shares, packet)
        if decoded:
            self._encode(shares, None)
            self._video.codec_context.flush_buffers()
        for writer, _ in shares:
            writer.end_encoding()

    def _sample(self, packet: av.Packet[VideoStream]) -> bytes:
        """The picture as an MP4 takes it, without parameter sets: those stand in the header."""
        units = self._found.configuration.split(bytes(packet))
        return h264.sample_of([unit for unit in units if unit[0] & 31 in _KEPT_UNITS])

    def _encode(
        self, shares: list[tuple[CopyWriter, Share]], packet: av.Packet[VideoStream] | None
    ) -> None:
        try:
            frames = packet.decode() if packet is not None else self._video.decode(None)
        except av.error.FFmpegError as error:
            raise DamagedVideoError(
                "A frame at a cut cannot be decoded.", hint="The file is damaged; upload it again."
            ) from error
        for frame in frames:
            stamp = frame.pts if frame.pts is not None else -1
            for writer, share in shares:
                if share.encoded_from <= stamp < share.encoded_until:
                    writer.encode(frame, stamp)

    def _take_sound(self, group: Group) -> None:
        if self._tape is None:
            return
        until = int(self._found.seconds(self._found.shown[group.end - 1]) * self._tape.form.rate_hz)
        for writer in self._open:
            if writer.sound is not None:
                writer.sound.write(until)
        self._tape.forget(until)


def _to_decode(found: Survey, group: Group, shares: list[Share]) -> set[int]:
    """Numbers of the packets of a group that must be decoded to have the frames to encode.

    What nothing refers to is decoded only where it is wanted itself.
    """
    wanted = {
        number
        for number in range(group.first, group.end)
        for share in shares
        if share.encoded_from <= found.stamps[number] < share.encoded_until
    }
    if not wanted:
        return set()
    before = range(group.first, max(wanted))
    return wanted | {number for number in before if found.referenced[number]}
