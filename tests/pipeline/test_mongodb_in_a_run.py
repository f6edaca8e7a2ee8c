"""A run that sends documents: beside the work, and whatever becomes of the server."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from running import PATIENCE_SECONDS, count, logged, shotlog, small_video, start, wait_until

from mongo_servers import Kind, MongoServer, require
from shotlog import api
from shotlog.errors import SettingError
from shotlog.pipeline.progress import Silent
from shotlog.settings import load_settings
from shotlog.testing.endpoint import Endpoint, describe_question
from shotlog.testing.questions import Question


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        small_video(folder / name, 3.0)
    return folder


class Turnstile:
    """Lets so many answers of a model through."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(0)

    def let(self, answers: int) -> None:
        self._free.release(answers)

    def __call__(self, question: Question) -> str:
        assert self._free.acquire(timeout=PATIENCE_SECONDS)
        return describe_question(question)


@pytest.fixture
def turnstile() -> Turnstile:
    return Turnstile()


@pytest.fixture
def endpoint(turnstile: Turnstile) -> Iterator[Endpoint]:
    with Endpoint(answer=turnstile) as served:
        yield served
        turnstile.let(1000)


@pytest.fixture(params=["secantusdb", "mongod"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MongoServer]:
    """One of its own, since it is killed."""
    kind: Kind = request.param
    require(kind)
    folder = tmp_path / "server"
    folder.mkdir()
    running = MongoServer(kind, folder)
    running.start()
    yield running
    running.kill()


def words(films: Path, endpoint: Endpoint) -> list[object]:
    model = ["--endpoint", endpoint.url, "--workers", 1, "--concurrency", 1]
    model += ["--summary", "built-in", "--segment-length", 1, "--no-clips"]
    return ["run", "--dir", films, "--output", films.parent / "log", *model, "--mongodb"]


def documents(server: MongoServer) -> dict[str, dict[str, Any]]:
    with MongoClient[dict[str, Any]](server.uri) as client:
        return {each["file_name"]: each for each in client["shotlog"]["videos"].find()}


def finish(videos: int, log: Path, endpoint: Endpoint, turnstile: Turnstile) -> None:
    """Lets answers through, one by one, until so many videos are done."""
    while count(log, "SELECT count(*) FROM videos WHERE status = 'done'") < videos:
        asked = endpoint.answered
        turnstile.let(1)
        wait_until(partial(_more, endpoint, asked), "an answer")
        wait_until(partial(_kept, log, endpoint), "the answer to be kept")


def _more(endpoint: Endpoint, than: int) -> bool:
    return endpoint.answered > than


def _kept(log: Path, endpoint: Endpoint) -> bool:
    return count(log, "SELECT count(*) FROM answers") == endpoint.answered


def run(films: Path, uri: str, **options: Any) -> Silent:
    """A run in this process that sends documents; what it told at last."""
    given = {"output": films.parent / "log", "mongodb_export": True, "mongodb_uri": uri}
    reporter = Silent()
    report = api.process(
        api.Origin(folder=films), load_settings({**given, **options}), reporter=reporter
    )
    assert report.exit_code == 0
    return reporter


def patient(server: MongoServer) -> str:
    """An address whose server is looked for no longer than half a second."""
    return f"{server.uri}?serverSelectionTimeoutMS=500"


@pytest.mark.slow
def test_videos_arrive_as_they_finish_and_a_server_killed_meanwhile_costs_nothing(
    films: Path,
    endpoint: Endpoint,
    turnstile: Turnstile,
    server: MongoServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", patient(server))
    with start(*words(films, endpoint)) as process:
        log = films.parent / "log"
        finish(1, log, endpoint, turnstile)
        wait_until(lambda: len(documents(server)) == 1, "the first video's document")
        (first,) = documents(server).values()
        assert first["status"] == "done"
        assert process.poll() is None
        server.kill()
        finish(2, log, endpoint, turnstile)
        wait_until(lambda: logged(log, "does not answer"), "the server to be missed")
        server.start()
        turnstile.let(9)
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, said
    assert "does not answer. The run goes on, and documents follow later." in said
    assert "It answered again" in said
    assert {each["status"] for each in documents(server).values()} == {"done"}
    assert len(documents(server)) == 3


@pytest.mark.slow
def test_a_server_that_is_away_fails_no_run_and_the_next_one_catches_up(
    films: Path, server: MongoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.kill()
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", patient(server).replace("//", "//me:secret@"))
    log = films.parent / "log"
    line = ["run", "--dir", films, "--output", log, "--segment-length", 1, "--mongodb"]
    away = shotlog(*line)
    assert away.returncode == 0, away.stderr
    assert f"MongoDB at 127.0.0.1:{server.port} does not answer" in away.stdout
    assert f"shotlog export mongodb {log}" in away.stdout
    for path in (log / "shotlog.log", log / "shotlog.db", log / "results.json"):
        assert b"secret" not in path.read_bytes()
    server.start()
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", patient(server))
    again = shotlog(*line)
    assert again.returncode == 0
    assert "documents sent        3" in again.stdout
    assert len(documents(server)) == 3
    assert "documents sent" not in shotlog(*line).stdout


def test_what_was_left_without_answers_goes_at_the_end(
    films: Path, mongo_server: MongoServer
) -> None:
    with MongoClient[dict[str, Any]](mongo_server.uri) as client:
        client.drop_database("shotlog")
    reporter = run(films, mongo_server.uri, describe=False)
    assert reporter.last.documents_sent == 3
    assert {each["status"] for each in documents(mongo_server).values()} == {"partial"}


@pytest.mark.parametrize("kind", ["secantusdb", "mongod"])
def test_a_server_that_lets_nobody_write_costs_the_run_nothing(
    kind: Kind, films: Path, tmp_path: Path
) -> None:
    require(kind)
    server = MongoServer(kind, tmp_path, auth=True)
    server.start()
    try:
        *_, note = run(films, server.uri, segment_length=3).last.notes
    finally:
        server.kill()
    assert f"Not all documents are in 127.0.0.1:{server.port}/shotlog.videos" in note
    assert "has not logged in" in note


@pytest.mark.slow
def test_ctrl_c_twice_does_not_wait_for_the_database(
    films: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", "mongodb://127.0.0.1:9/")
    with start(*words(films, endpoint)) as process:
        endpoint.wait_for_requests(1, PATIENCE_SECONDS)
        os.kill(process.pid, signal.SIGINT)
        wait_until(lambda: logged(films.parent / "log", "stopping"), "the signal to be heard")
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130


def test_without_an_address_nothing_is_begun(films: Path) -> None:
    settings = load_settings({"output": films.parent / "log", "mongodb_export": True})
    with pytest.raises(SettingError, match="no MongoDB address"):
        api.process(api.Origin(folder=films), settings)
    assert not (films.parent / "log").exists()
