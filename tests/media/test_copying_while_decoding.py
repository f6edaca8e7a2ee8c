"""Clips cut by copying while the file is decoded: once, and for everything."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numbered import HEIGHT, WIDTH, number_in, numbered
from scanning import CAPS, FRAMES

from shotlog.errors import DamagedVideoError
from shotlog.media.copying import Copier, copy_clips
from shotlog.media.keyframes import Survey, survey
from shotlog.media.reading import Picture, Reader
from shotlog.media.scan import ScanRequest, scan
from shotlog.records import Span
from shotlog.segments import Cutting

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
LONG = (*X264, "-g", "50", "-x264-params", "scenecut=0")


def long_groups() -> tuple[Survey, tuple[Span, ...]]:
    """Key frames at 0, 50 and 100; clips begin at 0, 60 and 120, the last is short."""
    found = survey(numbered("groups-of-50.mp4", *LONG))
    return found, Cutting(Fraction(2)).plan(found.picture_end)


def greys(path: Path) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="gray").astype(np.uint8) for frame in container.decode(video=0)
        ]


def test_frames_beside_a_cut_are_those_of_the_decode_under_way(tmp_path: Path) -> None:
    found, spans = long_groups()
    with Copier(found, spans, tmp_path) as copier:
        with Reader(found.path, on_packet=copier.add_packet) as reader:
            for picture in (each for each in reader.frames() if isinstance(each, Picture)):
                blank = av.VideoFrame.from_ndarray(
                    np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8), "yuv420p"
                )
                blank.pts, blank.time_base = picture.frame.pts, picture.frame.time_base
                copier.add_picture(Picture(blank, picture.time, picture.duration))
        clips = copier.finish()
    for span, clip in zip(spans, clips, strict=True):
        first = int(span.start * 30)
        shown = greys(tmp_path / clip.file)
        next_key = -(-first // 50) * 50
        assert all(grey.std() < 3 for grey in shown[: next_key - first])
        numbers = [number_in(grey) for grey in shown if grey.std() > 3]
        assert numbers == list(range(next_key, next_key + len(numbers)))
        assert len(shown) - len(numbers) <= next_key - first + 8


def test_a_frame_is_left_as_it_was(tmp_path: Path) -> None:
    found, spans = long_groups()
    with (
        Copier(found, spans, tmp_path) as copier,
        Reader(found.path, on_packet=copier.add_packet) as reader,
    ):
        for picture in (each for each in reader.frames() if isinstance(each, Picture)):
            frame = picture.frame
            before = frame.pts, frame.time_base, frame.pict_type
            copier.add_picture(picture)
            assert (frame.pts, frame.time_base, frame.pict_type) == before


def test_clips_that_overlap_each_have_the_frames_before_the_same_key_frame(tmp_path: Path) -> None:
    found, _ = long_groups()
    spans = Cutting(Fraction(2), Fraction(17, 10)).plan(found.picture_end)
    clips = copy_clips(found, spans, tmp_path)
    for span, clip in zip(spans, clips, strict=True):
        first, end = int(span.start * 30), min(130, int(span.end * 30))
        assert [number_in(grey) for grey in greys(tmp_path / clip.file)] == [*range(first, end)]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_scan_copies_while_it_decodes_with_any_number_of_threads(
    threads: int, tmp_path: Path
) -> None:
    source = numbered("heard-while-decoding.mp4", *LONG, sound=True)
    request = ScanRequest(source, tmp_path, Cutting(Fraction(2)), CAPS, FRAMES, threads=threads)
    clips = [clip.video for clip in scan(request).clips]
    assert all(clip is not None and not clip.encoded_because for clip in clips)
    seen = [number_in(grey) for clip in clips if clip for grey in greys(tmp_path / clip.file)]
    assert seen == list(range(130))


def test_packets_wait_only_as_long_as_the_decoder_holds_frames_back(tmp_path: Path) -> None:
    source = numbered("heavy.mp4", *X264, "-g", "25", "-qp", "2")
    found = survey(source)
    spans = Cutting(Fraction(4), Fraction(39, 10)).plan(found.picture_end)[3:5]
    tracemalloc.start()
    try:
        copy_clips(found, spans, tmp_path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < source.stat().st_size / 4


def damaged(tmp_path: Path) -> Path:
    """Its packets are whole, but the picture in some is not."""
    found, _ = long_groups()
    content = bytearray(found.path.read_bytes())
    with av.open(str(found.path)) as container:
        places = [(each.pos, each.size) for each in container.demux(video=0) if each.size]
    for position, size in places[105:115]:
        assert position is not None
        content[position + size // 3 : position + size] = b"\xa5" * (size - size // 3)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    return path


def test_a_file_found_damaged_while_it_is_copied_is_encoded(tmp_path: Path) -> None:
    source = damaged(tmp_path)
    assert survey(source).refusal is None
    result = scan(ScanRequest(source, tmp_path / "out", Cutting(Fraction(2)), CAPS, FRAMES))
    assert result.facts.damage
    assert all(clip.video and "damaged" in clip.video.encoded_because for clip in result.clips)
    written = {f"clips/{path.name}" for path in (tmp_path / "out" / "clips").iterdir()}
    assert written == {clip.video.file for clip in result.clips if clip.video}


def test_a_decode_that_fails_leaves_no_clip(tmp_path: Path) -> None:
    found, spans = long_groups()

    def fail_after(count: int) -> None:
        with (
            Copier(found, spans, tmp_path) as copier,
            Reader(found.path, on_packet=copier.add_packet) as reader,
        ):
            for frame in reader.frames():
                if isinstance(frame, Picture):
                    copier.add_picture(frame)
                    count -= 1
                if count == 0:
                    assert list(tmp_path.glob("clip_*"))
                    assert list(tmp_path.glob(".*"))
                    raise DamagedVideoError("A decoder that gives up.", hint="None.")

    with pytest.raises(DamagedVideoError, match="gives up"):
        fail_after(100)
    assert list(tmp_path.iterdir()) == []


def test_frames_that_are_not_those_of_the_survey_are_an_error(tmp_path: Path) -> None:
    found, spans = long_groups()
    with (
        Copier(found, spans, tmp_path) as copier,
        Reader(found.path, on_packet=copier.add_packet) as reader,
    ):
        pictures = (each for each in reader.frames() if isinstance(each, Picture))
        copier.add_picture(next(pictures))
        next(pictures)
        with pytest.raises(DamagedVideoError, match="other frames"):
            copier.add_picture(next(pictures))


def test_a_decode_that_ends_early_is_an_error(tmp_path: Path) -> None:
    found, spans = long_groups()
    with Copier(found, spans, tmp_path) as copier:
        with Reader(found.path, on_packet=copier.add_packet) as reader:
            pictures = (each for each in reader.frames() if isinstance(each, Picture))
            for _ in range(90):
                copier.add_picture(next(pictures))
        with pytest.raises(DamagedVideoError, match="90 of 130"):
            copier.finish()
    assert list(tmp_path.iterdir()) == []


def test_packets_do_not_wait_for_a_decoder_that_gives_nothing(tmp_path: Path) -> None:
    found, spans = long_groups()
    with Copier(found, spans, tmp_path) as copier, av.open(str(found.path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
        for packet in packets[:100]:
            copier.add_packet(packet)
        with pytest.raises(DamagedVideoError, match="no frame for 100 packets"):
            copier.add_packet(packets[100])
    assert list(tmp_path.iterdir()) == []
