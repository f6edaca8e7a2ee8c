"""Videos and their clips: how far each has come, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shotlog.records import (
    Answer,
    Chapter,
    Clip,
    Detector,
    Facts,
    Failure,
    Resolution,
    SceneCuts,
    SceneMethod,
    SceneScore,
    Source,
    Status,
)
from shotlog.rows.tags import UNEDITED, Edit, RuleTag, edit_version, tags_now


@dataclass(frozen=True, slots=True)
class AppliedSettings:
    """Those settings of a run that show in a video's object."""

    max_resolution: Resolution
    max_fps: Fraction
    scene_threshold: float
    """In the detector's own measure; ffmpeg's scene score above which a scene begins is 0..1."""
    scene_detector: Detector = "ffmpeg"

    @property
    def scenes(self) -> SceneMethod:
        return SceneMethod(self.scene_detector, self.scene_threshold)


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One video: what the listing says of it, and how far it has come."""

    id: str
    source: Source
    source_key: str
    etag: str | None
    folder: str
    """Name of its folder, as it was when the video was first seen."""
    scan_key: str | None
    """None where nothing was scanned; so for the other keys."""
    clips_key: str | None
    frames_key: str | None
    scenes_key: str | None
    """Of the cuts by a detector other than ffmpeg's, whose scores belong to the scan."""
    text_key: str | None
    complete_key: str | None
    """None while anything is missing."""
    clip_count: int
    applied: AppliedSettings | None
    """None until it was finished once."""
    status: Status | None
    """None where no run has finished it since something of it was made."""
    failure: Failure | None
    description: str | None
    tags: tuple[str, ...]
    title: str | None = None
    chapters: tuple[Chapter, ...] = ()
    sound_key: str | None = None
    """Of the words heard (their transcript); None where nobody listened."""
    rules_key: str | None = None
    """Of the rules that were applied last; None where none were."""
    rule_tags: tuple[RuleTag, ...] = ()
    """Tags and classes by rules."""
    edit: Edit = UNEDITED
    """By hand; ``description`` and ``tags`` are those told."""

    @property
    def description_now(self) -> str | None:
        """The hand's, else the one told."""
        return self.description if self.edit.description is None else self.edit.description

    @property
    def tags_now(self) -> tuple[str, ...]:
        """All tags that hold: told, given by rules, changed by hand."""
        return tags_now(self.tags, self.rule_tags, self.edit)

    @property
    def tags_told(self) -> tuple[str, ...]:
        """The same without the hand's changes."""
        return tags_now(self.tags, self.rule_tags, UNEDITED)

    @property
    def edit_version(self) -> str:
        return edit_version(self.edit)


@dataclass(frozen=True, slots=True)
class BrowsedRow:
    """A video as it stands among others on a page."""

    video: VideoRow
    duration_seconds: float | None
    """None where it was not scanned."""
    size_bytes: int | None
    """As listed, else as measured."""
    thumb: str | None
    """Of the clip in its middle, relative to the library's folder."""


@dataclass(frozen=True, slots=True)
class BrowsedPage:
    """Some videos in order."""

    rows: tuple[BrowsedRow, ...]
    after: str | None
    """Names the place where the next page begins; None on the last."""


@dataclass(frozen=True, slots=True)
class ScanRow:
    """What the one decode found out about a video as a whole."""

    facts: Facts
    scores: tuple[SceneScore, ...]
    cuts: SceneCuts | None = None
    """By the detector that was asked for last; None where ffmpeg's was alone."""


@dataclass(frozen=True, slots=True)
class SameClip:
    """An earlier clip of the library that shows the same picture."""

    video_id: str
    file_name: str
    index: int


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip, with the answer it shows now or the reason why it has none."""

    video_id: str
    clip: Clip
    answer_key: str | None
    answer: Answer | None
    failure: Failure | None
    attempts: int
    """How often describing it has failed since it last succeeded."""
    same_as: SameClip | None = None
    rule_tags: tuple[RuleTag, ...] = ()
    """Tags and classes by rules."""
    edit: Edit = UNEDITED
    """By hand; the answer is the one told."""

    @property
    def description_now(self) -> str | None:
        """The hand's, else the answer's."""
        if self.edit.description is not None:
            return self.edit.description
        return self.answer.description if self.answer else None

    @property
    def tags_now(self) -> tuple[str, ...]:
        """All tags that hold: told, given by rules, changed by hand."""
        return tags_now(self.answer.tags if self.answer else (), self.rule_tags, self.edit)

    @property
    def tags_told(self) -> tuple[str, ...]:
        """The same without the hand's changes."""
        return tags_now(self.answer.tags if self.answer else (), self.rule_tags, UNEDITED)

    @property
    def edit_version(self) -> str:
        return edit_version(self.edit, self.clip.span.start, self.clip.span.end)
