"""NVIDIA GPUs: what is said where there is none, and the same results where there is one.

What a GPU decodes comes as nv12 (8 bit) and p010le (10 bit); that these are taken like the planar
layouts of software is shown without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
import recipes
from colour_recipes import LOSSLESS, interlaced, patches, tags
from form_recipes import form
from programs import difference, grey, packets_of, stamps, stream_of
from scanning import CAPS, FRAMES, Scanned, scanned

from shotlog.cli.main import main
from shotlog.errors import MediaProcessError, MissingToolError
from shotlog.media.clips import ClipForm, ClipWriter
from shotlog.media.deinterlacing import Deinterlacer
from shotlog.media.hardware import NVENC, NVENC_OPTIONS, Gpu, look_for_gpu, require_hardware
from shotlog.media.measuring import Looker
from shotlog.media.orientation import Orientation
from shotlog.media.reading import Picture, Reader
from shotlog.media.scaling import SDR, Scaler, Target
from shotlog.media.scan import ScanRequest, scan
from shotlog.media.scenes import SceneScorer
from shotlog.records import Hardware, Span
from shotlog.segments import Cutting

SAME_NUMBER = 1
"""Of 255: by how much a pixel may differ where a layout takes another way through the scaler."""
SAME_SCORE = 1e-6
SAME_CLIP = 1.0
"""Of 255, on average over a frame: what two encodings of the same pixels leave."""
NVENC_CLIP = 4.0
"""The same bound that clips of libx264 are held to."""

LAYOUTS = {"yuv420p": "nv12", "yuv420p10le": "p010le"}


@cache
def gpu() -> Gpu:
    return look_for_gpu()


def without_gpu() -> None:
    """Skips a test of the other kind, in CI too: its machines have no GPU."""
    if gpu().no_decoding is None:
        pytest.skip("there is an NVIDIA GPU, and this is what is said where there is none")


@pytest.fixture
def decoding_gpu() -> None:
    if lack := gpu().no_decoding:
        pytest.skip(f"needs an NVIDIA GPU that decodes. {lack.what}")


@pytest.fixture
def encoding_gpu() -> None:
    if lack := gpu().no_encoding:
        pytest.skip(f"needs an NVIDIA GPU that encodes. {lack.what}")


@cache
def on_gpu(path: Path, hardware: Hardware, length: str = "1") -> Scanned:
    folder = Path(scanned(path, length).folder.parent, f"{path.name}-{hardware}-{length}")
    cutting = Cutting(Fraction(length))
    return Scanned(
        folder, scan(ScanRequest(path, folder, cutting, CAPS, FRAMES, hardware=hardware))
    )


def both_layouts(path: Path, most: int = 30) -> Iterator[tuple[av.VideoFrame, av.VideoFrame]]:
    """Frames as software decodes them, and as a GPU would hand them out."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == most:
                return
            yield frame, frame.reformat(format=LAYOUTS[frame.format.name])


def pq_patches() -> Path:
    codes = [(0.1, 0.2, 0.3), (0.6, 0.5, 0.7), (0.9, 0.9, 0.8), (0.4, 0.3, 0.2)]
    return patches("gpu-pq.mkv", codes, *LOSSLESS, *tags("smpte2084"))


def ten_bit() -> Path:
    graph = recipes.lavfi("testsrc2=size=320x180:rate=10:duration=1")
    return recipes.made("gpu-ten.mkv", *graph, "-c:v", "ffv1", "-pix_fmt", "yuv420p10le")


SOURCES = {"8 bit": lambda: recipes.plain(".mp4"), "10 bit": ten_bit, "PQ": pq_patches}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("jpeg", [False, True])
def test_the_layouts_of_a_gpu_are_scaled_to_the_same_picture(kind: str, jpeg: bool) -> None:
    for size in ((160, 90), (96, 54)):
        upright = Orientation()
        scalers = [Scaler(Target(*size, jpeg=jpeg), upright) for _ in range(2)]
        for pair in both_layouts(SOURCES[kind](), most=5):
            one, other = (
                scaler.scale(frame, Fraction(1, 30)).to_ndarray().astype(int)
                for scaler, frame in zip(scalers, pair, strict=True)
            )
            assert np.abs(one - other).max() <= SAME_NUMBER


