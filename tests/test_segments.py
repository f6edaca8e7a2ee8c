from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.records import Resolution, SceneScore, Span
from shotlog.segments import (
    TAIL_SECONDS,
    Cutting,
    GivenSpans,
    RateCap,
    Sampler,
    clip_name,
    displayed_size,
    fitted_size,
    frame_size,
    scenes_between,
)

HD = Resolution(1280, 720)
NTSC_60 = Fraction(60_000, 1001)
NTSC_30 = Fraction(30_000, 1001)

seconds = st.fractions(min_value=Fraction(1, 100), max_value=300, max_denominator=90_000)
sides = st.integers(min_value=1, max_value=9000)


@st.composite
def cuttings(draw: st.DrawFn) -> Cutting:
    length = draw(st.fractions(min_value=Fraction(1, 2), max_value=120, max_denominator=1000))
    share = draw(st.fractions(min_value=0, max_value=Fraction(3, 4), max_denominator=20))
    return Cutting(length, length * share)


@pytest.mark.parametrize(
    ("length", "overlap", "picture_end", "spans"),
    [
        ("15", "0", "4", [("0", "4")]),
        ("15", "0", "15", [("0", "15")]),
        ("15", "0", "15.49", [("0", "15.49")]),
        ("15", "0", "15.5", [("0", "15"), ("15", "15.5")]),
        ("15", "0", "30", [("0", "15"), ("15", "30")]),
        ("15", "0", "30.4", [("0", "15"), ("15", "30.4")]),
        ("15", "0", "40", [("0", "15"), ("15", "30"), ("30", "40")]),
        ("10", "2", "10", [("0", "10")]),
        ("10", "2", "10.5", [("0", "10"), ("8", "10.5")]),
        ("10", "2", "18", [("0", "10"), ("8", "18")]),
        ("10", "2", "19", [("0", "10"), ("8", "18"), ("16", "19")]),
        ("2", "0.5", "3.9", [("0", "2"), ("1.5", "3.9")]),
        ("2", "0.5", "4", [("0", "2"), ("1.5", "3.5"), ("3", "4")]),
        ("0.25", "0", "0.1", [("0", "0.1")]),
    ],
)
def test_a_video_is_cut_in_these_spans(
    length: str, overlap: str, picture_end: str, spans: list[tuple[str, str]]
) -> None:
    cutting = Cutting(Fraction(length), Fraction(overlap))
    plan = cutting.plan(Fraction(picture_end))
    expected = [(Fraction(start), Fraction(end)) for start, end in spans]
    assert [(each.start, each.end) for each in plan] == expected
    assert [each.index for each in plan] == list(range(1, len(spans) + 1))


@given(cuttings(), seconds)
def test_a_plan_covers_the_picture_exactly(cutting: Cutting, end: Fraction) -> None:
    plan = cutting.plan(end)
    assert plan[0].start == 0
    assert plan[-1].end == end
    for before, after in pairwise(plan):
        assert after.start - before.start == cutting.step
        assert before.end - before.start == cutting.length
        assert before.end - after.start == cutting.overlap


@given(cuttings(), seconds)
def test_every_further_clip_adds_half_a_second_and_none_is_missing(
    cutting: Cutting, end: Fraction
) -> None:
    plan = cutting.plan(end)
    for before, after in pairwise(plan):
        assert after.end - before.end >= TAIL_SECONDS or after.end - before.end == cutting.step
        assert before.end < end
    last_nominal_end = cutting.span(plan[-1].index).end
    assert end - last_nominal_end < TAIL_SECONDS


@given(cuttings(), seconds)
def test_what_is_settled_while_the_picture_runs_agrees_with_the_plan(
    cutting: Cutting, end: Fraction
) -> None:
    for span in cutting.plan(end):
        nominal = cutting.span(span.index)
        assert cutting.true_end(nominal, end) == span.end
        if cutting.settles(nominal, end):
            assert span.end == nominal.end


@pytest.mark.parametrize(("length", "overlap"), [(0, 0), (-1, 0), (5, 5), (5, 6), (5, -1)])
def test_a_cutting_that_would_never_end_is_refused(length: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="0 <= overlap < length"):
        Cutting(Fraction(length), Fraction(overlap))


def test_given_spans_are_kept_and_end_with_the_picture() -> None:
    spans = tuple(Span(n, Fraction(4 * n), Fraction(4 * n + 2)) for n in (1, 2, 3))
    given_spans = GivenSpans(spans)
    assert given_spans.span(3) == spans[2]
    assert given_spans.span(4) is None
    assert given_spans.last_index(Fraction(9)) == 2
    assert given_spans.last_index(Fraction(8)) == 1
    assert given_spans.true_end(spans[1], Fraction(9)) == 9
    assert given_spans.true_end(spans[0], Fraction(9)) == 6


