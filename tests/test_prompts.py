"""The words that go with a clip."""

from __future__ import annotations

from fractions import Fraction

from shotlog.prompts import frame_label, prompt_identity


def test_each_frame_has_its_time() -> None:
    assert frame_label(Fraction(3, 2)) == "frame at 1.5 s:"
    assert frame_label(Fraction(1, 3)) == "frame at 0.3 s:"


def test_the_identity_does_not_hang_on_the_clip() -> None:
    assert prompt_identity() == prompt_identity()
    assert prompt_identity().startswith("2-")
