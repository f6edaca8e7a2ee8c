"""Every codec and container, and tracks besides the one that is meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from form_recipes import (
    FORMS,
    another_picture_first,
    called_a_video,
    form,
    tagged,
    two_pictures,
    with_a_cover,
    wrong_name,
)
from programs import difference, grey, sound, stamps, stream_of
from recipes import QUADRANTS
from scanning import scanned

from shotlog.media.headers import read_header

SAME_PICTURE = 4.0
"""Mean absolute difference, 0..255, left by one more encoding of a busy picture."""

QUICK_FORMS = ("hevc.mp4", "av1.mp4", "vp9.webm", "mpeg4.avi", "mpeg2.ts", "prores.mov", "h264.flv")
EACH_FORM = [
    pytest.param(name, marks=[] if name in QUICK_FORMS else [pytest.mark.slow]) for name in FORMS
]


@pytest.mark.parametrize("name", EACH_FORM)
def test_every_frame_of_every_codec_and_container_is_in_the_clip(name: str) -> None:
    source = form(name)
    done = scanned(source)
    facts = done.result.facts
    assert facts.damage == ()
    assert facts.frame_count == 25
    assert len(done.clips) == 1
    originals, pictures = grey(source, 88, 72), grey(done.clips[0], 88, 72)
    assert len(pictures) == len(originals) == 25
    for picture, original in zip(pictures, originals, strict=True):
        assert difference(picture, original) < SAME_PICTURE


@pytest.mark.parametrize("name", EACH_FORM)
def test_the_sound_of_every_codec_and_container_is_in_the_clip(name: str) -> None:
    clip = scanned(form(name)).clips[0]
    track = stream_of(clip, "audio")
    assert track is not None
    assert track["codec_name"] == "aac"
    assert loudest(clip) == pytest.approx(440, abs=8)


def loudest(path: Path) -> float:
    """The frequency in Hz that sounds the loudest."""
    samples = sound(path)
    return float(np.abs(np.fft.rfft(samples)).argmax() * 48_000 / len(samples))


def test_of_several_pictures_the_largest_is_taken_and_of_several_sounds_the_default() -> None:
    done = scanned(two_pictures())
    assert (done.result.facts.width, done.result.facts.height) == (176, 144)
    assert loudest(done.clips[0]) == pytest.approx(880, abs=8)


def test_no_frame_of_a_picture_is_lost_that_is_not_the_file_s_first_track() -> None:
    done = scanned(another_picture_first())
    assert done.result.facts.frame_count == 25
    assert [len(stamps(path)) for path in done.clips] == [25]


def test_a_header_is_that_of_the_picture_that_would_be_taken() -> None:
    header = read_header(another_picture_first(), "second.mkv")
    assert (header.width, header.height) == (176, 144)


def test_a_cover_larger_than_the_picture_is_not_taken_for_it() -> None:
    done = scanned(with_a_cover())
    assert (done.result.facts.width, done.result.facts.height) == (176, 144)
    assert len(stamps(done.clips[0])) == 25


def test_a_wrong_ending_of_the_name_changes_nothing() -> None:
    done = scanned(wrong_name())
    assert "matroska" in done.result.facts.container
    assert len(stamps(done.clips[0])) == 25


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_that_is_called_a_video_is_a_clip_of_one_frame(suffix: str) -> None:
    done = scanned(called_a_video(suffix))
    assert done.result.facts.frame_count == 1
    assert [len(stamps(path)) for path in done.clips] == [1]


@pytest.mark.parametrize(
    ("turn", "order"), [("90", (2, 0, 3, 1)), ("180", (3, 2, 1, 0)), ("270", (1, 3, 0, 2))]
)
def test_a_picture_turned_by_the_old_tag_is_shown_upright(
    turn: str, order: tuple[int, ...]
) -> None:
    done = scanned(tagged(turn))
    assert done.result.facts.rotation_degrees == int(turn)
    quarters = grey(done.clips[0], 4, 4)[0][[0, 0, 3, 3], [0, 3, 0, 3]]
    expected = [QUADRANTS[number] for number in order]
    assert np.abs(quarters.astype(int) - expected).max() <= 4


def test_a_codec_has_its_own_name_and_not_its_decoder_s(shared_media: Path) -> None:
    done = scanned(shared_media / "av1_video.mkv", "15")
    assert done.result.facts.video_codec == "av1"
