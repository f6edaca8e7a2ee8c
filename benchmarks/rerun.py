"""A run over a large library in which nothing has changed."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from benchmarks import programs
from benchmarks.processes import Cost, run_alone
from shotlog.catalog import FILE_NAME, Catalog
from shotlog.exports import write_manifest_with_segments, write_results
from shotlog.pipeline.models import Models
from shotlog.pipeline.recipe import Recipe
from shotlog.records import AudioFacts, Clip, ClipFile, Facts, ListingReport, Span
from shotlog.settings import Settings, load_settings
from shotlog.sources import read_listing
from shotlog.storage import folder_name, prepare_library

WALL_BAR_SECONDS = 2.0
VIDEOS = 10_000
CLIPS_A_VIDEO = 2

FACTS = Facts(
    container="mp4",
    video_codec="h264",
    pixel_format="yuv420p",
    width=1920,
    height=1080,
    coded_width=1920,
    coded_height=1080,
    sample_aspect_ratio=Fraction(1),
    rotation_degrees=0,
    mirrored=False,
    duration_seconds=Fraction(30),
    duration_seconds_declared=Fraction(30),
    first_frame_seconds=Fraction(0),
    frame_count=900,
    rate_fps=Fraction(30),
    rate_fps_declared=Fraction(30),
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=AudioFacts("aac", 48000, 2),
    size_bytes=12345678,
)


def unchanged_runs(videos: int = VIDEOS, rounds: int = 3) -> list[Cost]:
    """Runs of one command over a library that has everything already."""
    with tempfile.TemporaryDirectory() as folder:
        listing = _listing(Path(folder, "videos.csv"), videos)
        library = Path(folder, "library")
        fill(library, listing)
        command = programs.shotlog("run", "--csv", listing, "--output", library)
        return [run_alone(command) for _ in range(rounds)]


def fill(library: Path, listing: Path) -> None:
    """Writes a library as a run over ``listing`` would leave it, without the media files."""
    prepare_library(library)
    settings = load_settings({"output": library}, environment={})
    with Catalog.open(library / FILE_NAME) as catalog:
        run_id = catalog.begin_run(settings.model_dump(mode="json", exclude_none=True))
        sources = read_listing(listing, public_url=None, report=ListingReport())
        catalog.add_sources(run_id, sources, lambda each: folder_name(each.file_name, each.id))
        _finish_all(catalog, run_id, settings)
        catalog.end_run(run_id, "done")
        write_results(catalog, library)
        write_manifest_with_segments(catalog, library)


def _finish_all(catalog: Catalog, run_id: int, settings: Settings) -> None:
    models = Models.of(settings)
    recipe = Recipe.of(settings, models)
    for video in list(catalog.pending(run_id)):
        clips = [_clip(video.folder, index) for index in range(1, CLIPS_A_VIDEO + 1)]
        catalog.save_scan(video.id, recipe.scan_key(video), FACTS, (), ())
        catalog.save_clips(video.id, recipe.clips_key(video), recipe.frames_key(video), clips)
        catalog.finish_video(
            video.id,
            "done",
            complete_key=recipe.complete_key(video),
            applied=recipe.applied(video),
        )
    models.close()


def _clip(folder: str, index: int) -> Clip:
    file = f"videos/{folder}/clips/clip_{index:03}.mp4"
    span = Span(index, Fraction(15 * (index - 1)), Fraction(15 * index))
    return Clip(span=span, video=ClipFile(file, 1280, 720, 450, Fraction(15), 2_345_678))


def _listing(path: Path, videos: int) -> Path:
    time = datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S")
    lines = ["file_name,file_size,last_modified,public_url"]
    for number in range(videos):
        name = f"{number:06}.mp4"
        lines.append(f"{name},12345678,{time},https://bucket.example/vids/{name}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
