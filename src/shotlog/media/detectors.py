"""Finds cuts while a video is decoded, each way of finding them behind one face.

``content`` and ``adaptive`` are PySceneDetect's own detectors, fed with what its own command feeds
them: the frame as stored, in BGR, made 256 pixels long by OpenCV's linear interpolation.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from importlib.util import find_spec
from typing import Any, Protocol

import av
from av.video.reformatter import VideoReformatter

from shotlog.errors import MissingToolError
from shotlog.media.reading import Picture
from shotlog.records import Detector, SceneMethod

LONG_SIDE = 256
"""Pixels; PySceneDetect's ``DEFAULT_MIN_WIDTH``."""

TICKS = 1_000_000
"""A second, in the detectors' clock; PySceneDetect's own readers count microseconds too."""

FRAMES_REMEMBERED = 1024
"""A detector names a cut by its time in ticks; the exact times of so many frames are kept."""


class CutFinder(Protocol):
    """Is shown every frame in order, and says where scenes begin."""

    settled: Fraction
    """No cut at or before this time will still be found."""

    def add(self, picture: Picture, score: float) -> list[Fraction]:
        """Times of the cuts that are known now; ``score`` is ffmpeg's scene score."""
        ...


def require_detector(detector: Detector) -> None:
    """Raises MissingToolError where the packages that ``detector`` needs are not installed."""
    if detector == "ffmpeg":
        return
    missing = [name for name in ("scenedetect", "cv2") if find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"The scene detector {detector!r} needs PySceneDetect; "
            f"{' and '.join(missing)} cannot be imported.",
            hint="Install it: pip install 'shotlog[scenes]'. Or take --scene-detector ffmpeg.",
        )


def cut_finder(method: SceneMethod, fps: Fraction) -> CutFinder:
    """Raises MissingToolError where PySceneDetect is needed and absent."""
    if method.detector == "ffmpeg":
        return ScoredCuts(method.threshold)
    require_detector(method.detector)
    return DetectedCuts(method, fps)


class ScoredCuts:
    """ffmpeg's: a cut is where the score is above the threshold, known at once."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self.settled = Fraction(0)

    def add(self, picture: Picture, score: float) -> list[Fraction]:
        self.settled = picture.time
        return [picture.time] if score > self._threshold and picture.time > 0 else []


class DetectedCuts:
    """PySceneDetect's, with its defaults but for the threshold.

    A cut is known some frames after it: ``adaptive`` looks two frames ahead, ``content`` waits 15
    frames to see whether a flash or a string of cuts goes on.
    """

    def __init__(self, method: SceneMethod, fps: Fraction) -> None:
        from scenedetect import AdaptiveDetector, ContentDetector

        self._detector: Any
        if method.detector == "content":
            self._detector = ContentDetector(threshold=method.threshold)
            self._lag_seconds = (self._detector.event_buffer_length + 1) / fps
        else:
            self._detector = AdaptiveDetector(adaptive_threshold=method.threshold)
            self._lag_seconds = Fraction(0)
        self._lag_frames = self._detector.event_buffer_length + 1
        self._fps = fps
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._times: deque[Fraction] = deque(maxlen=self._lag_frames)
        self._exact: dict[int, Fraction] = {}
        self.settled = Fraction(0)

    def add(self, picture: Picture, score: float) -> list[Fraction]:  # noqa: ARG002
        from scenedetect.common import FrameTimecode, Timecode

        ticks = round(picture.time * TICKS)
        self._remember(ticks, picture.time)
        time = FrameTimecode(Timecode(ticks, Fraction(1, TICKS)), fps=self._fps)
        found = self._detector.process_frame(time, self._small(picture.frame))
        self.settled = min(self._times[0], picture.time - self._lag_seconds)
        return [self._exact.get(cut.pts, Fraction(cut.pts, TICKS)) for cut in found if cut.pts > 0]

    def _small(self, frame: av.VideoFrame) -> Any:
        """As ``SceneManager`` makes it; a frame of another size is made the first one's size."""
        import cv2

        pixels = self._reformatter.reformat(frame, format="bgr24").to_ndarray()
        if self._size is None:
            shrink = max(1.0, max(frame.width, frame.height) / LONG_SIDE)
            sides = (max(1, round(side / shrink)) for side in (frame.width, frame.height))
            self._size = (next(sides), next(sides))
        if (frame.width, frame.height) == self._size:
            return pixels
        return cv2.resize(pixels, self._size, interpolation=cv2.INTER_LINEAR)

    def _remember(self, ticks: int, time: Fraction) -> None:
        self._times.append(time)
        self._exact[ticks] = time
        if len(self._exact) > FRAMES_REMEMBERED:
            del self._exact[next(iter(self._exact))]
