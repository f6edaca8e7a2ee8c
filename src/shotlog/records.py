"""The words shotlog thinks in: what passes from one step to the next.

All records are frozen and check themselves. Times are exact :class:`~fractions.Fraction` seconds;
they become floats only at the edges (JSON, SQL, HTTP). Spans are half-open, ``start <= t < end``.
Unless a name says otherwise, a time counts from the first frame shown.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from shotlog.fields import ClipFields
from shotlog.signed import unsigned

Status = Literal["done", "partial", "failed"]

Detector = Literal["ffmpeg", "content", "adaptive"]
"""What finds cuts: ffmpeg's scene score, or PySceneDetect's detectors of these names."""


Hardware = Literal["none", "nvdec", "cuda"]
"""What an NVIDIA GPU does besides the processor: nothing, decode, or decode and encode clips."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A cap on the picture, for landscape; a portrait picture gets it turned by 90 degrees."""

    long_side: int
    """Pixels of the longer side, even."""
    short_side: int
    """Pixels of the shorter side, even."""

    def __post_init__(self) -> None:
        if self.short_side < 2 or self.long_side < self.short_side:
            raise ValueError(
                f"a resolution needs 2 <= short side <= long side, "
                f"not {self.short_side} and {self.long_side}"
            )

    def __str__(self) -> str:
        if self.long_side == even(Fraction(self.short_side * 16, 9)):
            return f"{self.short_side}p"
        return f"{self.long_side}x{self.short_side}"


def even(length: Fraction) -> int:
    """The even number of pixels nearest to ``length``, at least 2: 4:2:0 has no odd sides."""
    return max(2, 2 * round(length / 2))


@dataclass(frozen=True, slots=True)
class GivenClip:
    """A clip that a manifest names: it is described where it lies, nothing is cut."""

    url: str
    """``https://``, ``http://`` or ``file://``; ready to fetch. ``#t=START,END`` picks a span."""
    start: Fraction | None = None
    end: Fraction | None = None
    """Where it lies in its video; None when the manifest does not say."""


@dataclass(frozen=True)
class Source:
    """One video of a listing, before a byte of it has moved."""

    public_url: str
    """The address as the listing shows it."""
    url: str
    """The same address ready to fetch: every byte quoted that must be."""
    file_name: str
    """The name shown to people. Data, never a path."""
    size_bytes: int | None = None
    last_modified: datetime | None = None
    """In UTC; None when the listing does not say."""
    given_clips: tuple[GivenClip, ...] = ()
    max_resolution: Resolution | None = None
    """The manifest's own cap for this video; None means the run's."""
    max_fps: Fraction | None = None
    """The manifest's own cap for this video; None means the run's."""
    further: tuple[tuple[str, str], ...] = ()
    """Further columns of the listing, (name, value), kept as they are."""

    def __post_init__(self) -> None:
        if not self.public_url or not self.url:
            raise ValueError(f"a source needs an address; {self.file_name!r} has none")
        if self.size_bytes is not None and self.size_bytes < 0:
            raise ValueError(f"size_bytes of {self.file_name!r} is {self.size_bytes}; not below 0")

    @property
    def unsigned(self) -> str:
        """The address without what signs it for a while: what the video is known by."""
        return unsigned(self.public_url)

    @cached_property
    def id(self) -> str:
        """Twelve letters and digits that stand for the address; safe in a path."""
        digest = hashlib.sha256(self.unsigned.encode("utf-8", "surrogatepass")).digest()
        return b32encode(digest)[:12].decode().lower()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a video, half-open: ``start <= t < end``, in seconds from the first frame."""

    index: int
    """From 1."""
    start: Fraction
    end: Fraction

    def __post_init__(self) -> None:
        if self.index < 1 or self.start < 0 or self.end <= self.start:
            raise ValueError(f"not a span: index {self.index}, {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class AudioFacts:
    codec: str
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a video is, measured in the one decode; ``_declared`` is what its header claims."""

    container: str
    video_codec: str
    pixel_format: str
    width: int
    height: int
    """As displayed: upright, with square pixels."""
    coded_width: int
    coded_height: int
    sample_aspect_ratio: Fraction
    rotation_degrees: Literal[0, 90, 180, 270]
    """Clockwise turn that shows the picture upright."""
    mirrored: bool
    """Whether the upright picture is also flipped left to right before the turn."""
    duration_seconds: Fraction
    """From the first frame shown to the end of the last one."""
    duration_seconds_declared: Fraction | None
    first_frame_seconds: Fraction
    """The first frame's time on the file's own clock."""
    frame_count: int
    rate_fps: Fraction
    """Frames shown over the duration."""
    rate_fps_declared: Fraction | None
    color_range: Literal["limited", "full"]
    color_matrix: str
    color_primaries: str
    color_transfer: str
    audio: AudioFacts | None
    size_bytes: int
    damage: tuple[str, ...] = ()
    """What could not be read, in plain words; empty for a sound file."""
    interlaced: bool = False
    """Whether frames of two fields were found and made whole."""


@dataclass(frozen=True, slots=True)
class SceneScore:
    """ffmpeg's scene score of one frame, 0..1, where it is high enough to matter."""

    time: Fraction
    score: float


@dataclass(frozen=True, slots=True)
class SceneMethod:
    """How cuts are found."""

    detector: Detector = "ffmpeg"
    threshold: float = 0.3
    """In the detector's own measure: ffmpeg's score 0..1, content's 0..255, adaptive's ratio."""


