"""What is found in a catalog, and that it is what the clips show now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from catalog_material import ANSWER, FAILURE, add, clip, source
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.catalog import Catalog
from shotlog.catalog.connection import connect
from shotlog.catalog.schema import MIGRATIONS
from shotlog.catalog.searching import RANKED
from shotlog.catalog.word_index import COLUMNS, index_everything
from shotlog.fields import ClipFields
from shotlog.queries import Filters, read_query
from shotlog.records import Answer, VideoText
from shotlog.rows import FoundRow
from shotlog.speech import Transcript, Word

ID = source().id
FIELDS = ClipFields(
    description="Two men load a van.",
    actions=("carrying a sofa",),
    objects=("van", "sofa"),
    people_count=2,
    setting="in front of a house",
    time_of_day="day",
    on_screen_text=("ACME Movers",),
    camera="static",
    mood="busy",
    category="work",
    tags=("moving",),
    safety_flags=(),
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        add(opened, source())
        opened.save_clips(ID, "clips", "frames", [clip(1), clip(2)])
        yield opened


def say(catalog: Catalog, *texts: str, tags: tuple[str, ...] = ()) -> None:
    for index, text in enumerate(texts, start=1):
        answer = replace(ANSWER, description=text, tags=tags)
        catalog.save_answer(f"{text}-{index}", ID, index, answer)


def rows(catalog: Catalog, query: str, filters: Filters | None = None) -> list[FoundRow]:
    return list(catalog.search(read_query(query), filters or Filters(), 20))


def found(catalog: Catalog, query: str, filters: Filters | None = None) -> list[int | None]:
    return [row.clip_index for row in rows(catalog, query, filters)]


@pytest.mark.parametrize(
    "query",
    [
        *("car", "CARS", "driving", '"red car"', "dri*", "cafe", "red -truck", "truck OR car"),
        *('"past a caf"*', "red car at night"),
    ],
)
def test_words_are_found_by_stem_phrase_beginning_and_without_accents(
    catalog: Catalog, query: str
) -> None:
    say(catalog, "A red car drives past a café by night.", "A truck.")
    assert 1 in found(catalog, query)


@pytest.mark.parametrize("query", ["red truck", '"car red"', "ri*", "car -night", "tree"])
def test_words_that_do_not_fit_are_not_found(catalog: Catalog, query: str) -> None:
    say(catalog, "A red car drives past a café by night.", "A truck.")
    assert found(catalog, query) == []


@pytest.mark.parametrize(
    ("query", "clips"),
    [
        ("汽车", [1]),
        ("车", [1]),
        ("红色汽车", [1]),
        ("红车", []),
        ("夜晚 汽车", [1]),
        ("ねこ", [2]),
        ("자동차", [2]),
    ],
)
def test_words_of_scripts_without_blanks_are_found_wherever_they_stand(
    catalog: Catalog, query: str, clips: list[int]
) -> None:
    say(catalog, "一辆红色汽车在夜晚的街道上行驶。", "ねこが自動車を見る。 자동차가 달린다")
    assert found(catalog, query) == clips


def test_a_name_of_decomposed_letters_is_found(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        other = source("서울_u\u0308ber.mp4")
        add(catalog, other)
        catalog.save_clips(other.id, "clips", None, [clip()])
        assert found(catalog, "서울 über") == [None, 1]


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("men", "description"),
        ("sofa", "objects"),
        ("carrying", "actions"),
        ("house", "setting"),
        ("acme", "text"),
        ("moving", "tags"),
        ("morning", "transcript"),
    ],
)
def test_words_are_looked_for_where_it_is_said(catalog: Catalog, query: str, column: str) -> None:
    catalog.save_answer(
        "one", ID, 1, Answer("Two men load a van.", "m", ("moving",), fields=FIELDS)
    )
    hello = Word(Fraction(1), Fraction(2), "Good morning.")
    catalog.save_transcript(ID, "heard", Transcript((hello,)))
    assert found(catalog, query) == [1]
    assert found(catalog, query, Filters(columns=(column,))) == [1]  # type: ignore[arg-type]
    assert found(catalog, query, Filters(columns=("summary",))) == []


def test_what_is_said_of_a_whole_video_finds_the_video(catalog: Catalog) -> None:
    catalog.save_video_text(ID, "text", VideoText("Friends move house.", title="Moving day"))
    assert found(catalog, "moving day") == [None]
    assert found(catalog, "friends", Filters(columns=("summary",))) == [None]
    assert found(catalog, "a.mp4", Filters(columns=("name",))) == [None, 1, 2]


def test_a_clip_is_found_by_what_it_shows_now(catalog: Catalog) -> None:
    say(catalog, "A red car.")
    say(catalog, "A green bus.")
    assert (found(catalog, "car"), found(catalog, "bus")) == ([], [1])
    catalog.link_answers(ID, {1: "A red car.-1"})
    assert (found(catalog, "car"), found(catalog, "bus")) == ([1], [])
    catalog.save_clip_failure(ID, 1, FAILURE)
    assert found(catalog, "car") == []


def test_an_answer_that_is_given_again_is_found_in_every_clip_that_shows_it(
    catalog: Catalog,
) -> None:
    catalog.save_answer("same", ID, 1, replace(ANSWER, description="A red car."))
    catalog.link_answers(ID, {2: "same"})
    catalog.save_answer("same", ID, 1, replace(ANSWER, description="A green bus."))
    assert (found(catalog, "car"), sorted(map(str, found(catalog, "bus")))) == ([], ["1", "2"])


def test_a_video_that_is_called_otherwise_is_found_by_its_new_name(catalog: Catalog) -> None:
    add(catalog, replace(source(), file_name="wedding.mp4"))
    assert found(catalog, "wedding") == [None, 1, 2]
    assert found(catalog, '"a.mp4"') == []


STEPS = st.sampled_from(
    [
        lambda it: it.save_clips(ID, "clips", "frames", [clip(1), clip(2), clip(3)]),
        lambda it: it.save_clips(ID, "clips", "frames", [clip(1)]),
        lambda it: say(it, "A red car.", "红色汽车", tags=("Dark",)),
        lambda it: say(it, "A green bus."),
        lambda it: it.link_answers(ID, {1: "A red car.-1", 2: "none"}),
        lambda it: it.save_clip_failure(ID, 1, FAILURE),
        lambda it: it.save_transcript(
            ID, "heard", Transcript((Word(Fraction(14), Fraction(15), "hello"),))
        ),
        lambda it: it.forget_transcript(ID),
        lambda it: it.save_video_text(ID, "text", VideoText("A street.", ("busy",), "Street")),
        lambda it: it.finish_video(ID, "done"),
        lambda it: it.forget("describe", [ID]),
        lambda it: it.forget("scan", [ID]),
        lambda it: add(it, replace(source(), file_name="b.mp4")),
        lambda it: add(it, source()),
    ]
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_whatever_is_written_the_index_is_what_indexing_everything_would_make(
    steps: list[object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Catalog.open(tmp_path_factory.mktemp("log") / "shotlog.db") as catalog:
        add(catalog, source())
        catalog.save_clips(ID, "clips", "frames", [clip(1), clip(2)])
        for step in steps:
            step(catalog)  # type: ignore[operator]
        connection = catalog._connection
        kept = contents(connection)
        connection.execute("INSERT INTO clip_words (clip_words) VALUES ('integrity-check')")
        connection.execute("DELETE FROM clip_words")
        index_everything(connection)
        assert kept == contents(connection)


def contents(connection: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    """The index's rows; what a row was never told is as good as empty."""
    sql = f"SELECT rowid, {', '.join(COLUMNS)} FROM clip_words"  # noqa: S608
    return {row[0]: tuple(each or "" for each in tuple(row)[1:]) for row in connection.execute(sql)}


