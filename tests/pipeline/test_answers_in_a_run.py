"""Whole runs: what decides an answer, what is told of the clip before, and doubtful answers."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from running import clip_times, results, small_video

import shotlog
from shotlog.cli.main import main
from shotlog.errors import SettingError
from shotlog.quality import SAID_OFTEN
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.questions import Question

FIELDS: dict[str, Any] = {
    "description": "A grey road with a car.",
    "actions": [],
    "objects": ["car"],
    "people_count": 0,
    "setting": "street",
    "time_of_day": "day",
    "on_screen_text": [],
    "camera": "fixed",
    "mood": "",
    "category": "Street",
    "tags": ["road"],
    "safety_flags": [],
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name in ("one.mp4", "two.mp4", "three.mp4"):
        small_video(folder / name, 5.0)
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4", 3.0).parent


def run(films: Path, tmp_path: Path, endpoint: Endpoint, **settings: Any) -> shotlog.RunReport:
    words: dict[str, Any] = {"segment_length": 1, "output": tmp_path / "log", **settings}
    return shotlog.run(dir=films, public_endpoint=endpoint.url, summary="built-in", **words)


def start_of(question: Question) -> str:
    """Where the clip begins, by the question's own words."""
    found = re.search(r"runs from (\S+) to", question.labels[-1])
    assert found is not None
    return found.group(1)


def before_of(question: Question) -> str | None:
    found = re.search(r'was described so: "(.*?)" Use', question.labels[-1])
    return found.group(1) if found else None


