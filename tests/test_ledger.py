"""Keys change exactly when they should."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from shotlog import ledger
from shotlog.records import GivenClip, Resolution, Source, Span
from shotlog.segments import Cutting

SOURCE = Source(
    public_url="https://bucket.example/vids/a b.mp4",
    url="https://bucket.example/vids/a%20b.mp4",
    file_name="a b.mp4",
    size_bytes=12345,
    last_modified=datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC),
)
HD = Resolution(1280, 720)


@dataclass(frozen=True)
class Job:
    """All that a key may hang on."""

    source: Source = SOURCE
    etag: str | None = None
    length: Fraction = Fraction(15)
    overlap: Fraction = Fraction(0)
    max_resolution: Resolution = HD
    max_fps: Fraction = Fraction(30)
    encoder_version: int = 1
    frame_fps: Fraction = Fraction(2)
    frame_max_pixels: int = 602112
    index: int = 2
    start: Fraction = Fraction(15)
    model: str = "qwen3-vl"
    instruction: str = "Describe this video."
    given: tuple[GivenClip, ...] = ()

    def keys(self) -> dict[str, str]:
        source = ledger.source_key(self.source, self.etag)
        cutting = Cutting(self.length, self.overlap)
        caps: dict[str, Any] = {"max_resolution": self.max_resolution, "max_fps": self.max_fps}
        asked: dict[str, Any] = {
            "describer": {"protocol": "openai", "model": self.model},
            "instruction": self.instruction,
            "given": next(iter(self.given), None),
        }
        span = Span(self.index, self.start, self.start + self.length)
        frames: dict[str, Any] = {
            "frame_fps": self.frame_fps,
            "frame_max_pixels": self.frame_max_pixels,
        }
        return {
            "source": source,
            "scan": ledger.scan_key(source),
            "clips": ledger.clips_key(
                source, cutting, **caps, encoder_version=self.encoder_version, given=self.given
            ),
            "frames": ledger.frames_key(source, cutting, **frames, given=self.given),
            "answer": ledger.answer_key(source, span, **asked, shown=ledger.frames_shown(**frames)),
            "plain": ledger.answer_key(source, span, **asked, shown=ledger.clip_shown(**caps)),
        }


ALL = {"source", "scan", "clips", "frames", "answer", "plain"}
LATER = replace(SOURCE, last_modified=datetime(2026, 11, 23, 11, 48, 58, tzinfo=UTC))
BARE = replace(SOURCE, size_bytes=None, last_modified=None)
GIVEN = (GivenClip("https://bucket.example/clips/1.mp4"),)

CHANGES = [
    ("size", {"source": replace(SOURCE, size_bytes=12346)}, ALL),
    ("time", {"source": LATER}, ALL),
    ("address", {"source": replace(SOURCE, public_url="https://other.example/a b.mp4")}, ALL),
    ("shown name", {"source": replace(SOURCE, file_name="other.mp4")}, set()),
    ("further columns", {"source": replace(SOURCE, further=(("owner", "me"),))}, set()),
    ("etag of a listed source", {"etag": '"abc"'}, set()),
    ("length", {"length": Fraction(10)}, {"clips", "frames", "answer", "plain"}),
    ("overlap", {"overlap": Fraction(1)}, {"clips", "frames"}),
    ("resolution", {"max_resolution": Resolution(854, 480)}, {"clips", "plain"}),
    ("clip frame rate", {"max_fps": Fraction(25)}, {"clips", "plain"}),
    ("encoder", {"encoder_version": 2}, {"clips"}),
    ("sampling rate", {"frame_fps": Fraction(1)}, {"frames", "answer"}),
    ("frame size", {"frame_max_pixels": 300000}, {"frames", "answer"}),
    ("span", {"start": Fraction(30)}, {"answer", "plain"}),
    ("clip number alone", {"index": 7}, set()),
    ("model", {"model": "qwen2.5-vl"}, {"answer", "plain"}),
    ("instruction", {"instruction": "What is on the table?"}, {"answer", "plain"}),
    ("given clips", {"given": GIVEN}, {"clips", "frames", "answer", "plain"}),
]


@pytest.mark.parametrize(
    ("change", "changed"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES]
)
def test_a_change_reaches_the_keys_that_hang_on_it_and_no_others(
    change: dict[str, Any], changed: set[str]
) -> None:
    before, after = Job().keys(), replace(Job(), **change).keys()
    assert {name for name in before if before[name] != after[name]} == changed


def test_an_etag_counts_where_the_listing_states_neither_size_nor_time() -> None:
    assert ledger.source_key(BARE, '"a"') != ledger.source_key(BARE, '"b"')
    assert ledger.source_key(BARE, '"a"') != ledger.source_key(BARE)


def test_the_cutting_of_the_run_has_no_say_in_given_clips() -> None:
    given = Job(given=GIVEN)
    assert given.keys()["frames"] == replace(given, length=Fraction(10)).keys()["frames"]


def test_a_key_is_32_hex_digits_that_hang_on_order_of_parts_but_not_of_names() -> None:
    key = ledger.key("a", {"x": 1, "y": 2})
    assert len(key) == 32
    assert int(key, 16) >= 0
    assert key == ledger.key("a", {"y": 2, "x": 1})
    assert key != ledger.key({"x": 1, "y": 2}, "a")
    assert ledger.key("ab", "c") != ledger.key("a", "bc")


def test_a_key_stays_the_same_from_version_to_version() -> None:
    assert ledger.source_key(SOURCE) == "ed6521dd71186f4d8189193b4ed09448"


def test_what_json_has_no_word_for_makes_no_key() -> None:
    with pytest.raises(TypeError):
        ledger.key({"x": Fraction(1)})
    with pytest.raises(ValueError, match="JSON compliant"):
        ledger.key({"x": float("nan")})


def test_a_name_that_is_no_utf_8_has_a_key() -> None:
    assert ledger.source_key(replace(SOURCE, public_url="/vids/\udcff.mp4"))


def test_a_complete_key_hangs_on_every_step_and_setting() -> None:
    whole = ledger.complete_key("s", "clips", "frames", {"threshold": 0.3})
    assert whole != ledger.complete_key("s", "clips", "frames", {"threshold": 0.4})
    assert whole != ledger.complete_key("s", "clips", "frames2", {"threshold": 0.3})
    assert ledger.text_key(("a", "b"), {"v": 1}) != ledger.text_key(("a",), {"v": 1})
