"""The scan: one decode of a file, from which everything about it is made."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorPrimaries, ColorTrc

from shotlog.errors import DamagedVideoError, MediaError
from shotlog.media.clips import ClipForm
from shotlog.media.copying import Copier, refusal
from shotlog.media.cutter import SOUND_AHEAD_SECONDS, ClipsWanted, Cutter, FramesWanted
from shotlog.media.deinterlacing import Deinterlacer, told_by_container
from shotlog.media.detectors import cut_finder
from shotlog.media.heartbeat import Heart
from shotlog.media.jpegs import JpegEncoder
from shotlog.media.keyframes import Survey, survey
from shotlog.media.losses import damage_of
from shotlog.media.measuring import STEP_SECONDS, Looker
from shotlog.media.orientation import orientation_of
from shotlog.media.reading import FALLBACK_FPS, Picture, Reader
from shotlog.media.scaling import Scaler, Target, colour_of, written_colour
from shotlog.media.scene_feed import SceneFeed
from shotlog.media.scenes import SceneScorer
from shotlog.media.sound import EarlySound, LoudnessMeter, Soundtrack
from shotlog.media.speech_audio import SoundWanted, SoundWriter, write_sound
from shotlog.records import (
    AudioFacts,
    Clip,
    Facts,
    Hardware,
    Resolution,
    Sample,
    SceneMethod,
    SceneScore,
    Span,
)
from shotlog.segments import (
    Sampler,
    Spans,
    clip_name,
    displayed_size,
    fitted_size,
    frame_size,
    planned,
)
from shotlog.speech import SoundFile
from shotlog.splitting import SceneCutting, ScenePlan

SCORE_FLOOR = 0.05
"""Scene scores not above this are not kept; a lower threshold lowers it."""

HIGHEST_PLAUSIBLE_FPS = 1000

WIDEST_SAMPLE = 10
"""A sample this many times as wide as high, or the other way round; what is beyond is broken."""


@dataclass(frozen=True, slots=True)
class ClipCaps:
    """The caps of the clip files."""

    max_resolution: Resolution
    max_fps: Fraction


@dataclass(frozen=True, slots=True)
class FrameForm:
    """The frames made for the model."""

    fps: Fraction
    max_pixels: int


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to make of one file. Goes to another process, so it holds plain values only."""

    path: Path
    folder: Path
    """Of the video in the library; ``clips/``, ``frames/`` and ``thumbs/`` are made in it."""
    spans: Spans | SceneCutting
    clips: ClipCaps | None
    frames: FrameForm | None
    score_floor: float = SCORE_FLOOR
    threads: int = 1
    heartbeat: Path | None = None
    scenes: SceneMethod = field(default_factory=SceneMethod)
    sound: SoundWanted | None = None
    """For whoever writes down what is spoken; None where nobody does."""
    known: Facts | None = None
    """What an earlier scan measured, where the sound alone is wanted."""
    hardware: Hardware = "none"


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one decode gave. Paths of clips are relative to the request's folder."""

    facts: Facts
    scores: tuple[SceneScore, ...]
    samples: tuple[Sample, ...]
    clips: tuple[Clip, ...]
    cuts: tuple[Fraction, ...] = ()
    """Where scenes begin, by the method that the request names."""
    sound: SoundFile = field(default_factory=SoundFile)
    """Where it was wanted and there is any."""


def scan(request: ScanRequest) -> ScanResult:
    """Reads the file and makes what the request asks for.

    Everything comes from one decode; clips of a file that allows it are cut from its packets
    instead, without being encoded anew. Raises NotVideoError or DamagedVideoError when no picture
    can be read; a file that breaks off after its first frame gives what came before, and the loss
    stands in ``facts.damage``.
    """
    if request.known is not None and request.sound is not None:
        zero, beats = request.known.first_frame_seconds, request.heartbeat
        sound = write_sound(request.path, request.folder, request.sound, zero, heartbeat=beats)
        return ScanResult(request.known, (), (), (), sound=sound)
    if request.clips is None:
        return _decoded(request)
    if isinstance(request.spans, SceneCutting):
        return _saying(_decoded(request), "clips that follow scenes are known only as they end")
    try:
        found = survey(request.path)
    except MediaError:
        return _decoded(request)
    reason = found.refusal
    spans: tuple[Span, ...] = ()
    if reason is None:
        spans = planned(request.spans, found.picture_end)
        reason = refusal(found, spans, request.clips.max_resolution, request.clips.max_fps)
    if reason is not None:
        return _saying(_decoded(request), reason)
    copied = _copied(request, found, spans)
    return copied or _saying(
        _decoded(request), "it is damaged, or its packets tell of other frames"
    )