@pytest.mark.parametrize(
    ("index", "name"), [(1, "clip_001"), (999, "clip_999"), (1000, "clip_1000")]
)
def test_clips_are_named_with_three_digits_and_four_past_999(index: int, name: str) -> None:
    assert clip_name(index) == name


def kept(cap: int, declared: Fraction | None, times: list[Fraction]) -> list[int]:
    rate_cap = RateCap(Fraction(cap), declared)
    return [number for number, time in enumerate(times) if rate_cap.keeps(time)]


def steady(fps: Fraction, count: int, tick: Fraction | None = None) -> list[Fraction]:
    times = [number / fps for number in range(count)]
    return [round(time / tick) * tick for time in times] if tick else times


def most_in_a_second(times: list[Fraction]) -> int:
    return max(sum(start <= time < start + 1 for time in times) for start in times)


@pytest.mark.parametrize(
    ("fps", "kept_numbers"),
    [
        (Fraction(60), list(range(0, 120, 2))),
        (NTSC_60, list(range(0, 120, 2))),
        (Fraction(120), list(range(0, 120, 4))),
        (Fraction(90), list(range(0, 120, 3))),
    ],
)
@pytest.mark.parametrize("tick", [None, Fraction(1, 1000), Fraction(1, 90_000)])
def test_a_multiple_of_the_cap_loses_every_other_frame_evenly(
    fps: Fraction, kept_numbers: list[int], tick: Fraction | None
) -> None:
    assert kept(30, fps, steady(fps, 120, tick)) == kept_numbers


@pytest.mark.parametrize(
    ("fps", "gaps"),
    [(Fraction(50), {1, 2}), (Fraction(48), {1, 2}), (Fraction(144), {4, 5})],
)
def test_any_rate_over_the_cap_loses_frames_as_evenly_as_can_be(
    fps: Fraction, gaps: set[int]
) -> None:
    numbers = kept(30, fps, steady(fps, int(fps) * 4))
    assert {after - before for before, after in pairwise(numbers)} == gaps
    assert 119 <= len(numbers) <= 121


@pytest.mark.parametrize(
    "fps", [Fraction(30), NTSC_30, Fraction(25), Fraction(24), Fraction(303, 10), Fraction(1)]
)
@pytest.mark.parametrize("tick", [None, Fraction(1, 1000)])
def test_a_rate_within_the_cap_loses_nothing(fps: Fraction, tick: Fraction | None) -> None:
    assert kept(30, fps, steady(fps, 150, tick)) == list(range(150))


@pytest.mark.parametrize("fps", [30, 25, 10])
def test_a_rate_within_the_cap_loses_nothing_though_none_is_declared(fps: int) -> None:
    times = steady(Fraction(fps), 150, Fraction(1, 1000))
    assert kept(30, None, times) == list(range(150))


@given(st.lists(st.integers(-10, 10), min_size=60, max_size=60))
def test_a_trembling_clock_within_the_cap_loses_nothing(trembles_ms: list[int]) -> None:
    times = [Fraction(n, 30) + Fraction(tremble, 1000) for n, tremble in enumerate(trembles_ms)]
    shifted = [time - times[0] for time in times]
    assert kept(30, Fraction(30), shifted) == list(range(60))


@pytest.mark.parametrize("declared", [None, Fraction(25), Fraction(30), Fraction(60), NTSC_60])
@pytest.mark.parametrize("fps", [50, 60, 120, 240])
def test_the_cap_holds_over_any_second_whatever_rate_is_declared(
    declared: Fraction | None, fps: int
) -> None:
    times = steady(Fraction(fps), fps * 3)
    stayed = [times[number] for number in kept(30, declared, times)]
    assert most_in_a_second(stayed) <= 31
    assert len(stayed) >= 3 * 25


def test_a_burst_in_a_variable_rate_is_capped_and_the_rest_is_kept() -> None:
    calm = steady(Fraction(10), 20)
    burst = [2 + time for time in steady(Fraction(120), 240)]
    after = [4 + time for time in steady(Fraction(10), 20)]
    times = [*calm, *burst, *after]
    numbers = kept(30, Fraction(20), times)
    assert set(range(20)) <= set(numbers)
    assert set(range(261, 280)) <= set(numbers)
    assert most_in_a_second([times[number] for number in numbers]) <= 31


