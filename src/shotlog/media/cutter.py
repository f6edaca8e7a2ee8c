"""Hands every frame to the clips it belongs to, and opens and ends them as time goes by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from shotlog.media.clips import ClipForm, ClipWriter
from shotlog.media.jpegs import FrameWriter, JpegEncoder, write_jpeg
from shotlog.media.measuring import Look
from shotlog.media.reading import Picture
from shotlog.media.scaling import Scaler
from shotlog.media.sound import Sound
from shotlog.records import Clip, Span
from shotlog.sameness import fingerprint
from shotlog.segments import RateCap, Sampler, Spans, clip_name
from shotlog.splitting import ScenePlan

SOUND_LAG_SECONDS = Fraction(5)
"""How far the picture may run ahead before a clip stops waiting for the rest of its sound."""

SOUND_AHEAD_SECONDS = 60
"""How much sound ahead of the picture is kept for clips to come. Where more of it comes the picture
stands still, maybe for hours, and what was first belongs to the clip that is open."""


@dataclass(frozen=True, slots=True)
class ClipsWanted:
    """How the clip files are made."""

    scaler: Scaler
    form: ClipForm
    max_fps: Fraction
    declared_fps: Fraction | None


@dataclass(frozen=True, slots=True)
class FramesWanted:
    """How the model's frames are made."""

    scaler: Scaler
    encoder: JpegEncoder
    width: int
    height: int
    fps: Fraction


class _Renderings:
    """What is made of one frame, each made once, however many clips overlap there."""

    def __init__(self, picture: Picture, time_base: Fraction) -> None:
        self._picture, self._time_base = picture, time_base
        self._scaled: av.VideoFrame | None = None
        self._jpeg: bytes | None = None

    def scaled(self, wanted: ClipsWanted) -> av.VideoFrame:
        if self._scaled is None:
            self._scaled = wanted.scaler.scale(self._picture.frame, self._time_base)
        return self._scaled

    def jpeg(self, wanted: FramesWanted) -> bytes:
        if self._jpeg is None:
            scaled = wanted.scaler.scale(self._picture.frame, self._time_base)
            self._jpeg = wanted.encoder.encode(scaled)
        return self._jpeg


@dataclass
class _OpenClip:
    span: Span
    zero: Fraction
    cap: RateCap | None
    writer: ClipWriter | None
    sampler: Sampler | None
    frames: FrameWriter | None
    best: Look | None = None
    cells: list[bytes] = field(default_factory=list)


