"""Words heard, and which clip they belong to."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.speech import Transcript, Word, heard_in, joined


def word(start: float, end: float, text: str) -> Word:
    return Word(Fraction(str(start)), Fraction(str(end)), text)


HEARD = Transcript(
    (word(1, 2, "Dig"), word(14, 15.5, "deeper,"), word(14.5, 16, "please."), word(20, 80, "Far"))
)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (0, 15, "Dig deeper,"),
        (15, 30, "please. Far"),
        (10, 20, "deeper, please."),
        (2, 10, None),
        (40, 60, "Far"),
        (80, 95, None),
    ],
)
def test_a_word_belongs_where_its_middle_lies_and_a_sentence_wherever_it_reaches(
    start: int, end: int, words: str | None
) -> None:
    assert HEARD.between(Fraction(start), Fraction(end)) == words


def test_what_lies_somewhere_in_a_long_stretch_belongs_to_no_clip() -> None:
    heard = Transcript((word(0, 600, "A long talk."),))
    assert heard.between(Fraction(0), Fraction(600)) is None
    assert heard.text == "A long talk."


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((" Dig", "deeper. "), "Dig deeper."),
        (("你", "好", "。", "Hello", "世", "界"), "你好。 Hello 世界"),
        (("", " "), ""),
    ],
)
def test_words_are_joined_as_their_script_does(words: tuple[str, ...], text: str) -> None:
    assert joined(words) == text


def test_a_word_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="from 2 to 1"):
        word(2, 1, "x")


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 160), st.sampled_from((1, 2, 3, 1001))),
        max_size=20,
    ),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 180)), max_size=5),
)
def test_many_spans_at_once_hear_what_each_hears_alone(
    times: list[tuple[int, int, int]], stretches: list[tuple[int, int]]
) -> None:
    words = tuple(
        Word(Fraction(start, parts), Fraction(start + length, parts), f"w{place}")
        for place, (start, length, parts) in enumerate(times)
    )
    spans = [(Fraction(start, 3), Fraction(start + length, 3)) for start, length in stretches]
    alone = [Transcript(words).between(start, end) for start, end in spans]
    assert list(heard_in(words, spans)) == alone
