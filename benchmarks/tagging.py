"""Rules applied to a large library whose clips are described, measured and heard."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import Cost, run_alone
from benchmarks.rerun import FACTS
from shotlog.catalog import FILE_NAME, Catalog
from shotlog.catalog.tagging import Measured
from shotlog.fields import ClipFields
from shotlog.records import Answer, Clip, Resolution, Signals, Source, Span, VideoText
from shotlog.rows import AppliedSettings
from shotlog.speech import Transcript, Word
from shotlog.storage import folder_name, prepare_library

WALL_BAR_SECONDS = 10.0
CLIPS = 100_000
CLIPS_A_VIDEO = 10

RULES = """
rules:
  - tag: forklift
    clip:
      words: [forklift, fork lift, "/pallet (truck|jack)s?/"]
  - tag: no-helmet
    clip:
      all:
        - tags: forklift
        - people_count: ">= 1"
        - not: {any: [{words: helmet}, {objects: helmet}]}
  - tag: dark-and-still
    clip:
      brightness: "< 0.25"
      still_seconds: "> 10"
  - tag: shouting
    clip: {loudness_db: "> -14", transcript: [stop, help, watch out]}
  - class: incident
    priority: 10
    video:
      any_clip: {tags: no-helmet, time_of_day: night}
  - class: routine
    video: {clips: {at_least: 50%, of: {motion: "< 0.02"}}}
  - class: other
    priority: -1
    video: {duration: "> 10"}
  - tag: large
    video: {resolution: ">= 1080p", size: "> 10MB", date: ">= 2026-01-01"}
"""

_TEXT = """the a of in on and worker forklift helmet pallet truck door walks carries box shelf lamp
yard slowly turns two men stands red blue wall floor camera hall stop help loading ramp driver"""
_WORDS = tuple(_TEXT.split())


@dataclass(frozen=True, slots=True)
class Tagged:
    """One application of rules."""

    what: str
    clips: int
    cost: Cost


def tagged(clips: int = CLIPS) -> list[Tagged]:
    """The same rules over one library: looked at only, given for the first time, given already."""
    with tempfile.TemporaryDirectory() as folder:
        library, rules = Path(folder, "library"), Path(folder, "rules.yaml")
        fill(library, clips // CLIPS_A_VIDEO)
        rules.write_text(RULES, encoding="utf-8")
        words = ("tag", library, "--rules", rules)
        asked = {
            "changes told (--dry-run)": (*words, "--dry-run"),
            "given, all JSON written": words,
            "nothing new": words,
        }
        return [
            Tagged(what, clips, run_alone(programs.shotlog(*command)))
            for what, command in asked.items()
        ]


def fill(library: Path, videos: int) -> None:
    """Writes a library as a run would leave it, without the media files."""
    prepare_library(library)
    chance = random.Random(7)
    with Catalog.open(library / FILE_NAME) as catalog:
        run_id = catalog.begin_run({})
        catalog.add_sources(
            run_id, _sources(videos), lambda each: folder_name(each.file_name, each.id)
        )
        for video in list(catalog.pending(run_id)):
            _finish(catalog, video.id, chance)
        catalog.end_run(run_id, "done")


def _sources(videos: int) -> Iterator[Source]:
    time = datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC)
    for number in range(videos):
        url = f"https://bucket.example/vids/{number:06}.mp4"
        yield Source(url, url, f"{number:06}.mp4", 12_345_678, time)


def _finish(catalog: Catalog, video_id: str, chance: random.Random) -> None:
    spans = [Span(k, Fraction(15 * (k - 1)), Fraction(15 * k)) for k in range(1, CLIPS_A_VIDEO + 1)]
    facts = replace(FACTS, duration_seconds=spans[-1].end)
    catalog.save_scan(video_id, "scan", facts, (), ())
    catalog.save_clips(video_id, "clips", None, [Clip(span) for span in spans])
    words = tuple(
        Word(Fraction(second), Fraction(second) + Fraction(1, 2), chance.choice(_WORDS))
        for second in range(int(spans[-1].end))
    )
    catalog.save_transcript(video_id, "words", Transcript(words, "en"))
    for span in spans:
        key = f"{video_id}-{span.index}"
        catalog.save_answer(key, video_id, span.index, _answer(chance))
    heard = Transcript(words)
    catalog.save_measured(
        video_id,
        (
            Measured(span.index, _signals(chance), heard.between(span.start, span.end))
            for span in spans
        ),
    )
    catalog.save_video_text(video_id, "text", VideoText(_sentence(chance, 60), ("static",)))
    applied = AppliedSettings(Resolution(1280, 720), Fraction(30), 0.3)
    catalog.finish_video(video_id, "done", complete_key="complete", applied=applied)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize() + "."


def _answer(chance: random.Random) -> Answer:
    description = _sentence(chance, 40)
    fields = ClipFields(
        description=description,
        actions=("walks", "carries a box"),
        objects=tuple(chance.choices(_WORDS, k=4)),
        people_count=chance.randrange(4),
        setting="a loading ramp",
        time_of_day=chance.choice(("day", "night")),
        on_screen_text=(),
        camera="fixed",
        mood="calm",
        category="warehouse",
        tags=("warehouse", "worker"),
        safety_flags=(),
    )
    return Answer(description, "qwen3-vl-8b", fields.tags, 1500, 120, fields=fields, requests=1)


def _signals(chance: random.Random) -> Signals:
    return Signals(
        duration_seconds=15.0,
        shot_count=chance.randrange(1, 5),
        brightness=chance.random(),
        contrast=0.2,
        sharpness=0.02,
        motion=chance.random() / 20,
        motion_peak=0.2,
        still_seconds=chance.random() * 15,
        frozen_seconds=0.0,
        black_seconds=0.0,
        colors=(("grey", 0.6), ("blue", 0.2)),
        has_audio=True,
        loudness_db=-60 * chance.random(),
        silent_seconds=1.0,
        portrait=False,
    )
