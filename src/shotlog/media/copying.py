"""Cuts H.264 without encoding it anew: groups of pictures are copied, and only the frames between
a cut and the next key frame are encoded, with parameters that join (docs/decisions/0004).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Self

import av
from av.stream import Stream

from shotlog.errors import DamagedVideoError
from shotlog.media import h264
from shotlog.media.copied_sound import ClipSound, SoundTape, survey_sound
from shotlog.media.copy_plan import Cut, Share
from shotlog.media.copy_writer import HEAD_PRESET, HEAD_QP, CopyWriter, Joint
from shotlog.media.keyframes import Group, Survey
from shotlog.media.reading import Picture, Reader
from shotlog.records import ClipFile, Resolution, Span
from shotlog.segments import RateCap, clip_name, fitted_size

MOST_ENCODED = Fraction(3, 4)
"""A larger share of frames to encode is not worth the second way of cutting: at this one it still
takes less than a third of the time."""
COPIER_VERSION = f"copy libx264 {HEAD_PRESET} qp{HEAD_QP} 2"
"""Part of a clip's key where it is cut by copying."""
MOST_AHEAD = 100
"""Packets read whose frames are not there yet, at most: a decoder holds back 16, and one a thread.
Those of clips that wait for a frame are kept in memory."""
_KEPT_UNITS = frozenset((h264.SLICE, h264.IDR_SLICE, h264.SEI))


def refusal(
    found: Survey, spans: Sequence[Span], max_resolution: Resolution, max_fps: Fraction
) -> str | None:
    """Why a surveyed file cannot be cut in these spans by copying; None when it can."""
    if found.refusal:
        return found.refusal
    if found.free_set_number is None:
        return "its parameter sets leave no number free for another"
    size = (found.width, found.height)
    if fitted_size(*size, max_resolution) != size:
        return f"its picture is larger than {max_resolution}"
    counts = [0, 0]
    for span in spans:
        cut = Cut.of(found, span)
        if not _keeps_every_frame(found, cut, max_fps):
            return f"it has more than {float(max_fps):g} frames a second"
        counts[0] += cut.frame_count
        counts[1] += sum(map(len, cut.encoded(found)))
    if counts[1] > counts[0] * MOST_ENCODED:
        share = round(100 * counts[1] / counts[0])
        return f"{found.far_apart}: {share} % of frames had to be encoded anew"
    return None


def _keeps_every_frame(found: Survey, cut: Cut, max_fps: Fraction) -> bool:
    cap = RateCap(max_fps, found.declared_fps)
    zero = found.shown[cut.first] if cut.frame_count else 0
    stamps = found.shown[cut.first : cut.end]
    return all(cap.keeps((stamp - zero) * found.time_base) for stamp in stamps)


def copy_clips(found: Survey, spans: Sequence[Span], folder: Path) -> tuple[ClipFile, ...]:
    """Decodes a surveyed file for nothing but its clips; see :class:`Copier`."""
    with Copier(found, spans, folder) as copier:
        with Reader(found.path, on_packet=copier.add_packet) as reader:
            for frame in reader.frames():
                if isinstance(frame, Picture):
                    copier.add_picture(frame)
        return copier.finish()


class Copier:
    """Writes the clip of every span to ``folder`` while a file is read and decoded.

    Listens to both: packets are copied, and frames that no clip can copy are encoded. ``spans``
    are final, in rising order of their starts, and may overlap; a span without a frame gives no
    clip. A context manager; leaving it before :meth:`finish` is done leaves no clip behind.
    Anything that is not as it was surveyed raises DamagedVideoError.
    """

    def __init__(self, found: Survey, spans: Sequence[Span], folder: Path) -> None:
        self._found, self._folder = found, folder
        cuts = [cut for span in spans if (cut := Cut.of(found, span)).frame_count]
        self._waiting = list(reversed(cuts))
        self._open: list[CopyWriter] = []
        self._done: list[ClipFile] = []
        self._groups = iter(found.groups)
        self._group = Group(0, 0)
        self._shares: list[tuple[CopyWriter, Share]] = []
        self._packet_count = self._picture_count = 0
        folder.mkdir(parents=True, exist_ok=True)
        zero = found.zero * found.time_base
        with ExitStack() as stack:
            self._video = stack.enter_context(Reader(found.path)).video
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
        for clip in self._done:
            (self._folder / clip.file).unlink()

    def add_packet(self, packet: av.Packet[Stream]) -> None:
        """Takes the next packet of the picture, with the time stamp that the file gives it."""
        found, number = self._found, self._packet_count
        if number >= len(found.stamps) or packet.pts != found.stamps[number]:
            raise DamagedVideoError(
                "The file reads otherwise than a moment before.",
                hint="Check that nothing else writes to it.",
            )
        if number - self._picture_count >= MOST_AHEAD:
            raise DamagedVideoError(
                f"The decoder gave no frame for {MOST_AHEAD} packets.",
                hint="The file is damaged; upload it again.",
            )
        self._packet_count += 1
        if number == self._group.end:
            self._begin_group(next(self._groups))
        stamp = found.stamps[number]
        takers = [writer for writer, share in self._shares if stamp < share.copied_before]
        if takers:
            sample = self._sample(packet)
            for writer in takers:
                writer.copy(stamp, sample, key=number == self._group.first)
        if number == self._group.end - 1:
            self._take_sound()

    def add_picture(self, picture: Picture) -> None:
        """Takes the next frame decoded; its packet has been taken before."""
        number, shown = self._picture_count, self._found.shown
        if number >= len(shown) or picture.frame.pts != shown[number]:
            raise DamagedVideoError(
                "The decoder shows other frames than the packets tell of.",
                hint="The file is damaged; upload it again.",
            )
        self._picture_count += 1
        for writer in self._open:
            writer.show(picture.frame, number)
        self._end_complete()

    def finish(self) -> tuple[ClipFile, ...]:
        """Ends the last clips; all are there now, with files relative to the folder."""
        self._end_complete()
        if self._open or self._picture_count != len(self._found.shown):
            raise DamagedVideoError(
                f"{self._picture_count} of {len(self._found.shown)} frames could be decoded.",
                hint="The file is damaged; upload it again.",
            )
        done, self._done = self._done, []
        return tuple(done)

    def _begin_group(self, group: Group) -> None:
        self._group = group
        while self._waiting and self._waiting[-1].first < group.end:
            self._open.append(self._opened(self._waiting.pop()))
        self._shares = [(writer, writer.cut.share(self._found, group)) for writer in self._open]

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

    def _end_complete(self) -> None:
        for writer in [each for each in self._open if each.complete]:
            self._done.append(writer.finish())
            self._open.remove(writer)

    def _sample(self, packet: av.Packet[Stream]) -> bytes:
        """The picture as an MP4 takes it, without parameter sets: those stand in the header."""
        units = self._found.configuration.split(bytes(packet))
        return h264.sample_of([unit for unit in units if unit[0] & 31 in _KEPT_UNITS])

    def _take_sound(self) -> None:
        """Takes the sound up to the end of the group that was read last."""
        if self._tape is None:
            return
        last = self._found.shown[self._group.end - 1]
        until = int(self._found.seconds(last) * self._tape.form.rate_hz)
        for writer in self._open:
            if writer.sound is not None:
                writer.sound.write(until)
        self._tape.forget(until)
