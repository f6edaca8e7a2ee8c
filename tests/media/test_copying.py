"""Clips cut by copying, looked at by the ffmpeg program, PyAV and OpenCV."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import recipes
from _pytest.mark.structures import ParameterSet
from numbered import Grey, number_in, numbered
from programs import boxes, probe, run, shown, sound
from scanning import workshop

from shotlog.errors import DamagedVideoError, NotVideoError
from shotlog.media.copying import copy_clips, refusal
from shotlog.media.keyframes import survey
from shotlog.records import ClipFile, Resolution, Span
from shotlog.segments import Cutting

CAP, FPS = Resolution(1280, 720), Fraction(30)
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
TREMBLING = ("-vf", "setpts='PTS+mod(N,5)*0.004/TB'", "-fps_mode", "passthrough")
FORMS: dict[str, tuple[str, ...]] = {
    "closed.mp4": (*X264, "-g", "40"),
    "pyramid.mp4": (*X264, "-g", "60", "-bf", "5", "-refs", "4", "-x264-params", "scenecut=0"),
    "no-b-frames.mp4": (*X264, "-g", "25", "-bf", "0"),
    "baseline.mp4": (*X264, "-g", "30", "-profile:v", "baseline"),
    "slices.mp4": (*X264, "-g", "30", "-profile:v", "main", "-slices", "4"),
    "cavlc.mp4": (*X264, "-g", "30", "-coder", "0"),
    "every-second.mp4": (*X264, "-g", "30", "-keyint_min", "30", "-bf", "0"),
    "long.mkv": (*X264, "-g", "40"),
    "broadcast.ts": (*X264, "-g", "40"),
    "coarse.ts": (*X264, "-g", "30", "-refs", "2", "-qp", "30"),
    "variable.mp4": (*X264, "-g", "40", *TREMBLING, "-enc_time_base", "1/15360"),
}
SHARED = {"testvideo.mp4": "7.5", "bottle-detection.mp4": "15", "car-detection.mp4": "5.5"}
LEAST_PSNR_DB = 38
"""Of a frame that was encoded anew, against the same frame of the source."""
MOST_TAIL_FRAMES = 8
"""Frames at the end of a clip that hang on dropped ones; there are no more than B-frames."""


class Cut:
    """A source cut in spans, and both as the ffmpeg program decodes them."""

    def __init__(self, source: Path, length: str, overlap: str = "0") -> None:
        self.source, self.survey = source, survey(source)
        self.spans = Cutting(Fraction(length), Fraction(overlap)).plan(self.survey.picture_end)
        self.folder = workshop() / f"copied-{source.name}-{length}-{overlap}"
        self.clips = copy_clips(self.survey, self.spans, self.folder)

    @property
    def pairs(self) -> list[tuple[Path, ClipFile, list[int]]]:
        """Each clip with the numbers of the source's frames that it must hold."""
        times = shown(self.source).times
        return [
            (
                self.folder / clip.file,
                clip,
                [number for number, time in enumerate(times) if span.start <= time < span.end],
            )
            for span, clip in zip(self.spans, self.clips, strict=True)
        ]


@cache
def cut(name: str, sound: bool = False) -> Cut:
    source = numbered(name, *FORMS[name], rate="30000/1001", sound=sound)
    return Cut(source, "1.7", "0.3")


@cache
def cut_shared(path: Path) -> Cut:
    return Cut(path, SHARED[path.name])


@cache
def sums(path: Path) -> list[str]:
    """One checksum a decoded frame; the decoder must not complain."""
    done = run(
        "ffmpeg", "-v", "warning", "-i", path, "-map", "0:v", "-fps_mode", "passthrough",
        "-f", "framemd5", "-",
    )  # fmt: skip
    if "copied" in str(path):
        assert done.stderr == b""
    lines = done.stdout.decode().splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]


def key_frames(path: Path) -> list[int]:
    """Numbers, in order of presentation, of the frames that the source marks as key."""
    found = probe(path, "-select_streams", "v:0", "-show_frames")["frames"]
    return [number for number, frame in enumerate(found) if frame["key_frame"]]


def numbers_seen_by_pyav(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [number_in(_grey(frame)) for frame in container.decode(video=0)]


def _grey(frame: av.VideoFrame) -> Grey:
    return frame.to_ndarray(format="gray").astype(np.uint8)


def numbers_seen_by_opencv(path: Path) -> list[int]:
    try:
        import cv2
    except ModuleNotFoundError:
        if os.environ.get("CI"):
            pytest.fail("opencv-python-headless is not installed, and in CI it must be")
        pytest.skip("opencv-python-headless is not installed")
    video = cv2.VideoCapture(str(path))
    seen: list[int] = []
    while True:
        got, picture = video.read()
        if not got:
            return seen
        seen.append(number_in(np.asarray(picture, np.uint8)[:, :, 1]))


def frames_declared_to_opencv(path: Path) -> int:
    import cv2

    return int(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT))


def _all_but(*quick: str) -> list[ParameterSet]:
    """Every form; those that are not named are slow."""
    slow = pytest.mark.slow
    return [pytest.param(name, marks=[] if name in quick else [slow]) for name in FORMS]


