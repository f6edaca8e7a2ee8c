"""What describing a listing would take: clips, frames, tokens, money, hours, bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil

from shotlog.gate.spending import Load, Tariff
from shotlog.records import Resolution
from shotlog.segments import Cutting, fitted_size, frame_size
from shotlog.settings import Settings
from shotlog.visual_tokens import (
    DASHSCOPE,
    DASHSCOPE_28,
    QWEN2_5_VL,
    QWEN2_VL,
    QWEN3_VL,
    WORDS_OF_A_CHAT,
    Family,
    groups,
    text_tokens,
    visual_tokens,
)

FAMILIES = (QWEN2_VL, QWEN2_5_VL, QWEN3_VL, DASHSCOPE, DASHSCOPE_28)
"""Whose tokens are shown; the model's own is added where it is another."""

ASSUMED_BYTES_A_SECOND = 5_000_000 // 8
"""5 Mbit/s, about what 720p to 1080p takes on the web; a telephone writes three times as much."""

ASSUMED_SIZE = (1920, 1080)
"""Of videos of which nothing is known."""

ASSUMED_CLIPS_A_MINUTE = 60.0
"""About what one GPU with a model of 7 billion weights describes."""

ASSUMED_ANSWER_TOKENS = 200
"""A description of a few sentences with its fields."""

FIELDS_WORDS = 400
"""Tokens of what is said about the fields, where answers are asked for in fields."""

SUMMARY_ANSWER_TOKENS = 300

BYTES_A_PIXEL = 0.1
"""Of the JPEGs that are sent: 0.05 to 0.14 were measured on videos of roads, rooms and people."""

BASE64 = Fraction(4, 3)


@dataclass(frozen=True, slots=True)
class Video:
    """What an estimate knows of one video."""

    duration_seconds: Fraction
    width: int = ASSUMED_SIZE[0]
    height: int = ASSUMED_SIZE[1]
    max_resolution: Resolution | None = None
    """The manifest's own cap; None means the run's."""
    given_clips: int = 0
    """Clips that the manifest names; 0: it is cut."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run would ask for, and at which price."""

    cutting: Cutting
    max_resolution: Resolution
    frame_fps: Fraction
    frame_max_pixels: int
    words: int
    """Tokens of text in each question."""
    answer_tokens: int
    summary_from_clips: int | None
    """A video of so many clips, and of more, is summed up by the model; None: none is."""
    family: Family
    tariff: Tariff | None = None
    batch_factor: float = 0.5
    sends_frames: bool = True

    @classmethod
    def of(cls, settings: Settings, family: Family, answer_tokens: int) -> Terms:
        fields = 0 if settings.structured == "no" else FIELDS_WORDS
        return cls(
            cutting=Cutting(settings.segment_length, settings.overlap),
            max_resolution=settings.max_resolution,
            frame_fps=settings.frame_fps,
            frame_max_pixels=settings.frame_max_pixels,
            words=text_tokens(settings.instruction) + WORDS_OF_A_CHAT + fields,
            answer_tokens=min(answer_tokens, settings.max_tokens),
            summary_from_clips=_summary_from_clips(settings),
            family=family,
            tariff=Tariff.of(settings),
            batch_factor=settings.batch_factor,
            sends_frames=settings.protocol != "plain",
        )


