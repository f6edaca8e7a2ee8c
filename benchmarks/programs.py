"""The command lines that are compared: shotlog's, and what the ffmpeg program does in its place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import Command
from shotlog.media.clips import CRF, PRESET
from shotlog.records import Resolution
from shotlog.segments import fitted_size

CAPS = Resolution(1280, 720)
MAX_FPS = 30
CLIP_SECONDS = 15
PARTLY_DONE = 2
"""shotlog's exit code where something could not be done; a benchmark has no such video."""

_FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y")


def shotlog(*words: object) -> Command:
    """One shotlog command."""
    return (sys.executable, "-m", "shotlog", *map(str, words))


def shotlog_run(
    folder: Path, sources: Sequence[Path], workers: int, *options: object
) -> tuple[Command, ...]:
    """One run over all sources, which lie on this machine, into a new library below ``folder``."""
    chosen = folder / "sources"
    chosen.mkdir(exist_ok=True)
    for source in sources:
        link = chosen / source.name
        if not link.exists():
            link.symlink_to(source.resolve())
    words = ("run", "--dir", chosen, "--output", folder / "library", "--workers", workers)
    return (shotlog(*words, *options),)


def decode(source: Path) -> Command:
    """The floor of everything that needs each frame once."""
    return (*_FFMPEG, "-threads", "1", "-i", str(source), "-an", "-f", "null", "-")


def cut(source: Path, size: tuple[int, int], rate_fps: int, folder: Path) -> Command:
    """The floor of clips: the same size, rate, preset, quality and cuts, and nothing else."""
    width, height = _displayed(size)
    fitting = [f"scale={width}:{height}:flags=bicubic"] if (width, height) != size else []
    fitting += [f"fps={MAX_FPS}"] if rate_fps > MAX_FPS else []
    chain = ["-filter_threads", "1", "-vf", ",".join(fitting)] if fitting else []
    codec = ["-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF), "-threads", "1"]
    keys = ["-force_key_frames", f"expr:gte(t,n_forced*{CLIP_SECONDS})"]
    sound = ["-c:a", "aac", "-b:a", "64k"]
    parts = ["-f", "segment", "-segment_time", str(CLIP_SECONDS), "-reset_timestamps", "1"]
    place = str(folder / f"{source.stem}_%03d.mp4")
    head = (*_FFMPEG, "-threads", "1", "-i", str(source))
    return (*head, *chain, *codec, *keys, *sound, *parts, place)


def old_script(source: Path, folder: Path) -> tuple[Command, Command]:
    """Two commands, one after the other: scenes, then segments."""
    scenes = ("-vf", "select='gt(scene,0.3)',showinfo", "-f", "null", "-")
    fitting = r"scale=trunc(min(iw\,1280)/2)*2:trunc(min(ih\,720)/2)*2,fps=30"
    codec = ("-c:v", "libx264", "-c:a", "copy")
    parts = ("-f", "segment", "-segment_time", str(CLIP_SECONDS), "-reset_timestamps", "1")
    place = str(folder / f"{source.stem}_%03d.mp4")
    head = (*_FFMPEG, "-i", str(source))
    return (*head, *scenes), (*head, "-vf", fitting, *codec, *parts, place)


def _displayed(size: tuple[int, int]) -> tuple[int, int]:
    return fitted_size(*size, CAPS)
