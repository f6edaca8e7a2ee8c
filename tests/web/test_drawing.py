"""Curves, the timeline and lines of words: pure."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.exports.spelling import time_stamp
from shotlog.records import Sample
from shotlog.speech import Word
from shotlog.web.cues import Cue, cue_text, cues_between, cues_of_words, webvtt
from shotlog.web.curves import lanes_of, points_of
from shotlog.web.playing import Playing, playing_source
from shotlog.web.rendering import media_address, percent, size
from shotlog.wording import exact_clock


def samples(count: int, loudness_db: float | None = -20.0) -> list[Sample]:
    return [
        Sample(Fraction(n, 2), 0.5, 0.1, 0.1, n / count, (("red", 0.8), ("grey", 0.2)), loudness_db)
        for n in range(count)
    ]


@given(st.integers(1, 5000), st.integers(1, 700))
def test_however_many_samples_there_are_no_peak_is_lost(count: int, most: int) -> None:
    points = points_of(samples(count), most)
    assert len(points) <= most
    assert max(each.motion for each in points) == (count - 1) / count
    assert points[0].start_seconds == 0


def test_a_silent_film_has_no_curve_of_loudness() -> None:
    assert [each.name for each in lanes_of(points_of(samples(9)), 4.5)] == [
        "motion",
        "loudness",
        "brightness",
    ]
    silent = lanes_of(points_of(samples(9, None)), 4.5)
    assert [each.name for each in silent] == ["motion", "brightness"]
    assert lanes_of((), 4.5) == ()


def test_full_loudness_reaches_the_top() -> None:
    _, loudness, _ = lanes_of(points_of(samples(2, 0.0)), 1.0)
    assert loudness.path == "M0 100V0L250 0L750 0H1000V100Z"


def test_a_colour_lies_between_those_named_and_how_bright_it_is() -> None:
    (point,) = points_of(samples(1))
    assert point.colour.startswith("#")
    red, green, blue = (int(point.colour[place : place + 2], 16) for place in (1, 3, 5))
    assert red > green > blue - 20


WORDS = [Word(Fraction(n, 2), Fraction(n, 2) + Fraction(2, 5), f"word{n}") for n in range(20)]


def test_words_are_put_together_as_they_can_be_read() -> None:
    cues = list(cues_of_words(WORDS))
    assert [cue.text.split()[0] for cue in cues] == ["word0", "word12"]
    late = Word(Fraction(30), Fraction(31), "late")
    assert [cue.text for cue in cues_of_words([WORDS[0], late])] == ["word0", "late"]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("a --> b", "a --&gt; b"),
        ("<v Bob>&amp;", "&lt;v Bob&gt;&amp;amp;"),
        ("one\n\n\ntwo\r\nNOTE three", "one\ntwo\nNOTE three"),
        (" \n ", ""),
    ],
)
def test_a_text_cannot_leave_its_cue(text: str, cue: str) -> None:
    assert cue_text(text) == cue


@given(st.text())
def test_no_text_makes_another_cue(text: str) -> None:
    track = webvtt([Cue(Fraction(0), Fraction(1), text)])
    assert track.count("-->") <= 1
    assert "\n\n\n" not in track


def test_cues_of_a_clip_are_on_its_own_clock() -> None:
    cues = [Cue(Fraction(3), Fraction(5), "a"), Cue(Fraction(9), Fraction(10), "b")]
    assert list(cues_between(cues, Fraction(4), Fraction(9))) == [
        Cue(Fraction(0), Fraction(1), "a")
    ]


def test_times_and_sizes_are_written_as_people_do() -> None:
    assert time_stamp(Fraction(3723, 1) + Fraction(1, 2), ".") == "01:02:03.500"
    assert exact_clock(Fraction(3723, 1) + Fraction(99, 1000)) == "1:02:03.0"
    assert [size(each) for each in (None, 0, 999, 1500, 12_345_678, 5 * 10**12)] == [
        "",
        "0 B",
        "999 B",
        "1.5 kB",
        "12.3 MB",
        "5.0 TB",
    ]
    assert (percent(0), percent(1 / 3), percent(1)) == ("0%", "33.3333%", "100%")


def test_an_address_of_a_file_holds_any_name() -> None:
    assert media_address("videos/a b#?%é") == "/media/videos/a%20b%23%3F%25%C3%A9"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user:secret@bucket.example/a.mp4",
        "https://evil.example; script-src *",
        "https://a b/",
        "//bucket.example/a.mp4",
    ],
)
def test_no_such_address_is_ever_played(url: str) -> None:
    assert playing_source(url, 12.0) == Playing((), is_source=True)


def test_a_source_on_the_web_names_the_one_origin_it_is_played_from() -> None:
    playing = playing_source("https://Bucket.example:8443/a%20b.mp4?x=1", 12.0)
    assert (playing.origins, playing.source_host) == (
        ("https://bucket.example:8443",),
        "bucket.example:8443",
    )