def _copied(request: ScanRequest, found: Survey, spans: tuple[Span, ...]) -> ScanResult | None:
    """Makes all from one decode, the clips by copying. None, with nothing of the clips left, when
    the file is damaged or its frames are not those that the survey found.
    """
    try:
        with Copier(found, spans, request.folder / "clips") as copier:
            result = _decoded(replace(request, clips=None), copier)
            if result.facts.damage or not {clip.span for clip in result.clips} <= set(spans):
                return None
            files = copier.finish()
    except DamagedVideoError:
        return None
    by_name = {file.file: replace(file, file=f"clips/{file.file}") for file in files}
    clips = (
        replace(clip, video=by_name.get(f"{clip_name(clip.span.index)}.mp4"))
        for clip in result.clips
    )
    return replace(result, clips=tuple(clips))


def _saying(result: ScanResult, reason: str) -> ScanResult:
    """The result with the reason why its clips were encoded and not copied."""
    clips = (
        replace(clip, video=replace(clip.video, encoded_because=reason)) if clip.video else clip
        for clip in result.clips
    )
    return replace(result, clips=tuple(clips))


def _decoded(request: ScanRequest, copier: Copier | None = None) -> ScanResult:
    """Makes everything from one decode; ``copier`` listens."""
    on_packet = copier.add_packet if copier else None
    gpu = request.hardware != "none"
    with Reader(request.path, threads=request.threads, gpu=gpu, on_packet=on_packet) as reader:
        frames = reader.frames()
        early_sound = EarlySound(SOUND_AHEAD_SECONDS)
        for first in frames:
            if isinstance(first, Picture):
                break
            early_sound.add(first)
        else:
            codec = reader.video.codec_context.codec.canonical_name
            raise DamagedVideoError(
                f"No frame of its {codec} picture can be decoded.",
                hint="The file is damaged; upload it again.",
            )
        if reader.is_cropped_otherwise(first.frame):
            if copier is not None:
                raise DamagedVideoError("A GPU shows more of the picture than is to be seen.")
            return _decoded(replace(request, hardware="none"))
        decode = _Decode(request, reader, first, copier)
        with decode.cutter, decode.sound or nullcontext():
            for sound in early_sound.frames:
                decode.add_sound(sound)
            decode.add_picture(first)
            for frame in frames:
                if isinstance(frame, Picture):
                    decode.add_picture(frame)
                else:
                    decode.add_sound(frame)
            return decode.result()


def scan_all(requests: tuple[ScanRequest, ...]) -> tuple[ScanResult, ...]:
    """The scans of one video that lies in several files, one after the other."""
    return tuple(scan(request) for request in requests)


