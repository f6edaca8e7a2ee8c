"""The words that go with a clip."""

from __future__ import annotations

from fractions import Fraction

from shotlog.prompts import build_prompt, prompt_identity


def test_each_frame_has_its_time_and_the_opening_is_the_same_for_all_clips() -> None:
    one = build_prompt("What happens?", [Fraction(0), Fraction(3, 2)])
    other = build_prompt(" What happens?\n", [Fraction(1, 3)])
    assert one.frame_labels == ("frame at 0.0 s:", "frame at 1.5 s:")
    assert other.frame_labels == ("frame at 0.3 s:",)
    assert one.opening == other.opening
    assert one.opening.startswith("What happens?\n")


def test_the_identity_does_not_hang_on_the_clip() -> None:
    assert prompt_identity() == prompt_identity()
    assert prompt_identity().startswith("1-")
