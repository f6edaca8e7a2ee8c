from __future__ import annotations

import math
from fractions import Fraction

import pytest

from shotlog.measures import COLOURS_KEPT, signals_of
from shotlog.records import AudioFacts, Facts, Sample, Scene, Signals, Span


def facts(*, width: int = 640, height: int = 360, audio: bool = True) -> Facts:
    return Facts(
        container="mp4",
        video_codec="h264",
        pixel_format="yuv420p",
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        sample_aspect_ratio=Fraction(1),
        rotation_degrees=0,
        mirrored=False,
        duration_seconds=Fraction(20),
        duration_seconds_declared=None,
        first_frame_seconds=Fraction(0),
        frame_count=600,
        rate_fps=Fraction(30),
        rate_fps_declared=None,
        color_range="limited",
        color_matrix="bt709",
        color_primaries="bt709",
        color_transfer="bt709",
        audio=AudioFacts("aac", 48000, 2) if audio else None,
        size_bytes=1,
    )


def sample(
    half_seconds: int,
    *,
    brightness: float = 0.5,
    contrast: float = 0.2,
    motion: float = 0.1,
    colors: tuple[tuple[str, float], ...] = (("grey", 1.0),),
    loudness_db: float | None = -20.0,
) -> Sample:
    time = Fraction(half_seconds, 2)
    return Sample(time, brightness, contrast, 0.02, motion, colors, loudness_db)


def signals(*samples: Sample, start: int = 0, end: int = 4, audio: bool = True) -> Signals:
    span = Span(1, Fraction(start), Fraction(end))
    return signals_of(span, facts(audio=audio), [], samples)


def test_only_the_samples_of_the_clip_count() -> None:
    samples = [sample(n, brightness=0.2 if n < 8 else 0.8) for n in range(16)]
    assert signals(*samples, start=0, end=4).brightness == pytest.approx(0.2)
    assert signals(*samples, start=4, end=8).brightness == pytest.approx(0.8)


def test_the_first_samples_motion_tells_of_the_clip_before() -> None:
    samples = [sample(8, motion=0.9), *(sample(n, motion=0.1) for n in range(9, 16))]
    found = signals(*samples, start=4, end=8)
    assert found.motion == pytest.approx(0.1)
    assert found.motion_peak == pytest.approx(0.1)


def test_a_clip_between_two_samples_takes_the_one_before() -> None:
    span = Span(1, Fraction(11, 10), Fraction(14, 10))
    found = signals_of(span, facts(), [], [sample(n, brightness=n / 10) for n in range(6)])
    assert found.brightness == pytest.approx(0.2)
    assert found.duration_seconds == pytest.approx(0.3)


def test_shots_are_the_scenes_that_begin_inside_and_the_first() -> None:
    starts = [0, 4, 6, 8]
    scenes = [Scene(Fraction(a), Fraction(b)) for a, b in zip(starts, [4, 6, 8, 20], strict=True)]
    samples = [sample(n) for n in range(40)]
    counts = [
        signals_of(Span(1, Fraction(a), Fraction(b)), facts(), scenes, samples).shot_count
        for a, b in ((0, 4), (0, 5), (4, 8), (5, 9), (9, 20))
    ]
    assert counts == [1, 2, 2, 3, 1]


def test_time_in_which_nothing_moves_is_still() -> None:
    motions = [0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]
    found = signals(*(sample(n, motion=motion) for n, motion in enumerate(motions)))
    assert found.still_seconds == pytest.approx(2.0)
    assert found.frozen_seconds == pytest.approx(2.0)


def test_a_still_clip_is_still_from_end_to_end() -> None:
    found = signals(*(sample(n, motion=0.0) for n in range(8)))
    assert found.still_seconds == pytest.approx(4.0)
    assert 3.5 <= found.frozen_seconds <= 4.0


def test_slight_motion_is_still_and_not_frozen() -> None:
    found = signals(*(sample(n, motion=0.002) for n in range(8)))
    assert found.still_seconds == pytest.approx(4.0)
    assert found.frozen_seconds == 0


def test_the_longest_frozen_stretch_counts_and_not_their_sum() -> None:
    motions = [0.1, 0.0, 0.1, 0.0, 0.0, 0.0, 0.1, 0.1]
    found = signals(*(sample(n, motion=motion) for n, motion in enumerate(motions)))
    assert found.frozen_seconds == pytest.approx(1.5)


def test_black_is_dark_all_over_and_not_a_light_in_the_dark() -> None:
    black = [sample(n, brightness=0.01, contrast=0.001) for n in range(3)]
    night = [sample(n, brightness=0.04, contrast=0.1) for n in range(3, 6)]
    day = [sample(n) for n in range(6, 8)]
    assert signals(*black, *night, *day).black_seconds == pytest.approx(1.5)


def test_loudness_is_the_mean_of_the_energy() -> None:
    quiet_then_loud = [sample(n, loudness_db=-80.0 if n < 4 else -20.0) for n in range(8)]
    found = signals(*quiet_then_loud)
    assert found.loudness_db == pytest.approx(-20 + 10 * math.log10(0.5), abs=0.01)
    assert found.silent_seconds == pytest.approx(2.0)


def test_a_video_without_sound_is_silent_throughout() -> None:
    found = signals(*(sample(n, loudness_db=None) for n in range(8)), audio=False)
    assert found.loudness_db is None
    assert not found.has_audio
    assert found.silent_seconds == pytest.approx(4.0)


def test_colours_are_ranked_by_the_share_they_cover_over_the_clip() -> None:
    half = (("red", 0.6), ("blue", 0.3), ("white", 0.1))
    other = (("blue", 0.7), ("green", 0.2), ("white", 0.1))
    found = signals(*(sample(n, colors=half if n < 4 else other) for n in range(8)))
    assert [name for name, _ in found.colors] == ["blue", "red", "green"]
    assert found.colors[0][1] == pytest.approx(0.5)
    assert len(found.colors) == COLOURS_KEPT


@pytest.mark.parametrize(
    ("width", "height", "portrait"), [(640, 360, False), (360, 640, True), (500, 500, False)]
)
def test_a_picture_higher_than_wide_is_a_portrait(width: int, height: int, portrait: bool) -> None:
    span = Span(1, Fraction(0), Fraction(1))
    found = signals_of(span, facts(width=width, height=height), [], [sample(0), sample(1)])
    assert found.portrait is portrait


def test_no_sample_at_all_still_gives_signals() -> None:
    found = signals()
    assert (found.brightness, found.motion, found.shot_count, found.colors) == (0, 0, 1, ())
    assert found.silent_seconds == 0
