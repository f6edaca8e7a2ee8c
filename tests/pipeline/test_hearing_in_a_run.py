"""Whole runs in which what is spoken is written down."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from running import listing_of, results, small_video

import shotlog
from shotlog.api import RunReport
from shotlog.testing.beeps import beeping_video
from shotlog.testing.bucket import Bucket
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.transcriptions import TranscriptionEndpoint

BEEPS = ((1.0, 440), (4.5, 600), (9.9, 800), (13.25, 1000))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return beeping_video(tmp_path_factory.mktemp("film") / "film.mp4", 15, BEEPS)


def run(folder: Path, tmp_path: Path, server: TranscriptionEndpoint, **given: Any) -> RunReport:
    settings = {"segment_length": 5, "hearing": server.url, **given}
    return shotlog.run(dir=folder, output=tmp_path / "log", **settings)


def video(tmp_path: Path) -> dict[str, Any]:
    return results(tmp_path / "log")["film.mp4"]


def heard(tmp_path: Path) -> list[str | None]:
    return [segment["heard"] for segment in video(tmp_path)["segments"]]


def test_every_word_is_in_the_clip_in_which_it_is_spoken(film: Path, tmp_path: Path) -> None:
    with TranscriptionEndpoint() as server:
        report = run(film.parent, tmp_path, server)
        assert (report.exit_code, report.progress.videos_heard) == (0, 1)
        assert run(film.parent, tmp_path, server).progress.videos_unchanged == 1
        assert len(server.requests) == 1
    assert heard(tmp_path) == ["tone440 tone600", None, "tone800 tone1000"]
    assert video(tmp_path)["transcript"] == {
        "language": "english",
        "text": "tone440 tone600 tone800 tone1000",
    }
    with shotlog.open(tmp_path / "log") as library:
        (row,) = library.rows()
        transcript = library.transcript(row.id)
    assert transcript is not None
    for word, (time, _) in zip(transcript.words, BEEPS, strict=True):
        assert float(word.start) == pytest.approx(time, abs=0.012)
        assert float(word.end) == pytest.approx(time + 0.3, abs=0.05)


def test_a_video_cut_before_is_read_again_for_its_sound_alone(film: Path, tmp_path: Path) -> None:
    with Bucket({"film.mp4": film}) as bucket, TranscriptionEndpoint() as server:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        given: dict[str, Any] = {"csv": listing, "output": tmp_path / "log", "segment_length": 5}
        shotlog.run(**given)
        clips = {path: path.stat().st_mtime_ns for path in (tmp_path / "log").rglob("*.mp4")}
        assert len(clips) == 3
        shotlog.run(**given, hearing=server.url)
        assert {path: path.stat().st_mtime_ns for path in clips} == clips
        fetched = len(bucket.requests)
        shotlog.run(**given, hearing=server.url, hearing_language="de")
        assert len(bucket.requests) == fetched
        assert [each.language for each in server.requests] == [None, "de"]
    assert heard(tmp_path) == ["tone440 tone600", None, "tone800 tone1000"]


@pytest.mark.slow
def test_another_model_listens_again_and_the_step_can_be_done_again(
    film: Path, tmp_path: Path
) -> None:
    with TranscriptionEndpoint(models=("whisper-1", "large-v3")) as server:
        for given, expected in (
            ({}, 1),
            ({"hearing_model": "large-v3"}, 2),
            ({"hearing_model": "large-v3", "max_fps": 1}, 2),
            ({"hearing_model": "large-v3", "redo": "hear"}, 3),
        ):
            run(film.parent, tmp_path, server, **given)
            assert len(server.requests) == expected, given


def test_a_server_that_fails_costs_the_words_alone(film: Path, tmp_path: Path) -> None:
    with TranscriptionEndpoint() as server:
        server.fail(401)
        report = run(film.parent, tmp_path, server)
        assert (report.exit_code, report.progress.clips_described) == (2, 3)
        found = video(tmp_path)
        assert (found["status"], found["transcript"]) == ("partial", None)
        assert (found["error"]["step"], found["error"]["code"]) == ("hear", "hearing_refused")
        assert all(segment["description"] for segment in found["segments"])
        assert run(film.parent, tmp_path, server).exit_code == 0
    assert (video(tmp_path)["status"], video(tmp_path)["error"]) == ("done", None)
    assert heard(tmp_path)[0] == "tone440 tone600"


def test_a_refused_key_is_tried_once_for_all_videos(film: Path, tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    for name in ("film.mp4", "other.mp4"):
        shutil.copy(film, tmp_path / "films" / name)
    with TranscriptionEndpoint(key="sk-1") as server:
        report = run(tmp_path / "films", tmp_path, server, workers=1)
        assert len(server.requests) == 1
    assert (report.progress.videos_partial, report.progress.clips_described) == (2, 6)


def test_a_video_without_sound_sends_nothing_and_has_no_words(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    small_video(tmp_path / "films" / "film.mp4")
    with TranscriptionEndpoint() as server:
        shotlog.run(dir=tmp_path / "films", output=tmp_path / "log")
        assert run(tmp_path / "films", tmp_path, server).exit_code == 0
        assert run(tmp_path / "films", tmp_path, server).progress.videos_unchanged == 1
        assert not server.requests
    assert video(tmp_path)["transcript"] == {"language": None, "text": ""}


def test_clips_with_words_are_another_question_and_silent_ones_are_not(
    film: Path, tmp_path: Path
) -> None:
    with TranscriptionEndpoint() as server, Endpoint() as endpoint:
        model: dict[str, Any] = {"public_endpoint": endpoint.url}
        shotlog.run(dir=film.parent, output=tmp_path / "log", segment_length=5, **model)
        assert (endpoint.answered, endpoint.summed_up) == (3, 1)
        run(film.parent, tmp_path, server, **model)
        assert (endpoint.answered, endpoint.summed_up) == (5, 2)
        whole = [each.question for each in endpoint.requests if each.is_of_a_whole][-1]
    assert whole is not None
    assert "Heard: “tone800 tone1000”" in whole.labels[0]


def test_words_of_another_source_are_forgotten(film: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy(film, folder / "film.mp4")
    with TranscriptionEndpoint() as server:
        run(folder, tmp_path, server)
        beeping_video(folder / "film.mp4", 12, BEEPS[:2])
        shotlog.run(dir=folder, output=tmp_path / "log", segment_length=5)
        assert video(tmp_path)["transcript"] is None
        run(folder, tmp_path, server)
    assert heard(tmp_path) == ["tone440 tone600", None, None]


def test_given_clips_are_heard_where_they_lie_in_their_video(film: Path, tmp_path: Path) -> None:
    other = beeping_video(tmp_path / "other.mp4", 10, BEEPS[:2])
    with Bucket({"a.mp4": film, "b.mp4": other}) as bucket, TranscriptionEndpoint() as server:
        places = (("a.mp4", 0, 15), ("b.mp4", 100, 110))
        segments = [
            {"segment_url": bucket.url(name), "start_seconds": start, "end_seconds": end}
            for name, start, end in places
        ]
        address = "https://bucket.example/film.mp4"
        entry = {"file_name": "film.mp4", "public_url": address, "segments": segments}
        manifest = tmp_path / "given.json"
        manifest.write_text(json.dumps([entry]), encoding="utf-8")
        shotlog.run(json=manifest, output=tmp_path / "log", hearing=server.url)
    assert heard(tmp_path) == ["tone440 tone600 tone800 tone1000", "tone440 tone600"]


def test_the_key_reaches_no_file_of_the_library(film: Path, tmp_path: Path) -> None:
    with TranscriptionEndpoint(key="sk-ear-0815") as server:
        server.fail(503)
        run(film.parent, tmp_path, server, hearing_key="sk-ear-0815", log_level="DEBUG")
        assert server.requests[0].has_authorization
    for path in (tmp_path / "log").rglob("*"):
        assert path.is_dir() or b"sk-ear-0815" not in path.read_bytes(), path


@pytest.mark.slow
def test_a_long_sound_is_sent_in_stretches_and_the_times_add_up(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    beeps = tuple((float(second), 500) for second in range(3, 1500, 60))
    beeping_video(tmp_path / "films" / "film.mp4", 1500, beeps, fps=1)
    with TranscriptionEndpoint() as server:
        assert run(tmp_path / "films", tmp_path, server, segment_length=60).exit_code == 0
        lengths = [each.seconds for each in server.requests]
    assert len(lengths) == 3
    assert max(lengths) <= 600
    with shotlog.open(tmp_path / "log") as library:
        (row,) = library.rows()
        transcript = library.transcript(row.id)
    assert transcript is not None
    starts = [float(word.start) for word in transcript.words]
    assert starts == pytest.approx([time for time, _ in beeps], abs=0.012)
    assert heard(tmp_path) == ["tone500"] * 25
