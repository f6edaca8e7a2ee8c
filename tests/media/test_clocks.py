"""Odd clocks: hidden starts, restarts, leaps, stamps told twice, rates and lengths that lie."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import time_recipes as recipes
from programs import difference, grey, packets_of, shown, sound, stamps
from scanning import Scanned, scanned


def assert_all_frames_at_their_times(done: Scanned, source: Path) -> None:
    """As ffprobe lists the source's."""
    times = shown(source).times
    originals = grey(source, 64, 36)
    for path, clip in zip(done.clips, done.result.clips, strict=True):
        inside = [n for n, time in enumerate(times) if clip.span.start <= time < clip.span.end]
        assert stamps(path) == [times[number] - times[inside[0]] for number in inside]
        for picture, number in zip(grey(path, 64, 36), inside, strict=True):
            assert difference(picture, originals[number]) < 4
    assert done.result.facts.frame_count == len(times)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_what_an_edit_list_or_negative_stamps_hide_is_not_shown(suffix: str) -> None:
    source = recipes.edited(suffix)
    done = scanned(source, "1")
    assert_all_frames_at_their_times(done, source)
    assert done.result.facts.damage == ()


def test_decoding_times_below_0_change_nothing() -> None:
    source = recipes.negative_decoding_times()
    assert min(packet["dts"] for packet in packets_of(source, "video")) < 0
    assert_all_frames_at_their_times(scanned(source, "1"), source)


@pytest.mark.parametrize(
    ("codec", "suffix"), [("libx264", ".ts"), ("libx264", ".mp4"), ("libx265", ".ts")]
)
def test_open_groups_give_the_frames_that_can_be_decoded(codec: str, suffix: str) -> None:
    source = recipes.open_groups(codec, suffix)
    assert_all_frames_at_their_times(scanned(source, "1"), source)


def test_one_frame_a_second_is_kept_as_it_is() -> None:
    done = scanned(recipes.at_rate(1, 6), "3")
    assert [stamps(path) for path in done.clips] == [[0, 1, 2]] * 2
    assert done.result.facts.rate_fps == 1


def test_240_frames_a_second_become_30() -> None:
    done = scanned(recipes.at_rate(240, 1), "0.5")
    assert [stamps(path) for path in done.clips] == [[Fraction(n, 30) for n in range(15)]] * 2
    assert done.result.facts.frame_count == 240


def test_frames_that_repeat_a_time_or_go_back_are_left_out_and_counted() -> None:
    source = recipes.restamped("twice.mkv", "if(eq(mod(N,30),10),TS-34,if(eq(N,50),TS-200,TS))")
    facts = scanned(source, "1").result.facts
    assert facts.frame_count == 115
    assert "frames left out, with a time not after the one before: 5" in facts.damage
    assert float(facts.duration_seconds) == pytest.approx(4, abs=0.05)


def test_a_joined_stream_whose_clock_restarts_goes_on_where_it_was() -> None:
    done = scanned(recipes.restarting(), "1")
    assert done.result.facts.frame_count == 100
    assert [len(stamps(path)) for path in done.clips] == [25] * 4
    assert float(done.result.facts.duration_seconds) == pytest.approx(4, abs=0.05)
    assert [round(loudest(path), -1) for path in done.clips] == [440, 440, 880, 880]


def test_a_clock_that_restarts_by_less_than_a_second_costs_no_frame() -> None:
    source = recipes.restarting_soon()
    done = scanned(source, "0.5")
    assert done.result.facts.damage == ()
    assert done.result.facts.frame_count == 4 * 13
    assert float(done.result.facts.duration_seconds) == pytest.approx(4 * 0.52, abs=0.05)


def loudest(path: Path) -> float:
    """The frequency in Hz that sounds the loudest, from the first fifth of a second on."""
    samples = sound(path)[9_600:]
    return float(np.abs(np.fft.rfft(samples)).argmax() * 48_000 / len(samples))


def test_a_leap_of_years_is_a_broken_clock() -> None:
    years = 4 * 365 * 86_400
    source = recipes.restamped("years.mkv", f"if(gte(N,60),TS+{years * 1000},TS)")
    done = scanned(source, "1")
    assert float(done.result.facts.duration_seconds) == pytest.approx(4, abs=0.1)
    assert len(done.clips) == 4


def test_a_leap_of_hours_is_kept() -> None:
    hours = 3 * 3600
    source = recipes.restamped("hours.mkv", f"if(gte(N,60),TS+{hours * 1000},TS)")
    done = scanned(source, "15")
    assert float(done.result.facts.duration_seconds) == pytest.approx(hours + 4, abs=0.1)
    assert len(done.clips) == 2


def test_a_declared_length_that_lies_is_named() -> None:
    facts = scanned(recipes.long_declared(), "1").result.facts
    assert facts.duration_seconds == 4
    assert facts.duration_seconds_declared == 40
    assert facts.damage == ("the picture ends at 4.00 s of 40.00 s declared",)
