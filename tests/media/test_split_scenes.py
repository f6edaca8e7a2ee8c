"""Clips that follow scenes, counted by ffprobe; and frames held back until a cut is certain."""

from __future__ import annotations

import tempfile
from collections import deque
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from programs import cuts, shown, sound, stamps, stream_of
from recipes import H264, lavfi, made
from scanning import CAPS, FRAMES, Scanned, workshop

from shotlog.media.cutter import Cutter
from shotlog.media.reading import Picture
from shotlog.media.scan import ScanRequest, scan
from shotlog.media.scene_feed import MOST_HELD, SceneFeed
from shotlog.records import SceneMethod
from shotlog.splitting import SceneCutting, ScenePlan, scene_spans

METHOD = SceneMethod()
RATE = "30000/1001"


def along_scenes(
    source: Path, longest: str = "15", shortest: str = "2", method: SceneMethod = METHOD
) -> Scanned:
    folder = Path(tempfile.mkdtemp(dir=workshop()))
    how = SceneCutting(Fraction(longest), Fraction(shortest), method)
    return Scanned(folder, scan(ScanRequest(source, folder, how, CAPS, FRAMES, scenes=method)))


def scenes_of_lengths(*frames: int, rate: str = RATE) -> Path:
    """Scenes of so many frames, each of one colour with a little noise on it, and sound."""
    colours = ("red", "white", "blue", "black", "yellow", "gray")
    parts = [
        f"color={colours[number % 6]}:size=320x180:rate={rate},trim=end_frame={count},"
        f"noise=alls=8:allf=t[v{number}]"
        for number, count in enumerate(frames)
    ]
    seconds = float(sum(frames) / Fraction(rate))
    joined = "".join(f"[v{number}]" for number in range(len(frames)))
    graph = ";".join([*parts, f"{joined}concat=n={len(frames)}:v=1:a=0[out0]"])
    name = f"scenes-{'-'.join(map(str, frames))}-{rate.replace('/', 'by')}.mp4"
    tone = lavfi(f"sine=frequency=440:sample_rate=48000:duration={seconds}")
    return made(
        name, "-f", "lavfi", "-i", graph, *tone, *H264, "-c:a", "aac", "-t", f"{seconds}"
    )  # fmt: skip


def expected_frames(source: Path, starts: list[Fraction], end: Fraction) -> list[int]:
    times = shown(source).times
    return [sum(a <= time < b for time in times) for a, b in pairwise([*starts, end])]


@pytest.mark.parametrize(
    ("frames", "longest", "shortest", "counts"),
    [
        ((90, 100, 80), "15", "2", [90, 100, 80]),
        ((90, 20, 100), "15", "2", [90, 120]),
        ((20, 90, 100), "15", "2", [110, 100]),
        ((90, 90, 20), "15", "2", [90, 110]),
        ((200, 70), "3.003", "1", [90, 90, 90]),
        ((100, 100), "3.003", "0.5", [90, 90, 20]),
        ((100, 100), "3.003", "0.1", [90, 10, 90, 10]),
    ],
)
def test_every_clip_holds_exactly_the_frames_of_its_scenes(
    frames: tuple[int, ...], longest: str, shortest: str, counts: list[int]
) -> None:
    source = scenes_of_lengths(*frames)
    made_clips = along_scenes(source, longest, shortest)
    assert [len(stamps(clip)) for clip in made_clips.clips] == _tail_joined(counts)
    assert [clip.video.frame_count for clip in made_clips.result.clips if clip.video] == (
        _tail_joined(counts)
    )


def _tail_joined(counts: list[int]) -> list[int]:
    """A last clip below half a second is never left alone."""
    if counts[-1] >= 15:
        return counts
    return [*counts[:-2], counts[-2] + counts[-1]]


def test_a_clip_that_follows_a_scene_has_that_scenes_sound() -> None:
    result = along_scenes(scenes_of_lengths(90, 100, 80))
    for path, clip in zip(result.clips, result.result.clips, strict=True):
        length = float(clip.span.end - clip.span.start)
        assert stream_of(path, "audio") is not None
        assert len(sound(path)) / 48_000 == pytest.approx(length, abs=0.05)
        assert stamps(path)[0] == 0


def test_a_source_over_the_rate_cap_is_thinned_out_from_each_scenes_first_frame() -> None:
    result = along_scenes(scenes_of_lengths(181, 200, rate="60"))
    assert [len(stamps(clip)) for clip in result.clips] == [91, 100]


@pytest.mark.slow
def test_clips_of_a_real_file_begin_where_the_ffmpeg_program_sees_a_cut(
    shared_media: Path,
) -> None:
    source = shared_media / "testvideo.mp4"
    method = SceneMethod("ffmpeg", 0.1)
    scanned = along_scenes(source, "8", "1", method)
    seen = tuple(time - shown(source).first for time in cuts(source, 0.1))
    exact = tuple(min(shown(source).times, key=lambda time: abs(time - cut)) for cut in seen)
    how = SceneCutting(Fraction(8), Fraction(1), method)
    spans = scene_spans(how, exact, shown(source).end)
    assert tuple(clip.span for clip in scanned.result.clips) == spans
    counts = expected_frames(source, [span.start for span in spans], spans[-1].end)
    assert [len(stamps(clip)) for clip in scanned.clips] == counts


class LateFinder:
    """Announces known cuts only so many frames after them, and says so."""

    def __init__(self, known: list[int], lag: int) -> None:
        self._known, self._lag, self._seen = known, lag, 0
        self.settled = Fraction(0)

    def add(self, picture: Picture, score: float) -> list[Fraction]:  # noqa: ARG002
        number = self._seen - self._lag
        self._seen += 1
        self.settled = Fraction(max(0, number), 10)
        return [Fraction(number, 10)] if number in self._known else []


def _fed(tmp_path: Path, finder: LateFinder, frames: int) -> tuple[list[Fraction], int]:
    """Where clips begin, and how many frames were held back at most."""
    plan = ScenePlan(SceneCutting(Fraction(15), Fraction(1), METHOD))
    cutter = Cutter(tmp_path, plan, Fraction(1, 10), clips=None, frames=None, has_sound=False)
    feed = SceneFeed(cutter, finder, plan)
    held: deque[int] = deque()
    for number in range(frames):
        picture = Picture(av.VideoFrame(32, 32, "yuv420p"), Fraction(number, 10), None)
        feed.find(picture, 0.0)
        feed.show(picture, None)
        held.append(len(feed._held))
    feed.finish()
    cutter.finish(Fraction(frames, 10))
    return [clip.span.start for clip in cutter.done], max(held)


@pytest.mark.parametrize("lag", [0, 2, 16])
def test_a_cut_that_is_known_late_still_begins_its_clip(tmp_path: Path, lag: int) -> None:
    starts, held = _fed(tmp_path, LateFinder([20, 47], lag), 90)
    assert starts == [0, 2, Fraction(47, 10)]
    assert held <= lag + 1


class HidingFinder(LateFinder):
    """Settles nothing until the end."""

    def add(self, picture: Picture, score: float) -> list[Fraction]:
        found = super().add(picture, score)
        self.settled = Fraction(-1)
        return found


def test_frames_held_back_have_a_bound(tmp_path: Path) -> None:
    starts, held = _fed(tmp_path, HidingFinder([20], MOST_HELD + 8), 90)
    assert held == MOST_HELD
    assert starts == [0], "a cut that comes too late begins no clip"
