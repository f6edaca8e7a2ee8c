"""How close clips are to their scaled source (SSIM, by the ffmpeg program), and their size."""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import programs
from benchmarks.media import Kind
from benchmarks.processes import run_batch
from benchmarks.speed import Plan
from shotlog.segments import fitted_size

_TICK = "settb=1/90000"


@dataclass(frozen=True, slots=True)
class Quality:
    """Clips of one source, made by both."""

    source: str
    shotlog_ssim: float
    ffmpeg_ssim: float
    shotlog_bytes: int
    ffmpeg_bytes: int


def qualities(plan: Plan) -> list[Quality]:
    """The clips of every source over the caps; of one source the first clip in the short form."""
    return [
        _quality(plan, kind)
        for kind in plan.material.chosen(over_caps=True)[0 if plan.full else -1 :]
    ]


def _quality(plan: Plan, kind: Kind) -> Quality:
    source = plan.material.source(kind)
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = Path(folder, "shotlog"), Path(folder, "ffmpeg")
        mine.mkdir()
        theirs.mkdir()
        run_batch(programs.shotlog_run(mine, [source], 1), 1)
        run_batch([programs.cut(source, (kind.width, kind.height), kind.rate_fps, theirs)], 1)
        made = sorted(mine.glob("library/videos/*/clips/*.mp4"))
        floor = sorted(theirs.glob("*.mp4"))
        whole = min(len(made), len(floor)) if plan.full else 1
        return Quality(
            kind.name,
            _ssim_of_all(made[:whole], source, kind),
            _ssim_of_all(floor[:whole], source, kind),
            sum(clip.stat().st_size for clip in made[:whole]),
            sum(clip.stat().st_size for clip in floor[:whole]),
        )


def _ssim_of_all(clips: Sequence[Path], source: Path, kind: Kind) -> float:
    return statistics.mean(ssim(clip, source, place, kind) for place, clip in enumerate(clips))


def ssim(clip: Path, source: Path, place: int, kind: Kind) -> float:
    """Of a clip's frames with those of the source shown at the same times, scaled; 1 is equal."""
    width, height = fitted_size(kind.width, kind.height, programs.CAPS)
    start = place * programs.CLIP_SECONDS
    scaled = (
        f"[1:v]trim=start={start}:end={start + programs.CLIP_SECONDS},setpts=PTS-STARTPTS,"
        f"scale={width}:{height}:flags=bicubic,{_TICK}[s]"
    )
    graph = f"[0:v]setpts=PTS-STARTPTS,{_TICK}[c];{scaled};[c][s]ssim=shortest=1"
    words = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(clip), "-i", str(source)]
    words += ["-an", "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    found = re.search(r"SSIM .*All:([\d.]+)", said)
    assert found is not None, said[-500:]
    return float(found[1])