@pytest.mark.parametrize("kind", SOURCES)
def test_the_layouts_of_a_gpu_have_the_same_scores_and_measures(kind: str) -> None:
    base = Fraction(1, 30)
    scorers = [SceneScorer(base, 0) for _ in range(2)]
    lookers = [Looker(320, 180, Orientation(), 1) for _ in range(2)]
    for number, pair in enumerate(both_layouts(SOURCES[kind]())):
        time = number * base
        scores, looks = [], []
        for frame, scorer, looker in zip(pair, scorers, lookers, strict=True):
            scores.append(scorer.add(Picture(frame, time, None)))
            looks.append(looker.look(frame, time, base))
        assert scores[0] == pytest.approx(scores[1], abs=SAME_SCORE)
        assert looks[0].brightness == pytest.approx(looks[1].brightness, abs=1 / 255)
        assert looks[0].sharpness == pytest.approx(looks[1].sharpness, abs=1 / 255)


def test_fields_in_the_layout_of_a_gpu_are_made_whole_alike() -> None:
    x264 = ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1")
    source = interlaced("gpu-fields.mp4", *x264, "-pix_fmt", "yuv420p")
    weavers = [Deinterlacer(Fraction(1, 25)) for _ in range(2)]
    whole: list[list[av.VideoFrame]] = [[], []]
    for number, pair in enumerate(both_layouts(source)):
        for frame, weaver, found in zip(pair, weavers, whole, strict=True):
            picture = Picture(frame, Fraction(number, 25), None)
            found += [each.frame for each in weaver.add(picture)]
    assert [weaver.used for weaver in weavers] == [True, True]
    assert len(whole[0]) == len(whole[1]) == 29
    for one, other in zip(*whole, strict=True):
        luma = [np.asarray(each.reformat(format="gray").to_ndarray()) for each in (one, other)]
        assert np.abs(luma[0].astype(int) - luma[1]).max() <= SAME_NUMBER


def test_a_whole_scan_takes_the_layout_of_a_gpu() -> None:
    graph = recipes.lavfi(recipes.PICTURE)
    source = recipes.made("raw-nv12.nut", *graph, "-c:v", "rawvideo", "-pix_fmt", "nv12")
    done = scanned(source, "1")
    assert done.result.facts.pixel_format == "nv12"
    found = np.concatenate([grey(path, 160, 90) for path in done.clips])
    originals = grey(source, 160, 90)
    assert len(found) == len(originals) == 120
    for picture, original in zip(found, originals, strict=True):
        assert difference(picture, original) < 4


def test_the_options_for_nvenc_are_options_of_it() -> None:
    known = av.CodecContext.create(NVENC, "w").supported_options
    by_name = {each.name: each for each in (*known.generic, *known.private)}
    for name, value in NVENC_OPTIONS.items():
        choices = {each.name for each in by_name[name].choices}
        assert not choices or value in choices, name