class Cutter:
    """All clips of one video on their way to disk, under ``clips``, ``frames`` and ``thumbs``.

    A context manager; leaving it by an error leaves no unfinished file behind. ``done`` holds the
    finished clips in order, with paths relative to ``folder``.
    """

    def __init__(
        self,
        folder: Path,
        spans: Spans,
        time_base: Fraction,
        *,
        clips: ClipsWanted | None,
        frames: FramesWanted | None,
        has_sound: bool,
    ) -> None:
        self._folder, self._spans, self._time_base = folder, spans, time_base
        self._clips, self._frames, self._has_sound = clips, frames, has_sound
        self._open: list[_OpenClip] = []
        self._next_index = 1
        self._plan = spans if isinstance(spans, ScenePlan) else None
        self._early_sound: deque[tuple[Sound, int]] = deque()
        self._recent_sound: deque[Sound] = deque()
        self._sound_end = Fraction(0)
        self.done: list[Clip] = []
        wanted = (("clips", clips), ("frames", frames), ("thumbs", True))
        for name in (name for name, asked in wanted if asked):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for clip in self._open:
            _discard(clip)
        self._open.clear()

    def add_picture(self, picture: Picture, look: Look | None) -> None:
        """Takes the next picture, in rising order of time; ``look`` is given of those measured."""
        self._revise_ends()
        self._begin(picture.time)
        self._hand_on_sound(picture.time)
        renderings = _Renderings(picture, self._time_base)
        for clip in self._open:
            self._feed(clip, picture.time, renderings, look)
        self._end_settled(picture.time)
        self._forget_sound(picture.time)

    def add_sound(self, sound: Sound, rate_hz: int) -> None:
        """Takes the next piece of sound; it may come before its picture or after it."""
        if self._plan is None:
            self._take_sound(sound, rate_hz)
            return
        self._early_sound.append((sound, rate_hz))
        while self._early_sound[0][0].end < sound.end - SOUND_AHEAD_SECONDS * rate_hz:
            self._take_sound(*self._early_sound.popleft())

    def _take_sound(self, sound: Sound, rate_hz: int) -> None:
        self._recent_sound.append(sound)
        while self._recent_sound[0].end < sound.end - SOUND_AHEAD_SECONDS * rate_hz:
            self._recent_sound.popleft()
        self._sound_end = Fraction(sound.end, rate_hz)
        for clip in self._open:
            if clip.writer is not None:
                clip.writer.add_sound(sound)

    def finish(self, picture_end: Fraction) -> None:
        """Ends the last clips where the picture ends; drops those that the tail rule drops."""
        self._hand_on_sound(None)
        last = self._spans.last_index(picture_end)
        for clip in self._open:
            if clip.span.index > last:
                _discard(clip)
            else:
                self._end(clip, self._spans.true_end(clip.span, picture_end))
        self._open.clear()

    def _revise_ends(self) -> None:
        """Where clips follow scenes, a clip's end is known no sooner than the next one begins."""
        if self._plan is None:
            return
        for clip in self._open:
            span = self._plan.span(clip.span.index)
            if span is not None and span.end != clip.span.end:
                clip.span = span
                if clip.writer is not None:
                    clip.writer.end_at(span)

    def _hand_on_sound(self, time: Fraction | None) -> None:
        """Hands on the sound before ``time``, or all: what comes later may be another clip's."""
        while self._early_sound:
            sound, rate_hz = self._early_sound[0]
            if time is not None and sound.end > time * rate_hz:
                return
            self._early_sound.popleft()
            self._take_sound(sound, rate_hz)

    def _begin(self, time: Fraction) -> None:
        while (span := self._spans.span(self._next_index)) is not None and span.start <= time:
            self._next_index += 1
            if time < span.end:
                self._open.append(self._opened(span, time))

    def _opened(self, span: Span, zero: Fraction) -> _OpenClip:
        name = clip_name(span.index)
        clips, frames = self._clips, self._frames
        clip = _OpenClip(span, zero, None, None, None, None)
        if clips is not None:
            clip.cap = RateCap(clips.max_fps, clips.declared_fps)
            path = self._folder / "clips" / f"{name}.mp4"
            clip.writer = ClipWriter(path, span, zero, clips.form)
            for sound in self._recent_sound:
                clip.writer.add_sound(sound)
        if frames is not None:
            path = self._folder / "frames" / f"{name}.mjpeg"
            clip.sampler = Sampler(frames.fps)
            clip.frames = FrameWriter(path, frames.width, frames.height)
        return clip

    def _feed(
        self, clip: _OpenClip, time: Fraction, renderings: _Renderings, look: Look | None
    ) -> None:
        since = time - clip.zero
        if clip.writer and clip.cap and self._clips and clip.cap.keeps(since):
            clip.writer.add_picture(renderings.scaled(self._clips), time)
        if clip.frames and clip.sampler and self._frames and clip.sampler.takes(since):
            clip.frames.add(renderings.jpeg(self._frames), since)
        if look is None or time >= clip.span.end:
            return
        clip.cells.append(look.cells)
        if clip.best is None or look.showiness > clip.best.showiness:
            clip.best = look

    def _end_settled(self, time: Fraction) -> None:
        for clip in list(self._open):
            end = clip.span.end
            if not self._spans.settles(clip.span, time):
                continue
            if self._has_sound and self._sound_end < end and time < end + SOUND_LAG_SECONDS:
                continue
            self._open.remove(clip)
            self._end(clip, end)

    def _end(self, clip: _OpenClip, end: Fraction) -> None:
        name = clip_name(clip.span.index)
        made = Clip(span=replace(clip.span, end=end), fingerprint=fingerprint(clip.cells))
        if clip.writer is not None:
            video = clip.writer.finish(end)
            made = replace(made, video=replace(video, file=f"clips/{video.file}"))
        if clip.frames is not None:
            frames = clip.frames.finish(end - clip.zero)
            made = replace(made, frames=replace(frames, file=f"frames/{frames.file}"))
        if clip.best is not None:
            write_jpeg(clip.best.picture, self._folder / "thumbs" / f"{name}.jpg")
            made = replace(made, thumb=f"thumbs/{name}.jpg")
        self.done.append(made)

    def _forget_sound(self, time: Fraction) -> None:
        if self._clips is None or self._clips.form.sound is None:
            self._recent_sound.clear()
            return
        sample = int(time * self._clips.form.sound.rate_hz)
        while self._recent_sound and self._recent_sound[0].end <= sample:
            self._recent_sound.popleft()


def _discard(clip: _OpenClip) -> None:
    if clip.writer is not None:
        clip.writer.discard()
