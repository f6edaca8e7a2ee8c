"""Numbers, sizes, times and lengths as people write them, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from shotlog.quantities import (
    parse_duration,
    parse_end,
    parse_fragment,
    parse_number,
    parse_size,
    parse_time,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", Fraction(12)),
        (" 29.97 ", Fraction(2997, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        ("1e-3", Fraction(1, 1000)),
        (".5", Fraction(1, 2)),
        ("-2.", Fraction(-2)),
    ],
)
def test_numbers_are_read_exactly(text: str, number: Fraction) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "soon", "1/0", "nan", "inf", "1e400", "1e999999999", "9" * 400, "1,5"]
)
def test_what_is_no_number_or_beyond_any_use_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["9" * 400, "9" * 400 + ":00:00", "0." + "9" * 400])
def test_no_length_and_no_size_is_too_large_for_a_float(text: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        parse_duration(text)
    with pytest.raises(ValueError, match="no size"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "now"])
def test_a_time_that_utc_cannot_tell_is_refused_as_any_other_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2024-12-31", datetime(2025, 1, 1, tzinfo=UTC)),
        ("2024-12-31T11", datetime(2024, 12, 31, 11, tzinfo=UTC)),
        ("20241231T1130", datetime(2024, 12, 31, 11, 30, tzinfo=UTC)),
        ("2024-12-31 00:00", datetime(2024, 12, 31, tzinfo=UTC)),
        ("9999-12-31", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_only_a_day_is_taken_whole_where_an_end_is_meant(text: str, end: datetime) -> None:
    assert parse_end(text) == end


@pytest.mark.parametrize(
    ("address", "picked"),
    [
        ("https://b.example/a.mp4", None),
        ("https://b.example/a.mp4#t=15,30", (Fraction(15), Fraction(30))),
        ("https://b.example/a.mp4#t=0.5", (Fraction(1, 2), None)),
        ("https://b.example/a.mp4#t=,30", (Fraction(0), Fraction(30))),
    ],
)
def test_a_fragment_picks_a_stretch(
    address: str, picked: tuple[Fraction, Fraction | None] | None
) -> None:
    assert parse_fragment(address) == picked


@pytest.mark.parametrize("words", ["10,5", "5,5", "1.2.3,5", ".", "one,two", "-1,5"])
def test_a_fragment_that_picks_nothing_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="#t="):
        parse_fragment(f"https://b.example/a.mp4#t={words}")
