"""HDR, wide colours, depths, alpha, grey and fields, as the ffmpeg program shows them."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from colour_recipes import (
    LOSSLESS,
    PATCH,
    X265,
    Patch,
    huge,
    interlaced,
    of_depth,
    patches,
    sheer,
    sheer_at_times,
    tags,
    told_by_the_container,
)
from dolby_recipes import dolby_vision
from PIL import Image
from programs import colours, cuts, difference, filtered, grey, shown, stamps, stream_of
from scanning import Scanned, scanned
from test_frames import frames_of, pictures

import shotlog
from shotlog.media.hdr import (
    WITHOUT_BASE,
    WideColour,
    bt709_of,
    compressed,
    hlg_nits,
    pq_code,
    pq_nits,
)
from shotlog.segments import scenes_between

Rgb = npt.NDArray[np.int64]

DARK: tuple[Patch, ...] = (
    (0.10, 0.10, 0.10),
    (0.25, 0.25, 0.25),
    (0.40, 0.40, 0.40),
    (0.42, 0.36, 0.34),
    (0.33, 0.40, 0.35),
    (0.35, 0.36, 0.42),
)
"""Codes of less than 80 nits, which no tone mapping may change, of colours within BT.709."""
DARK_HLG: tuple[Patch, ...] = tuple((1.25 * r, 1.25 * g, 1.25 * b) for r, g, b in DARK)
SAME_COLOUR = 6
TO_BT709 = (
    "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,zscale=t=bt709:m=bt709:r=tv,"
    "format=yuv444p,scale=in_color_matrix=bt709,format=rgb24"
)
"""BT.709 without tone mapping, by the ffmpeg program."""


def middles(picture: npt.NDArray[np.uint8], count: int) -> Rgb:
    """The colour in the middle of each patch."""
    high, wide = picture.shape[:2]
    columns = [wide * (2 * number + 1) // (2 * count) for number in range(count)]
    return picture[high // 2, columns].astype(np.int64)


def made_of(done: Scanned, count: int) -> list[Rgb]:
    """The patches in the clip, in the thumbnail and in a frame for the model."""
    clip = done.result.clips[0]
    assert clip.thumb is not None
    thumb = np.asarray(Image.open(done.folder / clip.thumb))
    frame = np.asarray(pictures(done.folder, frames_of(clip))[0])
    film = colours(done.clips[0], count * PATCH, 2 * PATCH)[0]
    return [middles(picture, count) for picture in (film, thumb, frame)]


def assert_tagged_bt709(path: Path) -> None:
    stream = stream_of(path, "video")
    assert stream is not None
    names = ("color_space", "color_transfer", "color_primaries")
    assert [stream[name] for name in names] == ["bt709"] * 3
    assert (stream["color_range"], stream["pix_fmt"]) == ("tv", "yuv420p")


WIDE = {
    "pq": ("pq.mp4", DARK, (*X265, *tags("smpte2084"))),
    "pq of p3": ("pq-p3.mp4", DARK, (*X265, *tags("smpte2084", "smpte432"))),
    "pq of bt709": ("pq-709.mp4", DARK, (*X265, *tags("smpte2084", "bt709"))),
    "hlg": ("hlg.mp4", DARK_HLG, (*X265, *tags("arib-std-b67"))),
    "sdr": ("wide.mkv", (*DARK, (0.8, 0.7, 0.7)), (*LOSSLESS, *tags("bt2020-10"))),
}


@pytest.mark.parametrize("kind", WIDE)
def test_what_an_sdr_display_can_show_of_hdr_and_bt2020_stays_as_it_is(kind: str) -> None:
    name, codes, arguments = WIDE[kind]
    source = patches(name, codes, *arguments)
    chain = TO_BT709.replace(":npl=203", "") if kind == "sdr" else TO_BT709
    # the program takes the gamma of HLG of each colour alone, not of the luma as BT.2100 does
    tolerance = SAME_COLOUR + 3 * (kind == "hlg")
    shape = (2 * PATCH, len(codes) * PATCH, 3)
    expected = middles(filtered(source, chain, shape)[0], len(codes))
    done = scanned(source)
    for found in made_of(done, len(codes)):
        assert np.abs(found - expected).max() <= tolerance, (found, expected)
    assert_tagged_bt709(done.clips[0])


GREYS: tuple[Patch, ...] = tuple((code, code, code) for code in (0.2, 0.4, 0.58, 0.65, 0.7518, 0.9))


def test_light_is_compressed_to_white_where_the_source_has_its_peak() -> None:
    done = scanned(patches("peak.mp4", GREYS, *X265, *tags("smpte2084")))
    for found in made_of(done, len(GREYS)):
        levels = found.mean(axis=1)
        assert (np.diff(levels[:5]) > 3).all()
        assert 220 <= levels[2] <= 240
        assert levels[4:].min() >= 252


def test_the_peak_that_the_source_names_is_the_one_that_becomes_white() -> None:
    light = ("-x265-params", "log-level=error:max-cll=4000,400:hdr10=1")
    done = scanned(patches("cll.mp4", GREYS, *X265, *tags("smpte2084"), *light))
    for found in made_of(done, len(GREYS)):
        levels = found.mean(axis=1)
        assert (np.diff(levels) > 3).all()
        assert levels[4] < 252
        assert levels[5] >= 252


def test_reference_white_is_the_same_in_pq_and_hlg() -> None:
    whites = []
    for transfer, code in (("smpte2084", 0.58), ("arib-std-b67", 0.75)):
        done = scanned(
            patches(f"white-{transfer}.mkv", [(code,) * 3] * 2, *LOSSLESS, *tags(transfer))
        )
        whites.append(made_of(done, 2)[0].mean())
    assert whites[0] == pytest.approx(whites[1], abs=3)


def test_the_formulas_give_the_values_that_are_published() -> None:
    # ITU-R BT.2408, table 1, and BT.2100
    assert pq_nits(np.array([0.0, 0.58, 1.0])) == pytest.approx([0, 203, 10_000], rel=0.02)
    assert pq_code(np.array([100.0, 1000.0])) == pytest.approx([0.508, 0.752], abs=0.001)
    whites = hlg_nits(np.array([[0.75] * 3, [1.0] * 3]))
    assert whites[0] == pytest.approx([203] * 3, rel=0.01)
    assert whites[1] == pytest.approx([1000] * 3, rel=0.01)


@pytest.mark.parametrize("peak", [203, 400, 1000, 4000, 10_000])
def test_compressed_light_rises_and_ends_at_white(peak: int) -> None:
    light = compressed(np.linspace(0.01, peak, 500), peak)
    assert (np.diff(light) > 0).all()
    assert light[-1] == pytest.approx(203, rel=0.001)
    assert light[0] == pytest.approx(0.01, rel=0.01)


def test_hues_stay_when_light_is_compressed() -> None:
    wide = WideColour("pq", 1000)
    dim, bright = bt709_of(np.array([[0.40, 0.36, 0.36], [0.60, 0.57, 0.57]]), wide)
    assert dim.argmax() == bright.argmax() == 0
    assert bright[1] == pytest.approx(bright[2], abs=0.02)
    assert bright.max() < 1


BT709 = tags("bt709", "bt709", "bt709")
DEPTHS = {
    "10 bit": ("ten.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv420p10le", *BT709)),
    "10 bit 4:2:2": ("ten422.mkv", ("-c:v", "libx264", "-pix_fmt", "yuv422p10le", *BT709)),
    "12 bit": ("twelve.mkv", ("-c:v", "libx265", "-pix_fmt", "yuv420p12le", *BT709)),
    "12 bit 4:4:4": ("twelve444.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv444p12le", *BT709)),
    "grey": ("grey.mp4", ("-c:v", "libx264", "-pix_fmt", "gray")),
    "grey 10 bit": ("grey10.mkv", ("-c:v", "ffv1", "-pix_fmt", "gray10le")),
    "rgb": ("rgb.avi", ("-c:v", "rawvideo", "-pix_fmt", "bgr24")),
}


@pytest.mark.parametrize("depth", DEPTHS)
def test_any_depth_becomes_8_bit_with_the_same_colours(depth: str) -> None:
    name, arguments = DEPTHS[depth]
    source = of_depth(name, *arguments)
    done = scanned(source)
    originals = colours(source, 48, 27)
    found = colours(done.clips[0], 48, 27)
    assert found.shape == originals.shape
    # the edges of colours are softer where the clip has half the colour samples
    off = np.abs(found.astype(int) - originals)
    assert np.median(off, axis=(1, 2)).max() <= 4
    if "grey" in depth:
        assert np.ptp(found.astype(int), axis=3).max() <= 4


ALPHA = {
    "prores": (
        "sheer.mov",
        ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"),
    ),
    "png": ("sheer-png.mov", ("-c:v", "png")),
    "ffv1": ("sheer.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuva420p")),
    "animation": ("sheer-qt.mov", ("-c:v", "qtrle")),
    "vp9": ("sheer.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")),
    "vp8": ("sheer-8.webm", ("-c:v", "libvpx", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p")),
}


@pytest.mark.parametrize("kind", ALPHA)
def test_what_lets_light_through_is_laid_on_black(kind: str) -> None:
    name, arguments = ALPHA[kind]
    picture = colours(scanned(sheer(name, *arguments)).clips[0], 16, 8)[0].astype(int)
    expected = {(4, 3): (255, 64, 0), (1, 12): (0, 0, 0), (6, 12): (128, 32, 0)}
    for (row, column), colour in expected.items():
        assert np.abs(picture[row, column] - colour).max() <= 8, (row, column)


@pytest.mark.parametrize("kind", ["vp9", "vp8"])
def test_every_frame_of_a_picture_with_alpha_beside_it_is_there(kind: str) -> None:
    name, arguments = ALPHA[kind]
    source = sheer(name, *arguments)
    done = scanned(source)
    assert done.result.facts.video_codec == kind
    assert done.result.facts.pixel_format == "yuva420p"
    assert stamps(done.clips[0]) == shown(source).times


OPAQUE, LAID_ON_BLACK = (255, 64, 0), (0, 0, 0)


@pytest.mark.parametrize("with_alpha", [(True, False, True), (False, False, False)])
def test_frames_without_alpha_among_those_with_it_are_kept(with_alpha: tuple[bool, ...]) -> None:
    source = sheer_at_times(f"times{sum(with_alpha)}.webm", with_alpha)
    done = scanned(source)
    assert done.result.facts.frame_count == 3
    assert done.result.facts.damage == ()
    pictures = colours(done.clips[0], 16, 8).astype(int)
    for picture, has_alpha in zip(pictures, with_alpha, strict=True):
        expected = LAID_ON_BLACK if has_alpha else OPAQUE
        assert np.abs(picture[1, 12] - expected).max() <= 8


def test_dolby_vision_without_a_base_picture_is_told() -> None:
    facts = scanned(dolby_vision(rpu_profile=0, full_range=True)).result.facts
    assert facts.damage == (WITHOUT_BASE,)
    assert facts.frame_count == 5


def test_a_run_tells_of_wrong_colours_and_keeps_the_rest(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    shutil.copy(dolby_vision(rpu_profile=0, full_range=True), films / "dolby.mp4")
    shotlog.run(dir=films, output=tmp_path / "log", clips=False)
    with shotlog.open(tmp_path / "log") as library:
        (video,) = library.videos()
    assert video.status == "partial"
    assert video.error is not None
    assert video.error.code == "colours"
    assert "Dolby Vision profile 5" in video.error.message


@pytest.mark.parametrize(("rpu_profile", "full_range"), [(1, False), (0, False)])
def test_dolby_vision_above_a_base_picture_is_fine(rpu_profile: int, full_range: bool) -> None:
    source = dolby_vision(rpu_profile=rpu_profile, full_range=full_range)
    assert scanned(source).result.facts.damage == ()


def test_an_8k_picture_is_scaled_to_the_cap() -> None:
    source = huge()
    done = scanned(source)
    assert (done.result.facts.width, done.result.facts.height) == (7680, 4320)
    stream = stream_of(done.clips[0], "video")
    assert stream is not None
    assert (stream["width"], stream["height"]) == (1280, 720)
    for picture, original in zip(
        grey(done.clips[0], 640, 360), grey(source, 640, 360), strict=True
    ):
        assert difference(picture, original) < 4


FIELDS = {
    "mpeg-2": ("fields.ts", ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2")),
    "h264": ("fields.mp4", ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
    "prores": ("fields.mov", ("-c:v", "prores_ks", "-flags", "+ildct")),
}


@pytest.mark.parametrize(
    "kind",
    ["h264", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("mpeg-2", "prores"))],
)
def test_interlaced_frames_are_made_whole_as_many_as_they_are(kind: str) -> None:
    name, arguments = FIELDS[kind]
    source = interlaced(name, *arguments)
    done = scanned(source, "1")
    assert done.result.facts.interlaced
    assert [len(stamps(path)) for path in done.clips] == [25, 25]
    whole = filtered(source, "bwdif=mode=send_frame,format=gray", (240, 320))
    woven = grey(source, 320, 240)
    found = np.concatenate([grey(path, 320, 240) for path in done.clips])
    for number in range(1, 50):
        assert difference(found[number], whole[number]) < 4
        if difference(whole[number], woven[number]) > 1:
            assert difference(found[number], whole[number]) < difference(
                found[number], woven[number]
            )


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("told.mkv", "utvideo"),
        ("told.mov", "png"),
        ("told-huff.mkv", "huffyuv"),
        ("told-jpeg.mov", "mjpeg"),
    ],
)
def test_fields_that_only_the_container_tells_of_are_made_whole(name: str, codec: str) -> None:
    source = told_by_the_container(name, codec)
    done = scanned(source)
    assert done.result.facts.interlaced
    chain = "setfield=tff,bwdif=mode=send_frame:deint=all,format=gray"
    whole = filtered(source, chain, (240, 320))
    found = grey(done.clips[0], 320, 240)
    assert len(found) == len(whole) == 10
    for number in range(1, 9):
        assert difference(found[number], whole[number]) < 4


def test_frames_that_have_a_flag_are_believed_before_the_container() -> None:
    source = told_by_the_container("whole.mkv", "libx264")
    assert not scanned(source).result.facts.interlaced


def test_scenes_of_interlaced_frames_are_cut_where_the_ffmpeg_program_cuts_them() -> None:
    name, arguments = FIELDS["h264"]
    source = interlaced(name, *arguments)
    result = scanned(source, "1").result
    scenes = scenes_between(result.scores, 0.3, result.facts.duration_seconds)
    expected = [time - shown(source).first for time in cuts(source, 0.3)]
    assert expected == [Fraction(1)]
    assert [scene.start for scene in scenes[1:]] == expected


def test_whole_frames_are_not_called_interlaced() -> None:
    name, arguments = DEPTHS["10 bit"]
    assert not scanned(of_depth(name, *arguments)).result.facts.interlaced
