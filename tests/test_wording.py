"""Numbers, times and lists in words."""

from __future__ import annotations

import pytest

from shotlog.wording import (
    clock,
    listed,
    spoken_count,
    spoken_duration,
    spoken_seconds,
    stretch,
)


def test_counts_are_words_up_to_twelve() -> None:
    said = [spoken_count(count, "shot") for count in (0, 1, 2, 12, 13)]
    assert said == ["no shots", "one shot", "two shots", "twelve shots", "13 shots"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0 seconds"),
        (0.96, "1 second"),
        (12.5, "12.5 seconds"),
        (59.96, "1 minute"),
        (125.4, "2 minutes 5 seconds"),
        (3600, "1 hour"),
        (3785.2, "1 hour 3 minutes"),
        (7205, "2 hours 5 seconds"),
    ],
)
def test_durations_are_said_in_their_largest_units(seconds: float, said: str) -> None:
    assert spoken_duration(seconds) == said


def test_seconds_know_singular_from_plural() -> None:
    assert (spoken_seconds(1.0), spoken_seconds(1.5)) == ("1 second", "1.5 seconds")


def test_a_clock_shows_hours_only_where_there_are_some() -> None:
    assert [clock(each) for each in (0, 15.9, 61, 3723)] == ["0:00", "0:15", "1:01", "1:02:03"]


def test_a_stretch_within_one_second_is_told_in_tenths() -> None:
    assert stretch(14.99, 30.0) == "0:14 – 0:30"
    assert stretch(0, 0.96) == "0:00.0 – 0:00.9"
    assert stretch(61.2, 61.9) == "1:01.2 – 1:01.9"


def test_lists_end_with_and() -> None:
    assert [listed(list(each)) for each in ("", "a", "ab", "abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
