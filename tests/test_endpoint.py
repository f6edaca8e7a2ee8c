"""The fake model server: strict, scripted, and honest about what it saw."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from shotlog.testing.endpoint import Endpoint, Fault


def jpeg_url() -> str:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def chat(**changes: Any) -> dict[str, Any]:
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": jpeg_url()}},
    ]
    message = {"role": "user", "content": parts}
    return {"model": "test-model", "messages": [message], "max_tokens": 8, **changes}


def plain(**changes: Any) -> dict[str, Any]:
    question = {"video_url": "u", "instruction": "i", "max_resolution": "720p", "max_fps": 30}
    return {**question, **changes}


def user(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts)}]


TEXT = {"type": "text", "text": "?"}


def ask(endpoint: Endpoint, question: object, **headers: str) -> httpx.Response:
    url = f"{endpoint.url}/v1/chat/completions"
    return httpx.post(url, json=question, headers=headers, trust_env=False)


def test_the_same_question_gets_the_same_answer() -> None:
    with Endpoint() as endpoint:
        first, second = (ask(endpoint, chat()).json() for _ in range(2))
    assert first == second
    assert first["choices"][0]["message"]["content"].startswith("1 frames, ")


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ([], 400),
        (chat(model="other"), 404),
        (chat(max_tokens=None), 400),
        (chat(max_tokens=0), 400),
        (chat(temperature="0"), 400),
        (chat(messages=[]), 400),
        (chat(messages=user()), 400),
        (chat(messages=user({"type": "video", "video": []})), 400),
        (chat(messages=user(TEXT, {"type": "image_url", "image_url": {"url": "http://x"}})), 400),
        (
            chat(messages=user(TEXT, {"type": "image_url", "image_url": {"url": jpeg_url()[:90]}})),
            400,
        ),
    ],
)
def test_a_question_that_no_server_would_take_is_refused(question: object, status: int) -> None:
    with Endpoint() as endpoint:
        response = ask(endpoint, question)
    assert response.status_code == response.json()["error"]["code"] == status
    assert (len(endpoint.requests), endpoint.answered) == (1, 0)


@pytest.mark.parametrize("question", [{}, plain(max_fps="30"), plain(video_url=""), plain(fps=2)])
def test_a_plain_question_must_be_whole(question: dict[str, Any]) -> None:
    with Endpoint() as endpoint:
        response = httpx.post(endpoint.plain_url, json=question, trust_env=False)
    assert response.status_code == 422


def test_a_key_is_asked_for_and_not_kept() -> None:
    with Endpoint(key="secret-key") as endpoint:
        without = ask(endpoint, chat())
        wrong = ask(endpoint, chat(), authorization="Bearer other")
        right = ask(endpoint, chat(), authorization="Bearer secret-key")
        models = httpx.get(f"{endpoint.url}/v1/models", trust_env=False)
    statuses = [response.status_code for response in (without, wrong, right, models)]
    assert statuses == [401, 401, 200, 401]
    assert [each.has_authorization for each in endpoint.requests] == [False, True, True]
    assert "secret-key" not in repr(endpoint.requests)


def test_an_answer_can_be_given_by_a_function() -> None:
    with Endpoint(answer=lambda question: question.instruction.upper()) as endpoint:
        answer = httpx.post(endpoint.plain_url, json=plain(), trust_env=False).json()
    assert answer == {"description": "I"}


def test_faults_come_in_order_and_as_often_as_said() -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=429, retry_after="3", times=2), Fault(status=500, body=b"x"))
        responses = [ask(endpoint, chat()) for _ in range(4)]
    assert [response.status_code for response in responses] == [429, 429, 500, 200]
    assert responses[0].headers["retry-after"] == "3"
    assert [each.status for each in endpoint.requests] == [429, 429, 500, 200]
    assert [each.order for each in endpoint.requests] == [1, 2, 3, 4]


def test_a_dropped_connection_is_dropped() -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(drop=True))
        with pytest.raises(httpx.TransportError):
            ask(endpoint, chat())
    assert endpoint.requests[0].status is None


def test_held_questions_are_answered_on_release() -> None:
    responses: list[httpx.Response] = []
    with Endpoint() as endpoint:
        endpoint.hold()
        asking = threading.Thread(target=lambda: responses.append(ask(endpoint, chat())))
        asking.start()
        endpoint.wait_for_requests(1)
        assert (endpoint.answered, responses) == (0, [])
        endpoint.release()
        asking.join(10)
    assert (endpoint.answered, responses[0].status_code) == (1, 200)


@pytest.mark.parametrize("hangs", [False, True])
def test_the_end_frees_those_who_wait(hangs: bool) -> None:
    errors: list[str] = []

    def wait_for_nothing() -> None:
        try:
            ask(endpoint, chat())
        except httpx.TransportError as error:
            errors.append(type(error).__name__)

    asking = threading.Thread(target=wait_for_nothing)
    with Endpoint() as endpoint:
        if hangs:
            endpoint.fail(Fault(hang=True))
        else:
            endpoint.hold()
        asking.start()
        endpoint.wait_for_requests(1)
    asking.join(10)
    assert len(errors) == 1
    assert endpoint.answered == 0


def test_waiting_for_requests_that_never_come_ends() -> None:
    with Endpoint() as endpoint, pytest.raises(TimeoutError, match="0 of 1"):
        endpoint.wait_for_requests(1, timeout_seconds=0.01)


def test_other_paths_are_not_found_and_health_is_well() -> None:
    with Endpoint() as endpoint:
        paths = ("/nowhere", "/health", "/describe", "/v1/models")
        got = [httpx.get(endpoint.url + path, trust_env=False).status_code for path in paths]
    assert got == [404, 200, 405, 200]


def test_the_program_journals_what_it_answered(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    command = [sys.executable, "-m", "shotlog.testing.endpoint", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        for question in (chat(), chat(model="other"), chat()):
            httpx.post(f"{url}/v1/chat/completions", json=question, trust_env=False)
        program.terminate()
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line["order"] for line in lines] == [1, 3]
    assert all(line["answered"] for line in lines)