@pytest.mark.parametrize("name", _all_but("pyramid.mp4", "baseline.mp4", "long.mkv"))
@pytest.mark.parametrize("with_sound", [False, True], ids=["silent", "with sound"])
def test_every_decoder_sees_exactly_the_frames_of_the_span(name: str, with_sound: bool) -> None:
    done = cut(name, with_sound)
    for path, clip, expected in done.pairs:
        assert clip.frame_count == len(expected)
        assert numbers_seen_by_pyav(path) == expected
        assert len(sums(path)) == len(expected)
        assert numbers_seen_by_opencv(path) == expected
        assert frames_declared_to_opencv(path) == len(expected)


@pytest.mark.parametrize("name", _all_but("pyramid.mp4", "slices.mp4", "closed.mp4"))
def test_copied_frames_decode_to_the_very_pictures_of_the_source(name: str) -> None:
    done = cut(name)
    _assert_copied(done, key_frames(done.source))
    for path, _, expected in done.pairs:
        assert numbers_seen_by_pyav(path) == expected
        assert _worst_psnr(path, done.source, expected) > LEAST_PSNR_DB


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARED)
def test_real_files_are_copied_to_the_very_picture(name: str, shared_media: Path) -> None:
    done = cut_shared(shared_media / name)
    _assert_copied(done, key_frames(done.source))


def _assert_copied(done: Cut, keys: list[int]) -> None:
    originals, copied = sums(done.source), 0
    for path, _, expected in done.pairs:
        same = [one == originals[number] for one, number in zip(sums(path), expected, strict=True)]
        first_key = next((key for key in keys if key >= expected[0]), expected[-1] + 1)
        inner = same[first_key - expected[0] :]
        assert all(inner[:-MOST_TAIL_FRAMES])
        copied += sum(same)
    assert copied > len(originals) / 4


def _worst_psnr(path: Path, source: Path, numbers: list[int]) -> float:
    def luma(file: Path) -> list[Grey]:
        with av.open(str(file)) as container:
            return [_grey(frame) for frame in container.decode(video=0)]

    originals = luma(source)
    errors = [
        np.square(one.astype(np.float64) - originals[number].astype(np.float64)).mean()
        for one, number in zip(luma(path), numbers, strict=True)
    ]
    return float(10 * np.log10(255**2 / max(1e-9, *errors)))


@pytest.mark.parametrize("name", _all_but("variable.mp4", "broadcast.ts"))
def test_clips_keep_the_distances_of_the_frames_and_begin_at_0(name: str) -> None:
    done = cut(name, True)
    times = shown(done.source).times
    for path, clip, numbers in done.pairs:
        assert shown(path).times == [times[number] - times[numbers[0]] for number in numbers]
        found = probe(path, "-show_format", "-show_streams", "-show_packets")
        first = next(each for each in found["packets"] if each["codec_type"] == "video")
        assert first["pts"] == 0
        assert first["flags"].startswith("K")
        assert float(found["format"]["start_time"]) == 0
        picture = found["streams"][0]
        seconds = picture["duration_ts"] * Fraction(picture["time_base"])
        after = numbers[-1] + 1
        end = times[after] if after < len(times) else shown(done.source).end
        # an MP4 counts the length of a track in milliseconds
        assert abs(clip.duration_seconds - seconds) <= Fraction(1, 1000)
        assert abs(seconds - (end - times[numbers[0]])) <= Fraction(1, 1000)
        assert clip.size_bytes == path.stat().st_size
        assert boxes(path).index("moov") < boxes(path).index("mdat")


@pytest.mark.parametrize("name", _all_but("pyramid.mp4"))
def test_copied_clips_survive_being_put_in_a_transport_stream(name: str, tmp_path: Path) -> None:
    for path, _, numbers in cut(name).pairs:
        carried = tmp_path / f"{path.stem}.ts"
        run("ffmpeg", "-v", "error", "-y", "-i", path, "-c", "copy", carried)
        assert numbers_seen_by_pyav(carried) == numbers


@pytest.mark.parametrize("name", ["closed.mp4", "long.mkv", "broadcast.ts"])
def test_sound_stays_with_the_picture_to_the_sample(name: str) -> None:
    done = cut(name, True)
    whole = sound(done.source)
    first = shown(done.source).first
    for span, (path, _, numbers) in zip(done.spans, done.pairs, strict=True):
        start = shown(done.source).times[numbers[0]]
        begin, end = round((start + _late(done, first)) * 48_000), round(span.end * 48_000)
        piece, original = sound(path), whole[begin:end]
        length = min(len(piece), len(original)) - 4096
        assert length > 20_000
        assert abs(_lag(piece[:length], original[:length])) <= 48


def _late(done: Cut, first: Fraction) -> Fraction:
    """The sound of the source is read from the file's own zero on, the picture from its first."""
    container = probe(done.source, "-show_format")["format"]
    return first - Fraction(container["start_time"]) if done.source.suffix == ".ts" else first


