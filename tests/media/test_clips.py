"""Clips looked at by the ffmpeg and ffprobe programs, which had no part in making them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from programs import (
    Pictures,
    Shown,
    boxes,
    difference,
    grey,
    looked_over,
    packets_of,
    shown,
    stamps,
    stream_of,
)
from scanning import SHARED_FILES, scanned

from shotlog.records import Clip

CUTTINGS = (("15", "0"), ("1", "0"), ("2", "0.5"))
QUICK_FILES = {
    ("15", "0"): set(SHARED_FILES) - {"bottle-detection.mp4", "testvideo.mp4"},
    ("1", "0"): set(SHARED_FILES)
    - {"bottle-detection.mp4", "testvideo.mp4", "car-detection.mp4", "fades.mp4"},
    ("2", "0.5"): {"asl-book.mkv", "counter.mp4", "delayed_start.mp4", "rotated-90.mov"},
}
"""What is looked at each time; the rest of every file in every cutting is marked slow."""

SAME_PICTURE = 3.0
"""Mean absolute difference of two averaged-down grey pictures, 0..255, that are the same but for
one lossy encoding; at CRF 23 it stays near 1."""
VISIBLE_CHANGE = 1.0
"""From this difference on between two frames of the source, a clip's frame must tell them apart."""


def _cases() -> list[ParameterSet]:
    slow = pytest.mark.slow
    return [
        pytest.param((name, *cutting), marks=[] if name in QUICK_FILES[cutting] else [slow])
        for cutting in CUTTINGS
        for name in SHARED_FILES
    ]


Case = tuple[str, str, str]


