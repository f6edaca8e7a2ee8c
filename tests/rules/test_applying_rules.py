"""Which conditions hold, what is given, and with which evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.rows import Evidence, RuleTag
from shotlog.rules import ClipSubject, VideoSubject, apply_rules, read_rules
from shotlog.rules.conditions import All, AnyOf, Condition, Not

FACTS = {
    "duration_seconds": 90.0,
    "width": 1080,
    "height": 1920,
    "rate_fps": 29.97,
    "video_codec": "h264",
    "container": "mov,mp4",
    "audio": None,
    "damage": [],
}
CLIPS: tuple[dict[str, Any], ...] = (
    {"description": "Ein Gabelstapler fährt.", "transcript": "Halt! STOP", "tags": ("dark",)},
    {"description": "A red  car; an Éclair.", "tags": ("dark", "fast-motion")},
    {"description": "红色汽车在路上", "tags": ()},
)


def video() -> VideoSubject:
    made = VideoSubject(
        name="2024/DSC_0012_beach.MP4",
        size_bytes=20_000_000,
        modified=datetime(2024, 5, 1, 12, tzinfo=UTC),
        facts=FACTS,
        description="A street.",
        tags=("static",),
    )
    signals = json.dumps({"brightness": 0.2, "black_seconds": 3.0, "colors": [["red", 0.6]]})
    fields = json.dumps({"people_count": 2, "objects": ["red car"], "time_of_day": "night"})
    made.clips = [
        ClipSubject(
            made, k, 15.0 * (k - 1), 15.0 * k, signals_json=signals, fields_json=fields, **each
        )
        for k, each in enumerate(CLIPS, start=1)
    ]
    return made


def given_by(rules: str) -> tuple[tuple[RuleTag, ...], dict[int, tuple[RuleTag, ...]]]:
    found = apply_rules(read_rules(rules, "rules.yaml"), video())
    return found.video, dict(found.clips)


def clips_where(condition: str) -> list[int]:
    return list(given_by(f"rules: [{{tag: x, clip: {condition}}}]")[1])


def holds(condition: str) -> bool:
    return bool(given_by(f"rules: [{{tag: x, video: {condition}}}]")[0])


@pytest.mark.parametrize(
    ("condition", "clips"),
    [
        ("{words: gabelstapler}", [1]),
        ("{words: FAHRT}", [1]),
        ("{words: stapler}", []),
        ("{words: stop}", [1]),
        ("{description: stop}", []),
        ("{words: red car}", [2]),
        ("{words: eclair}", [2]),
        ("{words: 汽车}", [3]),
        ("{words: '/st(o|a)p/'}", [1]),
        ("{words: '/^A .*é/'}", [2]),
        ("{words: [halt, car]}", [1, 2]),
        ("{tags: dark}", [1, 2]),
        ("{tags: fast}", []),
        ("{tags: dark, not: {words: car}}", [1]),
        ("{objects: car, start: '>= 15'}", [2, 3]),
        ("{people_count: '>= 2, < 3', end: 0:30}", [2]),
        ("{time_of_day: [day, night]}", [1, 2, 3]),
        ("{colors: red, brightness: '< 0.25', black_seconds: 3}", [1, 2, 3]),
        ("{loudness_db: '> -90'}", []),
        ("{not: {loudness_db: '> -90'}, has: transcript}", [1]),
        ("{any: [{words: halt}, {all: [{tags: dark}, {start: '> 1'}]}]}", [1, 2]),
    ],
)
def test_of_clips(condition: str, clips: list[int]) -> None:
    assert clips_where(condition) == clips


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{name: beach}", True),
        ("{name: bea}", False),
        ("{name: '*.mp4'}", True),
        ("{name: 'dsc*'}", False),
        ("{duration: '> 1:00', size: '<= 20MB', fps: '< 30'}", True),
        ("{resolution: 1080p, width: 1080, portrait: yes, audio: no, damage: no}", True),
        ("{date: 2024-05-01}", True),
        ("{date: '> 2024-05-01'}", False),
        ("{date: '<= 2024-05-01, >= 2024-05-01T12:00:00Z'}", True),
        ("{date: '< 2024-05-01'}", False),
        ("{tags: static, clip_count: 3}", True),
        ("{transcript: stop}", False),
        ("{any_clip: {transcript: stop}}", True),
        ("{all_clips: {people_count: 2}}", True),
        ("{all_clips: {tags: dark}}", False),
        ("{clips: {at_least: 2, of: {tags: dark}}}", True),
        ("{clips: {at_least: 60%, at_most: 70%, of: {tags: dark}}}", True),
        ("{clips: {at_most: 1, of: {tags: dark}}}", False),
        ("{any_clip: {tags: dark, width: 1080}}", True),
    ],
)
def test_of_videos(condition: str, expected: bool) -> None:
    assert holds(condition) == expected


def test_a_video_without_clips_has_not_all_of_them() -> None:
    rules = read_rules("rules: [{tag: x, video: {all_clips: {tags: dark}}}]", "a.yaml")
    assert apply_rules(rules, VideoSubject("a.mp4")).video == ()


def test_a_tag_keeps_its_rule_and_what_was_seen() -> None:
    of_video, of_clips = given_by(
        "rules:\n"
        "- {tag: x, name: first, clip: {words: Stop, not: {objects: helmet}}}\n"
        "- {tag: y, video: {any_clip: {tags: x, people_count: 2}, duration: '> 60'}}\n"
        "- {tag: z, video: {clips: {at_least: 2, of: {tags: dark}}}}\n"
    )
    seen = (Evidence(1, "transcript", "stop"), Evidence(1, "objects", None))
    assert of_clips == {1: (RuleTag("x", "first", seen),)}
    assert of_video[0].evidence == (
        Evidence(1, "tags", "x"),
        Evidence(1, "people_count", 2.0),
        Evidence(None, "duration", 90.0),
    )
    assert of_video[1].evidence[:2] == (
        Evidence(None, "clips", "2 of 3"),
        Evidence(1, "tags", "dark"),
    )


def test_of_the_classes_of_a_group_the_highest_priority_stays() -> None:
    found, of_clips = given_by(
        "rules:\n"
        "- {class: low, video: {width: 1080}}\n"
        "- {class: high, priority: 2, video: {width: 1080}}\n"
        "- {class: late, priority: 2, video: {width: 1080}}\n"
        "- {class: film, group: kind, video: {any_clip: {class: night}}}\n"
        "- {class: night, clip: {time_of_day: night}}\n"
    )
    assert [(each.group, each.name) for each in found] == [("class", "high"), ("kind", "film")]
    assert len(of_clips) == 3


CONDITIONS = st.sampled_from(
    ["{tags: dark}", "{words: car}", "{people_count: 2}", "{loudness_db: 1}", "{start: '> 20'}"]
).map(lambda each: read_rules(f"rules: [{{tag: x, clip: {each}}}]", "a").rules[0].condition)


@given(CONDITIONS, CONDITIONS, st.integers(0, 2))
def test_and_or_not_keep_the_laws_of_logic(a: Condition, b: Condition, index: int) -> None:
    clip = video().clips[index]

    def is_met(condition: Condition) -> bool:
        return condition.proof(clip) is not None

    assert is_met(Not(a)) != is_met(a)
    assert is_met(All((a, b))) == (is_met(a) and is_met(b))
    assert is_met(AnyOf((a, b))) == (is_met(a) or is_met(b))
    assert is_met(Not(All((a, b)))) == is_met(AnyOf((Not(a), Not(b))))
    assert is_met(Not(AnyOf((a, b)))) == is_met(All((Not(a), Not(b))))
