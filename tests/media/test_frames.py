"""The frames made for the model, and the thumbnails."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from programs import colours, difference, probe, shown
from recipes import black_then_bright, made, sized, thirds, written
from scanning import CAPS, FRAMES, SHARED_FILES, Scanned, looked_at, scanned

from shotlog.media.scan import FrameForm, ScanRequest, scan
from shotlog.records import Clip, FrameFile
from shotlog.segments import Cutting

SAME_PICTURE = 5.0
"""Mean absolute difference of RGB values, 0..255, left by scaling and one JPEG."""
SAME_COLOUR = 8
"""Of 255, in each of red, green and blue."""


def frames_of(clip: Clip) -> FrameFile:
    assert clip.frames is not None
    return clip.frames


def pictures(folder: Path, frames: FrameFile) -> list[Image.Image]:
    with (folder / frames.file).open("rb") as file:
        return [Image.open(io.BytesIO(file.read(size))) for size in frames.sizes_bytes]


def sampled_numbers(times: list[Fraction], start: Fraction, end: Fraction) -> list[int]:
    """The frame at or after each half second of a clip, counted from its first frame."""
    inside = [number for number, time in enumerate(times) if start <= time < end]
    zero, last = times[inside[0]], times[inside[-1]]
    chosen = {
        next(number for number in inside if times[number] - zero >= Fraction(half, 2))
        for half in range(int((last - zero) * 2) + 1)
    }
    return sorted(chosen)


LONG_FILES = ("bottle-detection.mp4", "testvideo.mp4")
EACH_FILE = [
    pytest.param(name, marks=[pytest.mark.slow] if name in LONG_FILES else [])
    for name in SHARED_FILES
]


@pytest.mark.parametrize("name", EACH_FILE)
def test_frames_are_those_of_the_source_at_every_half_second(name: str, shared_media: Path) -> None:
    source = shared_media / name
    scanned_file = looked_at(source)
    times = shown(source).times
    facts = scanned_file.result.facts
    wide, high = 128, round(128 * facts.height / facts.width)
    tags = probe(source, "-select_streams", "v:0", "-show_streams")["streams"][0]
    tagged = tags.get("color_space", "unknown") != "unknown"
    matrix = "auto" if tagged else "bt709" if facts.height >= 720 else "smpte170m"
    originals = colours(source, wide, high, matrix)
    for clip in scanned_file.result.clips:
        frames = frames_of(clip)
        numbers = sampled_numbers(times, clip.span.start, clip.span.end)
        assert list(frames.times) == [times[number] - times[numbers[0]] for number in numbers]
        assert frames.width * frames.height <= FRAMES.max_pixels
        found = pictures(scanned_file.folder, frames)
        for picture, number in zip(found, numbers, strict=True):
            assert picture.size == (frames.width, frames.height)
            small = np.asarray(picture.resize((wide, high), Image.Resampling.BOX))
            assert difference(small, originals[number]) < SAME_PICTURE


def test_frames_have_at_most_the_pixels_asked_for_and_keep_their_aspect(tmp_path: Path) -> None:
    source = sized(640, 360, "-c:v", "mpeg4")
    form = FrameForm(Fraction(2), 20_000)
    result = scan(ScanRequest(source, tmp_path, Cutting(Fraction(15)), None, form))
    frames = frames_of(result.clips[0])
    assert 18_000 < frames.width * frames.height <= 20_000
    assert abs(frames.width - frames.height * 16 / 9) <= 2
    assert pictures(tmp_path, frames)[0].size == (frames.width, frames.height)


def test_frames_are_made_with_the_same_size_and_times_beside_clips(tmp_path: Path) -> None:
    source = sized(640, 360, "-c:v", "mpeg4")
    cutting = Cutting(Fraction(1, 2))
    with_clips = scan(ScanRequest(source, tmp_path / "a", cutting, CAPS, FRAMES))
    without = scan(ScanRequest(source, tmp_path / "b", cutting, None, FRAMES))
    assert [clip.frames for clip in with_clips.clips] == [clip.frames for clip in without.clips]
    assert [clip.video for clip in without.clips] == [None] * len(without.clips)
    assert not (tmp_path / "b" / "clips").exists()


BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
BT601 = ("-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m")
SMALL, LARGE = (192, 108), (1920, 1080)
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
FULL = ("-color_range", "pc")
COLOURED = {
    "bt709": ("c709.mp4", SMALL, "bt709", BT709),
    "bt601": ("c601.mp4", SMALL, "smpte170m", BT601),
    "small without tags is bt601": ("c-small.mp4", SMALL, "smpte170m", ()),
    "large without tags is bt709": ("c-large.mp4", LARGE, "bt709", ()),
    "large bt601": ("c-large601.mp4", LARGE, "smpte170m", BT601),
    "full range": ("c-full.mp4", SMALL, "bt709", (*BT709, *FULL)),
    "full range vp9": ("c-full.webm", SMALL, "bt709", (*BT709, *FULL, *VP9)),
}


@pytest.fixture(params=COLOURED)
def coloured(request: pytest.FixtureRequest) -> Path:
    name, size, matrix, arguments = COLOURED[request.param]
    return thirds(name, size, matrix, *arguments, full="full" in name)


def assert_red_green_blue(picture: npt.NDArray[np.uint8]) -> None:
    """Looks at the middle of each third, away from the seams."""
    high, wide = picture.shape[:2]
    for third, expected in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        middle = picture[high // 2, wide * (2 * third + 1) // 6].astype(int)
        assert np.abs(middle - expected).max() <= SAME_COLOUR, (third, middle)


def test_colours_stay_right_in_frames_thumbnails_and_clips(coloured: Path) -> None:
    done = scanned(coloured)
    clip = done.result.clips[0]
    for picture in pictures(done.folder, frames_of(clip)):
        assert_red_green_blue(np.asarray(picture))
    assert clip.thumb is not None
    assert_red_green_blue(np.asarray(Image.open(done.folder / clip.thumb)))
    assert_red_green_blue(colours(done.clips[0], 96, 54)[0])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_matrix_that_changes_on_the_way_changes_no_colour(order: tuple[int, int]) -> None:
    parts = (
        thirds("part601.ts", SMALL, "smpte170m", *BT601),
        thirds("part709.ts", (288, 162), "bt709", *BT709),
    )
    data = b"".join(parts[number].read_bytes() for number in order)
    done = scanned(written(f"matrices{order[0]}.ts", data))
    shown_frames = colours(done.clips[0], 96, 54)
    assert len(shown_frames) == 10
    for picture in (*shown_frames, *map(np.asarray, pictures(done.folder, clip_frames(done)))):
        assert_red_green_blue(picture)


@pytest.mark.parametrize("told", [BT709[:2], BT709])
def test_a_matrix_that_the_container_alone_tells_is_told_by_copied_clips(
    told: tuple[str, ...],
) -> None:
    untold = thirds("untold.mp4", SMALL, "bt709")
    loop = ("-stream_loop", "7", "-i", str(untold), "-c", "copy", *told)
    done = scanned(made(f"told{len(told)}.mkv", *loop), "0.7")
    assert {clip.video.encoded_because for clip in done.result.clips if clip.video} == {""}
    for path in done.clips:
        for picture in colours(path, 96, 54):
            assert_red_green_blue(picture)


def clip_frames(done: Scanned) -> FrameFile:
    return frames_of(done.result.clips[0])


def test_the_colours_named_are_those_shown(coloured: Path) -> None:
    for sample in scanned(coloured).result.samples:
        assert {name for name, _ in sample.colors[:3]} == {"red", "green", "blue"}


def test_the_thumbnail_of_a_clip_that_starts_black_is_not_black() -> None:
    done = scanned(black_then_bright())
    thumb = done.result.clips[0].thumb
    assert thumb is not None
    picture = Image.open(done.folder / thumb)
    assert max(picture.size) <= 320
    assert np.asarray(picture.convert("L")).mean() > 60
