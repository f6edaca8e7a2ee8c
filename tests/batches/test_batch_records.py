"""What batch files are made of: limits, lines, and the settings kept with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shotlog.batches.limits import BatchLimits, door_of, limits_for
from shotlog.batches.lines import read_result, request_line
from shotlog.batches.saved_settings import kept_settings, recipe_of, settings_from
from shotlog.catalog import Catalog
from shotlog.describers import make_describer
from shotlog.rows import BatchRow
from shotlog.settings import Settings

SECRET = "sk-very-secret-key-0123456789"


def test_limits_are_the_server_s() -> None:
    assert limits_for("openai", "gpt") == BatchLimits(50_000, 200_000_000, None)
    assert limits_for("dashscope", "qwen3-vl-plus") == BatchLimits(50_000, 500_000_000, 6_000_000)
    assert limits_for("dashscope", "batch-test-model").lines == 100
    assert door_of("batch-test-model") == "/v1/chat/ds-test"


def test_a_line_holds_the_question_without_the_word_stream() -> None:
    body = {"model": "m", "stream": False, "messages": [{"content": "Straße\n"}]}
    raw = request_line("k", body, "/v1/chat/completions")
    assert raw.count(b"\n") == 1
    assert raw.endswith(b"\n")
    assert "Straße".encode() in raw
    line = json.loads(raw)
    assert sorted(line) == ["body", "custom_id", "method", "url"]
    assert "stream" not in line["body"]


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        ({"response": {"status_code": 429, "body": {"error": {"message": "slow"}}}}, 429, "slow"),
        ({"response": None, "error": {"code": "InvalidParameter", "message": "bad"}}, 500, "bad"),
        ({"error": {"error": {"message": "long", "code": 400}}}, 400, "long"),
        ({"response": {"status_code": 401}, "error": "Unauthorized"}, 401, "Unauthorized"),
        ({"error": {"code": "batch_expired", "message": "late"}}, 408, "late"),
        ({"response": {"status_code": 200, "body": {"error": {"code": 503}}}}, 503, ""),
        ({"response": {"status_code": 200, "body": None}}, 500, "neither an answer nor an error"),
        ({"error": {"message": f"no {SECRET}"}}, 500, "no …"),
    ],
)
def test_errors_are_read_in_every_shape(found: object, status: int, words: str) -> None:
    assert isinstance(found, dict)
    result = read_result(json.dumps({"custom_id": "k", **found}).encode(), (SECRET,))
    assert result is not None
    assert result.completion is None
    assert result.complaint is not None
    assert (result.complaint.status, result.complaint.message) == (status, words)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"3", b"{}", b'{"custom_id": 7}', b"\xff\xfe"])
def test_what_is_no_result_is_none(raw: bytes) -> None:
    assert read_result(raw) is None


def test_settings_come_back_as_they_were_and_without_secrets(tmp_path: Path) -> None:
    template = tmp_path / "question.txt"
    template.write_text("$instruction $keywords $language\n$fields", encoding="utf-8")
    settings = Settings.model_validate(
        {
            "output": tmp_path,
            "public_endpoint": f"http://localhost:8000/v1?token={SECRET}",
            "access_key": SECRET,
            "hearing": f"http://localhost:9000/v1?token={SECRET}",
            "hearing_key": SECRET,
            "mongodb_uri": f"mongodb://me:{SECRET}@localhost",
            "model": "qwen",
            "segment_length": "20/3",
            "split": "scenes",
            "scene_detector": "content",
            "max_resolution": "1280x720",
            "max_fps": "30000/1001",
            "frame_fps": "1.5",
            "instruction": "What? Look at https://example.com/?a=b.",
            "structured": "yes",
            "categories": "Street, Hall",
            "keywords": {"tokens": ("coin",), "api key": ("door",)},
            "language": "de",
            "clip_template": template,
            "input_price": "0.2",
        }
    )
    batch = BatchRow(1, "http://localhost:8000", "qwen", kept_settings(settings), True, 0, 0)
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        catalog.add_batch(batch, ())
        (kept,) = catalog.batches()
    again = settings_from(kept.settings, tmp_path)
    before, after = (recipe_of(each, make_describer(each)) for each in (settings, again))
    assert before == after
    assert (again.input_price, again.batch_factor) == (settings.input_price, 0.5)
    assert SECRET.encode() not in (tmp_path / "shotlog.db").read_bytes()
