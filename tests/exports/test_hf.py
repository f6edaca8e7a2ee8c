"""A folder for Hugging Face's datasets, loaded by that package without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_library import FIELDS, HARM, Made, a_clip, make

LOAD = """
import json, sys
from datasets import Video, load_dataset

rows = load_dataset(sys.argv[1], split="train")
kinds = {name: repr(kind) for name, kind in rows.features.items()}
rows = list(rows.cast_column("video", Video(decode=False)))
print(json.dumps([kinds, rows]))
"""
"""In a process of its own: the package starts threads and keeps the network's state."""


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path / "library")


def load(folder: Path, cache: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The types of the columns, and the rows."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=True,
    )
    kinds, rows = json.loads(done.stdout)
    return kinds, rows


def metadata(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "train" / "metadata.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.rstrip("\n").split("\n")]


def test_every_row_has_its_clip_and_its_words(made: Made, tmp_path: Path) -> None:
    written = made.export("hf", tmp_path / "out")
    _, (first, second) = load(tmp_path / "out", tmp_path / "cache")
    assert Path(first["video"]["path"]).read_bytes() == a_clip()
    assert first["text"] == FIELDS.description
    assert (first["clip"], first["tags"], first["classes"]) == (
        1,
        ["garden", "planting"],
        ["outdoors"],
    )
    assert json.loads(first["fields"])["category"] == "gardening"
    assert second["source_name"] == HARM
    assert (written.videos, written.clips, len(written.notes)) == (2, 2, 3)


def test_types_are_told_and_not_guessed(made: Made, tmp_path: Path) -> None:
    made.export("hf", tmp_path / "out")
    rows = tmp_path / "out" / "train" / "metadata.jsonl"
    bare = [{**each, "source_title": None, "tags": []} for each in metadata(tmp_path / "out")]
    rows.write_text("".join(f"{json.dumps(each)}\n" for each in bare), "utf-8")
    kinds, _ = load(tmp_path / "out", tmp_path / "cache")
    assert kinds["source_title"] == "Value('string')"
    assert kinds["tags"] == "List(Value('string'))"


def test_clips_are_further_names_of_the_librarys_files(made: Made, tmp_path: Path) -> None:
    made.export("hf", tmp_path / "out")
    clips = sorted((tmp_path / "out" / "train").rglob("*.mp4"))
    kept = sorted(made.folder.glob("videos/*/clips/clip_001.mp4"))
    assert [clip.stat().st_ino for clip in clips] == [clip.stat().st_ino for clip in kept]


def test_no_column_is_taken_for_another_video(made: Made, tmp_path: Path) -> None:
    made.export("hf", tmp_path / "out")
    first, _ = metadata(tmp_path / "out")
    assert [name for name in first if name.endswith(("file_name", "file_names"))] == ["file_name"]


def test_an_export_takes_the_place_of_the_last_one(made: Made, tmp_path: Path) -> None:
    made.export("hf", tmp_path / "out")
    made.export("hf", tmp_path / "out", tags=("nowhere",))
    assert list((tmp_path / "out").rglob("*.mp4")) == []
    assert "0 clips" in (tmp_path / "out" / "README.md").read_text("utf-8")
