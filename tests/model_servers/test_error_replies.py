"""Which error a server's complaint is."""

from __future__ import annotations

import json

import pytest

from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.model_servers.error_replies import (
    QUOTE_LENGTH,
    Complaint,
    error_from_complaint,
    is_kept_from_list,
    quoted,
    read_complaint,
)

ADDRESS = "http://host/v1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, EndpointRefusedError),
        (400, DescribeRefusedError),
        (401, EndpointRefusedError),
        (402, EndpointRefusedError),
        (403, EndpointRefusedError),
        (404, EndpointRefusedError),
        (405, EndpointRefusedError),
        (408, DescribeInterruptedError),
        (409, DescribeInterruptedError),
        (413, DescribeRefusedError),
        (418, DescribeRefusedError),
        (422, DescribeRefusedError),
        (425, DescribeInterruptedError),
        (429, DescribeInterruptedError),
        (500, DescribeInterruptedError),
        (501, DescribeRefusedError),
        (502, DescribeInterruptedError),
        (503, DescribeInterruptedError),
        (599, DescribeInterruptedError),
    ],
)
def test_a_status_alone_decides(status: int, kind: type[DescribeError]) -> None:
    error = error_from_complaint(Complaint(status), address=ADDRESS)
    assert type(error) is kind
    assert f"{ADDRESS} answered {status}." in error.what
    assert error.hint


@pytest.mark.parametrize(
    ("status", "words", "hint"),
    [
        (400, "Model not exist.", "a name that the endpoint lists"),
        (400, "The model `x` does not exist.", "a name that the endpoint lists"),
        (422, "model qwen-x not found", "a name that the endpoint lists"),
        (400, "m is not a multimodal model", "sees pictures"),
        (400, "At most 0 image(s) may be provided in one prompt.", "sees pictures"),
        (500, "image input is not supported - hint: you may need the mmproj", "--mmproj"),
        (400, "Model does not support images. Please use a model that does.", "sees pictures"),
        (500, "this model is missing data required for image input", "sees pictures"),
    ],
)
def test_a_model_that_will_never_do_ends_the_run(status: int, words: str, hint: str) -> None:
    error = error_from_complaint(Complaint(status, message=words), address=ADDRESS)
    assert type(error) is EndpointRefusedError
    assert hint in error.hint


@pytest.mark.parametrize(
    ("status", "codes", "words", "kept"),
    [
        (403, (), "", True),
        (403, ("accessdenied",), "", False),
        (403, ("allocationquota.freetieronly",), "", False),
        (401, (), "Unauthorized", False),
        (401, ("missing_scope",), "", True),
        (401, (), "You have insufficient permissions for this operation.", True),
        (401, ("invalid_api_key",), "no permission", False),
        (400, (), "", True),
        (404, (), "", False),
        (500, (), "", False),
    ],
)
def test_a_key_may_be_kept_from_the_list_alone(
    status: int, codes: tuple[str, ...], words: str, *, kept: bool
) -> None:
    assert is_kept_from_list(Complaint(status, frozenset(codes), words)) is kept


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "DataInspectionFailed", DescribeRefusedError),
        (429, "content_filter", DescribeRefusedError),
        (400, "Arrearage", EndpointRefusedError),
        (400, "model_not_supported", EndpointRefusedError),
        (403, "AllocationQuota.FreeTierOnly", EndpointRefusedError),
        (400, "InvalidApiKey", EndpointRefusedError),
        (400, "AccessDenied.Unpurchased", EndpointRefusedError),
        (404, "ModelNotFound", EndpointRefusedError),
        (429, "PrepaidBillOverdue", EndpointRefusedError),
        (429, "PostpaidBillOverdue", EndpointRefusedError),
        (429, "CommodityNotPurchased", EndpointRefusedError),
        (429, "Throttling.RateQuota", DescribeInterruptedError),
        (429, "limit_burst_rate", DescribeInterruptedError),
        (429, "insufficient_quota", DescribeInterruptedError),
        (503, "ModelServingError", DescribeInterruptedError),
    ],
)
def test_a_code_says_more_than_the_status(
    status: int, code: str, kind: type[DescribeError]
) -> None:
    body = json.dumps({"error": {"message": "no", "type": "error", "code": code}}).encode()
    assert type(error_from_complaint(read_complaint(status, body, ()), address=ADDRESS)) is kind


def test_an_empty_purse_at_openai_does_not_fill_by_waiting() -> None:
    complaint = Complaint(429, frozenset({"insufficient_quota"}))
    error = error_from_complaint(complaint, address=ADDRESS, purse_is_openai=True)
    assert isinstance(error, EndpointRefusedError)


def test_the_servers_wish_to_wait_is_kept() -> None:
    error = error_from_complaint(Complaint(429), address=ADDRESS, retry_after_seconds=7.0)
    assert isinstance(error, DescribeInterruptedError)
    assert error.retry_after_seconds == 7.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "too many videos", "code": 400}}', "too many videos"),
        (b'{"error": "Unauthorized"}', "Unauthorized"),
        (b'{"object": "error", "message": "queue is full", "code": 503}', "queue is full"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"detail": [{"loc": ["body"]}]}', '[{"loc": ["body"]}]'),
        (b"upstream timed out", "upstream timed out"),
        (b"<html><body>502 Bad Gateway", ""),
        (b"[1, 2]", ""),
        (b"\xff\xfe", "��"),
        (b"", ""),
    ],
)
def test_errors_are_read_in_every_shape_that_servers_send(body: bytes, message: str) -> None:
    assert read_complaint(400, body, ()).message == message


def test_an_error_that_came_with_200_takes_the_status_it_names() -> None:
    assert read_complaint(200, b'{"error": {"code": 429}}', ()).status == 429
    assert read_complaint(200, b'{"error": "overloaded"}', ()).status == 500


def test_a_prompt_that_is_too_long_is_told_how_to_shrink() -> None:
    complaint = Complaint(400, message="This model's maximum context length is 4096 tokens.")
    assert "FrameFPS" in error_from_complaint(complaint, address=ADDRESS).hint


def test_an_unknown_model_is_told_apart_from_a_wrong_path() -> None:
    model = Complaint(404, message="The model `x` does not exist.")
    assert "--model" in error_from_complaint(model, address=ADDRESS).hint
    assert "--endpoint" in error_from_complaint(Complaint(404), address=ADDRESS).hint


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("wrong key my-secret given", "wrong key … given"),
        ("Incorrect API key provided: sk-ab**yz.", "Incorrect API key provided: sk-…"),
        ("header Bearer abc.def is bad", "header Bearer … is bad"),
        ("no https://b.com/v.mp4?sig=abc&e=1 there", "no https://b.com/v.mp4?… there"),
        ("got data:image/jpeg;base64,/9j/4AAQ==", "got data:image/jpeg;base64,…"),
        ("two\n\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_foreign_words_lose_secrets_and_line_breaks(said: str, kept: str) -> None:
    assert quoted(said, ("my-secret",)) == kept


def test_foreign_words_are_kept_short() -> None:
    assert len(quoted("word " * 1000, ())) == QUOTE_LENGTH