@pytest.mark.parametrize("hardware", ["nvdec", "cuda"])
def test_a_gpu_that_is_asked_for_and_not_there_is_told_before_any_work(
    hardware: Hardware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_gpu()
    output = tmp_path / "log"
    words = ["run", "--urls", "http://127.0.0.1:9/x.mp4", "--output", str(output)]
    assert main([*words, "--hardware", hardware]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"--hardware {hardware}: No NVIDIA GPU can be opened" in said
    assert "take --hardware none" in said
    assert not output.exists()


def test_without_a_wish_for_a_gpu_none_is_looked_for() -> None:
    require_hardware("none", clips=True)


def test_the_error_says_what_to_do() -> None:
    without_gpu()
    with pytest.raises(MissingToolError) as caught:
        require_hardware("cuda", clips=True)
    assert "nvidia-smi" in caught.value.hint


def test_doctor_says_whether_there_is_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    without_gpu()
    assert main(["doctor"]) == 0
    assert "✓ GPU not used: No NVIDIA GPU" in " ".join(capsys.readouterr().out.split())


def test_doctor_finds_fault_where_the_settings_ask_for_a_gpu_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_gpu()
    settings = tmp_path / "gpu.ini"
    settings.write_text("[Processing]\nHardware = nvdec\n", encoding="utf-8")
    assert main(["doctor", "--config", str(settings)]) == 1
    assert "✗ GPU" in " ".join(capsys.readouterr().out.split())


def test_a_gpu_that_is_gone_under_way_is_not_called_a_fault_of_the_file() -> None:
    without_gpu()
    with pytest.raises(MediaProcessError) as caught:
        Reader(recipes.plain(".mp4"), gpu=True)
    assert "doctor" in caught.value.hint


def test_what_a_gpu_would_not_decode_exactly_is_left_to_software() -> None:
    for name in ("mpeg4.avi", "av1.mp4"):
        with Reader(form(name), gpu=True) as reader:
            first = next(each for each in reader.frames() if isinstance(each, Picture))
            assert first.frame.format.name == reader.stored_format(first.frame) == "yuv420p"


def test_a_clip_that_the_gpu_does_not_take_is_encoded_by_software(tmp_path: Path) -> None:
    without_gpu()
    form = ClipForm(320, 180, Fraction(30), Fraction(1, 30), SDR, None, 1, nvenc=True)
    path = tmp_path / "clip_001.mp4"
    writer = ClipWriter(path, Span(1, Fraction(0), Fraction(1)), Fraction(0), form)
    with Reader(recipes.plain(".mp4")) as reader:
        pictures = (each for each in reader.frames() if isinstance(each, Picture))
        for picture, _ in zip(pictures, range(30), strict=False):
            writer.add_picture(picture.frame, picture.time)
    writer.finish(Fraction(1))
    assert stamps(path) == [Fraction(number, 30) for number in range(30)]
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


DECODED = ("bottle-detection.mp4", "h265_10bits.mp4", "rotated-90.mov", "delayed_start.mp4")


@pytest.mark.usefixtures("decoding_gpu")
@pytest.mark.parametrize("name", DECODED)
def test_a_gpu_decodes_to_the_same_results(name: str, shared_media: Path) -> None:
    software = scanned(shared_media / name, "1")
    assert_same_results(software, on_gpu(shared_media / name, "nvdec"))


@pytest.mark.usefixtures("decoding_gpu")
@pytest.mark.parametrize("name", ["h264.ts", "vp8.webm", "vp9.webm", "hevc.ts", "mpeg2.ts"])
def test_a_gpu_decodes_each_codec_to_the_same_results(name: str) -> None:
    assert_same_results(scanned(form(name), "1"), on_gpu(form(name), "nvdec"))


@pytest.mark.usefixtures("decoding_gpu")
def test_a_picture_cropped_at_the_left_is_cropped_there_by_a_gpu_too() -> None:
    cropped = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "crop-rect=16,8,0,0")
    source = recipes.made("left.mp4", *recipes.lavfi(recipes.PICTURE), *cropped)
    assert_same_results(scanned(source, "1"), on_gpu(source, "nvdec"))


def assert_same_results(software: Scanned, gpu: Scanned) -> None:
    assert gpu.result.facts == software.result.facts
    for one, other in zip(gpu.result.scores, software.result.scores, strict=True):
        assert one.time == other.time
        assert one.score == pytest.approx(other.score, abs=SAME_SCORE)
    for look, before in zip(gpu.result.samples, software.result.samples, strict=True):
        assert look.brightness == pytest.approx(before.brightness, abs=1 / 255)
    assert len(gpu.clips) == len(software.clips)
    for path, other_path in zip(gpu.clips, software.clips, strict=True):
        assert stamps(path) == stamps(other_path)
        for picture, original in zip(grey(path, 160, 90), grey(other_path, 160, 90), strict=True):
            assert difference(picture, original) < SAME_CLIP


@pytest.mark.usefixtures("encoding_gpu")
@pytest.mark.parametrize("make", [recipes.over_the_caps, recipes.variable_rate, recipes.liar])
def test_clips_of_a_gpu_hold_the_same_frames_at_the_same_times(make: Callable[[], Path]) -> None:
    source = make()
    software, done = scanned(source, "1"), on_gpu(source, "cuda")
    assert [clip.span for clip in done.result.clips] == [c.span for c in software.result.clips]
    for path, other in zip(done.clips, software.clips, strict=True):
        assert stamps(path) == stamps(other)
        packets = packets_of(path, "video")
        assert packets[0]["flags"].startswith("K")
        assert all(packet["dts"] == packet["pts"] for packet in packets)
        pictures, others = grey(path, 160, 90), grey(other, 160, 90)
        for picture, expected in zip(pictures, others, strict=True):
            assert difference(picture, expected) < NVENC_CLIP
        stream = stream_of(path, "video")
        assert stream is not None
        assert (stream["codec_name"], stream["pix_fmt"]) == ("h264", "yuv420p")