def test_a_library_of_before_is_indexed_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "shotlog.db"
    before = [each.__name__ for each in MIGRATIONS].index("clip_words")
    with closing(connect(path, read_only=False, migrations=MIGRATIONS[:before])) as connection:
        connection.executescript(
            """
            INSERT INTO runs VALUES (1, '2026-11-24', 'done', '{}', '2026-11-24', 0, 0, 0, 0, '');
            INSERT INTO videos (id, run_id, position, file_name, public_url, url, folder,
                source_key) VALUES ('one', 1, 1, 'a.mp4', 'u', 'u', 'a-one', 'key');
            INSERT INTO answers (key, video_id, description, model, tags, evidence, created_at)
                VALUES ('answer', 'one', 'A red car.', 'm', '["dark"]', '[]', '2026-11-24');
            INSERT INTO clips (video_id, clip_index, start_exact, end_exact, start_seconds,
                end_seconds, answer_key) VALUES ('one', 1, '0', '15', 0, 15, 'answer');
            """
        )
    with Catalog.open(path) as catalog:
        assert found(catalog, "car") == [1]
        assert found(catalog, "car", Filters(tags=("dark",))) == [1]
        assert list(catalog.changed_since(0)) == [("one", 1)]


def test_snippets_have_their_words_marked(catalog: Catalog) -> None:
    say(catalog, "A red car drives by night.", "一辆红色汽车。")
    (row,) = rows(catalog, "drive red")
    assert row.snippet is not None
    marked = [row.snippet.text[start:end] for start, end in row.snippet.marks]
    assert marked == ["red", "drives"]
    (row,) = rows(catalog, "汽车")
    assert row.snippet is not None
    assert row.snippet.text == "一辆红色汽车。"
    assert [row.snippet.text[start:end] for start, end in row.snippet.marks] == ["汽车"]


