"""Rules applied: to a video that a run has finished, and to a whole library at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from shotlog import ledger
from shotlog.catalog import Catalog
from shotlog.catalog.tagging import Measured, Retagged, Taggable
from shotlog.errors import RulesError
from shotlog.measures import signals_of
from shotlog.records import SceneMethod
from shotlog.rows import RuleTag
from shotlog.rules import Given, Rules, apply_rules, read_rules
from shotlog.segments import scenes_of
from shotlog.speech import Transcript, heard_in

RULES_VERSION = 1
"""Raised when rules see or say something else of the same video."""

BATCH_VIDEOS = 500
"""Videos tagged in one transaction."""

NO_RULES = Rules((), "")

Tags = tuple[RuleTag, ...]


@dataclass(frozen=True, slots=True)
class TagChange:
    """What rules changed on a video, or on one of its clips."""

    clip: int | None
    """None for the video as a whole."""
    added: Tags
    removed: Tags


@dataclass(frozen=True, slots=True)
class VideoChange:
    """What rules changed on a video and its clips."""

    video_id: str
    file_name: str
    clip_count: int
    changes: tuple[TagChange, ...]
    is_shown: bool
    """Whether its object reads otherwise now: evidence and rules' names counted in."""


@dataclass(frozen=True, slots=True)
class Tagger:
    """Rules, ready to be applied."""

    rules: Rules
    key: str | None
    """The ledger's key of the rules; None where there are none."""

    @classmethod
    def of(cls, path: Path | None) -> Tagger:
        """The rules in a file; without one, none. Raises RulesError."""
        if path is None:
            return cls(NO_RULES, None)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise RulesError(
                f"The rules file {path} cannot be read: {error.strerror}.",
                hint="Check the path given with --rules, or as Rules in section [Tagging].",
            ) from None
        except UnicodeDecodeError:
            raise RulesError(
                f"The rules file {path} is not UTF-8.", hint="Save it as UTF-8."
            ) from None
        key = ledger.key("rules", {"version": RULES_VERSION, "text": text})
        return cls(read_rules(text, str(path)), key)

    def finish(self, catalog: Catalog, video_id: str) -> None:
        """Measures a video that was just finished for rules of any day, and applies these."""
        video = catalog.taggable(video_id)
        if video is None:
            return
        measured = tuple(_measured(catalog, video_id))
        catalog.save_measured(video_id, measured)
        _fill_in(video, measured)
        catalog.save_rule_tags([self._retagged(video)[0]])

    def again(self, catalog: Catalog, video_id: str) -> VideoChange | None:
        """Applies the rules to a video of which nothing else has changed; tells what they did."""
        video = catalog.taggable(video_id)
        if video is None:
            return None
        retagged, change = self._completed(catalog, video, keep=True)
        catalog.save_rule_tags([retagged])
        return change

    def over(self, catalog: Catalog, *, dry_run: bool) -> Iterator[VideoChange]:
        """Applies the rules to every video, in the order first seen, and tells of each. Streams.

        What is told of is in the catalog; with ``dry_run`` nothing is written.
        """
        videos = catalog.all_taggable()
        while batch := [
            self._completed(catalog, each, keep=not dry_run)
            for each in islice(videos, BATCH_VIDEOS)
        ]:
            if not dry_run:
                catalog.save_rule_tags([retagged for retagged, _ in batch])
            yield from (change for _, change in batch)

    def _completed(
        self, catalog: Catalog, video: Taggable, *, keep: bool
    ) -> tuple[Retagged, VideoChange]:
        _complete(catalog, video, keep=keep)
        return self._retagged(video)

    def _retagged(self, video: Taggable) -> tuple[Retagged, VideoChange]:
        given = apply_rules(self.rules, video.subject)
        clips = {
            index: given.clips.get(index, ())
            for index in {**video.clip_tags, **given.clips}
            if given.clips.get(index, ()) != video.clip_tags.get(index, ())
        }
        changes = tuple(_changes(video, given, clips))
        subject = video.subject
        return (
            Retagged(video.video_id, self.key, given.video, clips),
            VideoChange(
                video.video_id,
                subject.name,
                len(subject.clips),
                changes,
                is_shown=bool(clips) or given.video != video.video_tags,
            ),
        )


def _changes(video: Taggable, given: Given, clips: Mapping[int, Tags]) -> Iterator[TagChange]:
    pairs: list[tuple[int | None, Tags, Tags]] = [(None, video.video_tags, given.video)]
    pairs += [(index, video.clip_tags.get(index, ()), clips[index]) for index in sorted(clips)]
    for clip, before, now in pairs:
        had, has = {_what(each) for each in before}, {_what(each) for each in now}
        added = tuple(each for each in now if _what(each) not in had)
        removed = tuple(each for each in before if _what(each) not in has)
        if added or removed:
            yield TagChange(clip, added, removed)


def _what(tag: RuleTag) -> tuple[str | None, str]:
    return tag.group, tag.name


def _complete(catalog: Catalog, video: Taggable, *, keep: bool) -> None:
    """Measures a video where that was not done, or was done before it changed."""
    if video.is_measured:
        return
    measured = tuple(_measured(catalog, video.video_id))
    if keep and video.subject.status is not None:
        catalog.save_measured(video.video_id, measured)
    _fill_in(video, measured)


def _fill_in(video: Taggable, measured: tuple[Measured, ...]) -> None:
    by_index = {each.index: each for each in measured}
    for clip in video.subject.clips:
        found = by_index.get(clip.index)
        clip.signals_json = json.dumps(asdict(found.signals)) if found else None
        clip.transcript = found.heard if found else None


def _measured(catalog: Catalog, video_id: str) -> Iterator[Measured]:
    """Signals and words heard of each clip; nothing where the video was not scanned."""
    row, scan = catalog.video(video_id), catalog.scan(video_id)
    if row is None or scan is None:
        return
    scenes = scenes_of(scan, row.applied.scenes if row.applied else SceneMethod())
    samples = catalog.samples(video_id)
    spans = [each.clip.span for each in catalog.clips(video_id)]
    words = (catalog.transcript(video_id) or Transcript()).words
    heard = heard_in(words, [(span.start, span.end) for span in spans])
    for span, told in zip(spans, heard, strict=True):
        yield Measured(span.index, signals_of(span, scan.facts, scenes, samples), told)