@dataclass
class Work:
    """Adds up what videos take; a clip's tokens are counted once for each size and length."""

    terms: Terms
    videos: int = 0
    video_seconds: float = 0.0
    clips: int = 0
    frames: int = 0
    text_tokens: int = 0
    upload_bytes: int = 0
    summaries: int = 0
    """Questions about whole videos, one a video."""
    summary: Load = field(default_factory=Load)
    visual: dict[str, int] = field(default_factory=dict)
    """By the family's name."""
    _known: dict[tuple[int, int, int, str], int] = field(default_factory=dict, repr=False)

    def add(self, video: Video) -> None:
        terms = self.terms
        seconds = max(video.duration_seconds, Fraction(1, 10))
        count, length = self._clips_of(video, seconds)
        last = seconds - (count - 1) * terms.cutting.step if not video.given_clips else length
        cap = video.max_resolution or terms.max_resolution
        size = frame_size(*fitted_size(video.width, video.height, cap), terms.frame_max_pixels)
        if terms.sends_frames:
            self._add_frames(size, length, count - 1)
            self._add_frames(size, last, 1)
        self.videos += 1
        self.video_seconds += float(seconds)
        self.clips += count
        self.text_tokens += count * terms.words
        if terms.summary_from_clips is not None and count >= terms.summary_from_clips:
            self.summaries += 1
            said = count * terms.answer_tokens + WORDS_OF_A_CHAT
            self.summary = self.summary.plus(Load(said, SUMMARY_ANSWER_TOKENS))

    def _clips_of(self, video: Video, seconds: Fraction) -> tuple[int, Fraction]:
        """How many clips, and the length of all but the last."""
        if video.given_clips:
            return video.given_clips, seconds / video.given_clips
        cutting = self.terms.cutting
        count = cutting.last_index(seconds)
        return count, cutting.length if count > 1 else seconds

    def _add_frames(self, size: tuple[int, int], seconds: Fraction, clips: int) -> None:
        if not clips:
            return
        terms = self.terms
        frames = max(1, ceil(seconds * terms.frame_fps))
        self.frames += clips * frames
        pixels = size[0] * size[1]
        self.upload_bytes += round(clips * frames * pixels * BYTES_A_PIXEL * BASE64)
        for family in dict.fromkeys((*FAMILIES, terms.family)):
            place = (frames, *size, family.name)
            if place not in self._known:
                timed = groups(frames) * family.words_a_group
                self._known[place] = visual_tokens(family, frames, *size) + timed
            before = self.visual.get(family.name, 0)
            self.visual[family.name] = before + clips * self._known[place]


@dataclass(frozen=True)
class Estimate:
    """What a run would take of the model."""

    videos: int
    videos_done: int
    """Complete in the library already: nothing is asked of them."""
    videos_unknown: int
    """Of which neither length nor size is known; not counted in anything."""
    video_seconds: float
    clips: int
    frames: int
    family: str
    visual_tokens: Mapping[str, int]
    """By family; of those the model's own counts."""
    text_tokens: int
    answer_tokens: int
    requests: int
    load: Load
    upload_bytes: int
    clips_a_minute: float
    cost: Decimal | None
    batch_cost: Decimal | None
    currency: str | None
    max_cost: Decimal | None = None
    clips_within_max_cost: int | None = None
    probe_bytes: int = 0
    notes: tuple[str, ...] = ()
    """What was assumed, and where numbers come from."""

    @property
    def hours(self) -> float:
        return self.clips / self.clips_a_minute / 60.0

    def as_json(self) -> dict[str, object]:
        """With names that carry units; money as decimal text."""
        money = {
            name: None if value is None else str(value)
            for name, value in (
                ("cost", self.cost),
                ("batch_cost", self.batch_cost),
                ("max_cost", self.max_cost),
            )
        }
        return {
            "videos": self.videos,
            "videos_done": self.videos_done,
            "videos_unknown": self.videos_unknown,
            "video_seconds": round(self.video_seconds, 3),
            "clips": self.clips,
            "frames": self.frames,
            "family": self.family,
            "visual_tokens": dict(self.visual_tokens),
            "text_tokens": self.text_tokens,
            "answer_tokens": self.answer_tokens,
            "requests": self.requests,
            "prompt_tokens": self.load.prompt_tokens,
            "completion_tokens": self.load.completion_tokens,
            "upload_bytes": self.upload_bytes,
            "clips_a_minute": round(self.clips_a_minute, 3),
            "hours": round(self.hours, 3),
            **money,
            "currency": self.currency,
            "clips_within_max_cost": self.clips_within_max_cost,
            "probe_bytes": self.probe_bytes,
            "notes": list(self.notes),
        }


def _summary_from_clips(settings: Settings) -> int | None:
    """As a run does: by ``auto`` a single clip's description stands alone."""
    if settings.summary == "built-in" or settings.protocol == "plain":
        return None
    return 1 if settings.summary == "model" else 2


def load_of_work(work: Work) -> Load:
    """All tokens of a run, by the model's own family."""
    seen = work.visual.get(work.terms.family.name, 0)
    answers = work.clips * work.terms.answer_tokens
    return Load(seen + work.text_tokens, answers).plus(work.summary)


def clips_within(max_cost: Decimal, cost: Decimal, clips: int) -> int:
    """How many of ``clips`` the money is enough for, all costing alike."""
    if cost <= max_cost:
        return clips
    return int(clips * max_cost / cost)
