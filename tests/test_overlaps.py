"""What clips that share picture tell twice."""

from __future__ import annotations

from fractions import Fraction

import pytest

from shotlog.overlaps import own_parts, without_repeats
from shotlog.records import Span


def spans(*ends: tuple[int, int]) -> list[Span]:
    return [
        Span(index, Fraction(start), Fraction(end))
        for index, (start, end) in enumerate(ends, start=1)
    ]


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (((0, 15), (15, 30)), [(0, 15), (15, 30)]),
        (((0, 15), (10, 25), (20, 35)), [(0, 10), (10, 20), (20, 35)]),
        (((0, 15), (20, 30)), [(0, 15), (20, 30)]),
        (((0, 15), (0, 30)), [(0, 15), (0, 30)]),
        ((), []),
    ],
)
def test_a_clips_own_time_ends_where_the_next_clip_begins(
    given: tuple[tuple[int, int], ...], own: list[tuple[int, int]]
) -> None:
    assert [(int(start), int(end)) for start, end in own_parts(spans(*given))] == own


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("A dog runs. It barks.", "It barks. A cat comes.", "A cat comes."),
        ("A dog runs.", "a  dog runs!", ""),
        (
            "A man in a long red coat walks slowly along the empty street.",
            "A man in a long red coat walks slowly along an empty street. He stops.",
            "He stops.",
        ),
        ("Two men sit at 3 tables in the hall.", "Two men sit at 4 tables in the hall.", None),
        ("A dog runs left.", "A dog runs right.", None),
        ("It is 3.5 m long.", "It is 3.5 m wide.", None),
        ("狗在跑。它叫了。", "它叫了。猫来了。", "猫来了。"),
    ],
)
def test_what_the_clip_before_said_is_left_out(before: str, text: str, left: str | None) -> None:
    assert without_repeats(text, before) == (text if left is None else left)
