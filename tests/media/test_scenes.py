from __future__ import annotations

from pathlib import Path

import pytest
from programs import cuts, shown
from scanning import SHARED_FILES, looked_at

from shotlog.segments import scenes_between

EACH_FILE = [
    pytest.param(name, marks=[pytest.mark.slow] if name == "bottle-detection.mp4" else [])
    for name in SHARED_FILES
]


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.3, 0.1])
@pytest.mark.parametrize("name", EACH_FILE)
def test_scenes_are_cut_where_the_ffmpeg_program_cuts_them(
    name: str, threshold: float, shared_media: Path
) -> None:
    source = shared_media / name
    result = looked_at(source).result
    scenes = scenes_between(result.scores, threshold, result.facts.duration_seconds)
    expected = [time - shown(source).first for time in cuts(source, threshold)]
    found = [scene.start for scene in scenes[1:]]
    frame = 1 / result.facts.rate_fps
    assert len(found) == len(expected)
    assert all(abs(a - b) < frame for a, b in zip(found, expected, strict=True))
    assert scenes[-1].end == shown(source).end
