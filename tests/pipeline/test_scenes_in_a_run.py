"""Detectors and clips along scenes in whole runs: what is made again, and what is not."""

from __future__ import annotations

import json
import sqlite3
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from running import clip_times, results

import shotlog
from shotlog.catalog import Catalog
from shotlog.errors import MissingToolError, SettingError
from shotlog.testing.endpoint import Endpoint


@pytest.fixture
def films(shared_media: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "fades.mp4").write_bytes((shared_media / "fades.mp4").read_bytes())
    return folder


def run(films: Path, **settings: Any) -> shotlog.RunReport:
    return shotlog.run(dir=films, output=films.parent / "log", segment_length=4, **settings)


def segments(films: Path) -> list[tuple[float, float]]:
    (video,) = results(films.parent / "log").values()
    return [(each["start_seconds"], each["end_seconds"]) for each in video["segments"]]


def scenes(films: Path) -> list[tuple[float, float]]:
    (video,) = results(films.parent / "log").values()
    return [(each["start_seconds"], each["end_seconds"]) for each in video["scenes"]]


def test_with_split_scenes_clips_begin_with_scenes(films: Path) -> None:
    run(films, split="scenes", min_clip=0.2, scene_threshold=0.02)
    starts = {start for start, _ in scenes(films)}
    clips = segments(films)
    assert len(clips) > 1
    assert all(
        start in starts or start == pytest.approx(before + 4)
        for (before, _), (start, _) in pairwise(clips)
    )
    assert [end for _, end in clips[:-1]] == [start for start, _ in clips[1:]]


def test_a_second_run_along_scenes_does_nothing(films: Path) -> None:
    run(films, split="scenes")
    clips = clip_times(films.parent / "log")
    assert run(films, split="scenes").progress.videos_unchanged == 1
    assert clip_times(films.parent / "log") == clips


@pytest.mark.slow
def test_another_threshold_cuts_again_only_where_clips_follow_scenes(films: Path) -> None:
    run(films)
    assert run(films, scene_threshold=0.06).progress.clips_made == 0
    run(films, split="scenes", min_clip=0.2)
    assert run(films, split="scenes", min_clip=0.2, scene_threshold=0.06).progress.clips_made > 1


def test_overlap_along_scenes_is_refused(films: Path) -> None:
    with pytest.raises(SettingError, match="Overlap must be 0"):
        run(films, split="scenes", overlap=1)


def test_a_detector_that_is_not_installed_ends_the_run_before_it_begins(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    with pytest.raises(MissingToolError):
        run(films, scene_detector="content")
    assert not (films.parent / "log").exists()


def test_another_detector_cuts_nothing_and_asks_no_model(films: Path) -> None:
    pytest.importorskip("scenedetect")
    with Endpoint() as endpoint:
        model = {"public_endpoint": endpoint.url}
        run(films, **model)
        asked, clips = endpoint.answered, clip_times(films.parent / "log")
        report = run(films, scene_detector="adaptive", adaptive_threshold=1.5, **model)
        assert report.progress.videos_done == 1
        assert (endpoint.answered, clip_times(films.parent / "log")) == (asked, clips)
        again = run(films, scene_detector="adaptive", adaptive_threshold=1.5, **model)
        assert again.progress.videos_unchanged == 1
        frames = list((films.parent / "log").glob("videos/*/frames/*"))
        assert len(frames) == len(clips)


def test_the_way_back_to_a_detector_reads_nothing_again(films: Path) -> None:
    pytest.importorskip("scenedetect")
    run(films)
    first = scenes(films)
    run(films, scene_detector="content", content_threshold=5)
    assert run(films).progress.seconds_scanned == 0
    assert scenes(films) == first
    assert run(films, scene_detector="content", content_threshold=5).progress.seconds_scanned == 0


def test_the_built_in_describer_counts_the_scenes_that_were_asked_for(films: Path) -> None:
    run(films)
    report = run(films, scene_threshold=0.06)
    assert report.progress.clips_described > 0
    assert report.progress.clips_made == 0


NEWER_TABLES = (
    *("fingerprint_bands", "fingerprints", "endpoints", "transcripts"),
    *("batch_lines", "batches", "texts", "clip_vocabulary", "clip_words", "clip_tags", "tags"),
    *("clip_edits", "changes", "library"),
    *("vector_models", "vectors", "vector_signatures", "vector_places"),
)
NEWER_COLUMNS = {
    "scans": ("cuts",),
    "videos": (
        *("scenes_key", "sound_key", "title", "chapters", "rules_key", "rule_tags", "edit"),
        *("duration_seconds", "measured_bytes"),
    ),
    "clips": ("measured", "heard", "rule_tags"),
    "answers": ("fields", "flags", "requests", "cost"),
    "runs": (
        *("requests", "prompt_tokens", "completion_tokens", "cost", "currency"),
        *("progress", "written_revision"),
    ),
}
"""What catalogs of the fifth version lack."""


def drop_all(connection: sqlite3.Connection, kind: str, like: str) -> None:
    sql = "SELECT name FROM sqlite_master WHERE type = ? AND name LIKE ?"
    for (name,) in connection.execute(sql, (kind, like)).fetchall():
        connection.execute(f"DROP {kind} {name}")


def test_a_catalog_of_before_opens_and_its_videos_stay_unchanged(films: Path) -> None:
    run(films)
    path = films.parent / "log" / "shotlog.db"
    connection = sqlite3.connect(path)
    with connection:
        drop_all(connection, "trigger", "%")
        drop_all(connection, "index", "videos_by_%")
        drop_all(connection, "index", "%_failed")
        for table in NEWER_TABLES:
            connection.execute(f"DROP TABLE {table}")
        for table, columns in NEWER_COLUMNS.items():
            for column in columns:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        (applied,) = connection.execute("SELECT applied FROM videos").fetchone()
        old = {name: value for name, value in json.loads(applied).items() if "detector" not in name}
        connection.execute("UPDATE videos SET applied = ?", (json.dumps(old),))
        connection.execute("PRAGMA user_version = 5")
    connection.close()
    Catalog.open(path).close()
    assert run(films).progress.videos_unchanged == 1
