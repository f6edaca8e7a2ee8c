"""What a run wants of every video, and by which keys it knows that it has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from shotlog import ledger
from shotlog.media.clips import ENCODER_VERSION
from shotlog.media.copying import COPIER_VERSION
from shotlog.media.hardware import NVENC_VERSION
from shotlog.media.scan import SCORE_FLOOR, ClipCaps, FrameForm
from shotlog.pipeline.models import Models
from shotlog.records import Hardware, SceneMethod, Span
from shotlog.rows import AppliedSettings, VideoRow
from shotlog.segments import Cutting
from shotlog.settings import Settings
from shotlog.speech import Transcript
from shotlog.splitting import SceneCutting

CLIP_WRITERS = f"{ENCODER_VERSION} {COPIER_VERSION}"
"""Which of the two makes a clip shows only once the file is there."""

GPU_CLIP_WRITERS = f"{NVENC_VERSION} {CLIP_WRITERS}"
"""Where an NVIDIA GPU encodes what it takes."""

NO_CLIP_FILES = "none"
"""Stands for the encoder where no clip files are written."""

ANY_CLIP_WRITERS = (NO_CLIP_FILES, CLIP_WRITERS, GPU_CLIP_WRITERS)

SIGNALS = "signals"
"""The built-in describer's protocol."""

_TELL_NO_WORDS = (SIGNALS, "plain")
"""Protocols in which the words heard in a clip have no place."""

