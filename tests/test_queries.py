"""What a person types becomes what FTS5 takes."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.catalog.word_index import CREATE_INDEX
from shotlog.errors import UsageError
from shotlog.queries import FilterFields, Filters, Query, Term, read_query, spaced

OPERATORS = st.sampled_from(
    [
        '"',
        "*",
        "-",
        "OR",
        "AND",
        "NOT",
        "NEAR(",
        ")",
        ":",
        "^",
        "{",
        "a",
        "红",
        "é",
        "\x00",
        "\udcff",
    ]
)
ANY_TEXT = st.one_of(st.text(), st.lists(OPERATORS).map("".join), st.lists(OPERATORS).map(" ".join))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("", ""),
        ("red car", '("red") AND ("car")'),
        ('"red car" street', '("red car") AND ("street")'),
        ("“red car”", '("red car")'),
        ('"red car', '("red car")'),
        ("stre*", '("stre"*)'),
        ('"red ca"*', '("red ca"*)'),
        ("street -dog", '(("street")) NOT ("dog")'),
        ('street -"big dog" -cat', '(("street")) NOT ("big dog" OR "cat")'),
        ("red car OR truck", '("red") AND ("car" OR "truck")'),
        ("a | b", '("a" OR "b")'),
        ("OR car OR", '("car")'),
        ("red AND car", '("red") AND ("car")'),
        ("red car at night", '("red") AND ("car") AND ("night")'),
        ("to be at", '("be")'),
        ("at the", '("at") AND ("the")'),
        ('"at night"', '("at night")'),
        ("mother-in-law", '("mother-in-law")'),
        ("tags:dark NEAR(a b)", '("tags:dark") AND ("NEAR(a") AND ("b)")'),
        ("红色汽车", '("红\u200b色\u200b汽\u200b车")'),
    ],
)
def test_a_query_is_read_as_people_mean_it(text: str, expression: str) -> None:
    assert read_query(text).expression == expression


@pytest.mark.parametrize("text", ["!!!", "🌳", '""', "- *", "OR", "AND"])
def test_a_query_without_a_word_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="no word"):
        read_query(text)


def test_a_query_of_what_is_not_wanted_alone_is_told() -> None:
    with pytest.raises(UsageError, match="only what is not wanted"):
        read_query("-dog")


@pytest.mark.parametrize("text", ["word " * 65, "x" * 1001])
def test_a_query_without_end_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="are allowed"):
        read_query(text)


@given(text=ANY_TEXT)
def test_whatever_is_typed_can_be_looked_for_or_is_told(text: str) -> None:
    try:
        query = read_query(text)
    except UsageError:
        return
    if query.groups:
        connection = sqlite3.connect(":memory:")
        connection.execute(CREATE_INDEX)
        look = "SELECT count(*) FROM clip_words WHERE clip_words MATCH ?"
        assert connection.execute(look, (query.expression,)).fetchone() == (0,)
        assert connection.execute(look, (f"{{text}} : ({query.expression})",)).fetchone() == (0,)
        connection.close()


def test_the_longest_query_allowed_is_one_that_can_be_looked_for() -> None:
    query = read_query(" OR ".join(f"-w{n} w{n}" for n in range(32)))
    connection = sqlite3.connect(":memory:")
    connection.execute(CREATE_INDEX)
    look = "SELECT count(*) FROM clip_words WHERE clip_words MATCH ?"
    assert connection.execute(look, (query.expression,)).fetchone() == (0,)
    connection.close()


def test_a_query_with_a_choice_comes_apart_into_one_for_each() -> None:
    query = read_query("street car OR truck -dog")
    apart = [each.groups for each in query.apart()]
    assert apart == [
        ((Term("car"),), (Term("street"),)),
        ((Term("truck"),), (Term("street"),)),
    ]
    assert Query().apart() == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red car", "red car"),
        ("红车", "红\u200b车"),
        ("iPhone手机 ok", "iPhone\u200b手\u200b机 ok"),
        ("手机4G", "手\u200b机\u200b4G"),
        ("자동차가", "자\u200b동\u200b차\u200b가"),
        ("Café Ünal", "Café Ünal"),
    ],
)
def test_signs_of_scripts_without_blanks_stand_apart(text: str, expected: str) -> None:
    assert spaced(text) == expected
    assert spaced(expected) == expected


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"columns": ("colour",)}, "--in takes description"),
        ({"statuses": ("good",)}, "--status takes done"),
        ({"min_duration_seconds": 5.0, "max_duration_seconds": 4.0}, "No clip lasts"),
        (
            {"since": datetime(2024, 2, 1, tzinfo=UTC), "before": datetime(2024, 1, 1, tzinfo=UTC)},
            "No video is from",
        ),
    ],
)
def test_filters_that_cannot_be_meant_are_told(filters: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Filters(**filters)  # type: ignore[arg-type]


def test_times_of_any_zone_are_utcs() -> None:
    east = datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    filters = Filters(since=east, before=datetime(2024, 1, 2))  # noqa: DTZ001 - it has none
    assert filters.since == datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert filters.since.isoformat().endswith("+00:00")
    assert filters.before == datetime(2024, 1, 2, tzinfo=UTC)


def test_functions_take_every_filter_that_people_may_ask_for() -> None:
    assert get_type_hints(FilterFields) == get_type_hints(Filters)
