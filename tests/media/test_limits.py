"""Files that ask for too much, and files that lost something without a word."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import damage_recipes as recipes
import pytest
from colour_recipes import huge
from numbered import numbered
from recipes import gap_in_the_times, made, plain
from scanning import CAPS, FRAMES, scanned
from test_hard_files import refusal
from test_process import fates

from shotlog.errors import MediaError, MediaProcessError, NotVideoError
from shotlog.media.process import MediaPool
from shotlog.media.scan import ScanRequest, scan_all
from shotlog.segments import Cutting

STALL_SECONDS = 60.0
PEAK_KIB_OF_A_SCAN = """
import pathlib, resource, sys
from scanning import looked_at
looked_at(pathlib.Path(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


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


def peak_bytes(path: Path) -> int:
    command = [sys.executable, "-c", PEAK_KIB_OF_A_SCAN, str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, check=True)
    return int(done.stdout) * 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_a_video() -> None:
    short = numbered("slow.mp4", "-c:v", "libx264", "-preset", "ultrafast", rate="2")
    long = made("slow-for-long.mp4", "-stream_loop", "9", "-i", str(short), "-c", "copy")
    assert peak_bytes(long) - peak_bytes(short) < 20_000_000
