"""Lines that can be read, and their times."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from exported_material import a_clip, words
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.speech import Word, joined
from shotlog.subtitles.cues import (
    LINE_COLUMNS,
    LONGEST_SECONDS,
    Cue,
    balanced,
    columns,
    cues_between,
    described_cues,
    in_pieces,
    spoken_cues,
    wrapped,
)

PROSE = (
    "The harbour is quiet before the first ferry arrives. Two men carry a blue crate along the "
    "pier while gulls circle above them, and nobody says a word until the crate is down."
)


def test_words_become_lines_of_42_columns_two_to_a_cue() -> None:
    cues = spoken_cues(words(PROSE))
    assert " ".join(cue.text for cue in cues) == PROSE
    for cue in cues:
        assert 1 <= len(cue.lines) <= 2
        assert all(columns(line) <= LINE_COLUMNS for line in cue.lines)
        assert cue.end - cue.start <= LONGEST_SECONDS


def test_a_cues_times_are_those_of_its_words() -> None:
    heard = words(PROSE, start=2.5)
    starts = {word.text: word.start for word in heard}
    for cue in spoken_cues(heard):
        assert starts[cue.lines[0].split()[0]] == cue.start


def test_a_sentence_and_a_pause_end_a_cue() -> None:
    heard = (*words("It is done. We go"), *words("home now", start=20))
    assert [cue.text for cue in spoken_cues(heard)] == ["It is done.", "We go", "home now"]


def test_a_lone_word_stays_for_a_second_but_not_over_the_next() -> None:
    heard = (Word(Fraction(0), Fraction(1, 5), "Stop."), Word(Fraction(1, 2), Fraction(3, 5), "No"))
    first, second = spoken_cues(heard)
    assert (float(first.start), float(first.end)) == (0, 0.5)
    assert (float(second.start), float(second.end)) == (0.5, 1.5)


def test_a_sentence_heard_as_one_word_is_parted_in_proportion() -> None:
    cues = spoken_cues((Word(Fraction(10), Fraction(40), PROSE),))
    assert cues[0].start == 10
    assert cues[-1].end == 40
    assert all(cue.end - cue.start <= LONGEST_SECONDS for cue in cues)
    assert " ".join(cue.text for cue in cues) == PROSE


def test_chinese_has_half_as_many_letters_a_line_and_no_blanks() -> None:
    text = "海边的早晨很安静，两个人抬着一个蓝色的箱子走过码头。" * 2
    lines = wrapped(text)
    assert "".join(lines) == text
    assert all(columns(line) <= LINE_COLUMNS + 2 for line in lines)
    assert not any(line.startswith(("，", "。")) for line in lines)


def test_two_lines_are_about_as_long_as_each_other() -> None:
    text = "Two men carry a blue crate along the quiet pier"
    first, second = balanced(text)
    assert abs(len(first) - len(second)) < 10


def test_overlapping_clips_are_shown_until_the_next_begins() -> None:
    clips = [a_clip(1, 0, 15, "One."), a_clip(2, 10, 25, "Two."), a_clip(3, 20, 30, "Three.")]
    assert [(float(cue.start), float(cue.end), cue.text) for cue in described_cues(clips)] == [
        (0, 10, "One."),
        (10, 20, "Two."),
        (20, 30, "Three."),
    ]


def test_neighbours_that_say_the_same_are_one_cue_and_clips_without_words_none() -> None:
    clips = [a_clip(1, 0, 5, "Sea."), a_clip(2, 5, 9, "Sea."), a_clip(3, 9, 12, None)]
    (cue,) = described_cues(clips)
    assert (float(cue.start), float(cue.end), cue.name) == (0, 9, "clip 1")


def test_cues_of_a_clip_are_on_its_own_clock() -> None:
    cues = [Cue(Fraction(3), Fraction(5), ("a",)), Cue(Fraction(9), Fraction(10), ("b",))]
    assert list(cues_between(cues, Fraction(4), Fraction(9))) == [
        Cue(Fraction(0), Fraction(1), ("a",))
    ]


def test_a_long_text_in_pieces_fills_its_time_without_a_gap() -> None:
    pieces = list(in_pieces(Cue(Fraction(0), Fraction(15), (PROSE,))))
    assert (float(pieces[0].start), float(pieces[-1].end)) == (0, 15)
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert all(len(piece.lines) <= 2 for piece in pieces)
    assert " ".join(piece.text for piece in pieces) == PROSE


def test_a_long_text_in_a_short_clip_has_more_lines() -> None:
    (piece,) = in_pieces(Cue(Fraction(0), Fraction(1), (PROSE,)))
    assert len(piece.lines) > 2


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=60), st.integers(0, 100_000), st.integers(0, 20_000)
        ),
        max_size=20,
    )
)
def test_any_words_become_cues_in_turn_that_say_all(told: list[tuple[str, int, int]]) -> None:
    heard = [
        Word(Fraction(start, 1000), Fraction(start + length, 1000), text)
        for text, start, length in told
    ]
    cues = spoken_cues(heard)
    assert all(one.end <= other.start for one, other in pairwise(cues))
    assert all(cue.start < cue.end for cue in cues)
    assert all(line and columns(line) <= LINE_COLUMNS + 2 for cue in cues for line in cue.lines)
    said = sorted("".join(cue.text for cue in cues).replace(" ", ""))
    assert said == sorted("".join("".join(word.text.split()) for word in heard))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_letter_is_lost_in_lines(text: str) -> None:
    def letters(words: str) -> str:
        return "".join(words.split())

    assert letters(joined(wrapped(text))) == letters(text)
