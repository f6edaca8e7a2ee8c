"""What is read quickly is what reading it by its types gives."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shotlog.catalog import columns, timed_records
from shotlog.records import ClipFile, FrameFile, SceneScore
from shotlog.speech import Word

moments = st.fractions(min_value=0, max_value=100_000)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.fractions())
def test_a_number_is_the_fraction_that_was_written(number: Fraction) -> None:
    assert timed_records.exact(str(number)) == number


@given(st.lists(st.tuples(moments, moments, texts), max_size=5))
def test_words(told: list[tuple[Fraction, Fraction, str]]) -> None:
    words = tuple(Word(start, start + length, text) for start, length, text in told)
    kept = columns.packed(tuple[Word, ...], words)
    assert columns.words_out(kept) == columns.unpacked(tuple[Word, ...], kept) == words


@given(st.lists(st.tuples(moments, st.floats(0, 1)), max_size=5))
def test_scene_scores(told: list[tuple[Fraction, float]]) -> None:
    scores = tuple(SceneScore(time, score) for time, score in told)
    kept = columns.packed(tuple[SceneScore, ...], scores)
    assert columns.scores_out(kept) == columns.unpacked(tuple[SceneScore, ...], kept) == scores


@given(moments, texts, texts)
def test_clip_files(length: Fraction, name: str, why: str) -> None:
    file = ClipFile(name, 1280, 720, 450, length, 123, why)
    assert timed_records.clip_file_in_json(columns.to_json(ClipFile, file)) == file


@given(st.lists(moments, max_size=5))
def test_frame_files(when: list[Fraction]) -> None:
    file = FrameFile("frames.jpgs", tuple(when), tuple(range(len(when))), 640, 360)
    assert timed_records.frame_file_in_json(columns.to_json(FrameFile, file)) == file


def test_a_clip_file_of_an_older_catalog_has_what_it_lacks_by_default() -> None:
    told = (
        '{"file":"a.mp4","width":1,"height":2,"frame_count":3,"duration_seconds":"1/2",'
        '"size_bytes":5}'
    )
    assert timed_records.clip_file_in_json(told) == ClipFile("a.mp4", 1, 2, 3, Fraction(1, 2), 5)
