"""Files that ask for too much, and files that lost something without a word."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import damage_recipes as recipes
import pytest
from colour_recipes import huge
from form_recipes import long_form
from numbered import numbered
from recipes import corrupted, gap_in_the_times, made, plain
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
import scanning
getattr(scanning, sys.argv[2])(pathlib.Path(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_picture_that_no_machine_could_hold_is_refused(tmp_path: Path) -> None:
    error = refusal(recipes.vast(), tmp_path)
    assert isinstance(error, MediaError)
    assert "16384x12288 pixels" in error.what


@pytest.mark.parametrize("size_bytes", [10, 1000, 300_000])
def test_garbage_is_no_video(size_bytes: int, tmp_path: Path) -> None:
    assert isinstance(refusal(recipes.garbage(size_bytes), tmp_path), NotVideoError)


def test_a_picture_that_grows_beyond_all_bounds_on_the_way_is_left_out() -> None:
    facts = scanned(recipes.grows_vast()).result.facts
    assert (facts.width, facts.height, facts.frame_count) == (64, 48, 6)
    assert "damaged packets left out: 1" in facts.damage


@pytest.mark.slow
def test_a_small_file_that_unfolds_to_gigabytes_is_read_within_the_limit(tmp_path: Path) -> None:
    source = recipes.unfolds(60)
    assert source.stat().st_size < 1_000_000
    frame_bytes = 7680 * 4320 * 3 // 2
    request = ScanRequest(source, tmp_path, Cutting(Fraction(15)), None, FRAMES)
    limit_bytes = 700_000_000
    with MediaPool(
        1, tmp_path / "beats", STALL_SECONDS, memory_limit_bytes=limit_bytes, work=scan_all
    ) as pool:
        result = fates(pool, [request])[source.name]
    assert isinstance(result, tuple)
    assert result[0].facts.frame_count * frame_bytes > 4 * limit_bytes


DAMAGED = {
    "hevc.mp4": "damaged packets left out",
    "hevc.ts": "packets of which a part is missing",
    "vp9.webm": "bytes skipped to find the next frame",
    "av1.webm": "damaged packets left out",
    "mpeg4.avi": "the picture ends at",
    "mjpeg.avi": "the picture ends at",
    "prores.mov": "damaged packets left out",
    "wmv2.wmv": "frames that the decoder could not make whole",
    "h264.flv": "frames that the decoder could not make whole",
}
QUICK_DAMAGED = ("hevc.ts", "vp9.webm", "mjpeg.avi", "h264.flv")
EACH_DAMAGED = [
    pytest.param(name, marks=[] if name in QUICK_DAMAGED else [pytest.mark.slow])
    for name in DAMAGED
]


@pytest.mark.parametrize("name", EACH_DAMAGED)
def test_damage_in_the_middle_costs_some_frames_of_any_kind_of_file_and_is_told(name: str) -> None:
    facts = scanned(corrupted(long_form(name)), "1").result.facts
    assert 70 <= facts.frame_count < 100
    assert float(facts.duration_seconds) == pytest.approx(4, abs=0.3)
    assert any(note.startswith(DAMAGED[name]) for note in facts.damage), facts.damage


@pytest.mark.parametrize("name", EACH_DAMAGED)
def test_a_whole_file_of_any_kind_has_no_damage(name: str) -> None:
    facts = scanned(long_form(name), "1").result.facts
    assert facts.damage == ()
    assert facts.frame_count == 100


def test_frames_that_a_matroska_file_lost_without_a_word_are_named() -> None:
    facts = scanned(recipes.without_a_cluster(), "1").result.facts
    lost = 120 - facts.frame_count
    assert 10 <= lost <= 20
    assert any(note.startswith("bytes skipped to find the next frame") for note in facts.damage)
    seconds = [float(note.split(": ")[1]) for note in facts.damage if "without a frame" in note]
    assert seconds == [pytest.approx(lost / 30, abs=0.01)]


def test_a_size_in_the_index_that_no_memory_holds_is_damage_and_what_comes_before_is_kept() -> None:
    facts = scanned(recipes.one_mad_size()).result.facts
    assert 80 <= facts.frame_count < 120
    assert facts.damage


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


FREED_BUT_KEPT_MB = """
import ctypes
from pathlib import Path
from shotlog.media.memory import give_back_freed_memory

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def block(size_bytes):
    address = library.malloc(size_bytes)
    ctypes.memset(address, 1, size_bytes)
    return address

{call}
library.free(block(30 << 20))  # what is freed raises the threshold from which memory is given back
before = resident_mb()
pairs = [(block(4 << 20), block(5000)) for _ in range(50)]
for large, _ in pairs:
    library.free(large)
print(resident_mb() - before)
"""
"""Large blocks come and go, as an encoder's do, and small ones stay between them."""


@pytest.mark.skipif(sys.platform != "linux", reason="the GNU C library's habits are meant")
def test_a_media_process_gives_freed_memory_back() -> None:
    program = FREED_BUT_KEPT_MB.format(call="give_back_freed_memory()")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert float(done.stdout) < 20


def peak_bytes(path: Path, way: str = "looked_at") -> int:
    command = [sys.executable, "-c", PEAK_KIB_OF_A_SCAN, str(path), way]
    done = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, check=True)
    return int(done.stdout) * 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_a_video() -> None:
    short = numbered("slow.mp4", "-c:v", "libx264", "-preset", "ultrafast", rate="2")
    long = made("slow-for-long.mp4", "-stream_loop", "9", "-i", str(short), "-c", "copy")
    assert peak_bytes(long) - peak_bytes(short) < 20_000_000


@pytest.mark.slow
@pytest.mark.parametrize(("way", "late"), [("looked_at", 0), ("scanned", 0), ("scanned", 1199)])
def test_memory_does_not_grow_with_the_sound_beside_a_picture_that_stands_still(
    way: str, late: int
) -> None:
    long = recipes.still_with_sound(1200, late)
    assert peak_bytes(long, way) - peak_bytes(recipes.still_with_sound(30), way) < 50_000_000
