"""A dataset for FiftyOne: its files, and what FiftyOne makes of them (`make test-fiftyone`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from made_library import HARM, Made, make

BIN = os.environ.get("FIFTYONE_BIN")
READER = Path(__file__).with_name("read_fiftyone.py")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path / "library")


def samples(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "samples.json").read_text())["samples"]
    return found


def test_frames_are_counted_from_one_and_the_last_is_within(made: Made, tmp_path: Path) -> None:
    made.export("fiftyone", tmp_path / "out")
    first = samples(tmp_path / "out")[0]
    supports = [each["support"] for each in first["clips"]["detections"]]
    assert supports == [[1, 300], [301, 600], [601, 900], [901, 1200]]
    assert [each["support"] for each in first["scenes"]["detections"]] == [[1, 300], [301, 1200]]


def test_a_local_video_is_named_where_it_lies_and_another_below_the_dataset(
    made: Made, tmp_path: Path
) -> None:
    written = made.export("fiftyone", tmp_path / "out")
    away, here = (each["filepath"] for each in samples(tmp_path / "out"))
    assert here == "/vids/b ü.mov"
    assert away.startswith("data/a-b-")
    assert written.notes == (
        "1 video lies behind an address; docs/exports.md says how FiftyOne plays them from there.",
    )


def test_the_same_thing_keeps_its_id(made: Made, tmp_path: Path) -> None:
    for name in ("first", "second"):
        made.export("fiftyone", tmp_path / name)
    first, second = (
        (tmp_path / each / "samples.json").read_bytes() for each in ("first", "second")
    )
    assert first == second
    ids = [
        label["_id"]["$oid"]
        for sample in samples(tmp_path / "first")
        for field in ("clips", "scenes", "chapters")
        for label in sample[field]["detections"]
    ]
    assert len(set(ids)) == len(ids) == 14
    assert all(len(bytes.fromhex(each)) == 12 for each in ids)


def test_every_field_of_a_sample_is_declared(made: Made, tmp_path: Path) -> None:
    made.export("fiftyone", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "metadata.json").read_text())
    declared = {each["db_field"]: each for each in document["sample_fields"]}
    for sample in samples(tmp_path / "out"):
        assert set(sample) <= set(declared)
        for name in ("clips", "scenes", "chapters"):
            (labels,) = declared[name]["fields"]
            known = {each["db_field"] for each in labels["fields"]} | {"_cls"}
            assert all(set(label) <= known for label in sample[name]["detections"])


def test_only_clips_that_fit_are_written(made: Made, tmp_path: Path) -> None:
    made.export("fiftyone", tmp_path / "out", tags=("planting",))
    found = [each["clips"]["detections"] for each in samples(tmp_path / "out")]
    assert [[clip["number"] for clip in clips] for clips in found] == [[1], [1]]


@contextmanager
def mongo_server(programs: Path, folder: Path) -> Iterator[str]:
    """A server that speaks MongoDB's protocol, and its address."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    settings = folder / "empty.toml"
    settings.touch()
    program = str(programs / "secantusd-py")
    words = [program, "--config", str(settings), "--storage-path", ":memory:"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*words, "--port", str(port)], stdout=log, stderr=log)
        try:
            _wait(port)
            yield f"mongodb://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)


def _wait(port: int) -> None:
    for _ in range(600):
        with closing(socket.socket()) as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not begin to listen")


@pytest.mark.slow
@pytest.mark.skipif(BIN is None, reason="FIFTYONE_BIN is not set; make test-fiftyone runs this")
def test_fiftyone_imports_it(made: Made, tmp_path: Path) -> None:
    made.export("fiftyone", tmp_path / "out")
    assert BIN is not None
    with mongo_server(Path(BIN), tmp_path) as address:
        done = subprocess.run(
            [Path(BIN, "python"), READER, tmp_path / "out"],
            env={**os.environ, "FIFTYONE_DATABASE_URI": address, "FIFTYONE_DO_NOT_TRACK": "1"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    supports = [[1, 300], [301, 600], [601, 900], [901, 1200]]
    assert told == {
        "filepaths": ["https://bucket.example/a%20b.mp4", "file:///vids/b%20%C3%BC.mov"],
        "names": ["a b.mp4", HARM],
        "supports": [supports, supports],
        "scenes": [[[1, 300], [301, 1200]]] * 2,
        "chapters": [["Dig"]] * 2,
        "labels": {"outdoors": 2, "gardening": 4, "clip": 2},
        "descriptions": [["A man plants a tree.", None, "A man plants a tree.", HARM]] * 2,
        "classes": [["calm"]] * 2,
        "rates": [30000 / 1001] * 2,
        "modified": ["None", "2026-11-23 11:48:57"],
        "tagged": 2,
        "clips": 8,
    }
