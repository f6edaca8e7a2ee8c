"""Files that ask for too much, and files that lost something without a word."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import damage_recipes as recipes
import pytest
from colour_recipes import huge
from media_work import scan_and_tell
from recipes import beyond_the_caps, gap_in_the_times, plain
from scanning import CAPS, FRAMES, scanned
from test_hard_files import refusal
from test_process import fates

from shotlog.errors import MediaError, MediaProcessError, NotVideoError
from shotlog.media.process import MediaPool
from shotlog.media.scan import ScanRequest, scan_all
from shotlog.segments import Cutting

STALL_SECONDS = 60.0


def test_a_picture_that_no_machine_could_hold_is_refused(tmp_path: Path) -> None:
    error = refusal(recipes.vast(), tmp_path)
    assert isinstance(error, MediaError)
    assert "16384x12288 pixels" in error.what


@pytest.mark.parametrize("size_bytes", [10, 1000, 300_000])
def test_garbage_is_no_video(size_bytes: int, tmp_path: Path) -> None:
    assert isinstance(refusal(recipes.garbage(size_bytes), tmp_path), NotVideoError)


def test_frames_that_a_matroska_file_lost_without_a_word_are_named() -> None:
    facts = scanned(recipes.without_a_cluster(), "1").result.facts
    lost = 120 - facts.frame_count
    assert 10 <= lost <= 20
    assert any(note.startswith("bytes skipped to find the next frame") for note in facts.damage)
    seconds = [float(note.split(": ")[1]) for note in facts.damage if "without a frame" in note]
    assert seconds == [pytest.approx(lost / 30, abs=0.01)]


def test_a_gap_that_the_file_was_made_with_is_no_damage() -> None:
    assert scanned(gap_in_the_times(), "2").result.facts.damage == ()


def whole_request(path: Path, folder: Path) -> ScanRequest:
    return ScanRequest(path, folder, Cutting(Fraction(15)), CAPS, FRAMES)


@pytest.mark.parametrize(
    "limit_bytes", [200_000_000, pytest.param(300_000_000, marks=pytest.mark.slow)]
)
def test_a_video_that_needs_more_memory_than_allowed_fails_and_the_next_is_done(
    limit_bytes: int, tmp_path: Path
) -> None:
    large, small = huge(), plain(".mp4")
    requests = [whole_request(large, tmp_path / "a"), whole_request(small, tmp_path / "b")]
    with MediaPool(
        1, tmp_path / "beats", STALL_SECONDS, memory_limit_bytes=limit_bytes, work=scan_all
    ) as pool:
        found = fates(pool, requests)
    error = found[large.name]
    assert isinstance(error, MediaProcessError)
    # Some libraries do not look whether they were given the memory they asked for.
    assert "more memory" in error.what or "died" in error.what
    assert "MemoryLimit" in error.hint
    result = found[small.name]
    assert isinstance(result, tuple)
    assert result[0].facts.frame_count == 120


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what a process holds")
def test_a_process_that_has_cut_many_clips_holds_no_more_than_after_few(tmp_path: Path) -> None:
    source = beyond_the_caps()
    held: list[int] = []
    with MediaPool(1, tmp_path / "beats", STALL_SECONDS, work=scan_and_tell) as pool:
        for clips in (2, 24):
            folder = tmp_path / str(clips)
            request = ScanRequest(source, folder, Cutting(Fraction(4, clips)), CAPS, None)
            assert not isinstance(fates(pool, [request])[source.name], Exception)
            held.append(int((folder / "held").read_text()))
    assert held[1] - held[0] < 50_000_000
