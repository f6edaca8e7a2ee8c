"""What the built-in describer says of measurements."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from describing import SIGNALS, clip_to_describe
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.describers.signals import SignalsDescriber, describe_signals, tags_of
from shotlog.records import Signals

STILL: dict[str, Any] = {"still_seconds": 15.0, "motion": 0.001}
NO_SOUND: dict[str, Any] = {"has_audio": False, "loudness_db": None, "silent_seconds": 15.0}
SILENT: dict[str, Any] = {"loudness_db": -90.0, "silent_seconds": 15.0}
BLACK: dict[str, Any] = {
    "black_seconds": 15.0,
    "frozen_seconds": 15.0,
    "brightness": 0.01,
    "colors": (("black", 1.0),),
    **STILL,
}


@pytest.mark.parametrize(
    ("measured", "sentence", "tags"),
    [
        ({}, "One shot.", ()),
        (
            {
                **STILL,
                **NO_SOUND,
                "brightness": 0.8,
                "sharpness": 0.012,
                "colors": (("white", 0.6), ("grey", 0.3)),
            },
            "One still shot, bright and sharp, mostly white and grey; no sound.",
            ("static", "bright", "silent"),
        ),
        ({**BLACK, **SILENT}, "Black and silent throughout.", ("black", "silent")),
        ({**BLACK, **NO_SOUND}, "Black throughout; no sound.", ("black", "silent")),
        ({**BLACK, "loudness_db": -9.0}, "Black throughout; loud sound.", ("black", "loud")),
        (
            {**BLACK, "silent_seconds": 6.0},
            "Black throughout. It is silent for 6 seconds.",
            ("black",),
        ),
        (
            {"shot_count": 2, "black_seconds": 9.0, "motion": 0.01, "brightness": 0.1},
            "Black for 9 of 15 seconds, otherwise two shots with little motion.",
            ("black",),
        ),
        (
            {**STILL, "frozen_seconds": 15.0, "colors": (("blue", 0.7), ("white", 0.1))},
            "A frozen picture, mostly blue.",
            ("frozen", "static"),
        ),
        (
            {"frozen_seconds": 4.5, "black_seconds": 1.0, "silent_seconds": 5.0},
            "One shot. It is black for 1 second, frozen for 4.5 seconds and silent for 5 seconds.",
            ("black", "frozen"),
        ),
        (
            {"shot_count": 5, "still_seconds": 12.0, "frozen_seconds": 3.0},
            "A slideshow of five still pictures.",
            ("slideshow",),
        ),
        (
            {"shot_count": 13, "motion": 0.12, "loudness_db": -10.0},
            "13 quick shots with fast motion; loud sound.",
            ("fast-cuts", "fast-motion", "loud"),
        ),
        (
            {"brightness": 0.12, "sharpness": 0.001, "colors": (("black", 0.8), ("blue", 0.2))},
            "One shot, dark and soft.",
            ("dark", "soft"),
        ),
        (
            {"brightness": 0.05, "contrast": 0.02, "portrait": True, "loudness_db": -50.0},
            "One shot, very dark and low in contrast; quiet sound.",
            ("dark", "low-contrast", "quiet", "portrait"),
        ),
        (
            {"shot_count": 3, "colors": (("green", 0.35), ("brown", 0.3), ("grey", 0.2))},
            "Three shots, mostly green, brown and grey.",
            (),
        ),
        ({"contrast": 0.01, "motion": 0.3}, "One shot, low in contrast.", ("low-contrast",)),
        (
            {"shot_count": 3, "black_seconds": 5.0, "still_seconds": 11.0},
            "Three shots. It is black for 5 seconds.",
            ("black",),
        ),
        ({"colors": (("grey", 0.2), ("blue", 0.2))}, "One shot.", ()),
        ({**STILL, "shot_count": 2}, "Two still shots.", ("static",)),
    ],
)
def test_the_sentence_says_what_matters(
    measured: dict[str, Any], sentence: str, tags: tuple[str, ...]
) -> None:
    answer = describe_signals(dataclasses.replace(SIGNALS, **measured))
    assert (answer.description, answer.tags) == (sentence, tags)


def test_a_word_carries_its_measurement() -> None:
    answer = describe_signals(dataclasses.replace(SIGNALS, brightness=0.12))
    assert ("dark", "brightness 0.12 < 0.25") in answer.evidence


SHARES = st.floats(0, 1)
SECONDS = st.floats(0, 10_000)
ANY_SIGNALS = st.builds(
    Signals,
    duration_seconds=SECONDS,
    shot_count=st.integers(0, 500),
    brightness=SHARES,
    contrast=st.floats(0, 0.5),
    sharpness=SHARES,
    motion=SHARES,
    motion_peak=SHARES,
    still_seconds=SECONDS,
    frozen_seconds=SECONDS,
    black_seconds=SECONDS,
    colors=st.lists(st.tuples(st.sampled_from(["black", "white", "red"]), SHARES), max_size=3).map(
        tuple
    ),
    has_audio=st.booleans(),
    loudness_db=st.none() | st.floats(-90, 0),
    silent_seconds=SECONDS,
    portrait=st.booleans(),
)


@settings(max_examples=60)
@given(ANY_SIGNALS)
def test_any_measurements_make_a_sentence_whose_words_are_backed(signals: Signals) -> None:
    answer = describe_signals(signals)
    assert re.fullmatch(r"[A-Z0-9][^\n]*\.", answer.description)
    assert "  " not in answer.description
    assert not re.search(r"(?<![\d.])1 (shots|seconds)\b", answer.description)
    assert answer.description.count(". ") <= 1
    backed = dict(answer.evidence)
    assert all(backed[tag] for tag in answer.tags)
    assert len(set(answer.tags)) == len(answer.tags)
    assert tags_of(signals) == answer.tags


def test_the_describer_asks_nothing_of_anyone(tmp_path: Path) -> None:
    describer = SignalsDescriber()
    answer = describer.describe(clip_to_describe(tmp_path))
    assert (answer.description, answer.model) == ("One shot.", "signals")
    assert describer.check().protocol == "signals"
    assert describer.identity() == describer.identity()
    describer.close()
    describer.close()
