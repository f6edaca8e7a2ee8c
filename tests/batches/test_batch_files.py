"""Whole stories of batch files, on small real libraries and a server over real HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import shotlog
from shotlog import batches
from shotlog.batches import BatchLimits
from shotlog.catalog import Catalog
from shotlog.errors import DescribeInterruptedError, LibraryError, SettingError, UsageError
from shotlog.retries import RetryPolicy
from shotlog.rows import BatchRow, Manner
from shotlog.settings import Settings
from shotlog.testing import videos
from shotlog.testing.batch_endpoint import BatchEndpoint, Script
from shotlog.testing.questions import Question, Rejected

KEY = "sk-very-secret-key-0123456789"
MODEL = "test-model"
CLIPS = 6
ONCE = RetryPolicy(attempts=1)
QUICK = RetryPolicy(attempts=3, base_seconds=0.0, cap_seconds=0.0)
PRICES = {"input_price": "1", "output_price": "10", "batch_factor": 0.5}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, scene in (("one.mp4", videos.street), ("two.mp4", videos.landscape)):
        recipe = videos.Recipe(160, 120, Fraction(10), CLIPS / 2, scene, sound=False)
        videos.make_video(folder / name, recipe)
    return folder


class Story:
    """One library and what is done with it."""

    def __init__(self, films: Path, folder: Path, endpoint: BatchEndpoint) -> None:
        self.films, self.folder, self.endpoint = films, folder, endpoint
        self.words: dict[str, Any] = {
            "segment_length": 1,
            "output": folder,
            "public_endpoint": endpoint.url,
            "model": MODEL,
            **PRICES,
        }

    def settings(self, **further: object) -> Settings:
        return shotlog.Settings.model_validate({**self.words, **further})

    def run(self, **further: Any) -> shotlog.RunReport:
        return shotlog.run(dir=self.films, **{**self.words, **further})

    def write(self, limits: BatchLimits | None = None, **further: object) -> batches.WriteReport:
        return batches.write(self.settings(**further), limits=limits)

    def submit(self, policy: RetryPolicy = QUICK, **further: object) -> batches.SubmitReport:
        settings = self.settings(**further)
        return batches.submit(settings, wait=True, poll_seconds=0.01, policy=policy)

    def read(self, *files: Path) -> batches.ReadReport:
        return batches.read(self.folder, files)

    def rows(self) -> tuple[BatchRow, ...]:
        with Catalog.open(self.folder / "shotlog.db", read_only=True) as catalog:
            return catalog.batches()

    def segments(self) -> list[dict[str, Any]]:
        found = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return [segment for video in found for segment in video["segments"]]

    def lines(self) -> list[dict[str, Any]]:
        paths = sorted(self.folder.glob("batches/batch-????.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


Begin = Callable[[BatchEndpoint], Story]


@pytest.fixture
def begin(films: Path, tmp_path: Path) -> Begin:
    """A library that was cut and not described."""

    def cut(endpoint: BatchEndpoint) -> Story:
        story = Story(films, tmp_path / "log", endpoint)
        report = story.run(describe=False)
        assert (report.exit_code, report.progress.clips_left) == (0, CLIPS)
        assert endpoint.requests == ()
        return story

    return cut


def result(line: dict[str, Any], text: str) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    body = {"model": MODEL, "choices": [choice], "usage": usage}
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None}


def vllm_failure(line: dict[str, Any]) -> dict[str, Any]:
    error = {"error": {"message": "too many videos", "type": "BadRequestError", "code": 400}}
    response = {"status_code": 400, "request_id": "r", "body": None}
    return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": error}


def write_lines(path: Path, *lines: object) -> Path:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def test_a_whole_submit_describes_all_and_the_run_afterwards_asks_no_clip(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,), key=KEY, script=Script(polls=2)) as endpoint:
        story = begin(endpoint)
        written = story.write()
        assert (len(written.files), written.clips, written.answered) == (1, CLIPS, 0)
        report = story.submit(access_key=KEY)
        assert (report.ended, report.read.answered, report.losses) == ({"done": 1}, CLIPS, False)
        again = story.run(access_key=KEY)
        assert (again.status, again.progress.videos_summarized) == ("done", 2)
        assert (endpoint.answered, endpoint.summed_up) == (0, 2)
        last = story.run(access_key=KEY)
        assert (last.status, last.progress.videos_unchanged) == ("done", 2)
    segments = story.segments()
    assert len({each["description"] for each in segments}) == CLIPS
    assert all("frames," in each["description"] for each in segments)
    usage = segments[0]["usage"]
    cost = (usage["prompt_tokens"] * 1 + usage["completion_tokens"] * 10) / 1e6 / 2
    assert float(usage["cost"]) == pytest.approx(cost)
    with shotlog.open(story.folder) as library:
        (spent,) = library.spending()
        assert spent.requests == CLIPS + 2, "the summaries too"
        assert [row.status for row in library.rows()] == ["done", "done"]


def test_a_clip_described_by_a_file_is_as_one_described_live(begin: Begin, tmp_path: Path) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        story.write()
        story.submit()
        live = Story(story.films, tmp_path / "live", endpoint)
        live.run()
        assert endpoint.answered == CLIPS
    by_file, by_request = story.segments(), live.segments()
    for ours, theirs in zip(by_file, by_request, strict=True):
        assert float(ours["usage"].pop("cost")) == float(theirs["usage"].pop("cost")) / 2
        assert ours["tags"], "the measured tags stand behind the model's"
    assert by_file == by_request


def test_files_are_split_by_lines_and_by_bytes(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        report = story.write(BatchLimits(lines=4))
        assert [batch.lines for batch in story.rows()] == [4, 2]
        longest = max(len(json.dumps(each)) for each in story.lines())
        for path in report.files:
            path.unlink()
        bound = 2 * longest + 100
        report = story.write(BatchLimits(file_bytes=bound))
        assert (len(report.files), report.clips) == (3, CLIPS)
        assert all(path.stat().st_size <= bound for path in report.files)
        assert sum(path.stat().st_size for path in report.files) == report.size_bytes
    ids = [each["custom_id"] for each in story.lines()]
    assert len(set(ids)) == CLIPS
    assert {each["url"] for each in story.lines()} == {"/v1/chat/completions"}


def test_a_line_s_limit_takes_frames_away_and_too_little_room_is_told(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        story.words["frame_fps"] = 10
        story.run(describe=False)
        sizes = []
        for room in (None, 84 * 1024):
            report = story.write(BatchLimits(line_bytes=room))
            assert (report.clips, len(report.left_out)) == (CLIPS, 0)
            sizes.append(report.size_bytes)
            for path in report.files:
                path.unlink()
        assert sizes[1] < 0.8 * sizes[0]
        report = story.write(BatchLimits(line_bytes=500))
        assert (report.clips, len(report.left_out), report.files) == (0, CLIPS, [])
        left = report.left_out[0]
        assert left.file_name in ("one.mp4", "two.mp4")
        assert left.failure.hint


def test_what_stands_in_a_file_is_not_written_again_until_the_file_is_gone(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        (path,) = story.write().files
        again = story.write()
        assert (again.files, again.waiting) == ([], CLIPS)
        path.unlink()
        assert story.write().clips == CLIPS


def test_reading_twice_in_any_order_changes_nothing_more(begin: Begin, tmp_path: Path) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        story.write()
        first, *others = story.lines()
        errors = write_lines(tmp_path / "errors.jsonl", vllm_failure(first))
        good = write_lines(
            tmp_path / "good.jsonl", *(result(each, f"Clip {n}.") for n, each in enumerate(others))
        )
        report = story.read(errors)
        assert (report.answered, report.failed, report.videos_open) == (0, 1, 1)
        report = story.read(good)
        assert (report.answered, report.failed, report.videos) == (CLIPS - 1, 0, 2)
        assert (report.spent.requests, report.spent.prompt_tokens) == (5, 5000)
        before = (story.folder / "results.json").read_bytes()
        report = story.read(good, errors, good)
        assert (report.answered, report.failed, report.known) == (0, 0, 2 * CLIPS - 1)
        assert report.spent.requests == 0
        assert (story.folder / "results.json").read_bytes() == before
        assert [row.status for row in story.rows()] == ["done"]
        assert story.write().clips == 1, "what failed may be asked again"
        story.read(errors)
        assert story.write().waiting == 1, "an old error is no news of the new question"
    failed = [each for each in story.segments() if each["error"]]
    assert [each["error"]["code"] for each in failed] == ["describe_refused"]
    assert "too many videos" in failed[0]["error"]["message"]


def test_strange_lines_are_counted_and_stop_nothing(begin: Begin, tmp_path: Path) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        story.write()
        lines = story.lines()
        mixed = write_lines(
            tmp_path / "mixed.jsonl",
            "",
            "{half a li",
            "[1, 2]",
            result({"custom_id": "of another library"}, "A cat."),
            result(lines[0], "A road."),
            result(lines[1], "I'm sorry, I can't help with that."),
            result(lines[2], "A man walks along a road. " * 20),
            result(lines[3], ""),
            {
                "custom_id": lines[4]["custom_id"],
                "response": None,
                "error": {"code": "batch_expired"},
            },
            {"custom_id": lines[5]["custom_id"], "response": {"status_code": 200, "body": {}}},
        )
        report = story.read(mixed)
    assert (report.broken, report.unknown) == (2, 1)
    assert (report.answered, report.flagged, report.failed) == (2, 1, 4)
    assert report.spent.requests == 5, "what the model refused was paid for"
    codes = sorted(failure.code for _, _, failure in report.failures)
    assert codes == [
        *("describe_interrupted", "describe_interrupted", "describe_refused", "endpoint_refused")
    ]


@pytest.mark.slow
def test_lines_of_clips_cut_otherwise_wait_until_they_are_cut_so_again(
    begin: Begin, tmp_path: Path
) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        story.write()
        good = write_lines(tmp_path / "good.jsonl", *(result(e, "A road.") for e in story.lines()))
        story.run(describe=False, segment_length=2)
        report = story.read(good)
        assert (report.recut, report.answered) == (4, 2), "both films end by the same clip"
        story.run(describe=False)
        report = story.read(good)
        assert (report.recut, report.answered, report.known) == (0, 4, 2)
        assert all(each["description"] for each in story.segments())


def test_an_answer_lost_between_upload_and_batch_submits_nothing_twice(begin: Begin) -> None:
    script = Script(loses=("upload", "create"))
    with BatchEndpoint(models=(MODEL,), script=script) as endpoint:
        story = begin(endpoint)
        story.write()
        for _ in range(2):
            with pytest.raises(DescribeInterruptedError):
                story.submit(ONCE)
        (batch,) = story.rows()
        assert (batch.status, batch.batch_id) == ("creating", None)
        assert batch.file_id is not None
        report = story.submit(ONCE)
        assert (report.submitted, report.read.answered) == (1, CLIPS)
        assert endpoint.batches_made == 1
        assert endpoint.uploads == 2, "a file whose name was lost is no batch, and costs nothing"


@pytest.mark.slow
def test_a_process_killed_while_a_batch_is_made_makes_no_second_one(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,), script=Script(holds=("create",))) as endpoint:
        story = begin(endpoint)
        story.write()
        words = [sys.executable, "-m", "shotlog", "batch", "submit", str(story.folder)]
        process = subprocess.Popen(words, start_new_session=True, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not endpoint.batches_made:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert story.submit().read.answered == CLIPS
        assert (endpoint.uploads, endpoint.batches_made) == (1, 1)


def test_a_lost_answer_is_searched_for_within_one_call_too(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,), script=Script(loses=("create",))) as endpoint:
        story = begin(endpoint)
        story.write()
        assert story.submit(QUICK).read.answered == CLIPS
        assert endpoint.batches_made == 1


def test_clips_of_an_expired_batch_go_into_a_new_file(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,), script=Script(ends="expired")) as endpoint:
        story = begin(endpoint)
        story.write()
        report = story.submit()
        assert (report.ended, report.losses) == ({"expired": 1}, True)
        assert (report.read.answered, report.read.failed) == (CLIPS // 2, CLIPS // 2)
        assert story.write().clips == CLIPS // 2
        story.submit()
        assert [batch.status for batch in story.rows()] == ["expired", "expired"]


def test_a_batch_that_fails_as_a_whole_says_why_and_leaves_its_clips_open(begin: Begin) -> None:
    with BatchEndpoint(models=("another",)) as endpoint:
        story = begin(endpoint)
        story.write()
        assert story.submit().read.failed == CLIPS
    with BatchEndpoint(models=(MODEL,), script=Script(ends="failed")) as endpoint:
        story.words["public_endpoint"] = endpoint.url
        assert story.write().clips == CLIPS
        report = story.submit()
        assert report.ended == {"failed": 1}
        ((name, why),) = report.troubles
        assert (name, "scripted" in why) == ("batch-0002.jsonl", True)
        assert story.write().clips == CLIPS


def test_dashscope_gets_lists_within_its_line_and_words_of_errors_hold_no_key(
    films: Path, tmp_path: Path
) -> None:
    def refuse(question: Question) -> Rejected | None:
        words = f"The key {KEY} may not see this."
        return Rejected(400, words) if question.frames_hash[0] in "02468ace" else None

    model = "qwen3-vl-plus"
    script = Script(refuse=refuse)
    with BatchEndpoint(models=(model,), key=KEY, flavour="dashscope", script=script) as endpoint:
        story = Story(films, tmp_path / "log", endpoint)
        story.words |= {"model": model, "access_key": KEY, "frame_fps": 4}
        story.run(describe=False)
        story.write()
        report = story.submit()
        assert report.read.answered + report.read.failed == CLIPS
        assert report.read.failed, report
        assert report.read.answered, "a schema that not every model there keeps is told in words"
        bodies = [each["body"] for each in story.lines()]
    assert {part["type"] for body in bodies for part in body["messages"][0]["content"]} == {
        *("text", "video")
    }
    assert {body["enable_thinking"] for body in bodies} == {False}
    kept = [path for path in story.folder.rglob("*") if path.is_file()]
    ours = [path for path in kept if ".errors." not in path.name]
    assert not any(KEY.encode() in path.read_bytes() for path in ours)


def test_a_schema_that_a_batch_was_refused_for_is_told_more_loosely_in_the_next(
    films: Path, tmp_path: Path
) -> None:
    model = "qwen3-vl-plus"
    with BatchEndpoint(models=(model,), flavour="dashscope") as endpoint:
        story = Story(films, tmp_path / "log", endpoint)
        story.words |= {"model": model}
        story.run(describe=False)
        with Catalog.open(story.folder / "shotlog.db") as catalog:
            address = f"{endpoint.url}/v1/chat/completions"
            manner = Manner("dashscope", None, "list", "json_schema")
            catalog.save_endpoint_manner(address, model, manner)
        story.write()
        report = story.submit()
        assert (report.read.answered, report.read.failed) == (0, CLIPS)
        assert (report.read.videos, report.read.videos_done) == (2, 0)
        story.write()
        report = story.submit()
        assert (report.read.answered, report.read.failed) == (CLIPS, 0)
        assert (report.read.videos_done, report.read.videos_to_sum_up) == (2, 2)


def test_what_a_model_refused_in_a_batch_is_written_to_no_further_file(
    films: Path, tmp_path: Path
) -> None:
    sorry = "I'm sorry, but I can't assist with that."
    with BatchEndpoint(models=(MODEL,), answer=lambda _: sorry) as endpoint:
        story = Story(films, tmp_path / "log", endpoint)
        story.run(describe=False)
        story.write()
        report = story.submit()
        assert (report.read.failed, report.read.refused) == (CLIPS, CLIPS)
        again = story.write()
        assert (again.clips, again.refused) == (0, CLIPS)
        # Nor is it asked live, until somebody wants it so.
        assert story.run().progress.clips_refused == CLIPS
        story.run(describe=False, redo="refused")
        assert story.write().clips == CLIPS


def test_the_dry_run_model_of_dashscope_goes_its_own_way(films: Path, tmp_path: Path) -> None:
    model = "batch-test-model"
    with BatchEndpoint(models=(model,), flavour="dashscope") as endpoint:
        story = Story(films, tmp_path / "log", endpoint)
        story.words |= {"model": model, "frame_fps": 4}
        story.run(describe=False)
        story.write()
        assert {each["url"] for each in story.lines()} == {"/v1/chat/ds-test"}
        assert story.submit().read.answered == CLIPS


def test_files_for_several_endpoints_want_one_named(begin: Begin) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint, BatchEndpoint(models=(MODEL,)) as other:
        story = begin(endpoint)
        story.write()
        story.write(public_endpoint=other.url, model="another")
        with pytest.raises(SettingError, match="several endpoints"):
            story.submit(public_endpoint=())
        assert (endpoint.uploads, other.uploads) == (0, 0)


def test_wrong_use_is_told(begin: Begin, tmp_path: Path) -> None:
    with BatchEndpoint(models=(MODEL,)) as endpoint:
        story = begin(endpoint)
        for further in ({"model": None}, {"public_endpoint": ()}, {"context": "previous"}):
            with pytest.raises(SettingError):
                story.write(**further)
        with pytest.raises(UsageError):
            story.read(tmp_path / "nowhere.jsonl")
        with pytest.raises(LibraryError):
            batches.read(tmp_path, ())
        report = story.write(segment_length=2)
        assert (report.clips, sorted(report.not_ready)) == (0, ["one.mp4", "two.mp4"])
