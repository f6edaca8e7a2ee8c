"""The catalog's rows: what it hands to the pipeline, the exports, the search and the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

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
    Spent,
    Status,
)

RunStatus = Literal["running", "done", "partial", "stopped", "interrupted", "failed", "killed"]
"""``stopped``: the model or a cap said no for good; the same command goes on. ``killed``: it never
said how it ended, found so by the run after it."""

Step = Literal["fetch", "scan", "clips", "frames", "hear", "describe", "summarize", "tag"]
"""What ``--redo`` may name."""

Form = Literal["frames", "list", "clip", "url", "images"]
"""How a clip travels to a model server; see docs/endpoints.md."""

SchemaTold = Literal["json_schema", "json_object", "words"]
"""How a server is told what an answer must look like, the strictest way first."""


@dataclass(frozen=True, slots=True)
class RefusedForm:
    """A form that an endpoint would not take, and why."""

    form: Form
    words: str
    """The server's own, short and without secrets."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one endpoint wants to be spoken to, as it was found out."""

    flavour: str
    """What software answers, a name of ``shotlog.describers.chat.flavours``."""
    version: str | None
    """Its own word; None where it gives none."""
    form: Form
    schema: SchemaTold
    refused: tuple[RefusedForm, ...] = ()
    """Forms that were tried and are not tried again, in order."""
    context_length: int | None = None
    """Tokens of question and answer together; None where the server does not say."""
    frame_limit: int | None = None
    """Most pictures it looks at, where it was found to overlook or refuse more."""
    token_check: str = ""
    """What comparing its token count with the model's formula showed, in words."""


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
class Evidence:
    """One thing that a rule saw: what stands in a field of a clip, or of the video as a whole."""

    clip: int | None
    """None for the video as a whole."""
    field: str
    """A field's name in the rules file; ``clips`` where clips were counted."""
    value: str | float | bool | None
    """Numbers in seconds, bytes, pixels; None: what the rule names was not there."""


@dataclass(frozen=True, slots=True)
class RuleTag:
    """A tag, or a class, that a rule gave to a video or a clip."""

    name: str
    rule: str
    """The rule's own name."""
    evidence: tuple[Evidence, ...]
    group: str | None = None
    """Of a class: of each group a video or clip has one class at most. None for a tag."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person says of a clip, or of a video as a whole; it wins over what was told."""

    description: str | None = None
    """None: as told."""
    added: tuple[str, ...] = ()
    """Tags that hold besides those told."""
    removed: tuple[str, ...] = ()
    """Tags that do not hold, whoever gives them, in any case."""
    edited_at: datetime | None = None
    """In UTC; None until it is kept."""

    @property
    def is_empty(self) -> bool:
        return self.description is None and not self.added and not self.removed

    def tags_over(self, told: Iterable[str]) -> tuple[str, ...]:
        """The tags that hold: those told but for the removed, then those added."""
        removed = {tag.casefold() for tag in self.removed}
        kept = [tag for tag in told if tag.casefold() not in removed]
        known = {tag.casefold() for tag in kept}
        return (*kept, *(tag for tag in self.added if tag.casefold() not in known))


UNEDITED = Edit()


def edit_version(edit: Edit, start: Fraction | None = None, end: Fraction | None = None) -> str:
    """Names what a hand has said of a stretch (None: of all); of each state another.

    So that who looked at one state does not write over another.
    """
    told = (start, end, edit.description, edit.added, edit.removed, edit.edited_at)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


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


def tags_now(told: Iterable[str], given: Iterable[RuleTag], edit: Edit) -> tuple[str, ...]:
    """Tags told, then those by rules, each once, with what a hand changed; classes are no tags."""
    by_rules = (each.name for each in given if each.group is None)
    return edit.tags_over(dict.fromkeys((*told, *by_rules)))


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text in which words were looked for."""

    column: str
    """Where it stands, a word of :data:`shotlog.queries.COLUMNS`."""
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    """Where the words are, in order, half-open, in characters of ``text``."""


FoundBy = Literal["words", "meaning", "both"]
"""How a search came upon a clip."""


@dataclass(frozen=True, slots=True)
class VectorModel:
    """A model whose vectors a library has."""

    number: int
    name: str
    """Fit to be shown."""
    identity: Mapping[str, str]
    """What decides its vectors besides the words."""
    dimensions: int | None = None
    """Numbers of a vector; None until there is one."""
    made: int = 0
    """Vectors so far, those since thrown away counted in."""
    reached: int = 0
    """The revision up to which every clip's words have their vector."""
    requests: int = 0
    tokens: int = 0
    """That were ever sent, as the server counted."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A clip that a search found, or a video of which something is said as a whole."""

    video_id: str
    clip_index: int | None
    """None where the words are the whole video's."""
    score: float
    """Higher is better; only scores of one search compare. 0 where no words were asked for."""
    snippet: Snippet | None
    """The whole of the text that holds most of the words; None where nothing is said."""
    found_by: FoundBy = "words"
    similarity: float | None = None
    """How near its meaning is, the cosine of the vectors, -1..1; None where that was not asked."""


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """A video of which something was asked for."""

    video_id: str
    indexes: tuple[int, ...] | None
    """Of the clips that fit, in order; None where nothing was asked of clips: all of them."""


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag or a class, and how much of the library has it now."""

    name: str
    group: str | None
    """Of a class; None for a tag."""
    clips: int
    videos: int
    """That have it as a whole."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failure to be listed: of a video, or of one of its clips."""

    video_id: str
    file_name: str
    clip_index: int | None
    """None where the video as a whole failed."""
    failure: Failure


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a library, or one run's part of it, holds."""

    videos: int
    videos_done: int
    videos_partial: int
    videos_failed: int
    clips: int
    clips_described: int
    clips_failed: int

    @property
    def videos_unfinished(self) -> int:
        return self.videos - self.videos_done - self.videos_partial - self.videos_failed