def _lag(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> int:
    spectrum = np.fft.rfft(one, 2 * len(one)) * np.conj(np.fft.rfft(other, 2 * len(one)))
    correlation = np.fft.irfft(spectrum)
    peak = int(np.argmax(correlation))
    return peak if peak < len(one) else peak - 2 * len(one)


def why_not(path: Path, length: str = "2") -> str | None:
    found = survey(path)
    spans = Cutting(Fraction(length)).plan(found.picture_end) if found.shown else ()
    return refusal(found, spans, CAP, FPS)


def test_files_with_near_key_frames_may_be_copied() -> None:
    for name in ("baseline.mp4", "slices.mp4", "no-b-frames.mp4"):
        assert why_not(numbered(name, *FORMS[name], rate="30000/1001")) is None


def test_a_file_whose_parameter_sets_have_all_the_numbers_is_encoded() -> None:
    found = survey(numbered("baseline.mp4", *FORMS["baseline.mp4"], rate="30000/1001"))
    full = replace(found, picture_sets=dict.fromkeys(range(32), b""))
    assert "no number free" in (refusal(full, (), CAP, FPS) or "")


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "open.mp4": ((*X264, "-g", "24", "-x264-params", "open-gop=1"), "open GOP"),
    "refresh.mp4": ((*X264, "-x264-params", "intra-refresh=1"), "too far apart"),
    "sparse.mp4": ((*X264, "-g", "250"), "too far apart"),
    "full.mp4": ((*X264[:-2], "-pix_fmt", "yuvj420p", "-g", "30"), "full range"),
    "ten.mp4": ((*X264[:-1], "yuv420p10le", "-g", "30"), "profile"),
    "wide.mp4": ((*X264[:-1], "yuv444p", "-g", "30"), "profile"),
    "laced.mp4": ((*X264, "-flags", "+ildct+ilme", "-g", "30"), "interlaced"),
    "oblong.mp4": ((*X264, "-vf", "setsar=4/3", "-g", "30"), "not square"),
    "pq.mp4": ((*X264, "-color_trc", "smpte2084", "-g", "30"), "HDR"),
    "other.mp4": (("-c:v", "mpeg4"), "not H.264"),
    "large.mp4": ((*X264, "-vf", "scale=1920:1080", "-g", "30", "-frames:v", "20"), "larger"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_copied_says_why(name: str) -> None:
    codec, reason = REFUSED[name]
    assert reason in (why_not(numbered(f"refused-{name}", *codec), "1") or "")


def test_more_frames_than_the_cap_are_not_copied() -> None:
    source = numbered("fast.mp4", *X264, "-g", "30", rate="60")
    assert "frames a second" in (why_not(source, "1") or "")


def test_a_turned_picture_is_not_copied(shared_media: Path) -> None:
    assert "turned" in (why_not(shared_media / "rotated-90.mov") or "")


def test_frames_hidden_by_an_edit_list_are_not_brought_back() -> None:
    source = numbered("closed.mp4", *FORMS["closed.mp4"], rate="30000/1001")
    trimmed = recipes.made("trimmed.mp4", "-ss", "0.5", "-i", str(source), "-c", "copy")
    assert "edit list" in (why_not(trimmed) or "")


def test_parameter_sets_that_change_are_not_copied() -> None:
    one, other = (numbered(name, *FORMS[name]) for name in ("broadcast.ts", "coarse.ts"))
    listed = recipes.written("changing.txt", f"file '{one}'\nfile '{other}'\n".encode())
    joined = ("-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy")
    both = recipes.made("changing.ts", *joined)
    assert "change" in (why_not(both, "1") or "")


def test_a_clock_that_leaps_is_not_copied() -> None:
    leaping = ("-vf", "setpts='PTS+gte(N,60)*20/TB'", "-fps_mode", "passthrough")
    source = numbered("leaping.ts", *X264, "-g", "30", *leaping)
    assert "leaps" in (why_not(source, "1") or "")


def test_a_file_that_breaks_off_is_not_copied() -> None:
    source = numbered("front.mp4", *FORMS["closed.mp4"], "-movflags", "+faststart")
    assert why_not(recipes.cut_off(source, 0.7), "1") is not None


def test_what_is_no_video_is_an_error() -> None:
    with pytest.raises(NotVideoError):
        survey(recipes.sound_only())


def test_a_file_that_changes_under_way_leaves_no_clip(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(numbered("closed.mp4", *FORMS["closed.mp4"]).read_bytes())
    found = survey(source)
    source.write_bytes(numbered("no-b-frames.mp4", *FORMS["no-b-frames.mp4"]).read_bytes())
    with pytest.raises(DamagedVideoError):
        copy_clips(found, Cutting(Fraction(2)).plan(found.picture_end), tmp_path / "clips")
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_span_between_two_frames_gives_no_clip(tmp_path: Path) -> None:
    found = survey(numbered("closed.mp4", *FORMS["closed.mp4"]))
    between = Span(1, Fraction(1, 1000), Fraction(2, 1000))
    assert copy_clips(found, (between,), tmp_path) == ()
