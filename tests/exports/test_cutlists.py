"""Timelines and lists of cuts, read by OpenTimelineIO."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from exported_material import FACTS, HOSTILE, a_clip, a_video, facts_at
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.exports import Chosen, Target, Written, format_named
from shotlog.exports.editors.edit_rates import EditRate, edit_rate
from shotlog.records import Chapter

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)


def written(name: str, folder: Path, *videos: Chosen) -> tuple[list[Path], Written]:
    place = folder / name
    told = format_named(name).write(videos, Target(place, folder))
    return sorted(path for path in place.iterdir() if not path.name.startswith(".")), told


def read(path: Path, rate: Fraction | None = None) -> list[Any]:
    """The clips of a file, as OpenTimelineIO finds them."""
    further = {"rate": float(rate)} if rate else {}
    timeline = opentimelineio.adapters.read_from_file(str(path), **further)
    return list(timeline.find_clips())


def frames(clip: Any) -> tuple[int, int]:
    """First frame and number of frames."""
    found = clip.source_range
    return int(found.start_time.value), int(found.duration.value)


def two_clips(rate: Fraction, **further: Any) -> Chosen:
    return a_video(
        a_clip(1, 0, 15, "Waves."), a_clip(2, 15, 30, "A gull."), facts=facts_at(rate), **further
    )


@pytest.mark.parametrize("name", ["otio", "edl"])
@pytest.mark.parametrize(
    "rate", [FILM, Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(50), 2 * NTSC]
)
def test_clips_are_the_frames_that_lie_in_them(name: str, rate: Fraction, tmp_path: Path) -> None:
    (path,), told = written(name, tmp_path, two_clips(rate))
    first, second = read(path, rate if name == "edl" else None)
    cut = -int(-15 * rate // 1)
    assert frames(first) == (0, cut)
    assert frames(second) == (cut, -int(-30 * rate // 1) - cut)
    assert second.source_range.start_time.rate == pytest.approx(float(rate))
    assert told.notes == ()


def test_a_timeline_shows_the_source_scenes_chapters_and_descriptions(tmp_path: Path) -> None:
    video = two_clips(
        Fraction(25),
        cuts=(Fraction(4), Fraction(501, 25)),
        chapters=(Chapter(Fraction(15), Fraction(30), "Birds"),),
        title="The beach",
    )
    (path,), _ = written("otio", tmp_path, video)
    assert path.name == f"{video.row.folder}.otio"
    timeline = opentimelineio.adapters.read_from_file(str(path))
    assert timeline.name == "The beach"
    assert timeline.metadata["shotlog"]["file_name"] == "beach.mp4"
    first, second = timeline.find_clips()
    media = second.media_reference
    assert (media.name, media.target_url) == ("beach.mp4", "https://bucket.example/vids/a%20b.mp4")
    assert media.available_range.duration.value == 750
    assert second.name == "beach.mp4 clip 2"
    assert second.metadata["shotlog"]["description"] == "A gull."
    assert [(each.name, each.marked_range.start_time.value) for each in first.markers] == [
        ("Waves.", 0),
        ("Scene 1", 0),
        ("Scene 2", 100),
    ]
    marks = [(each.name, each.color, each.comment) for each in second.markers]
    assert marks == [("A gull.", "GREEN", "A gull."), ("Birds", "BLUE", ""), ("Scene 3", "RED", "")]
    assert timeline.duration().value == 750


def test_a_timeline_survives_the_library_that_reads_it(tmp_path: Path) -> None:
    (path,), _ = written("otio", tmp_path, two_clips(NTSC, cuts=(Fraction(4),)))
    timeline = opentimelineio.adapters.read_from_file(str(path))
    again = opentimelineio.adapters.read_from_string(timeline.to_json_string(), "otio_json")
    assert again.is_equivalent_to(timeline)


def test_a_list_of_cuts_names_reel_clip_source_words_and_scenes(tmp_path: Path) -> None:
    video = two_clips(Fraction(25), cuts=(Fraction(4),))
    (path,), _ = written("edl", tmp_path, video)
    text = path.read_text("utf-8")
    reel = video.row.id[:8].upper()
    assert text.startswith(
        "TITLE: beach.mp4\nFCM: NON-DROP FRAME\n\n"
        f"001  {reel} V     C        00:00:00:00 00:00:15:00 01:00:00:00 01:00:15:00\n"
        "* FROM CLIP NAME: beach.mp4\n"
        "* SOURCE FILE: https://bucket.example/vids/a%20b.mp4\n"
        "* COMMENT: Waves.\n"
        "* LOC: 01:00:00:00 RED     Scene 1\n"
        "* LOC: 01:00:04:00 RED     Scene 2\n"
    )
    first, second = read(path, Fraction(25))
    assert first.name == second.name == "beach.mp4"
    assert first.metadata["cmx_3600"]["reel"] == reel
    assert "COMMENT: A gull." in second.metadata["cmx_3600"]["comments"]
    assert [each.name for each in first.markers] == ["Scene 1", "Scene 2"]
    hour = opentimelineio.opentime.RationalTime(90000, 25)
    assert first.markers[1].marked_range.start_time - hour == opentimelineio.opentime.RationalTime(
        100, 25
    )


def test_drop_frame_is_said_and_written_with_semicolons(tmp_path: Path) -> None:
    (path,), _ = written("edl", tmp_path, two_clips(NTSC))
    text = path.read_text("utf-8")
    assert "FCM: DROP FRAME" in text
    assert "00:00:15;00 00:00:30;00 01:00:15;00 01:00:30;00" in text


@pytest.mark.parametrize("name", ["otio", "edl"])
def test_clips_that_overlap_or_lie_apart_follow_each_other(name: str, tmp_path: Path) -> None:
    clips = (a_clip(1, 0, 15, "One."), a_clip(2, 10, 25, "Two."), a_clip(4, 28, 30, "Four."))
    (path,), _ = written(name, tmp_path, a_video(*clips, clip_count=4))
    found = read(path, Fraction(25) if name == "edl" else None)
    assert [frames(clip) for clip in found] == [(0, 375), (250, 375), (700, 50)]


def test_more_than_999_clips_go_on_in_a_second_list(tmp_path: Path) -> None:
    clips = [a_clip(number + 1, number / 5, (number + 1) / 5, "Sea.") for number in range(1001)]
    video = a_video(*clips, facts=facts_at(Fraction(25), 201))
    paths, _ = written("edl", tmp_path, video)
    assert [path.name for path in paths] == [
        f"{video.row.folder}.2.edl",
        f"{video.row.folder}.edl",
    ]
    assert [len(read(path, Fraction(25))) for path in paths] == [2, 999]


@pytest.mark.parametrize("name", ["otio", "edl"])
def test_words_that_mean_harm_stay_words(name: str, tmp_path: Path) -> None:
    video = a_video(
        a_clip(1, 0, 15, HOSTILE), a_clip(2, 15, 30, "Sea."), name=HOSTILE, title=HOSTILE
    )
    (path,), _ = written(name, tmp_path, video)
    assert path.parent == tmp_path / name
    clips = read(path, Fraction(25) if name == "edl" else None)
    assert [frames(clip) for clip in clips] == [(0, 375), (375, 375)]
    if name == "edl":
        lines = re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", path.read_text("utf-8"))
        assert all(re.match(r"TITLE: |FCM: |\d{3}  |\* [A-Z]|$", line) for line in lines)
        assert sum(re.match(r"\d{3}  ", line) is not None for line in lines) == 2


@pytest.mark.parametrize("name", ["otio", "edl"])
def test_a_video_without_clips_or_facts_is_left_out_and_that_is_told(
    name: str, tmp_path: Path
) -> None:
    paths, told = written(name, tmp_path, a_video(), a_video(a_clip(1, 0, 15, "Sea."), facts=None))
    assert paths == []
    assert told.notes == ("Videos without a clip, or never read, and so without a file: 2.",)


@pytest.mark.parametrize(
    ("measured", "declared", "counted"),
    [
        (Fraction(2997, 100), Fraction(2997, 100), NTSC),
        (Fraction(899, 30), NTSC, NTSC),
        (Fraction(23976, 1000), None, FILM),
        (Fraction(24), Fraction(24), Fraction(24)),
        (Fraction(15), Fraction(15), Fraction(15)),
        (Fraction(25, 2), Fraction(25, 2), Fraction(25, 2)),
    ],
)
def test_the_true_rate_is_found_behind_rounded_ones(
    measured: Fraction, declared: Fraction | None, counted: Fraction
) -> None:
    rate = edit_rate(replace(FACTS, rate_fps=measured, rate_fps_declared=declared))
    assert (rate.fps, rate.is_steady) == (counted, True)


@pytest.mark.parametrize(
    ("measured", "declared", "counted"),
    [(Fraction(29), Fraction(30), 30), (Fraction(37, 2), Fraction(90000), 24), (100, 1000, 100)],
)
def test_frames_not_evenly_spaced_are_counted_by_the_next_usual_rate(
    measured: Fraction, declared: Fraction, counted: int, tmp_path: Path
) -> None:
    facts = replace(FACTS, rate_fps=Fraction(measured), rate_fps_declared=Fraction(declared))
    rate = edit_rate(facts)
    assert (int(rate.fps), rate.is_steady) == (counted, False)
    _, told = written("otio", tmp_path, a_video(a_clip(1, 0, 15, "Sea."), facts=facts))
    assert told.notes[0].startswith("Videos whose frames are not evenly spaced: 1")


def test_a_rate_too_high_for_timecode_is_halved_and_an_odd_one_replaced() -> None:
    assert EditRate(Fraction(120000, 1001)).in_timecode.fps == 2 * NTSC
    assert EditRate(Fraction(240)).in_timecode.fps == 60
    assert EditRate(Fraction(25, 2)).in_timecode.fps == 24


@settings(deadline=None)
@given(st.integers(0, 30 * 60 * 60 * 23), st.sampled_from([FILM, NTSC, 2 * NTSC, Fraction(25)]))
def test_timecodes_are_those_that_opentimelineio_counts(frame: int, rate: Fraction) -> None:
    counted = EditRate(rate)
    time = opentimelineio.opentime.RationalTime(frame, float(rate))
    expected = opentimelineio.opentime.to_timecode(time, float(rate), counted.drops)
    assert counted.timecode(frame) == expected


@settings(deadline=None)
@given(st.integers(1, 10_000), st.sampled_from([FILM, NTSC, Fraction(25), Fraction(60)]))
def test_a_frame_whose_time_was_rounded_to_milliseconds_is_found(
    frame: int, rate: Fraction
) -> None:
    rounded = Fraction(round(frame / rate * 1000), 1000)
    assert EditRate(rate).frame(rounded) == frame


def test_a_list_of_cuts_begins_at_one_hour() -> None:
    for fps in (FILM, Fraction(25), NTSC, 2 * NTSC):
        rate = EditRate(fps)
        assert rate.timecode(rate.hour).replace(";", ":") == "01:00:00:00"
