"""PySceneDetect's detectors on the one decode, held against PySceneDetect's own command."""

from __future__ import annotations

import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from programs import stamps
from scanning import CAPS, SHARED_FILES, workshop
from test_split_scenes import along_scenes, scenes_of_lengths

from shotlog.errors import MissingToolError
from shotlog.media.detectors import require_detector
from shotlog.media.scan import ScanRequest, ScanResult, scan
from shotlog.records import Detector, SceneMethod
from shotlog.segments import GivenSpans

THRESHOLDS: dict[Detector, float] = {"content": 27.0, "adaptive": 3.0}


@pytest.fixture(scope="module")
def psd() -> Any:
    return pytest.importorskip("scenedetect")


def found(source: Path, detector: Detector) -> ScanResult:
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    method = SceneMethod(detector, THRESHOLDS[detector])
    return scan(ScanRequest(source, folder, GivenSpans(()), None, None, scenes=method))


def theirs(psd: Any, source: Path, detector: Detector) -> list[float]:
    """OpenCV's wheel cannot read AV1; PySceneDetect has another reader for that."""
    kinds = {"content": psd.ContentDetector, "adaptive": psd.AdaptiveDetector}
    backend = "pyav" if "av1" in source.name else "opencv"
    scenes = psd.detect(str(source), kinds[detector](), backend=backend)
    return [start.seconds for start, _ in scenes[1:]]


EACH_FILE = [
    pytest.param(name, marks=[pytest.mark.slow] if name == "bottle-detection.mp4" else [])
    for name in SHARED_FILES
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # its other reader leaves files open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("detector", ["content", "adaptive"])
@pytest.mark.parametrize("name", EACH_FILE)
def test_cuts_are_those_of_its_own_command_within_a_frame(
    psd: Any, name: str, detector: Detector, shared_media: Path
) -> None:
    result = found(shared_media / name, detector)
    expected = theirs(psd, shared_media / name, detector)
    frame = float(1 / result.facts.rate_fps)
    assert len(result.cuts) == len(expected)
    pairs = zip(result.cuts, expected, strict=True)
    assert all(abs(float(ours) - other) <= frame for ours, other in pairs)


FLASHES = (60, 3, 4, 5, 90, 40, 2, 60)


@pytest.mark.parametrize("detector", ["content", "adaptive"])
def test_a_string_of_flashes_is_merged_as_its_own_command_merges_it(
    psd: Any, detector: Detector
) -> None:
    source = scenes_of_lengths(*FLASHES)
    ours = [float(time) for time in found(source, detector).cuts]
    assert ours == pytest.approx(theirs(psd, source, detector), abs=0.034)


@pytest.mark.parametrize("detector", ["content", "adaptive"])
def test_clips_follow_cuts_that_are_known_only_some_frames_later(
    psd: Any, detector: Detector
) -> None:
    source = scenes_of_lengths(90, 100, 80)
    result = along_scenes(source, method=SceneMethod(detector, THRESHOLDS[detector]))
    assert [len(stamps(clip)) for clip in result.clips] == [90, 100, 80]


def test_the_detectors_cuts_are_exact_times_of_frames(psd: Any) -> None:
    result = found(scenes_of_lengths(90, 100, 80), "content")
    assert result.cuts == (Fraction(90 * 1001, 30_000), Fraction(190 * 1001, 30_000))


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    with pytest.raises(MissingToolError) as caught:
        require_detector("adaptive")
    assert "scenedetect" in caught.value.what
    assert "pip install 'shotlog[scenes]'" in caught.value.hint


def test_the_detector_of_ffmpeg_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    require_detector("ffmpeg")


def test_a_detector_of_ffmpeg_finds_its_cuts_in_the_scores(tmp_path: Path) -> None:
    source = scenes_of_lengths(90, 100, 80)
    result = scan(ScanRequest(source, tmp_path, GivenSpans(()), CAPS, None))
    assert result.cuts == tuple(each.time for each in result.scores if each.score > 0.3)