@pytest.fixture(params=_cases(), ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.fixture
def source(case: Case, shared_media: Path) -> Path:
    return shared_media / case[0]


@pytest.fixture
def spans(case: Case, source: Path) -> list[tuple[Fraction, Fraction]]:
    """Where the clips of the source must begin and end, worked out here once more."""
    length, overlap = Fraction(case[1]), Fraction(case[2])
    end = shown(source).end
    found = [(Fraction(0), length)]
    while end - found[-1][1] >= Fraction(1, 2):
        start = found[-1][0] + length - overlap
        found.append((start, start + length))
    return [*found[:-1], (found[-1][0], end)]


def numbers_within(source: Shown, start: Fraction, end: Fraction) -> list[int]:
    return [number for number, time in enumerate(source.times) if start <= time < end]


def test_the_source_is_cut_in_the_spans_promised(
    case: Case, source: Path, spans: list[tuple[Fraction, Fraction]]
) -> None:
    result = scanned(source, *case[1:]).result
    assert [(clip.span.start, clip.span.end) for clip in result.clips] == spans
    assert result.facts.duration_seconds == shown(source).end
    assert result.facts.frame_count == len(shown(source).times)


def test_every_frame_of_every_clip_is_the_frame_of_the_source_at_that_time(
    case: Case, source: Path, spans: list[tuple[Fraction, Fraction]]
) -> None:
    scan = scanned(source, *case[1:])
    wide, high = _small(scan.result.facts.width, scan.result.facts.height)
    originals = grey(source, wide, high)
    for path, span in zip(scan.clips, spans, strict=True):
        numbers = numbers_within(shown(source), *span)
        pictures = grey(path, wide, high)
        assert len(pictures) == len(numbers)
        for picture, number in zip(pictures, numbers, strict=True):
            _assert_shows(picture, originals, number)


def _small(width: int, height: int) -> tuple[int, int]:
    return 128, max(2, round(128 * height / width))


def _assert_shows(picture: Pictures, originals: Pictures, number: int) -> None:
    off = difference(picture, originals[number])
    assert off < SAME_PICTURE
    for neighbour in (number - 1, number + 1):
        if not 0 <= neighbour < len(originals):
            continue
        if difference(originals[number], originals[neighbour]) > VISIBLE_CHANGE:
            assert off < difference(picture, originals[neighbour])


def test_clips_last_from_their_first_frame_to_the_first_one_after(
    case: Case, source: Path, spans: list[tuple[Fraction, Fraction]]
) -> None:
    scan = scanned(source, *case[1:])
    times = shown(source).times
    for path, clip, span in zip(scan.clips, scan.result.clips, spans, strict=True):
        numbers = numbers_within(shown(source), *span)
        after = numbers[-1] + 1
        end = times[after] if after < len(times) else shown(source).end
        stream = _picture_track(path)
        seconds = stream["duration_ts"] * Fraction(stream["time_base"])
        assert seconds == end - times[numbers[0]]
        assert clip.video is not None
        assert clip.video.duration_seconds == seconds
        assert clip.video.frame_count == len(numbers)


def test_frames_keep_the_distances_that_they_have_in_the_source(
    case: Case, source: Path, spans: list[tuple[Fraction, Fraction]]
) -> None:
    for path, span in zip(scanned(source, *case[1:]).clips, spans, strict=True):
        numbers = numbers_within(shown(source), *span)
        zero = shown(source).times[numbers[0]]
        assert stamps(path) == [shown(source).times[each] - zero for each in numbers]


def test_clips_have_the_form_promised(case: Case, source: Path) -> None:
    scan = scanned(source, *case[1:])
    facts = scan.result.facts
    for path, clip in zip(scan.clips, scan.result.clips, strict=True):
        stream = _picture_track(path)
        assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
        assert stream.get("sample_aspect_ratio", "1:1") == "1:1"
        assert "side_data_list" not in stream
        wide, high = stream["width"], stream["height"]
        assert clip.video is not None
        assert (wide, high) == (clip.video.width, clip.video.height)
        _assert_fits(wide, high, facts.width, facts.height)
        assert Fraction(stream["avg_frame_rate"]) <= 30 * Fraction(101, 100)


def _assert_fits(wide: int, high: int, shown_width: int, shown_height: int) -> None:
    assert wide % 2 == high % 2 == 0
    assert max(wide, high) <= 1280
    assert min(wide, high) <= 720
    scale = min(1.0, 1280 / max(shown_width, shown_height), 720 / min(shown_width, shown_height))
    assert abs(wide - shown_width * scale) <= 1
    assert abs(high - shown_height * scale) <= 1


def test_clips_begin_at_0_with_a_key_frame_and_their_index_in_front(
    case: Case, source: Path
) -> None:
    for path in scanned(source, *case[1:]).clips:
        first = packets_of(path, "video")[0]
        assert first["pts"] == 0
        assert first["flags"].startswith("K")
        assert float(looked_over(path)["format"]["start_time"]) == 0
        names = boxes(path)
        assert names.index("moov") < names.index("mdat")


def test_sound_is_kept_where_there_is_any_and_lasts_as_long_as_the_picture(
    case: Case, source: Path
) -> None:
    has_sound = stream_of(source, "audio") is not None
    for path in scanned(source, *case[1:]).clips:
        found = looked_over(path)["streams"]
        assert [each["codec_type"] for each in found] == ["video", "audio"][: 1 + has_sound]
        if has_sound:
            picture, track = found
            assert track["codec_name"] == "aac"
            assert float(track["start_time"]) == 0
            # the last frame of picture may reach past the span, the sound does not
            frame_seconds = 1 / float(Fraction(picture["avg_frame_rate"]))
            late = abs(float(track["duration"]) - float(picture["duration"]))
            assert late < frame_seconds + 0.03


def test_nothing_else_is_left_in_the_folder(case: Case, source: Path) -> None:
    scan = scanned(source, *case[1:])
    expected = set()
    for clip in scan.result.clips:
        assert clip.video is not None
        assert clip.thumb is not None
        assert clip.frames is not None
        expected |= {clip.video.file, clip.thumb, clip.frames.file}
        assert clip.video.size_bytes == (scan.folder / clip.video.file).stat().st_size
    found = {str(each.relative_to(scan.folder)) for each in _files(scan.folder)}
    assert found == expected


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def _picture_track(path: Path) -> dict[str, Any]:
    track = stream_of(path, "video")
    assert track is not None
    return track


def test_clips_are_named_by_their_number(shared_media: Path) -> None:
    result = scanned(shared_media / "counter.mp4", "1").result
    assert [_clip_files(clip) for clip in result.clips] == [
        (f"clips/clip_00{n}.mp4", f"frames/clip_00{n}.mjpeg", f"thumbs/clip_00{n}.jpg")
        for n in (1, 2, 3)
    ]


def _clip_files(clip: Clip) -> tuple[str, str, str]:
    assert clip.video is not None
    assert clip.frames is not None
    assert clip.thumb is not None
    return clip.video.file, clip.frames.file, clip.thumb