def test_the_command_s_words_reach_the_model(film: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("helmet\n\nspilt oil\n", encoding="utf-8")
    with Endpoint(answer=lambda _: json.dumps(FIELDS)) as endpoint:
        place = ["--dir", str(film), "--output", str(tmp_path / "log"), "--endpoint", endpoint.url]
        told = ["--keywords", str(words), "--categories", "Street, Hall", "--language", "de"]
        assert main(["run", *place, *told, "--structured", "--instruction", "What is there?"]) == 0
        (request,) = endpoint.requests
    assert request.question is not None
    opening = request.question.instruction
    assert opening.startswith("What is there?")
    assert "helmet, spilt oil" in opening
    assert '"category": one of "Street", "Hall"' in opening
    assert "Write in German (de)." in opening
    assert "film" not in opening + "".join(request.question.labels)


def test_fields_flags_and_tags_come_out(film: Path, tmp_path: Path) -> None:
    with Endpoint(answer=lambda _: json.dumps(FIELDS)) as endpoint:
        run(film, tmp_path, endpoint, segment_length=15)
    segment = results(tmp_path / "log")["film.mp4"]["segments"][0]
    assert segment["description"] == FIELDS["description"]
    assert segment["fields"] == FIELDS
    assert segment["tags"][:2] == ["road", "street"]
    assert len(segment["tags"]) > 2, "the measured tags stand behind the model's"
    assert segment["flags"] == []
    assert segment["usage"]["requests"] == 1


def test_what_decides_an_answer_asks_again_and_cuts_nothing(film: Path, tmp_path: Path) -> None:
    own = tmp_path / "question.txt"
    own.write_text("$instruction Truly.\n$fields", encoding="utf-8")
    changes: list[dict[str, Any]] = [
        {"keywords": {"safety": ("helmet",)}},
        {"keywords": {"safety": ("helmet", "spill")}},
        {"categories": ("Street", "Hall")},
        {"language": "en"},
        {"structured": "yes"},
        {"context": "previous"},
        {"clip_template": own},
    ]
    with Endpoint(answer=lambda _: json.dumps(FIELDS)) as endpoint:
        run(film, tmp_path, endpoint, segment_length=15)
        clips = clip_times(tmp_path / "log")
        for asked, change in enumerate(changes, start=2):
            run(film, tmp_path, endpoint, segment_length=15, **change)
            assert endpoint.answered == asked, change
            again = run(film, tmp_path, endpoint, segment_length=15, **change)
            assert again.progress.videos_unchanged == 1
        run(film, tmp_path, endpoint, segment_length=15)
        assert endpoint.answered == 1 + len(changes), "what was answered once is kept"
        own.write_text("$instruction Really.\n$fields", encoding="utf-8")
        run(film, tmp_path, endpoint, segment_length=15, clip_template=own)
        assert endpoint.answered == 2 + len(changes)
    assert clip_times(tmp_path / "log") == clips


def test_with_context_clips_are_asked_in_order_and_told_what_was_said_before(
    films: Path, tmp_path: Path
) -> None:
    together: list[int] = []
    under_way: set[int] = set()
    lock = threading.Lock()
    barrier = threading.Barrier(3, timeout=10)

    def answer(question: Question) -> str:
        with lock:
            under_way.add(id(question))
            together.append(len(under_way))
        if start_of(question) == "0:00":
            barrier.wait()
        with lock:
            under_way.discard(id(question))
        return f"Scene {question.frames_hash} at {start_of(question)}."

    with Endpoint(answer=answer) as endpoint:
        report = run(films, tmp_path, endpoint, context="previous", concurrency=8)
        questions = [each.question for each in endpoint.requests if each.question]
    assert report.progress.clips_described == 15
    assert max(together) == 3, "the other videos go on meanwhile, one clip of each"
    for video in results(tmp_path / "log").values():
        said = [each["description"] for each in video["segments"]]
        assert [text.split(" at ")[1] for text in said] == [f"0:0{n}." for n in range(5)]
    told = sorted(str(before_of(each)).split(" at ")[-1] for each in questions)
    assert told == sorted(["None"] * 3 + [f"0:0{n}." for n in range(4)] * 3)


def test_a_clip_whose_predecessor_failed_is_told_nothing_of_it(film: Path, tmp_path: Path) -> None:
    def answer(question: Question) -> str:
        return f"Scene {question.frames_hash} at {start_of(question)}."

    with Endpoint(answer=answer) as endpoint:
        endpoint.fail(Fault(status=400))
        report = run(film, tmp_path, endpoint, context="previous")
        assert (report.progress.clips_described, report.progress.clips_failed) == (2, 1)
        asked = [each.question for each in endpoint.requests if each.question]
        assert [start_of(each) for each in asked] == ["0:00", "0:01", "0:02"]
        assert before_of(asked[1]) is None
        assert str(before_of(asked[2])).endswith("at 0:01.")
        again = run(film, tmp_path, endpoint, context="previous")
    assert again.progress.clips_described == 1, "the others keep their answers"


def test_context_and_reuse_go_together(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        small_video(films / name, 6.0)
    with Endpoint() as endpoint:
        report = run(
            films, tmp_path, endpoint, segment_length=2, context="previous", reuse_same=True
        )
    progress = report.progress
    assert progress.clips_described + progress.clips_reused == 9
    assert progress.clips_reused > 0
    assert report.exit_code == 0


def test_a_reused_answer_keeps_its_fields(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mp4"):
        small_video(films / name, 2.0)
    with Endpoint(answer=lambda _: json.dumps(FIELDS)) as endpoint:
        report = run(films, tmp_path, endpoint, segment_length=2, reuse_same=True)
    assert report.progress.clips_reused == 1
    found = [video["segments"][0] for video in results(tmp_path / "log").values()]
    assert [each["fields"] for each in found] == [FIELDS, FIELDS]


def test_a_restart_knows_what_was_said_often(films: Path, film: Path, tmp_path: Path) -> None:
    with Endpoint(answer=lambda _: "An empty corridor.") as endpoint:
        run(films, tmp_path, endpoint, segment_length=2)
        run(film, tmp_path, endpoint, segment_length=2)
    assert SAID_OFTEN == 8, "the nine clips of the first run are more than that"
    segments = results(tmp_path / "log")["film.mp4"]["segments"]
    assert [each["flags"] for each in segments] == [["said_often"]] * 2


def test_flags_are_shown(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Endpoint(answer=lambda _: "The car drives. " * 30) as endpoint:
        run(film, tmp_path, endpoint, segment_length=15)
    assert main(["show", str(tmp_path / "log"), "film.mp4"]) == 0
    assert "(repetition)" in capsys.readouterr().out
    segment = results(tmp_path / "log")["film.mp4"]["segments"][0]
    assert segment["flags"] == ["repetition"]
    assert segment["usage"]["requests"] == 2


def test_a_refusal_is_a_failure_with_a_reason_and_no_description(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint(answer=lambda _: "I'm sorry, but I can't assist with that.") as endpoint:
        report = run(film, tmp_path, endpoint, segment_length=15)
        assert endpoint.answered == 2
    assert report.exit_code == 2
    segment = results(tmp_path / "log")["film.mp4"]["segments"][0]
    assert (segment["description"], segment["fields"]) == (None, None)
    assert segment["error"]["code"] == "describe_refused"
    assert "sorry" not in json.dumps(results(tmp_path / "log"))


def test_a_bad_template_ends_the_run_before_it_begins(film: Path, tmp_path: Path) -> None:
    (tmp_path / "question.txt").write_text("$instruction $whatever", encoding="utf-8")
    with Endpoint() as endpoint, pytest.raises(SettingError, match="whatever"):
        run(film, tmp_path, endpoint, clip_template=tmp_path / "question.txt")
    assert not (tmp_path / "log").exists()


SORRY = "I'm sorry, but I can't assist with that."


def test_what_the_model_refused_is_not_paid_for_again_until_somebody_wants_it_so(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Endpoint(answer=lambda q: SORRY if "0:00" in start_of(q) else "A car.") as endpoint:
        words = ["run", "--dir", str(film), "--output", str(tmp_path / "log")]
        words += ["--endpoint", endpoint.url, "--segment-length", "1", "--summary", "built-in"]
        assert main(words) == 2
        asked = len(endpoint.requests)
        assert "clips refused 1 by the model, and not asked again" in said_in(capsys)
        assert main(words) == 2
        assert len(endpoint.requests) == asked
        told = said_in(capsys)
        assert "film.mp4, clip 1: test-model refused to describe the clip." in told
        assert "--redo refused" in told
        assert "tries only what failed" not in told
        # Another question is another chance, and so is the wish to ask once more.
        assert main([*words, "--instruction", "What is it?"]) == 2
        assert len(endpoint.requests) == 2 * asked
        assert main(words) == 2
        assert len(endpoint.requests) > 2 * asked, "the refusal kept is that of the last question"
    with Endpoint(answer=lambda _: "A street.") as endpoint:
        words[words.index("--endpoint") + 1] = endpoint.url
        assert main(words) == 2
        assert not endpoint.requests
        assert main([*words, "--redo", "refused"]) == 0
        assert endpoint.answered == 1
    segments = results(tmp_path / "log")["film.mp4"]["segments"]
    assert [each["description"] for each in segments] == ["A street.", "A car.", "A car."]


def said_in(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_moderation_is_a_refusal_for_good_and_a_bad_request_is_none(
    film: Path, tmp_path: Path
) -> None:
    moderated = {"error": {"message": "inappropriate content", "code": "data_inspection_failed"}}
    with Endpoint(answer=lambda _: "A car.") as endpoint:
        endpoint.fail(Fault(status=400, body=json.dumps(moderated).encode()), Fault(status=400))
        first = run(film, tmp_path, endpoint, concurrency=1)
        assert (first.progress.clips_failed, first.progress.clips_refused) == (2, 1)
        asked = len(endpoint.requests)
        second = run(film, tmp_path, endpoint, concurrency=1)
        assert len(endpoint.requests) == asked + 1
        assert (second.progress.clips_failed, second.progress.clips_refused) == (1, 1)


def test_a_run_stops_where_the_first_clips_are_all_refused_for_one_reason(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint(answer=lambda _: SORRY) as endpoint:
        report = run(film, tmp_path, endpoint, segment_length="0.1", concurrency=2)
        asked = len(endpoint.requests)
    assert (report.status, report.exit_code) == ("stopped", 2)
    assert report.progress.stopped_because is not None
    assert "The first 16 clips failed alike." in report.progress.stopped_because.message
    assert asked < 2 * 30, "there are 30 clips"


def test_one_answer_shows_that_refusals_are_about_the_clips(film: Path, tmp_path: Path) -> None:
    with Endpoint(answer=lambda q: "A car." if start_of(q) == "0:00" else SORRY) as endpoint:
        report = run(film, tmp_path, endpoint, segment_length="0.1", concurrency=1)
    assert report.status == "partial"
    assert report.progress.clips_described == 1
