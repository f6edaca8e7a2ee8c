"""Scans for the tests of media, with the defaults that users have."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from shotlog.media.scan import ClipCaps, FrameForm, ScanRequest, ScanResult, scan
from shotlog.records import Resolution
from shotlog.segments import Cutting

CAPS = ClipCaps(Resolution(1280, 720), Fraction(30))
FRAMES = FrameForm(Fraction(2), 768 * 28 * 28)

SHARED_FILES = (
    "asl-book.mkv",
    "av1_video.mkv",
    "bottle-detection.mp4",
    "car-detection.mp4",
    "counter.mp4",
    "delayed_start.mp4",
    "fades.mp4",
    "h265_10bits.mp4",
    "rotated-90.mov",
    "testvideo.mp4",
)


@cache
def workshop() -> Path:
    """A folder for everything that tests make once and share; gone when they end."""
    folder = Path(tempfile.mkdtemp(prefix="shotlog-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@dataclass(frozen=True)
class Scanned:
    folder: Path
    result: ScanResult

    @property
    def clips(self) -> list[Path]:
        return [self.folder / clip.video.file for clip in self.result.clips if clip.video]


@cache
def scanned(path: Path, length: str = "15", overlap: str = "0") -> Scanned:
    """One scan of a file, done once however many tests look at it."""
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    cutting = Cutting(Fraction(length), Fraction(overlap))
    return Scanned(folder, scan(ScanRequest(path, folder, cutting, CAPS, FRAMES)))


@cache
def looked_at(path: Path) -> Scanned:
    """One scan of a file that writes no clips."""
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    return Scanned(folder, scan(ScanRequest(path, folder, Cutting(Fraction(15)), None, FRAMES)))
