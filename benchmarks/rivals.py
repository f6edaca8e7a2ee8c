"""Other programs for the same job, where they are installed.

Each is named by its path in the environment, since their needs contradict each other's:
``BENCH_SCENEDETECT``, ``BENCH_VIDEO2DATASET``, ``BENCH_DATA_JUICER``; else looked for on the PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from benchmarks import programs
from benchmarks.processes import Command, Comparison, compare
from benchmarks.speed import Judged, Plan, job, shotlog_job

VIDEO2DATASET_BAR = 1 / 10
DATA_JUICER_BAR = 1 / 4


@dataclass(frozen=True, slots=True)
class Rival:
    """A program that may be there."""

    name: str
    package: str
    variable: str
    program: str

    def path(self) -> str | None:
        """Where it is; None where it is not installed."""
        return os.environ.get(self.variable) or shutil.which(self.program)

    def version(self) -> str:
        """As its own Python has it installed; "?" where that cannot be found out."""
        path = self.path()
        python = Path(path).parent / "python" if path else None
        if python is None or not python.exists():
            return "?"
        ask = f"import importlib.metadata as m; print(m.version({self.package!r}))"
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
        return done.stdout.strip() or "?"

    @property
    def missing(self) -> str:
        """Said where it is left out."""
        return f"{self.name}: left out, not installed (name its program in {self.variable})"


SCENEDETECT = Rival("PySceneDetect", "scenedetect-headless", "BENCH_SCENEDETECT", "scenedetect")
VIDEO2DATASET = Rival("video2dataset", "video2dataset", "BENCH_VIDEO2DATASET", "video2dataset")
DATA_JUICER = Rival("Data-Juicer", "py-data-juicer", "BENCH_DATA_JUICER", "dj-process")
ALL = (SCENEDETECT, VIDEO2DATASET, DATA_JUICER)


def against_rivals(plan: Plan) -> Iterator[Comparison | str]:
    """A comparison with each that is there, and a line for each that is not."""
    for rival, against in (
        (SCENEDETECT, _against_scenedetect),
        (VIDEO2DATASET, _against_video2dataset),
        (DATA_JUICER, _against_data_juicer),
    ):
        path = rival.path()
        if path is None:
            yield rival.missing
            continue
        try:
            yield against(plan, path)
        except RuntimeError as error:
            yield f"{rival.name} {rival.version()}: left out, it failed: {_last_line(error)}"


def _against_scenedetect(plan: Plan, path: str) -> Comparison:
    """Scenes alone; shotlog gives facts, measures and thumbnails besides."""
    sources = plan.material.sources()

    def theirs(folder: Path) -> list[Command]:
        words = ("detect-content", "list-scenes", "-q", "-o", str(folder))
        return [(path, "-q", "-i", str(source), *words) for source in sources]

    return compare(
        "scenes",
        shotlog_job("run --no-clips", sources, plan, "--no-clips"),
        job(f"scenedetect {SCENEDETECT.version()} detect-content", theirs, plan.workers),
        rounds=plan.rounds,
    )


def _against_video2dataset(plan: Plan, path: str) -> Comparison:
    """Cut detection, clips of 15 s cut where asked, 720 lines, 30 frames a second.

    In two stages: 1.3.0 fails where its first is asked for sizes or rates, and ends with 0 all the
    same, so the clips are counted.
    """
    sources = _sources(plan)
    clips = sum(len(_clipped(source, plan)["clips"]) for source in sources)

    def theirs(folder: Path) -> list[Command]:
        table = folder / "videos.json"
        table.write_text(json.dumps([_clipped(source, plan) for source in sources]))
        cut = {
            "url_list": table,
            "input_format": "json",
            "clip_col": "clips",
            "output_folder": folder / "cut",
            "output_format": "webdataset",
            "config": _written(folder / "cut.json", _video2dataset_config(plan, CUTTING)),
        }
        fit = {
            "stage": "subset",
            "url_list": folder / "cut",
            "input_format": "webdataset",
            "output_folder": folder / "out",
            "output_format": "files",
            "config": _written(folder / "fit.json", _video2dataset_config(plan, FITTING)),
        }
        both = {"encode_formats": '{"video": "mp4"}', "tmp_dir": folder}
        return [
            (path, *(f"--{name}={value}" for name, value in {**stage, **both}.items()))
            for stage in (cut, fit)
        ]

    return compare(
        "clips and scenes, over the caps",
        shotlog_job("run", sources, plan),
        job(
            f"video2dataset {VIDEO2DATASET.version()}",
            theirs,
            1,
            judged=writes(clips),
        ),
        rounds=1,
        bar=VIDEO2DATASET_BAR,
    )


CUTTING: dict[str, object] = {
    "CutDetectionSubsampler": {
        "cuts_are_clips": False,
        "args": {
            "cut_detection_mode": "all",
            "framerates": None,
            "threshold": 27,
            "min_scene_len": 15,
        },
    },
    "ClippingSubsampler": {
        "args": {
            "min_length": 0.5,
            "max_length": float(programs.CLIP_SECONDS),
            "max_length_strategy": "all",
            "precision": "exact",
        }
    },
}
FITTING: dict[str, object] = {
    "ResolutionSubsampler": {"args": {"resize_mode": "scale", "height": 720}},
    "FrameSubsampler": {"args": {"frame_rate": programs.MAX_FPS}},
}


def _sources(plan: Plan) -> tuple[Path, ...]:
    """What is over the caps, but for 4K, which would take these an hour."""
    chosen = plan.material.chosen(over_caps=True)
    return tuple(plan.material.source(kind) for kind in chosen if kind.name != "4k30")


class _Row(TypedDict):
    url: str
    clips: list[list[float]]


def _clipped(source: Path, plan: Plan) -> _Row:
    step = programs.CLIP_SECONDS
    starts = range(0, plan.material.seconds, step)
    spans = [[float(start), float(min(start + step, plan.material.seconds))] for start in starts]
    return {"url": str(source.resolve()), "clips": spans}


def _video2dataset_config(plan: Plan, subsampling: dict[str, object]) -> dict[str, object]:
    return {
        "subsampling": subsampling,
        "reading": {
            "yt_args": {"download_size": 720, "download_audio_rate": 44100},
            "timeout": 60,
            "sampler": None,
        },
        "storage": {
            "number_sample_per_shard": 1,
            "oom_shard_count": 5,
            "captions_are_subtitles": False,
        },
        "distribution": {
            "processes_count": plan.workers,
            "thread_count": 1,
            "subjob_size": 1000,
            "distributor": "multiprocessing",
        },
    }


def _against_data_juicer(plan: Plan, path: str) -> Comparison:
    """Resizing, then splitting by length, then scenes; each pass writes its videos anew.

    It leaves out what fails and ends with 0, so the clips are counted.
    """
    sources = _sources(plan)
    clips = len(sources) * -(-plan.material.seconds // programs.CLIP_SECONDS)

    def theirs(folder: Path) -> list[Command]:
        dataset = folder / "videos.jsonl"
        copies = _linked(sources, folder)
        rows = [{"videos": [str(copy)], "text": "<__dj__video>"} for copy in copies]
        dataset.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = _data_juicer_config(dataset, folder, plan.workers)
        return [(path, "--config", str(_written(folder / "config.yaml", config)))]

    return compare(
        "resize, split, scenes, over the caps",
        shotlog_job("run", sources, plan),
        job(
            f"Data-Juicer {DATA_JUICER.version()}",
            theirs,
            1,
            judged=writes(clips, "video_split_by_scene_mapper/*.mp4"),
        ),
        rounds=1,
        bar=DATA_JUICER_BAR,
    )


def _written(path: Path, config: dict[str, object]) -> Path:
    """JSON is YAML too."""
    path.write_text(json.dumps(config))
    return path


def writes(clips: int, pattern: str = "*.mp4") -> Judged:
    """Judges whether at least so many videos were written, in any folder below."""

    def judge(folder: Path) -> None:
        made = sum(not file.is_symlink() for file in folder.rglob(pattern))
        if made < clips:
            raise RuntimeError(f"it ended well, but wrote {made} of {clips} clips")

    return judge


def _linked(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Its mappers write beside what they read."""
    links = [folder / source.name for source in sources]
    for link, source in zip(links, sources, strict=True):
        link.symlink_to(source.resolve())
    return links


def _data_juicer_config(dataset: Path, folder: Path, workers: int) -> dict[str, object]:
    """Its ``np`` is the number of processes."""
    sides = {"min_width": 1, "max_width": 1280, "min_height": 1, "max_height": 1280}
    resize = {**sides, "force_original_aspect_ratio": "decrease"}
    return {
        "project_name": "bench",
        "dataset_path": str(dataset),
        "export_path": str(folder / "out" / "videos.jsonl"),
        "np": workers,
        "use_cache": False,
        "process": [
            {"video_resize_resolution_mapper": resize},
            {"video_split_by_duration_mapper": {"split_duration": programs.CLIP_SECONDS}},
            {"video_split_by_scene_mapper": {"detector": "ContentDetector"}},
        ],
        "video_special_token": "<__dj__video>",
        "work_dir": str(folder / "work"),
    }


def _last_line(error: RuntimeError) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return re.sub(r"\s+", " ", lines[-1])[:200]