@dataclass(frozen=True, slots=True)
class DescribingRate:
    """How quickly a run described clips, whatever else it did meanwhile counted in."""

    clips: int
    video_seconds: float
    """Of the clips that were described."""
    took_seconds: float

    @property
    def clips_a_minute(self) -> float:
        return self.clips / self.took_seconds * 60.0

    @property
    def times_real_time(self) -> float:
        return self.video_seconds / self.took_seconds


BatchStatus = Literal[
    "written", "uploaded", "creating", "submitted", "done", "failed", "expired", "cancelled"
]
"""``creating``: a batch was asked for, and whether it came to be is not known yet."""

BATCH_OPEN: tuple[BatchStatus, ...] = ("written", "uploaded", "creating", "submitted")
"""Answers may still come."""

LineState = Literal["open", "answered", "failed", "closed"]
"""``closed``: its batch ended without a word on it."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch file."""

    number: int
    address: str
    """Of the endpoint it was written for, without secrets."""
    model: str
    settings: Mapping[str, object]
    """Those it was written by, without secrets."""
    schema_told: bool
    """Whether its questions tell the server the schema."""
    lines: int
    size_bytes: int
    status: BatchStatus = "written"
    file_id: str | None = None
    """The server's name for the file; None until it was uploaded."""
    batch_id: str | None = None
    spent: Spent = field(default_factory=Spent)

    @property
    def name(self) -> str:
        return f"batch-{self.number:04d}"

    @property
    def file_name(self) -> str:
        return f"{self.name}.jsonl"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One question of a batch file; ``key`` is its custom id, and the key of its answer."""

    key: str
    batch: int
    video_id: str
    clip_index: int
    state: LineState = "open"
    told: str | None = None
    """Stands for the error line that was read of it."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures at one step with one code and one remedy."""

    count: int
    first: tuple[FailureRow, ...]
    """Some of them, never none."""


Stage = Literal["waiting", "fetch", "scan", "hear", "describe", "summarize"]
"""Where a video is on its way through a run; ``waiting`` for its turn."""


@dataclass(frozen=True, slots=True)
class InHand:
    """A video that a run is at."""

    video_id: str
    file_name: str
    """As it is shown; not always the listing's own."""
    stage: Stage
    clips_open: int = 0
    """Clips whose description has not come yet, once they are known."""


@dataclass(frozen=True, slots=True)
class TrailPoint:
    """How far a run was at a moment of it."""

    elapsed_seconds: float
    clips: int
    """Described by then, in this run."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is, as it tells about once a second; counts are of this run alone."""

    told_at: datetime
    """In UTC."""
    elapsed_seconds: float = 0.0
    seconds_left: float | None = None
    """If the videos to come are like those ended; None where it cannot be told yet."""
    videos: int = 0
    """Chosen in all."""
    videos_unchanged: int = 0
    """Found complete, nothing done."""
    videos_done: int = 0
    videos_partial: int = 0
    videos_failed: int = 0
    videos_left: int = 0
    """Made ready for a model that was not to be asked."""
    clips_made: int = 0
    """Those that scans under way have cut counted in."""
    clips_described: int = 0
    clips_described_before: int = 0
    clips_reused: int = 0
    clips_failed: int = 0
    bytes_fetched: int = 0
    seconds_scanned: float = 0.0
    """Of video."""
    fetching: int = 0
    waiting_to_scan: int = 0
    scanning: int = 0
    hearing: int = 0
    waiting_to_describe: int = 0
    """Clips."""
    describing: int = 0
    """Clips."""
    summarizing: int = 0
    stopping: bool = False
    stopped_because: Failure | None = None
    notes: tuple[str, ...] = ()
    """What people should know of whom the run asks."""
    in_hand: tuple[InHand, ...] = ()
    """Some of the videos that are on their way, those that came first."""
    trail: tuple[TrailPoint, ...] = ()
    """From the run's beginning, in order, as far apart as leaves them few."""

    @property
    def videos_ended(self) -> int:
        asked = self.videos_done + self.videos_partial + self.videos_failed
        return self.videos_unchanged + self.videos_left + asked


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of shotlog over this library."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    status: RunStatus
    options: Mapping[str, object]
    spent: Spent = field(default_factory=Spent)
    """What it used of the model."""
    progress: RunProgress | None = None
    """As told last; None where it never did."""
