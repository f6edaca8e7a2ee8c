"""Videos page by page, in every order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from catalog_material import FACTS, SAMPLES, SCORES, add, source

from shotlog.catalog import Catalog
from shotlog.catalog.connection import connect
from shotlog.catalog.schema import MIGRATIONS
from shotlog.errors import UsageError
from shotlog.queries import SORTS, Filters, Query, Sort, read_query

ALL = Query()
NAMES = ("b.mp4", "A.mp4", "c.mp4", "a\udcff.mp4", "é.mp4", "a.mp4")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Some without size, time or length, two of one length, one whose name is no UTF-8."""
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        sources = [source(name, None if name == "c.mp4" else len(name)) for name in NAMES]
        add(catalog, *sources)
        for number, each in enumerate(sources[:4]):
            seconds = Fraction(10 + number % 2)
            facts = replace(FACTS, duration_seconds=seconds, size_bytes=1000 + number)
            catalog.save_scan(each.id, f"key{number}", facts, SCORES, SAMPLES)
        for each in sources:
            catalog.finish_video(each.id, "done")
        yield catalog


def walked(catalog: Catalog, sort: Sort, asked: Query = ALL, limit: int = 1) -> list[str]:
    found, after = [], None
    while True:
        page = catalog.browse(asked, Filters(), sort, after, limit)
        assert len(page.rows) <= limit
        found += [row.video.source.file_name for row in page.rows]
        after = page.after
        if after is None:
            return found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_are_together_what_one_page_is(catalog: Catalog, sort: Sort, limit: int) -> None:
    whole = walked(catalog, sort, limit=100)
    assert sorted(whole) == sorted(NAMES)
    assert walked(catalog, sort, limit=limit) == whole
    words = read_query("mp4")
    assert sorted(walked(catalog, sort, words)) == sorted(NAMES)
    assert walked(catalog, sort, words, limit=limit) == walked(catalog, sort, words, limit=100)


def test_what_is_not_known_comes_last_either_way(catalog: Catalog) -> None:
    assert walked(catalog, "longest")[4:] == ["a.mp4", "é.mp4"]
    assert walked(catalog, "shortest")[4:] == ["é.mp4", "a.mp4"]
    assert walked(catalog, "modified")[-1] == "c.mp4"


def test_names_are_sorted_in_any_case_and_as_they_are(catalog: Catalog) -> None:
    assert walked(catalog, "name") == ["A.mp4", "a.mp4", "b.mp4", "c.mp4", "é.mp4", "a\udcff.mp4"]


def test_a_size_that_is_not_listed_is_the_measured_one(catalog: Catalog) -> None:
    (first, *_) = catalog.browse(ALL, Filters(), "largest", None, 1).rows
    assert (first.video.source.file_name, first.size_bytes) == ("c.mp4", 1002)


def test_a_video_that_comes_meanwhile_moves_nothing(catalog: Catalog) -> None:
    page = catalog.browse(ALL, Filters(), "name", None, 2)
    add(catalog, source("A!.mp4"))
    after = catalog.browse(ALL, Filters(), "name", page.after, 2)
    assert [row.video.source.file_name for row in after.rows] == ["b.mp4", "c.mp4"]


@pytest.mark.parametrize(
    "after", ["", "x", "WzFd", "e30", "WyJ2IixudWxsLDFd", "WyJiIiwienoiLDFd", "W1tb" * 16_000]
)
def test_a_place_that_is_none_is_refused(catalog: Catalog, after: str) -> None:
    with pytest.raises(UsageError, match="no place in a list"):
        catalog.browse(ALL, Filters(), "name", after, 2)


def test_counting_stops_where_it_is_told_to(catalog: Catalog) -> None:
    assert catalog.count_browsed(ALL, Filters()) == 6
    assert catalog.count_browsed(ALL, Filters(), most=2) == 3
    assert catalog.count_browsed(read_query("mp4"), Filters(), most=2) == 3
    since = Filters(since=datetime(2026, 1, 1, tzinfo=UTC))
    assert catalog.count_browsed(read_query("mp4"), since) == 5
    assert catalog.count_browsed(ALL, Filters(max_duration_seconds=10)) == 2


def test_a_library_of_before_is_sorted_by_what_it_measured(tmp_path: Path) -> None:
    path = tmp_path / "shotlog.db"
    with Catalog.open(path) as catalog:
        add(catalog, source())
        catalog.save_scan(source().id, "key", FACTS, SCORES, SAMPLES)
    with sqlite3.connect(path) as connection:
        for index in ("length", "size", "day", "name", "status"):
            connection.execute(f"DROP INDEX videos_by_{index}")
        for column in ("duration_seconds", "measured_bytes"):
            connection.execute(f"ALTER TABLE videos DROP COLUMN {column}")
        for table in ("videos", "clips"):
            connection.execute(f"DROP INDEX {table}_failed")
        connection.execute("DROP INDEX videos_by_folder")
        for column in ("progress", "written_revision"):
            connection.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        before = [each.__name__ for each in MIGRATIONS].index("in_order")
        connection.execute(f"PRAGMA user_version = {before}")
    connection.close()
    connect(path, read_only=False).close()
    with Catalog.open(path, read_only=True) as catalog:
        (row,) = catalog.browse(ALL, Filters(), "longest", None, 9).rows
    assert row.duration_seconds == pytest.approx(1001 / 30)
