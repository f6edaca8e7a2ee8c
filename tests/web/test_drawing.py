"""Curves, the timeline and lines of words: pure."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.exports import SegmentObject
from shotlog.records import Sample
from shotlog.speech import Word
from shotlog.web.curves import lanes_of, points_of
from shotlog.web.playing import Playing, playing_source
from shotlog.web.rendering import media_address, percent, size
from shotlog.web.transcript_lines import lines_by_clip
from shotlog.wording import exact_clock, time_stamp


def samples(count: int, loudness_db: float | None = -20.0) -> list[Sample]:
    return [
        Sample(Fraction(n, 2), 0.5, 0.1, 0.1, n / count, (("red", 0.8), ("grey", 0.2)), loudness_db)
        for n in range(count)
    ]


@settings(deadline=None)
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


def test_words_heard_are_shown_as_subtitles_have_them_each_with_its_time() -> None:
    words = [Word(Fraction(n, 2), Fraction(n, 2) + Fraction(2, 5), f"word{n}") for n in range(20)]
    late = Word(Fraction(30), Fraction(31), "late.")
    clip = SegmentObject.model_construct(index=1, start_seconds=0.0, end_seconds=40.0)
    lines = lines_by_clip([*words, late], [clip])[1]
    assert [line.words[0].text for line in lines] == ["word0", "word12", "late."]
    assert [line.start_seconds for line in lines] == [0.0, 6.0, 30.0]
    assert [(each.before, each.start_seconds) for each in lines[0].words[:2]] == [
        ("", 0),
        (" ", 0.5),
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