SUMMARY_VERSION = 2
"""Raised when summaries or tags are drawn from answers in another way."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is missing of one video."""

    scan: bool
    clips: bool
    frames: bool
    scenes: bool = False
    """By a detector other than ffmpeg's."""

    sound: bool = False
    """For whoever writes down what is spoken."""

    @property
    def media(self) -> bool:
        """Whether a file of it must be read."""
        return self.scan or self.clips or self.frames or self.scenes or self.sound

    @property
    def only_scenes(self) -> bool:
        return self.scenes and not (self.scan or self.clips or self.frames)

    @property
    def only_sound(self) -> bool:
        return self.sound and not (self.scan or self.clips or self.frames or self.scenes)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a run that decide what is made."""

    cutting: Cutting | SceneCutting
    clip_files: bool
    caps: ClipCaps
    frames: FrameForm | None
    """None where the describer needs none."""
    scenes: SceneMethod
    instruction: str
    describer: Mapping[str, str]
    teller: Mapping[str, str] | None = None
    """Who sums videos up; None for the built-in summary."""
    single_clips: bool = False
    """Whether the teller is asked about videos of one clip too."""
    listener: Mapping[str, str] | None = None
    """Who writes down what is spoken; None where nobody listens."""
    hardware: Hardware = "none"
    _wanted: dict[ClipCaps, str] = field(default_factory=dict, init=False, compare=False)
    """What is wanted of a video, by its caps."""

    @classmethod
    def of(cls, settings: Settings, models: Models) -> Recipe:
        """What the settings and the models of a run want."""
        describer = models.describer
        frames = FrameForm(settings.frame_fps, settings.frame_max_pixels)
        return cls(
            cutting=_cutting(settings),
            clip_files=settings.clips,
            caps=ClipCaps(settings.max_resolution, settings.max_fps),
            frames=frames if describer.needs_frames else None,
            scenes=settings.scenes,
            instruction=settings.instruction,
            describer=dict(describer.identity()),
            teller=dict(models.teller.identity()) if models.teller else None,
            single_clips=models.teller is not None and models.teller.single_clips,
            listener=dict(models.listener.identity()) if models.listener else None,
            hardware=settings.hardware,
        )

    @property
    def score_floor(self) -> float:
        """Scene scores, 0..1, that are not above this are not kept."""
        if self.scenes.detector != "ffmpeg":
            return SCORE_FLOOR
        return min(SCORE_FLOOR, self.scenes.threshold)

    def caps_of(self, video: VideoRow) -> ClipCaps:
        """A manifest may state caps of its own for a video."""
        source = video.source
        return ClipCaps(
            source.max_resolution or self.caps.max_resolution,
            source.max_fps or self.caps.max_fps,
        )

    def applied(self, video: VideoRow) -> AppliedSettings:
        """What is kept beside a finished video: its caps, and how its scenes were found."""
        caps = self.caps_of(video)
        scenes = self.scenes
        return AppliedSettings(caps.max_resolution, caps.max_fps, scenes.threshold, scenes.detector)

    def needs(self, video: VideoRow, *, sound: bool = False) -> Needs:
        """``sound`` says that it must be made."""
        frames = self.frames is not None and video.frames_key != self.frames_key(video)
        # Clip files that are there already do no harm to a run that wants none.
        given = bool(video.source.given_clips)
        fine = (self.clip_writers,) if self.clip_files else ANY_CLIP_WRITERS
        kept = {self.clips_key(video, writers=each) for each in fine}
        return Needs(
            # Files of given clips are measured where they are heard: each has a clock of its own.
            scan=video.scan_key != self.scan_key(video) or (sound and given),
            clips=video.clips_key not in kept,
            frames=frames,
            scenes=video.scenes_key != self.scenes_key(video) and self.scenes.detector != "ffmpeg",
            sound=sound,
        )

    def scenes_key(self, video: VideoRow) -> str | None:
        """Of the cuts of a detector other than ffmpeg's; None for ffmpeg's."""
        return ledger.scenes_key(video.source_key, self.scenes)

    def scan_key(self, video: VideoRow) -> str:
        """Of what the decode measures; a low threshold keeps more scores, which is another scan."""
        if self.score_floor < SCORE_FLOOR:
            return ledger.key(ledger.scan_key(video.source_key), str(self.score_floor))
        return ledger.scan_key(video.source_key)

    @property
    def clip_writers(self) -> str:
        """What makes clip files in this run; part of their key."""
        if not self.clip_files:
            return NO_CLIP_FILES
        return GPU_CLIP_WRITERS if self.hardware == "cuda" else CLIP_WRITERS

    def clips_key(self, video: VideoRow, *, writers: str | None = None) -> str:
        """Of the clip files; ``writers`` asks for the key of another run's, None for this one's."""
        caps = self.caps_of(video)
        return ledger.clips_key(
            video.source_key,
            self.cutting,
            max_resolution=caps.max_resolution,
            max_fps=caps.max_fps,
            encoder_version=writers or self.clip_writers,
            given=video.source.given_clips,
        )

    def frames_key(self, video: VideoRow) -> str | None:
        """Of the model's frames; None where the describer needs none."""
        if self.frames is None:
            return None
        return ledger.frames_key(
            video.source_key,
            self.cutting,
            frame_fps=self.frames.fps,
            frame_max_pixels=self.frames.max_pixels,
            given=video.source.given_clips,
        )

    def sound_key(self, video: VideoRow) -> str | None:
        """Of the words heard; None where nobody listens."""
        if self.listener is None:
            return None
        return ledger.transcript_key(video.source_key, self.listener)

    def answer_key(self, video: VideoRow, span: Span, heard: str | None = None) -> str:
        """Of the answer on a clip in which ``heard`` is spoken: who is asked, and what is shown."""
        given = video.source.given_clips
        return ledger.answer_key(
            video.source_key,
            span,
            describer=self.describer,
            instruction=self.instruction,
            shown={**self._shown(video), **self._told_by_scenes(), **self._told_words(heard)},
            given=given[span.index - 1] if given else None,
        )

    def text_key(
        self, answer_keys: tuple[str, ...], transcript: Transcript | None, *, by_model: bool
    ) -> str:
        """A summary by the model, or the built-in one."""
        by = dict(self.teller) if by_model and self.teller else None
        heard = ledger.key(transcript.text) if transcript and transcript.words else None
        recipe = {"version": SUMMARY_VERSION, "by": by, "heard": heard}
        return ledger.text_key(answer_keys, recipe)

    def complete_key(self, video: VideoRow) -> str:
        """Everything that this run wants of the video, in one key.

        Videos under the same caps want the same, which is put in words once.
        """
        if video.source.given_clips:
            return ledger.complete_key(video.source_key, self._everything(video))
        caps = self.caps_of(video)
        if caps not in self._wanted:
            self._wanted[caps] = self._everything(replace(video, source_key=""))
        return ledger.complete_key(video.source_key, self._wanted[caps])

    def _everything(self, video: VideoRow) -> str:
        return ledger.key(
            self.scan_key(video),
            self.clips_key(video),
            self.frames_key(video) or "",
            {
                "describer": dict(self.describer),
                "instruction": self.instruction,
                "shown": dict(self._shown(video)),
                "threshold": self.scenes.threshold,
                "summary": SUMMARY_VERSION,
                "teller": [dict(self.teller), self.single_clips] if self.teller else None,
                "listener": dict(self.listener) if self.listener else None,
                **({} if self.scenes.detector == "ffmpeg" else ledger.scenes_found(self.scenes)),
            },
        )

    def _told_words(self, heard: str | None) -> Mapping[str, object]:
        """Words count where they are told: a clip without any is the same clip."""
        if heard is None or self.describer.get("protocol") in _TELL_NO_WORDS:
            return {}
        return {"heard": ledger.key(heard)}

    def _told_by_scenes(self) -> Mapping[str, object]:
        """The built-in describer counts shots, which costs nothing; a model is not asked again."""
        if self.describer.get("protocol") != SIGNALS or self.scenes == SceneMethod():
            return {}
        return {"scenes": dict(ledger.scenes_found(self.scenes))}

    def _shown(self, video: VideoRow) -> Mapping[str, object]:
        if self.frames is not None:
            return ledger.frames_shown(self.frames.fps, self.frames.max_pixels)
        caps = self.caps_of(video)
        return ledger.clip_shown(caps.max_resolution, caps.max_fps)


def _cutting(settings: Settings) -> Cutting | SceneCutting:
    if settings.split == "scenes":
        return SceneCutting(settings.segment_length, settings.min_clip, settings.scenes)
    return Cutting(settings.segment_length, settings.overlap)


def whole(index: int) -> Span:
    """A span that no file outlasts: takes a file as it is for one clip."""
    return Span(index, Fraction(0), Fraction(10**9))
