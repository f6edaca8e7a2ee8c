"""What is said of a whole video."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from shotlog.records import Answer, AudioFacts, Facts, Scene, Span
from shotlog.summaries import summarize, video_tags

FACTS = Facts(
    container="mp4",
    video_codec="h264",
    pixel_format="yuv420p",
    width=1280,
    height=720,
    coded_width=1280,
    coded_height=720,
    sample_aspect_ratio=Fraction(1),
    rotation_degrees=0,
    mirrored=False,
    duration_seconds=Fraction(60),
    duration_seconds_declared=None,
    first_frame_seconds=Fraction(0),
    frame_count=1800,
    rate_fps=Fraction(30),
    rate_fps_declared=None,
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=AudioFacts("aac", 48000, 2),
    size_bytes=1000,
)
SCENES = (Scene(Fraction(0), Fraction(30)), Scene(Fraction(30), Fraction(60)))
OPENING = "A video of 1 minute in two scenes"


def answers(*clips: str, model: str = "signals") -> list[tuple[Span, Answer]]:
    """One 15 s clip for each text; its words are its tags too."""
    return [
        (
            Span(index, Fraction(15 * (index - 1)), Fraction(15 * index)),
            Answer(f"Clip {index}: {text}.", model, tags=tuple(text.split())),
        )
        for index, text in enumerate(clips, start=1)
    ]


@pytest.mark.parametrize(
    ("clips", "summary"),
    [
        (("plain", "plain"), f"{OPENING}."),
        (("dark static", "dark static x"), f"{OPENING}, dark and still."),
        (
            ("dark", "dark", "bright"),
            f"{OPENING}. It is dark until 0:30 and bright from 0:30.",
        ),
        (("x", "silent", "x"), f"{OPENING}. It is silent from 0:15 to 0:30."),
        (
            ("x", "black", "frozen"),
            f"{OPENING}. It goes black between 0:15 and 0:30 and freezes between 0:30 and 0:45.",
        ),
        (("black", "x", "black"), f"{OPENING}. It goes black in two clips."),
        (("dark", "x", "dark"), f"{OPENING}, mostly dark."),
    ],
)
def test_measured_clips_become_a_few_sentences(clips: tuple[str, ...], summary: str) -> None:
    assert summarize(FACTS, SCENES, answers(*clips)) == summary


def test_a_video_without_sound_says_so_once() -> None:
    facts = replace(FACTS, audio=None)
    clips = answers("silent dark", "silent")
    assert summarize(facts, SCENES, clips) == f"{OPENING}; no sound. It is dark until 0:15."


def test_clips_that_are_all_alike_speak_for_the_video() -> None:
    clips = [
        (span, replace(answer, description="Black throughout."))
        for span, answer in answers("a", "b")
    ]
    assert summarize(FACTS, SCENES, clips) == f"{OPENING}. Black throughout."


def test_a_portrait_video_of_one_shot_is_called_so() -> None:
    facts = replace(FACTS, width=720, height=1280, duration_seconds=Fraction(12))
    said = summarize(facts, (), answers("dark"))
    assert said == "A portrait video of 12 seconds in one scene. Clip 1: dark."


def test_a_video_without_answers_still_has_a_summary() -> None:
    assert summarize(FACTS, SCENES, []) == f"{OPENING}."


def test_a_models_words_are_listed_in_order_of_time() -> None:
    clips = answers("a", "b", model="qwen")[::-1]
    assert summarize(FACTS, SCENES, clips) == "0:00-0:15 Clip 1: a.\n0:15-0:30 Clip 2: b."


def test_neighbours_that_say_the_same_are_one() -> None:
    texts = ("A dog.", "A  dog.", "A cat.", "A dog.")
    clips = [
        (span, replace(answer, description=text))
        for (span, answer), text in zip(answers(*"abcd", model="qwen"), texts, strict=True)
    ]
    assert summarize(FACTS, SCENES, clips) == "0:00-0:30 A dog.\n0:30-0:45 A cat.\n0:45-1:00 A dog."


def test_a_single_description_of_a_model_stands_alone() -> None:
    assert summarize(FACTS, SCENES, answers("a", model="qwen")) == "Clip 1: a."


def test_a_state_is_the_videos_when_it_holds_half_of_the_time() -> None:
    assert video_tags(answers("dark silent", "dark", "x dark", "x silent")) == (
        "dark",
        "silent",
        "x",
    )
    assert video_tags(answers("dark", "x", "x")) == ("x",)


def test_an_event_is_the_videos_wherever_it_happens() -> None:
    assert video_tags(answers("x", "x", "x", "black x", "x frozen")) == ("x", "black", "frozen")


def overlapping(*texts: str, model: str = "qwen", tags: bool = False) -> list[tuple[Span, Answer]]:
    """Clips of 15 s, each sharing 5 s with the one before."""
    return [
        (
            Span(index, Fraction(10 * (index - 1)), Fraction(10 * (index - 1) + 15)),
            Answer(text, model, tags=tuple(text.split()) if tags else ()),
        )
        for index, text in enumerate(texts, start=1)
    ]


def test_what_two_overlapping_clips_say_is_told_once() -> None:
    clips = overlapping("A dog runs. It falls.", "It falls. A cat comes.", "A cat comes.", "Rain.")
    assert summarize(FACTS, SCENES, clips) == (
        "0:00-0:10 A dog runs. It falls.\n0:10-0:30 A cat comes.\n0:30-0:45 Rain."
    )


def test_clips_that_do_not_overlap_may_say_the_same_again() -> None:
    clips = answers("x", "x", model="qwen")
    texts = ("A dog. It falls.", "It falls. A cat.")
    told = [
        (span, replace(answer, description=text))
        for (span, answer), text in zip(clips, texts, strict=True)
    ]
    assert "It falls. A cat." in summarize(FACTS, SCENES, told)


def test_an_event_that_two_overlapping_clips_show_is_one() -> None:
    clips = overlapping("x", "black", "black", "x", model="signals", tags=True)
    assert summarize(FACTS, SCENES, clips) == f"{OPENING}. It goes black between 0:20 and 0:25."


def test_time_that_clips_share_counts_once() -> None:
    clips = overlapping("dark", "x", model="signals", tags=True)
    assert video_tags(clips) == ("x",)
