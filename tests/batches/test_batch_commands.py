"""The commands of ``shotlog batch``, as a person types them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from shotlog.cli.main import main
from shotlog.testing import videos
from shotlog.testing.batch_endpoint import BatchEndpoint, Script
from shotlog.testing.questions import Rejected

KEY = "sk-very-secret-key-0123456789"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    recipe = videos.Recipe(160, 120, Fraction(10), 3.0, videos.landscape)
    videos.make_video(folder / "film.mp4", recipe)
    return folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are typed; the key is in the environment."""
    monkeypatch.setenv("SHOTLOG_ACCESS_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], code: int, *words: object) -> str:
    ended = main([str(word) for word in words])
    captured = capsys.readouterr()
    text = " ".join((captured.out + captured.err).split())
    assert ended == code, text
    assert KEY not in text
    return text


def test_the_four_commands_as_a_story(
    films: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with BatchEndpoint(models=("qwen",), key=KEY) as endpoint:
        run = ["run", "--dir", films, "--segment-length", 1]
        model = ["--endpoint", endpoint.url, "--model", "qwen"]
        text = said(capsys, 0, *run, *model, "--no-describe")
        assert "All done but the answers." in text
        assert "clips left 3" in text
        assert "shotlog batch write processed_videos" in text
        text = said(capsys, 0, "batch", "write", "--segment-length", 1, *model)
        assert "processed_videos/batches/batch-0001.jsonl" in text
        assert "clips 3" in text
        assert "tokens in" in text
        text = said(capsys, 0, "batch", "submit")
        assert "batch-0001: submitted, 3 clips, as batch-1" in text
        assert "1 batch is on the way." in text
        text = said(capsys, 0, "batch", "submit", "--wait", "--poll", 0.01)
        assert "clips described 3" in text
        assert "videos done 1" in text
        assert "videos to sum up 1 the next shotlog run asks the model" in text
        text = said(capsys, 0, "batch", "submit")
        assert "Nothing is on its way." in text
        assert endpoint.batches_made == 1
        text = said(capsys, 0, *run, *model)
        assert "videos summed up 1 by the model" in text
        assert (endpoint.answered, endpoint.summed_up) == (0, 1)
        assert "unchanged 1" in said(capsys, 0, *run, *model)
        found = sorted(Path("processed_videos/batches").glob("*.output.jsonl"))
        text = said(capsys, 0, "batch", "read", *found)
        assert "lines read before 3" in text
    kept = [path for path in place.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in kept)


def test_what_failed_is_told_and_ends_with_2(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse = Script(refuse=lambda _: Rejected(400, f"no such film, {KEY}"), polls=0)
    with BatchEndpoint(models=("qwen",), key=KEY, script=refuse) as endpoint:
        model = ["--endpoint", endpoint.url, "--model", "qwen"]
        said(capsys, 0, "run", "--dir", films, *model, "--no-describe")
        text = said(capsys, 0, "batch", "write", "--segment-length", 1, *model)
        assert "videos not ready 1 not cut as these settings say" in text
        assert "First: shotlog run --no-describe" in text
        said(capsys, 0, "batch", "write", *model)
        text = said(capsys, 2, "batch", "submit")
        assert "film.mp4, clip 1:" in text
        assert "no such film, …" in text
        assert "shotlog batch write" in text


def test_wrong_use_ends_with_1(films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no shotlog library" in said(capsys, 1, "batch", "submit")
    assert "No file to be read" in said(capsys, 1, "batch", "read")
    assert "There is no file" in said(capsys, 1, "batch", "read", "log", "nowhere.jsonl")
    assert "name none" in said(capsys, 1, "batch", "write")
    said(capsys, 0, "run", "--dir", films, "--no-describe")
    with BatchEndpoint(models=("qwen",), key="another") as endpoint:
        model = ["--endpoint", endpoint.url, "--model", "qwen"]
        said(capsys, 0, "run", "--dir", films, *model, "--no-describe")
        said(capsys, 0, "batch", "write", *model)
        assert "Check the key" in said(capsys, 2, "batch", "submit")
        assert endpoint.batches_made == 0