@given(
    st.lists(st.integers(min_value=1, max_value=400), min_size=2, max_size=300),
    st.sampled_from([None, Fraction(24), Fraction(30), Fraction(60), Fraction(90)]),
    st.integers(min_value=1, max_value=60),
)
def test_the_cap_holds_over_any_second_of_any_times(
    steps_ms: list[int], declared: Fraction | None, cap: int
) -> None:
    times = [Fraction(0)]
    for step in steps_ms:
        times.append(times[-1] + Fraction(step, 1000))
    numbers = kept(cap, declared, times)
    assert numbers[0] == 0
    assert most_in_a_second([times[number] for number in numbers]) <= cap + 1


def test_frames_are_sampled_at_the_first_at_or_after_every_step() -> None:
    sampler = Sampler(Fraction(2))
    times = [Fraction(n, 1000) for n in (0, 400, 499, 500, 990, 1040, 1500, 4200, 4400, 4600)]
    taken = [float(time) for time in times if sampler.takes(time)]
    assert taken == [0, 0.5, 1.04, 1.5, 4.2, 4.6]


@pytest.mark.parametrize(
    ("coded", "aspect", "turn", "shown"),
    [
        ((1920, 1080), Fraction(1), 0, (1920, 1080)),
        ((1920, 1080), Fraction(1), 90, (1080, 1920)),
        ((1920, 1080), Fraction(1), 180, (1920, 1080)),
        ((1920, 1080), Fraction(1), 270, (1080, 1920)),
        ((720, 576), Fraction(16, 15), 0, (768, 576)),
        ((720, 576), Fraction(4, 3), 0, (960, 576)),
        ((720, 480), Fraction(8, 9), 0, (640, 480)),
        ((720, 576), Fraction(4, 3), 90, (576, 960)),
    ],
)
def test_a_picture_is_shown_at_this_size(
    coded: tuple[int, int], aspect: Fraction, turn: int, shown: tuple[int, int]
) -> None:
    assert displayed_size(*coded, aspect, turn) == shown


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1280, 720), (1280, 720)),
        ((1920, 1080), (1280, 720)),
        ((1080, 1920), (720, 1280)),
        ((3840, 2160), (1280, 720)),
        ((640, 360), (640, 360)),
        ((101, 77), (100, 76)),
        ((50, 50), (50, 50)),
        ((1, 1), (2, 2)),
        ((1440, 1080), (960, 720)),
        ((2560, 1080), (1280, 540)),
        ((1080, 1080), (720, 720)),
        ((721, 721), (720, 720)),
        ((1281, 719), (1280, 718)),
        ((9000, 10), (1280, 2)),
    ],
)
def test_a_clip_gets_this_size(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fitted_size(*size, HD) == fitted


@given(sides, sides)
def test_a_fitted_size_is_even_inside_the_cap_and_never_larger(width: int, height: int) -> None:
    wide, high = fitted_size(width, height, HD)
    assert wide % 2 == high % 2 == 0
    assert max(wide, high) <= 1280
    assert min(wide, high) <= 720
    assert wide <= max(2, width)
    assert high <= max(2, height)
    assert fitted_size(height, width, HD) == (high, wide)


@given(sides.filter(lambda side: side >= 16), sides.filter(lambda side: side >= 16))
def test_a_fitted_size_keeps_the_aspect_within_a_pixel(width: int, height: int) -> None:
    wide, high = fitted_size(width, height, HD)
    scale = min(1.0, 1280 / max(width, height), 720 / min(width, height))
    assert abs(wide - width * scale) <= 1
    assert abs(high - height * scale) <= 1


@given(sides, sides, st.integers(min_value=56 * 56, max_value=4_000_000))
def test_a_frame_for_the_model_stays_below_its_pixels(
    width: int, height: int, max_pixels: int
) -> None:
    wide, high = frame_size(width, height, max_pixels)
    assert wide % 2 == high % 2 == 0
    assert wide * high <= max_pixels or 2 in (wide, high)
    assert wide <= max(2, width)
    assert high <= max(2, height)


def test_scenes_are_cut_where_the_score_is_above_the_threshold() -> None:
    scores = tuple(
        SceneScore(Fraction(time), score)
        for time, score in [(0, 0.9), (2, 0.3), (3, 0.31), (5, 0.9), (10, 0.9)]
    )
    scenes = scenes_between(scores, 0.3, Fraction(10))
    assert [(float(each.start), float(each.end)) for each in scenes] == [(0, 3), (3, 5), (5, 10)]


def test_a_video_without_cuts_is_one_scene() -> None:
    assert len(scenes_between((), 0.3, Fraction(4))) == 1
