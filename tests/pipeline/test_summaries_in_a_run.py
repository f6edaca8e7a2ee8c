"""Whole runs in which a model sums the videos up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from running import logged, results, shotlog, small_video

import shotlog as library
from shotlog.api import RunReport
from shotlog.testing.endpoint import Endpoint, Fault, describe_question
from shotlog.testing.questions import Question


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4", 8.0)


def run(film: Path, tmp_path: Path, endpoint: Endpoint, **given: Any) -> RunReport:
    settings = {"segment_length": 2, "public_endpoint": endpoint.url, **given}
    return library.run(dir=film.parent, output=tmp_path / "log", **settings)


def video(tmp_path: Path) -> dict[str, Any]:
    return results(tmp_path / "log")["film.mp4"]


def told(*starts: int) -> str:
    chapters = [{"first_clip": start, "title": f"From {start}"} for start in starts]
    return json.dumps({"title": "A road", "description": "Cars pass.", "chapters": chapters})


def summing_up(*starts: int) -> Any:
    def answer(question: Question) -> str:
        return told(*starts) if question.is_of_a_whole else describe_question(question)

    return answer


def test_a_model_gives_title_description_and_chapters(film: Path, tmp_path: Path) -> None:
    with Endpoint(answer=summing_up(1, 3)) as endpoint:
        report = run(film, tmp_path, endpoint)
        assert (endpoint.answered, endpoint.summed_up) == (4, 1)
    assert (report.exit_code, report.progress.videos_summarized) == (0, 1)
    found = video(tmp_path)
    assert (found["status"], found["title"]) == ("done", "A road")
    assert found["description"] == "Cars pass."
    assert found["chapters"] == [
        {"start_seconds": 0.0, "end_seconds": 4.0, "title": "From 1"},
        {"start_seconds": 4.0, "end_seconds": 8.0, "title": "From 3"},
    ]


def test_show_prints_title_and_chapters(film: Path, tmp_path: Path) -> None:
    with Endpoint(answer=summing_up(1, 3)) as endpoint:
        run(film, tmp_path, endpoint)
    shown = shotlog("show", tmp_path / "log", "film.mp4").stdout
    assert "A road" in shown
    assert re.search(r"0:00 – 0:04 +From 1\n.*0:04 – 0:08 +From 3", shown)


@pytest.mark.slow
def test_a_summary_is_asked_for_again_only_where_something_changed(
    film: Path, tmp_path: Path
) -> None:
    template = tmp_path / "words.txt"
    template.write_text("Sum it up.", encoding="utf-8")
    with Endpoint() as endpoint:
        for given, expected in (
            ({}, 1),
            ({}, 1),
            ({"max_fps": 5}, 1),
            ({"redo": "summarize"}, 2),
            ({"summary_template": template}, 3),
            ({"instruction": "Who is there?"}, 4),
            ({"summary": "built-in"}, 4),
            ({}, 4),
            ({"redo": "describe"}, 5),
            ({}, 5),
        ):
            run(film, tmp_path, endpoint, **given)
            assert endpoint.summed_up == expected, given
        assert endpoint.answered == 12


def test_the_built_in_summary_has_no_title_and_the_model_s_comes_back_unasked(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint(answer=summing_up(1, 3)) as endpoint:
        run(film, tmp_path, endpoint)
        told = video(tmp_path)
        run(film, tmp_path, endpoint, summary="built-in")
        assert (video(tmp_path)["title"], video(tmp_path)["chapters"]) == (None, [])
        run(film, tmp_path, endpoint)
        assert endpoint.summed_up == 1
    for field in ("title", "description", "chapters", "tags"):
        assert video(tmp_path)[field] == told[field]


def test_a_video_of_one_clip_is_summed_up_where_it_is_asked_for(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        run(film, tmp_path, endpoint, segment_length=15)
        assert endpoint.summed_up == 0
        assert video(tmp_path)["description"] == video(tmp_path)["segments"][0]["description"]
        run(film, tmp_path, endpoint, segment_length=15, summary="model")
        assert (endpoint.answered, endpoint.summed_up) == (1, 1)
    assert video(tmp_path)["title"] == "A video"


def test_a_model_that_keeps_to_no_form_leaves_the_built_in_summary(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint(answer=lambda question: f"Words, {question.frames_hash}.") as endpoint:
        report = run(film, tmp_path, endpoint)
        assert (report.exit_code, endpoint.summed_up) == (0, 2)
        assert run(film, tmp_path, endpoint).progress.videos_unchanged == 1
        assert endpoint.summed_up == 2
    found = video(tmp_path)
    assert (found["status"], found["title"], found["error"]) == ("done", None, None)
    assert found["description"].startswith("0:00-0:02 Words, ")
    assert logged(tmp_path / "log", "the built-in summary stands in") == 1


def test_what_kept_a_summary_away_for_a_while_is_tried_again_by_the_next_run(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint() as endpoint:
        run(film, tmp_path, endpoint, summary="built-in")
        endpoint.fail(Fault(status=401))
        assert run(film, tmp_path, endpoint).status == "stopped"
        assert (endpoint.summed_up, video(tmp_path)["status"]) == (0, "done")
        run(film, tmp_path, endpoint)
        assert (endpoint.answered, endpoint.summed_up) == (4, 1)
    assert video(tmp_path)["title"] == "A video"


def test_a_video_is_not_summed_up_while_a_clip_may_still_be_described(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=401))
        run(film, tmp_path, endpoint, concurrency=1)
        assert endpoint.summed_up == 0
        run(film, tmp_path, endpoint, concurrency=1)
        assert (endpoint.answered, endpoint.summed_up) == (4, 1)


def test_a_clip_that_the_model_refuses_for_good_does_not_keep_the_summary_away(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=400))
        run(film, tmp_path, endpoint, concurrency=1)
        assert (endpoint.answered, endpoint.summed_up) == (3, 1)
    assert (video(tmp_path)["status"], video(tmp_path)["title"]) == ("partial", "A video")


def test_overlapping_clips_are_told_with_their_own_time(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        run(film, tmp_path, endpoint, segment_length=4, overlap=2)
        (question,) = (each.question for each in endpoint.requests if each.is_of_a_whole)
    assert question is not None
    assert "share some picture" in question.labels[0]
    assert "clip 2 (0:02-0:04)" in question.labels[0]
