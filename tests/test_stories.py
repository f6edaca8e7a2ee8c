"""The README's three stories, every command of them, in order."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from mongo_servers import MongoServer
from shotlog.cli.main import main
from shotlog.fields import fields_schema
from shotlog.testing import videos
from shotlog.testing.bucket import Bucket
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.made_up import instance_of
from shotlog.testing.questions import Question

README = Path(__file__).resolve().parent.parent / "README.md"
MODEL = "Qwen/Qwen3-VL-8B-Instruct"
SAID = "A red car drives along the street at night."

pytestmark = pytest.mark.slow


def story(title: str) -> list[str]:
    section = README.read_text(encoding="utf-8").partition(f"### {title}\n")[2]
    (block,) = re.findall(r"```sh\n(.*?)```", section.partition("\n#")[0], re.DOTALL)
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def rules() -> str:
    (block,) = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def answer(question: Question) -> str:
    if question.is_of_a_whole:
        return json.dumps({"title": "A drive", "description": SAID, "chapters": []})
    if question.schema is None and not question.json_only:
        return SAID
    filled = instance_of(question.schema or fields_schema(), SAID)
    return json.dumps(filled | {"tags": ["outdoor", "dark"], "category": "traffic"})


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes | Path]:
    folder = tmp_path_factory.mktemp("bucket")
    recipe = videos.Recipe(160, 90, Fraction(5), 31.0, videos.night)
    for name in ("beach.mp4", "market day.mp4"):
        videos.make_video(folder / name, recipe)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def bucket(films: dict[str, bytes | Path], tmp_path: Path) -> Iterator[Bucket]:
    """Two videos, and the listing of them that the README's rclone command writes."""
    with Bucket(films) as opened:
        rows = [f"{each.name},{each.size_bytes},2026-11-23 11:48:57" for each in opened.entries]
        (tmp_path / "videos.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        yield opened


@contextmanager
def served(words: list[str]) -> Iterator[str]:
    """``shotlog serve`` as a program of its own; its address."""
    program = [sys.executable, "-m", "shotlog", *words, "--port", "0"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found[0]
        finally:
            process.terminate()


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What one command of a story prints; the page it serves, for ``serve``."""
    words = shlex.split(line, comments=True)[1:]
    if words[0] == "serve":
        with served(words) as address, urllib.request.urlopen(address) as page:  # noqa: S310
            return str(page.read().decode())
    assert main(words) == 0, line
    return capsys.readouterr().out


def told(title: str, capsys: pytest.CaptureFixture[str], places: dict[str, str]) -> list[str]:
    said = []
    for line in story(title):
        for shown, real in places.items():
            line = line.replace(shown, real)  # noqa: PLW2901 - the same line, with real addresses
        said.append(run(line, capsys))
    return said


def test_who_labels_clips_has_texts_beside_clips_and_shards(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Endpoint(models=(MODEL,), answer=answer, flavour="vllm") as endpoint:
        places = {
            "https://mybucket.online/vids/": bucket.prefix,
            "http://localhost:8000/v1": endpoint.url,
        }
        _, page, sidecars, shards = told("You label clips to train a model", capsys, places)
    assert "/videos/beach-" in page
    texts = sorted((tmp_path / "dataset").rglob("*.txt"))
    assert len(texts) == 12
    assert {each.read_text(encoding="utf-8").strip() for each in texts} == {SAID}
    assert all(each.with_suffix(".mp4").is_file() for each in texts)
    assert "12 clips" in sidecars
    assert "14 clips" in shards


def test_who_asks_what_there_is_has_tags_tables_and_documents(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.yaml").write_text(rules(), encoding="utf-8")
    (tmp_path / "mongo").mkdir()
    server = MongoServer("secantusdb", tmp_path / "mongo")
    server.start()
    try:
        places = {
            "https://mybucket.online/vids/": bucket.prefix,
            "mongodb://localhost:27017": server.uri,
        }
        _, tags, page, _, sent = told("You want to know what is in a collection", capsys, places)
    finally:
        server.stop()
    assert "+ dark-and-still" in tags
    assert "+ class: lying" in tags
    assert "market day.mp4" in page
    assert "beach.mp4" in (
        tmp_path / "processed_videos" / "exports" / "csv" / "clips.csv"
    ).read_text(encoding="utf-8")
    assert sent.startswith("2 documents")


def test_who_looks_for_a_moment_finds_it_and_cuts_it(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Endpoint(models=(MODEL,), answer=answer, flavour="vllm") as endpoint:
        places = {
            "https://mybucket.online/vids/": bucket.prefix,
            "http://localhost:8000/v1": endpoint.url,
        }
        _, found, like, _ = told("You look for a moment", capsys, places)
    assert "red car" in found
    assert "#t=" in found
    assert "beach.mp4" in like or "market day.mp4" in like
    assert len(list((tmp_path / "cuts").glob("*.edl"))) == 2
