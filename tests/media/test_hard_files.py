"""Files that go wrong elsewhere: odd clocks, odd shapes, odd sound, and damage."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import recipes
from programs import difference, grey, looked_over, probe, shown, sound, stamps, stream_of
from scanning import Scanned, scanned

from shotlog.errors import DamagedVideoError, MediaError, NotVideoError
from shotlog.media.scan import ScanRequest, scan
from shotlog.segments import Cutting


def total_seconds(done: Scanned) -> Fraction:
    return sum((picture_seconds(path) for path in done.clips), Fraction(0))


def picture_seconds(path: Path) -> Fraction:
    stream = stream_of(path, "video")
    assert stream is not None
    return int(stream["duration_ts"]) * Fraction(stream["time_base"])


def displayed(path: Path) -> tuple[int, int]:
    stream = stream_of(path, "video")
    assert stream is not None
    assert stream.get("sample_aspect_ratio", "1:1") == "1:1"
    return stream["width"], stream["height"]


def test_1080p60_becomes_720p30_of_every_second_frame() -> None:
    source = recipes.over_the_caps()
    done = scanned(source, "1")
    originals = grey(source, 160, 90)
    first, second = done.clips
    assert displayed(first) == (1280, 720)
    assert stamps(first) == [Fraction(n, 30) for n in range(30)]
    assert stamps(second) == [Fraction(n, 30) for n in range(15)]
    pictures = [*grey(first, 160, 90), *grey(second, 160, 90)]
    for picture, number in zip(pictures, range(0, 90, 2), strict=True):
        off = difference(picture, originals[number])
        assert off < 3
        assert off < difference(picture, originals[number + 1])


TURNS = {
    (1, 0, 0, 1): (0, False),
    (0, 1, -1, 0): (90, False),
    (-1, 0, 0, -1): (180, False),
    (0, -1, 1, 0): (270, False),
    (-1, 0, 0, 1): (0, True),
    (0, -1, -1, 0): (90, True),
    (1, 0, 0, -1): (180, True),
    (0, 1, 1, 0): (270, True),
}


def expected_quarters(matrix: tuple[int, int, int, int]) -> list[int]:
    """Luma of the four quarters after each corner (x, y) went to (a x + c y, b x + d y)."""
    a, b, c, d = matrix
    corners = [(-1, -1), (1, -1), (-1, 1), (1, 1)]
    moved = {
        (a * x + c * y, b * x + d * y): luma
        for (x, y), luma in zip(corners, recipes.QUADRANTS, strict=True)
    }
    return [moved[corner] for corner in corners]


@pytest.mark.parametrize("matrix", TURNS)
def test_a_turned_or_mirrored_picture_is_shown_upright(matrix: tuple[int, int, int, int]) -> None:
    source = recipes.turned(matrix)
    done = scanned(source)
    facts = done.result.facts
    assert (facts.rotation_degrees, facts.mirrored) == TURNS[matrix]
    assert (facts.coded_width, facts.coded_height) == (160, 90)
    sideways = matrix[0] == 0
    assert displayed(done.clips[0]) == ((90, 160) if sideways else (160, 90))
    assert (facts.width, facts.height) == displayed(done.clips[0])
    quarters = grey(done.clips[0], 4, 4)[0][[0, 0, 3, 3], [0, 3, 0, 3]]
    assert np.abs(quarters.astype(int) - expected_quarters(matrix)).max() <= 4


def test_samples_that_are_no_squares_are_made_squares() -> None:
    done = scanned(recipes.anamorphic())
    assert (done.result.facts.width, done.result.facts.height) == (960, 576)
    assert done.result.facts.sample_aspect_ratio == Fraction(4, 3)
    assert displayed(done.clips[0]) == (960, 576)


def test_an_aspect_that_no_picture_has_is_taken_for_a_broken_one() -> None:
    done = scanned(recipes.broken_aspect())
    assert (done.result.facts.width, done.result.facts.height) == (320, 180)
    assert displayed(done.clips[0]) == (320, 180)


def test_tracks_that_change_places_on_the_way_cost_what_follows_and_not_the_video() -> None:
    facts = scanned(recipes.swapped_tracks()).result.facts
    assert facts.frame_count >= 115
    assert facts.damage


@pytest.mark.parametrize(
    ("size", "codec", "clip_size"),
    [
        ((101, 77), ("-c:v", "mpeg4"), (100, 76)),
        ((101, 77), ("-c:v", "libx264", "-pix_fmt", "yuv444p"), (100, 76)),
        ((50, 50), ("-c:v", "libx264", "-pix_fmt", "yuv420p"), (50, 50)),
        ((1080, 1920), ("-c:v", "libx264", "-preset", "ultrafast"), (720, 1280)),
        ((16, 16), ("-c:v", "libx264", "-pix_fmt", "yuv420p"), (16, 16)),
    ],
)
def test_odd_tiny_and_tall_pictures_get_even_sides_within_the_cap(
    size: tuple[int, int], codec: tuple[str, ...], clip_size: tuple[int, int]
) -> None:
    done = scanned(recipes.sized(*size, *codec))
    assert (done.result.facts.width, done.result.facts.height) == size
    assert displayed(done.clips[0]) == clip_size
    assert len(stamps(done.clips[0])) == 15


def test_a_variable_rate_keeps_every_frame_at_its_time() -> None:
    source = recipes.variable_rate()
    times = shown(source).times
    assert len({after - before for before, after in pairwise(times)}) > 1
    done = scanned(source, "1")
    for path, clip in zip(done.clips, done.result.clips, strict=True):
        inside = [time for time in times if clip.span.start <= time < clip.span.end]
        assert stamps(path) == [time - inside[0] for time in inside]
    assert total_seconds(done) == shown(source).end


def test_seconds_without_a_frame_lengthen_the_frame_before_or_the_clip_is_left_out() -> None:
    source = recipes.gap_in_the_times()
    assert shown(source).end == pytest.approx(9, abs=0.01)
    done = scanned(source, "2")
    assert [float(clip.span.start) for clip in done.result.clips] == [0, 6, 8]
    assert [len(stamps(path)) for path in done.clips] == [30, 60, 30]
    assert float(looked_over(done.clips[0])["format"]["duration"]) == 2
    assert [clip.video.duration_seconds for clip in done.result.clips if clip.video] == [2, 2, 1]


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_clock_that_does_not_start_at_0_changes_nothing(suffix: str) -> None:
    done = scanned(recipes.late_clock(suffix), "1")
    assert done.result.facts.first_frame_seconds > 7
    assert done.result.facts.damage == ()
    assert len(done.clips) == 4
    assert [len(stamps(path)) for path in done.clips] == [30] * 4


def test_a_rate_that_lies_does_not_lift_the_cap() -> None:
    source = recipes.liar()
    assert probe(source, "-show_streams")["streams"][0]["avg_frame_rate"] == "25/1"
    done = scanned(source, "1")
    for path in done.clips[:-1]:
        assert 29 <= len(stamps(path)) <= 31
        gaps = {after - before for before, after in pairwise(stamps(path))}
        assert max(gaps) < Fraction(1, 25)


@pytest.mark.parametrize(
    ("name", "arguments", "track"),
    [
        ("stereo.mp4", ("-c:a", "aac", "-ar", "44100", "-ac", "2"), ("44100", 2)),
        ("surround.mp4", ("-c:a", "aac", "-ac", "6"), ("48000", 2)),
        ("mono.mkv", ("-c:a", "aac", "-ar", "22050", "-ac", "1"), ("22050", 1)),
        ("mp3.mp4", ("-c:a", "libmp3lame", "-ar", "44100"), ("44100", 1)),
        ("pcm96.mov", ("-c:a", "pcm_s16le", "-ar", "96000", "-ac", "1"), ("48000", 1)),
        ("opus.mkv", ("-c:a", "libopus"), ("48000", 1)),
    ],
)
def test_sound_of_any_kind_becomes_aac_and_is_heard(
    name: str, arguments: tuple[str, ...], track: tuple[str, int]
) -> None:
    done = scanned(recipes.with_sound(name, *arguments), "1.5")
    assert done.result.facts.audio is not None
    for path in done.clips:
        found = stream_of(path, "audio")
        assert found is not None
        assert found["codec_name"] == "aac"
        assert (found["sample_rate"], found["channels"]) == track
        assert loudest(path) == pytest.approx(440, abs=8)


def loudest(path: Path) -> float:
    """The frequency in Hz that sounds the loudest."""
    samples = sound(path)
    return float(np.abs(np.fft.rfft(samples)).argmax() * 48_000 / len(samples))


def test_a_silent_video_gives_clips_without_a_track() -> None:
    done = scanned(recipes.variable_rate(), "1")
    assert done.result.facts.audio is None
    assert stream_of(done.clips[0], "audio") is None


@pytest.mark.parametrize(
    ("name", "seconds", "late"), [("shorter.mp4", 1.5, 0), ("longer.mp4", 9, 0), ("late.mp4", 4, 3)]
)
def test_sound_that_is_shorter_longer_or_late_moves_no_picture(
    name: str, seconds: float, late: float
) -> None:
    source = recipes.with_sound(name, "-c:a", "aac", seconds=seconds, late=late)
    done = scanned(source, "1")
    assert [len(stamps(path)) for path in done.clips] == [30] * 4
    assert total_seconds(done) == 4
    for path in done.clips:
        length = float(looked_over(path)["format"]["duration"])
        assert length == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("suffix", "further", "late", "length", "overlap"),
    [
        (".mp4", (), 0, "1.5", "0"),
        (".mkv", ("-output_ts_offset", "7.3"), 0, "1.5", "0"),
        (".ts", ("-bf", "2"), 0, "4", "1.7"),
        (".mp4", ("-ar", "22050"), 2, "1.5", "0"),
    ],
)
def test_every_beep_stays_with_its_flash(
    suffix: str, further: tuple[str, ...], late: int, length: str, overlap: str
) -> None:
    source = recipes.beeps_and_flashes(suffix, *further, late=late)
    done = scanned(source, length, overlap)
    heard = 0
    for path, clip in zip(done.clips, done.result.clips, strict=True):
        beeps = beep_seconds(path)
        for flash in flash_seconds(path):
            if clip.span.start + Fraction(flash) < late:
                continue
            assert min(abs(beep - flash) for beep in beeps) < 0.04
            heard += 1
    assert heard >= 6 - late


def flash_seconds(path: Path) -> list[float]:
    bright = grey(path, 16, 16).mean(axis=(1, 2)) > 128
    return [float(time) for time, flash in zip(stamps(path), bright, strict=True) if flash]


def beep_seconds(path: Path) -> list[float]:
    """Where sound begins after at least 0.3 s without."""
    if stream_of(path, "audio") is None:
        return []
    loud = np.flatnonzero(np.abs(sound(path)) > 0.2) / 48_000
    if not loud.size:
        return []
    return [float(loud[0]), *map(float, loud[1:][np.diff(loud) > 0.3])]


def test_the_picture_may_change_its_size_on_the_way() -> None:
    done = scanned(recipes.two_sizes(), "1")
    assert (done.result.facts.width, done.result.facts.height) == (320, 180)
    assert [displayed(path) for path in done.clips] == [(320, 180)] * 2
    assert done.result.facts.frame_count == 60


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_lone_frame_makes_one_clip(suffix: str) -> None:
    done = scanned(recipes.one_frame(suffix))
    assert done.result.facts.frame_count == 1
    assert len(done.clips) == 1
    assert len(stamps(done.clips[0])) == 1
    assert 0 < picture_seconds(done.clips[0]) <= Fraction(1, 10)


def test_an_mp4_cut_off_behind_its_index_gives_the_good_part_and_says_so() -> None:
    source = recipes.cut_off(recipes.plain(".mp4", "-movflags", "+faststart"), 0.6)
    done = scanned(source, "1")
    facts = done.result.facts
    assert 55 < facts.frame_count < 90
    assert sum(len(stamps(path)) for path in done.clips) == facts.frame_count
    assert any(note.startswith("the picture ends at") for note in facts.damage)
    assert any("4.00 s declared" in note for note in facts.damage)


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_stream_cut_off_gives_the_good_part(suffix: str) -> None:
    facts = scanned(recipes.cut_off(recipes.plain(suffix), 0.6), "1").result.facts
    assert 55 < facts.frame_count < 90
    # a transport stream declares no length that could be missed
    assert bool(facts.damage) == (suffix == ".mkv")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_bytes_damaged_in_the_middle_cost_some_frames_and_are_counted(suffix: str) -> None:
    done = scanned(recipes.corrupted(recipes.plain(suffix)), "1")
    facts = done.result.facts
    assert 80 < facts.frame_count <= 120
    assert facts.damage
    assert float(facts.duration_seconds) == pytest.approx(4, abs=0.1)


def test_sound_files_have_no_damage() -> None:
    for suffix in (".mp4", ".mkv", ".ts"):
        assert scanned(recipes.plain(suffix), "1").result.facts.damage == ()


def refusal(path: Path, folder: Path) -> MediaError:
    request = ScanRequest(path, folder / "out", Cutting(Fraction(15)), None, None)
    with pytest.raises(MediaError) as caught:
        scan(request)
    assert caught.value.hint
    assert not list((folder / "out").rglob("*.*"))
    return caught.value


def test_an_mp4_without_its_index_is_called_damaged(tmp_path: Path) -> None:
    error = refusal(recipes.cut_off(recipes.plain(".mp4"), 0.6), tmp_path)
    assert isinstance(error, DamagedVideoError)
    assert "moov" in error.what


@pytest.mark.parametrize(
    "data", [b"", b"This is a text.\n" * 100, b"<html><body>404 Not Found</body></html>\n"]
)
def test_what_is_no_video_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_bytes(data)
    assert isinstance(refusal(path, tmp_path), NotVideoError)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.mp4", "ffconcat version 1.0\nfile other.mp4\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nother.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_page_that_names_other_videos_is_none(name: str, text: str, tmp_path: Path) -> None:
    for suffix in (".mp4", ".ts"):
        (tmp_path / f"other{suffix}").write_bytes(recipes.plain(suffix).read_bytes())
    (tmp_path / name).write_text(text)
    error = refusal(tmp_path / name, tmp_path)
    assert isinstance(error, NotVideoError)
    assert "name other files" in error.what


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    assert isinstance(refusal(recipes.sound_only(), tmp_path), NotVideoError)


@pytest.mark.parametrize(
    ("suffix", "codec", "picture"), [(".mp3", "libmp3lame", "png"), (".m4a", "aac", "mjpeg")]
)
def test_sound_with_a_cover_is_no_video(
    suffix: str, codec: str, picture: str, tmp_path: Path
) -> None:
    path = recipes.cover_art_only(suffix, codec, picture)
    assert isinstance(refusal(path, tmp_path), NotVideoError)
