"""Clips that follow scenes: the rule by examples, and what holds whatever the scenes are."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.errors import SettingError
from shotlog.records import SceneMethod, Span
from shotlog.settings import load_settings
from shotlog.splitting import SceneCutting, ScenePlan, scene_spans


def cutting(longest: str = "15", shortest: str = "2") -> SceneCutting:
    return SceneCutting(Fraction(longest), Fraction(shortest), SceneMethod())


@pytest.mark.parametrize(
    ("cuts", "picture_end", "boundaries"),
    [
        ([], "10", []),
        ([], "15", []),
        ([], "16.9", []),
        ([], "17", ["15"]),
        ([], "40", ["15", "30"]),
        (["5"], "10", ["5"]),
        (["5", "6"], "12", ["5"]),
        (["1"], "10", []),
        (["1", "1.5", "4"], "10", ["4"]),
        (["2"], "10", ["2"]),
        (["8.5"], "10", []),
        (["8"], "10", ["8"]),
        (["15"], "20", ["15"]),
        (["16"], "30", ["15"]),
        (["17"], "30", ["15", "17"]),
        (["20"], "50", ["15", "20", "35"]),
        (["1"], "1.5", []),
    ],
)
def test_clips_follow_scenes_by_this_rule(
    cuts: list[str], picture_end: str, boundaries: list[str]
) -> None:
    end = Fraction(picture_end)
    spans = scene_spans(cutting(), tuple(map(Fraction, cuts)), end)
    assert [span.start for span in spans] == [0, *map(Fraction, boundaries)]
    assert [span.end for span in spans] == [*map(Fraction, boundaries), end]
    assert [span.index for span in spans] == list(range(1, len(spans) + 1))


def test_without_a_shortest_length_only_a_last_clip_below_half_a_second_is_joined() -> None:
    cuts = (Fraction(1, 10), Fraction(1), Fraction(48, 10))
    spans = scene_spans(cutting(shortest="0"), cuts, Fraction(5))
    assert [span.start for span in spans] == [0, Fraction(1, 10), 1]


times = st.fractions(min_value=Fraction(1, 100), max_value=120, max_denominator=100)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[SceneCutting, tuple[Fraction, ...], Fraction]:
    shortest = draw(st.fractions(min_value=0, max_value=5, max_denominator=10))
    longest = shortest + draw(st.fractions(min_value=1, max_value=20, max_denominator=10))
    end = draw(times)
    cuts = tuple(sorted(time for time in draw(st.sets(times, max_size=30)) if time < end))
    return SceneCutting(longest, shortest, SceneMethod()), cuts, end


@given(scenes())
def test_the_clips_cover_the_video_without_gap_or_overlap(
    case: tuple[SceneCutting, tuple[Fraction, ...], Fraction],
) -> None:
    spans = scene_spans(*case)
    assert spans[0].start == 0
    assert spans[-1].end == case[2]
    assert all(one.end == other.start for one, other in pairwise(spans))


@given(scenes())
def test_no_clip_is_too_short_or_too_long(
    case: tuple[SceneCutting, tuple[Fraction, ...], Fraction],
) -> None:
    how, _, _ = case
    spans = scene_spans(*case)
    for span in spans[:-1]:
        assert how.shortest <= span.end - span.start <= how.longest
    last = spans[-1].end - spans[-1].start
    assert last < how.longest + how.tail
    assert len(spans) == 1 or last >= how.tail


@given(scenes())
def test_every_clip_begins_with_a_scene_or_where_the_one_before_is_full(
    case: tuple[SceneCutting, tuple[Fraction, ...], Fraction],
) -> None:
    how, cuts, _ = case
    for before, span in pairwise(scene_spans(*case)):
        assert span.start in cuts or span.start == before.start + how.longest


@given(scenes(), st.sets(times, min_size=1, max_size=60))
def test_a_plan_told_of_frames_on_the_way_ends_up_the_same(
    case: tuple[SceneCutting, tuple[Fraction, ...], Fraction], frames: set[Fraction]
) -> None:
    how, cuts, end = case
    plan = ScenePlan(how)
    settled: list[Span] = []
    for time in sorted({*cuts, *(frame for frame in frames if frame < end)}):
        if time in cuts:
            plan.cut(time)
        plan.reach(time)
        index = len(settled) + 1
        while (span := plan.span(index)) is not None and plan.settles(span, time):
            settled.append(span)
            index += 1
    plan.reach(end)
    spans = scene_spans(how, cuts, end)
    assert plan.last_index(end) == len(spans)
    assert tuple(settled) == spans[: len(settled)], "what was settled stays as it was"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"overlap": "1"}, "Overlap must be 0"),
        ({"min_clip": "3", "segment_length": "3"}, "MinClip must be below SegmentLength"),
        ({"min_clip": "6"}, "not between 0 and 5"),
        ({"min_clip": "-1"}, "not between 0 and 5"),
    ],
)
def test_settings_that_no_clips_can_follow_are_refused(words: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({"split": "scenes", **words}, environment={})
    assert said in caught.value.what


def test_a_length_below_the_shortest_clip_is_fine_where_clips_have_one_length() -> None:
    assert load_settings({"segment_length": "1"}, environment={}).split == "length"


def test_each_detector_has_a_threshold_of_its_own() -> None:
    thresholds = {
        name: load_settings({"scene_detector": name}, environment={}).scenes.threshold
        for name in ("ffmpeg", "content", "adaptive")
    }
    assert thresholds == {"ffmpeg": 0.3, "content": 27.0, "adaptive": 3.0}