def test_filters_are_kept(catalog: Catalog) -> None:
    say(catalog, "A red car.", "A red bus.", tags=("Dark blue",))
    say(catalog, "A red car.", tags=("dark",))
    catalog.finish_video(ID, "partial")
    day = datetime(2026, 11, 23, tzinfo=UTC)
    assert found(catalog, "red", Filters(tags=("DARK",))) == [1]
    assert found(catalog, "red", Filters(tags=("dark blue",))) == [2]
    assert found(catalog, "red", Filters(since=day)) == [1, 2]
    assert found(catalog, "red", Filters(before=day)) == []
    assert found(catalog, "red", Filters(min_duration_seconds=15, statuses=("partial",))) == [1, 2]
    assert found(catalog, "red", Filters(max_duration_seconds=14.9)) == []
    assert found(catalog, "red", Filters(statuses=("done", "failed"))) == []


def test_without_words_the_newest_videos_come_first(catalog: Catalog) -> None:
    newer = replace(source("b.mp4"), last_modified=datetime(2027, 1, 1, tzinfo=UTC))
    add(catalog, newer)
    catalog.save_clips(newer.id, "clips", None, [clip(1)])
    catalog.save_answer("b", newer.id, 1, replace(ANSWER, tags=("dark",)))
    say(catalog, "A red car.", tags=("dark",))
    seen = [(row.video_id, row.clip_index) for row in rows(catalog, "")]
    assert seen == [(newer.id, 1), (ID, 1), (ID, 2)]
    tagged = [(row.video_id, row.clip_index) for row in rows(catalog, "", Filters(tags=("dark",)))]
    assert tagged == [(newer.id, 1), (ID, 1)]


def test_among_very_many_the_rare_and_the_filtered_are_found(tmp_path: Path) -> None:
    clips = RANKED // 400 + 1
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        many = [source(f"{number}.mp4") for number in range(400)]
        add(catalog, *many)
        for each in many:
            catalog.save_clips(each.id, "clips", None, [clip(n) for n in range(1, clips + 1)])
        first, last = many[0], many[-1]
        catalog.save_answer("rare", first.id, 1, replace(ANSWER, description="A submarine."))
        catalog.finish_video(first.id, "failed")
        catalog.finish_video(last.id, "done")
        best = rows(catalog, "mp4 OR submarine")[0]
        assert (best.video_id, best.clip_index) == (first.id, 1)
        kept = rows(catalog, "mp4", Filters(statuses=("failed",)))
        assert {row.video_id for row in kept} == {first.id}