class _Decode:
    """Everything that listens to one decode."""

    def __init__(
        self, request: ScanRequest, reader: Reader, first: Picture, copier: Copier | None
    ) -> None:
        self._request, self._reader, self._first = request, reader, first
        self._copier = copier
        frame = first.frame
        self._orientation = orientation_of(frame, reader.rotate_tag)
        self._aspect = _sample_aspect_ratio(reader)
        self.width, self.height = displayed_size(
            frame.width, frame.height, self._aspect, self._orientation.rotation_degrees
        )
        time_base = reader.video.time_base or Fraction(1, 90_000)
        self._time_base = time_base
        self._soundtrack = _soundtrack(reader)
        self._loudness = None
        if self._soundtrack is not None:
            self._loudness = LoudnessMeter(self._soundtrack.form.rate_hz, STEP_SECONDS)
        self._scenes = SceneScorer(time_base, request.score_floor)
        self._deinterlacer = Deinterlacer(
            time_base, told=told_by_container(reader.video), threads=request.threads
        )
        self._looker = Looker(self.width, self.height, self._orientation, request.threads)
        self._look_sampler = Sampler(1 / STEP_SECONDS)
        self._samples: list[Sample] = []
        spans = request.spans
        if isinstance(spans, SceneCutting):
            spans = ScenePlan(spans)
        self.cutter = Cutter(
            request.folder,
            spans,
            time_base,
            clips=self._clips_wanted(),
            frames=self._frames_wanted(),
            has_sound=self._soundtrack is not None,
        )
        finder = cut_finder(request.scenes, reader.declared_fps or FALLBACK_FPS)
        plan = spans if isinstance(spans, ScenePlan) else None
        self._feed = SceneFeed(self.cutter, finder, plan)
        self.sound = SoundWriter.of(reader, request.folder, request.sound)
        self._heart = Heart(request.heartbeat)
        self._last = first
        self._step = first.duration or 1 / (reader.declared_fps or FALLBACK_FPS)
        self._frame_count = 0

    def add_picture(self, picture: Picture) -> None:
        self._frame_count += 1
        if picture is not self._first:
            self._step = picture.time - self._last.time
        self._last = picture
        if self._copier is not None:
            self._copier.add_picture(picture)
        self._feed.find(picture, self._scenes.add(picture))
        for whole in self._deinterlacer.add(picture):
            self._show(whole)

    def _show(self, picture: Picture) -> None:
        look = None
        if self._look_sampler.takes(picture.time):
            look = self._looker.look(picture.frame, picture.time, self._time_base)
            self._samples.append(look.sample)
        self._feed.show(picture, look)
        self._heart.beat(float(picture.time), len(self.cutter.done))

    def add_sound(self, frame: av.AudioFrame) -> None:
        if self._soundtrack is None or self._loudness is None:
            return
        if self.sound is not None:
            self.sound.add(frame)
        for sound in self._soundtrack.pieces(frame):
            self._loudness.add(sound)
            self.cutter.add_sound(sound, self._soundtrack.form.rate_hz)
        self._heart.beat(float(self._last.time), len(self.cutter.done))

    def result(self) -> ScanResult:
        for whole in self._deinterlacer.finish():
            self._show(whole)
        end = self._last.time + (self._last.duration or self._step)
        self._feed.finish()
        self.cutter.finish(end)
        return ScanResult(
            facts=self._facts(end),
            scores=tuple(self._scenes.scores),
            samples=tuple(self._with_loudness(sample) for sample in self._samples),
            clips=tuple(self.cutter.done),
            cuts=tuple(self._feed.cuts),
            sound=self.sound.finish() if self.sound else SoundFile(),
        )

    def _clips_wanted(self) -> ClipsWanted | None:
        caps = self._request.clips
        if caps is None:
            return None
        width, height = fitted_size(self.width, self.height, caps.max_resolution)
        declared = self._reader.declared_fps
        plausible = declared if declared and declared <= HIGHEST_PLAUSIBLE_FPS else FALLBACK_FPS
        colour = written_colour(self._first.frame)
        form = ClipForm(
            width=width,
            height=height,
            rate_fps=min(plausible, caps.max_fps),
            time_base=self._time_base,
            colour=colour,
            sound=self._soundtrack.form if self._soundtrack else None,
            threads=self._request.threads,
            nvenc=self._request.hardware == "cuda",
        )
        target = Target(width, height, matrix_name=colour.matrix_name)
        scaler = Scaler(target, self._orientation, threads=self._request.threads)
        return ClipsWanted(scaler, form, caps.max_fps, declared)

    def _frames_wanted(self) -> FramesWanted | None:
        form = self._request.frames
        if form is None:
            return None
        width, height = frame_size(self.width, self.height, form.max_pixels)
        target = Target(width, height, jpeg=True)
        scaler = Scaler(target, self._orientation, threads=self._request.threads)
        return FramesWanted(scaler, JpegEncoder(width, height), width, height, form.fps)

    def _with_loudness(self, sample: Sample) -> Sample:
        """Sound comes earlier or later than its picture, so it is known at the end."""
        if self._loudness is None:
            return sample
        step = int(sample.time / STEP_SECONDS)
        return replace(sample, loudness_db=self._loudness.decibels(step))

    def _facts(self, end: Fraction) -> Facts:
        reader, frame = self._reader, self._first.frame
        context = reader.video.codec_context
        colour = colour_of(frame)
        first = reader.first_frame_seconds or Fraction(0)
        if self._soundtrack is not None:
            reader.damage.sound_frames = self._soundtrack.frames_left_out
        return Facts(
            container=reader.container_name,
            video_codec=context.codec.canonical_name,
            pixel_format=reader.stored_format(frame),
            width=self.width,
            height=self.height,
            coded_width=frame.width,
            coded_height=frame.height,
            sample_aspect_ratio=self._aspect,
            rotation_degrees=self._orientation.rotation_degrees,
            mirrored=self._orientation.mirrored,
            duration_seconds=end,
            duration_seconds_declared=reader.declared_seconds,
            first_frame_seconds=first,
            frame_count=self._frame_count,
            rate_fps=self._frame_count / end,
            rate_fps_declared=reader.declared_fps,
            color_range="full" if colour.full_range else "limited",
            color_matrix=colour.matrix_name,
            color_primaries=ColorPrimaries(colour.primaries).name.lower(),
            color_transfer=ColorTrc(colour.transfer).name.lower(),
            audio=_audio_facts(reader),
            size_bytes=reader.path.stat().st_size,
            damage=damage_of(reader, frame, end),
            interlaced=self._deinterlacer.used,
        )


def _sample_aspect_ratio(reader: Reader) -> Fraction:
    """Square where none is told, or a broken one."""
    ratio = reader.video.sample_aspect_ratio or reader.video.codec_context.sample_aspect_ratio
    if not ratio or max(ratio, 1 / Fraction(ratio)) > WIDEST_SAMPLE:
        return Fraction(1)
    return Fraction(ratio)


def _soundtrack(reader: Reader) -> Soundtrack | None:
    if reader.audio is None:
        return None
    zero = reader.first_frame_seconds or Fraction(0)
    return Soundtrack(reader.audio.sample_rate, reader.audio.channels, zero)


def _audio_facts(reader: Reader) -> AudioFacts | None:
    if reader.audio is None:
        return None
    context = reader.audio.codec_context
    return AudioFacts(context.codec.canonical_name, reader.audio.sample_rate, reader.audio.channels)