@dataclass(frozen=True, slots=True)
class SceneCuts:
    """Where one of PySceneDetect's detectors found a scene to begin."""

    method: SceneMethod
    times: tuple[Fraction, ...]
    """Of the scenes' first frames, rising, above 0."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch between two cuts, half-open."""

    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured on one sampled frame and on the sound since the sample before it."""

    time: Fraction
    brightness: float
    """Mean luma, 0 black .. 1 white."""
    contrast: float
    """Standard deviation of luma, 0..0.5."""
    sharpness: float
    """Mean absolute Laplacian of luma on a picture 320 pixels wide, 0..1; grows with contrast."""
    motion: float
    """Mean absolute luma change against the sample before, 0..1; 0 for the first."""
    colors: tuple[tuple[str, float], ...]
    """The named colours that cover the most of the picture, with the share of each, 0..1."""
    loudness_db: float | None
    """RMS of the sound in dB below full scale, at least -90; None without an audio track."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What was measured over one clip; every word of the built-in describer comes from here."""

    duration_seconds: float
    shot_count: int
    brightness: float
    contrast: float
    sharpness: float
    motion: float
    """Mean of the samples' motion."""
    motion_peak: float
    still_seconds: float
    """Time in which nothing moved."""
    frozen_seconds: float
    """The longest stretch in which no pixel changed."""
    black_seconds: float
    colors: tuple[tuple[str, float], ...]
    """Named colours and the share of the picture each covers, the largest first."""
    has_audio: bool
    loudness_db: float | None
    """Energy mean over the clip in dB below full scale; None without an audio track."""
    silent_seconds: float
    """Time with sound below -60 dB, or with no audio track."""
    portrait: bool


@dataclass(frozen=True, slots=True)
class FrameFile:
    """The frames made for the model from one clip: JPEG pictures behind one another in one file."""

    file: str
    """Relative to the library's folder."""
    times: tuple[Fraction, ...]
    """Seconds from the clip's start, one a frame, rising."""
    sizes_bytes: tuple[int, ...]
    """Length of each JPEG in the file, in order."""
    width: int
    height: int

    def __post_init__(self) -> None:
        if len(self.times) != len(self.sizes_bytes):
            raise ValueError(f"{len(self.times)} times for {len(self.sizes_bytes)} frames")


@dataclass(frozen=True, slots=True)
class ClipFile:
    """One clip written to disk."""

    file: str
    """Relative to the library's folder."""
    width: int
    height: int
    frame_count: int
    duration_seconds: Fraction
    size_bytes: int
    encoded_because: str = ""
    """Why it was encoded anew; empty where it was cut by copying."""

    @property
    def rate_fps(self) -> Fraction:
        return self.frame_count / self.duration_seconds if self.duration_seconds else Fraction(0)


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a video as the scan made it; each part is None where it was not asked for."""

    span: Span
    url: str | None = None
    """Where the clip is published; None when nobody published it."""
    video: ClipFile | None = None
    thumb: str | None = None
    """Relative to the library's folder."""
    frames: FrameFile | None = None
    fingerprint: bytes | None = None
    """Of what is to be seen (shotlog.sameness); None where it was not looked at in this scan."""


AnswerFlag = Literal["unstructured", "cut", "repetition", "language", "said_often"]
"""What a kept answer may be marked with: no fields though they were asked for; broken off by the
token limit; the same words over and over; not the language asked for; the words of many clips."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a describer said of one clip."""

    description: str
    model: str
    """Who said it: a model's name, or ``signals``."""
    tags: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    """Of all requests that the answer took; None where the server does not say."""
    completion_tokens: int | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    """(word or tag, the measurement that backs it), for the built-in describer."""
    fields: ClipFields | None = None
    """What the model filled in; None where it was not asked to, or could not."""
    flags: tuple[AnswerFlag, ...] = ()
    """What is doubtful about it."""
    requests: int = 0
    """Model requests that it took, those asked again counted in."""
    cost: Decimal | None = None
    """By the tariff of the run that asked; None without one."""

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise ValueError("an answer without words is no answer")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run used of the model, answers that were thrown away counted in."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal | None = None
    """None without a tariff."""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of a video that belongs together, half-open; its times are those of clips."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class VideoText:
    """What is said of a whole video."""

    description: str
    tags: tuple[str, ...] = ()
    title: str | None = None
    """None where no model gave one."""
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step of a video or clip was not done; stored, shown, and exported as it stands."""

    step: str
    code: str
    message: str
    """What was seen and what would have been right."""
    hint: str = ""
    """What to do."""
    retryable: bool = False
    for_good: bool = False
    """Whether the same question is not asked again of its own accord (DescribeRefusedError)."""
    question_key: str | None = None
    """Which question that is, by the key that its answer would have."""

    def is_final(self, question_key: str) -> bool:
        """Whether this very question was refused for good."""
        return self.for_good and self.question_key == question_key


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row of a listing that is no video, or cannot be used, or was mended."""

    line: int
    kind: Literal["directory", "not_video", "duplicate", "not_chosen", "bad", "mended"]
    name: str
    reason: str = ""
    hint: str = ""


@dataclass
class ListingReport:
    """What a reader found on its way; filled while the rows stream past.

    ``rows`` keeps the first :attr:`ROWS_KEPT` rows of each kind, ``counts`` counts them all, so
    that a listing of a million bad rows stays small.
    """

    ROWS_KEPT = 1000

    counts: dict[str, int] = field(default_factory=dict)
    rows: list[SkippedRow] = field(default_factory=list)

    def add(self, row: SkippedRow) -> None:
        self.counts[row.kind] = self.counts.get(row.kind, 0) + 1
        if self.counts[row.kind] <= self.ROWS_KEPT:
            self.rows.append(row)
