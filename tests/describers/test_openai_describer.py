"""The describer for OpenAI-style endpoints, against a real server on loopback."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from describing import (
    INSTRUCTION,
    KEY,
    clip_to_describe,
    model_server,
    openai_describer,
    without_frames,
)

from shotlog.describers.asking import Completion, without_thoughts
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.chat.completions import read_completion
from shotlog.describers.judging import Tally, draft_of, finished
from shotlog.describers.modelled import ModelDescriber
from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.prompts.clips import Wanted
from shotlog.records import Answer
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.flavours import RULES


def test_a_clip_is_described_from_its_frames(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        describer = openai_describer(endpoint.url)
        answer = describer.describe(clip_to_describe(tmp_path, frame_count=3))
        describer.close()
    question = endpoint.requests[0].question
    assert question is not None
    assert answer.description == f"3 frames, {question.frames_hash}."
    assert (answer.model, answer.flags, answer.requests) == ("test-model", (), 1)
    assert answer.prompt_tokens is not None
    assert answer.completion_tokens == 3


def test_the_question_is_what_servers_cache_best(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        describer = openai_describer(endpoint.url)
        describer.describe(clip_to_describe(tmp_path, 1, frame_count=2))
        describer.describe(clip_to_describe(tmp_path, 2, frame_count=3))
        describer.close()
    first, second = (request.question for request in endpoint.requests)
    assert first is not None
    assert second is not None
    assert first.instruction == second.instruction
    assert first.instruction.startswith(INSTRUCTION)
    assert first.labels[:2] == ("frame at 0.0 s:", "frame at 0.5 s:")
    assert "from 0:00 to 0:15" in first.labels[2]
    assert (first.max_tokens, first.temperature) == (64, 0)
    assert first.frames_hash != second.frames_hash


def test_the_only_model_is_found_once(tmp_path: Path) -> None:
    with Endpoint(models=("only-one",)) as endpoint:
        describer = openai_describer(endpoint.url, model=None)
        clip = clip_to_describe(tmp_path)
        assert [describer.describe(clip).model for _ in range(2)] == ["only-one"] * 2
        describer.close()


def test_several_models_are_not_guessed_among(tmp_path: Path) -> None:
    with Endpoint(models=("a", "b", "c", "d", "e", "f")) as endpoint:
        describer = openai_describer(endpoint.url, model=None)
        with pytest.raises(EndpointRefusedError, match="a, b, c, d, e and 1 more") as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert "--model" in caught.value.hint
    assert not endpoint.requests


def test_an_endpoint_without_models_asks_for_a_name(tmp_path: Path) -> None:
    with Endpoint(models=()) as endpoint:
        describer = openai_describer(endpoint.url, model=None)
        with pytest.raises(EndpointRefusedError, match="does not say which models"):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(status=400), DescribeRefusedError, "scripted"),
        (Fault(status=401), EndpointRefusedError, "401"),
        (Fault(status=404), EndpointRefusedError, "404"),
        (Fault(status=413, times=None), DescribeRefusedError, "FrameFPS"),
        (Fault(status=429), DescribeInterruptedError, "429"),
        (Fault(status=503), DescribeInterruptedError, "503"),
        (Fault(status=307, body=b""), EndpointRefusedError, "sends nobody elsewhere"),
        (Fault(drop=True), DescribeInterruptedError, "broke before the answer was whole"),
        (Fault(status=200, body=b"{not json"), DescribeInterruptedError, "no JSON"),
        (Fault(status=200, body=b""), DescribeInterruptedError, "0 bytes"),
        (Fault(status=200, body=b"[]"), EndpointRefusedError, "no object"),
        (Fault(status=200, body=b"{}"), EndpointRefusedError, "no chat completion"),
        (
            Fault(status=200, body=b"<!doctype html>", content_type="text/html"),
            EndpointRefusedError,
            "web page",
        ),
        (
            Fault(status=200, body=b'{"error": {"message": "busy", "code": 503}}'),
            DescribeInterruptedError,
            '503: "busy"',
        ),
    ],
)
def test_each_fault_is_its_own_error(
    tmp_path: Path, fault: Fault, kind: type[DescribeError], words: str
) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(fault)
        describer = openai_describer(endpoint.url)
        with pytest.raises(DescribeError) as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert caught.value.hint


def test_a_passing_fault_is_tried_again(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=429, retry_after="0"), Fault(drop=True), Fault(status=503))
        describer = openai_describer(endpoint.url, tries=4)
        assert describer.describe(clip_to_describe(tmp_path)).description
        describer.close()
    assert (len(endpoint.requests), endpoint.answered) == (4, 1)


def test_a_refusal_is_not_tried_again(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=400))
        describer = openai_describer(endpoint.url, tries=4)
        with pytest.raises(DescribeRefusedError):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert len(endpoint.requests) == 1


def test_the_servers_wish_to_wait_is_kept(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=429, retry_after="17"))
        describer = openai_describer(endpoint.url)
        with pytest.raises(DescribeInterruptedError) as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert caught.value.retry_after_seconds == 17


def test_a_server_that_is_away_can_be_tried_later(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        describer = openai_describer(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(DescribeInterruptedError, match="cannot be reached"):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()


def test_a_server_that_hangs_is_left(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(hang=True))
        server = model_server(endpoint.url, timeout_seconds=0.05)
        describer = ModelDescriber(ChatAsker(server, model="test-model"), max_tokens=8)
        with pytest.raises(DescribeInterruptedError, match=r"no answer within 0\.05 s"):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()


def test_a_server_that_dribbles_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dribbling = threading.Thread(target=dribble, args=(listening,))
        dribbling.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = model_server(address, timeout_seconds=0.06)
        describer = ModelDescriber(ChatAsker(server, model="test-model"), max_tokens=8)
        with pytest.raises(DescribeInterruptedError, match="no answer within"):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
        dribbling.join(10)


def dribble(listening: socket.socket) -> None:
    """Sends a blank now and then, as gateways do to keep a connection up, for ever."""
    connection, _ = listening.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.005)


@pytest.mark.parametrize("echo", [f"bad key {KEY}", f"bad header Bearer {KEY}"])
def test_the_key_is_sent_and_seen_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, echo: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="shotlog")
    with Endpoint(key=KEY) as endpoint:
        describer = openai_describer(f"{endpoint.url}/?token={KEY}", key=KEY)
        describer.describe(clip_to_describe(tmp_path))
        body = json.dumps({"error": {"message": echo}}).encode()
        endpoint.fail(Fault(status=401, body=body))
        with pytest.raises(EndpointRefusedError) as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert endpoint.requests[0].has_authorization
    everything = (str(caught.value), caplog.text, repr(endpoint.requests), repr(describer))
    assert all(KEY not in text for text in everything)
    assert caught.value.__cause__ is None


def test_a_wrong_key_tells_where_the_key_is_set(tmp_path: Path) -> None:
    with Endpoint(key=KEY) as endpoint:
        describer = openai_describer(endpoint.url, key="another")
        with pytest.raises(EndpointRefusedError) as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert "SHOTLOG_ACCESS_KEY" in caught.value.hint


def test_an_unknown_model_tells_how_to_name_another(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        describer = openai_describer(endpoint.url, model="nobody")
        with pytest.raises(EndpointRefusedError, match="nobody") as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert "--model" in caught.value.hint


def test_pai_eas_gets_the_bare_key_where_it_wants_that(tmp_path: Path) -> None:
    with Endpoint(key=KEY, bare_key=True) as endpoint:
        describer = openai_describer(f"{endpoint.url}/api/predict/service", key=KEY)
        for index in (1, 2):
            assert describer.describe(clip_to_describe(tmp_path, index)).description
        describer.close()
    assert 401 not in [request.status for request in endpoint.requests]


def test_many_threads_get_each_their_own_answer(tmp_path: Path) -> None:
    clips = [clip_to_describe(tmp_path, index, frame_count=1) for index in range(1, 25)]
    with Endpoint() as endpoint, ThreadPoolExecutor(8) as pool:
        describer = openai_describer(endpoint.url, model=None)
        answers = list(pool.map(describer.describe, clips))
        describer.close()
    by_hash = {
        f"1 frames, {request.question.frames_hash}."
        for request in endpoint.requests
        if request.question is not None
    }
    assert {answer.description for answer in answers} == by_hash
    assert len(by_hash) == endpoint.answered == len(clips)


def test_close_ends_questions_that_wait(tmp_path: Path) -> None:
    with Endpoint() as endpoint, ThreadPoolExecutor(1) as pool:
        endpoint.fail(Fault(status=503, retry_after="60", times=None))
        describer = openai_describer(endpoint.url, tries=5)
        waiting = pool.submit(describer.describe, clip_to_describe(tmp_path))
        endpoint.wait_for_requests(1)
        describer.close()
        describer.close()
        assert isinstance(waiting.exception(timeout=10), DescribeInterruptedError)
    with pytest.raises(DescribeInterruptedError, match="called off"):
        describer.describe(clip_to_describe(tmp_path))


def test_close_while_an_answer_is_awaited_is_no_crash(tmp_path: Path) -> None:
    with Endpoint() as endpoint, ThreadPoolExecutor(1) as pool:
        endpoint.hold()
        describer = openai_describer(endpoint.url)
        waiting = pool.submit(describer.describe, clip_to_describe(tmp_path))
        endpoint.wait_for_requests(1)
        describer.close()
        endpoint.release()
        error = waiting.exception(timeout=10)
        assert error is None or isinstance(error, DescribeInterruptedError)


def test_frames_that_are_missing_or_cut_are_not_sent(tmp_path: Path) -> None:
    clip = clip_to_describe(tmp_path)
    assert clip.frames_path is not None
    with Endpoint() as endpoint:
        describer = openai_describer(endpoint.url)
        with pytest.raises(DescribeRefusedError, match="no frames"):
            describer.describe(without_frames(clip))
        with pytest.raises(DescribeRefusedError, match="cannot be read"):
            describer.describe(replace(clip, frames_path=tmp_path / "absent"))
        clip.frames_path.write_bytes(b"short")
        with pytest.raises(DescribeRefusedError, match="are 5 bytes") as caught:
            describer.describe(clip)
        describer.close()
    assert "--redo scan" in caught.value.hint
    assert not endpoint.requests


def test_a_look_at_the_endpoint_lists_its_models() -> None:
    with Endpoint(models=("a", "b")) as endpoint:
        describer = openai_describer(endpoint.url, model="a")
        check = describer.check()
        describer.close()
    assert (check.models, check.model, check.lists_model) == (("a", "b"), "a", True)
    assert check.address == f"{endpoint.url}/v1/chat/completions"
    assert not endpoint.requests


def test_a_look_with_a_wrong_key_is_an_error() -> None:
    with Endpoint(key=KEY) as endpoint:
        describer = openai_describer(endpoint.url)
        with pytest.raises(EndpointRefusedError, match="401"):
            describer.check()
        describer.close()


def test_an_endpoint_without_a_list_is_there_all_the_same() -> None:
    with Endpoint() as endpoint:
        describer = openai_describer(f"{endpoint.url}/elsewhere/v2")
        check = describer.check()
        describer.close()
    assert (check.models, check.lists_model) == ((), None)


NO_SCOPE = b'{"error": {"message": "Missing scopes: api.model.read", "code": "missing_scope"}}'


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=403),
        Fault(status=401, body=NO_SCOPE),
        Fault(status=400),
        Fault(status=200, body=b"<html>a page for people</html>", content_type="text/html"),
    ],
    ids=["403", "scopes", "400", "page"],
)
def test_a_key_that_is_kept_from_the_list_may_ask_all_the_same(
    tmp_path: Path, fault: Fault
) -> None:
    with Endpoint() as endpoint:
        endpoint.fail_models(fault)
        describer = openai_describer(endpoint.url)
        check = describer.check()
        assert (check.models, check.model) == ((), "test-model")
        # One word was asked to hear whether questions are answered.
        assert [each.question is not None for each in endpoint.requests] == [True]
        assert describer.describe(clip_to_describe(tmp_path)).description
        describer.close()


def test_a_look_asks_the_chat_where_the_list_does_not_tell_whether_the_key_is_right() -> None:
    with Endpoint() as endpoint:
        endpoint.fail_models(Fault(status=403))
        endpoint.fail(Fault(status=403, times=None))
        describer = openai_describer(endpoint.url)
        with pytest.raises(EndpointRefusedError, match="chat/completions answered 403") as caught:
            describer.check()
        describer.close()
    assert "SHOTLOG_ACCESS_KEY" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": "test-model", "object": "model"}]',
        b'{"models": [{"id": "test-model"}]}',
    ],
)
def test_a_list_of_models_may_have_another_shape(body: bytes) -> None:
    with Endpoint() as endpoint:
        endpoint.fail_models(Fault(status=200, body=body))
        describer = openai_describer(endpoint.url, model=None)
        assert describer.check().models == ("test-model",)
        describer.close()


def test_a_look_says_that_a_model_must_be_named_before_any_work_is_done() -> None:
    for models, said in (((), "does not say which models"), (("a", "b"), "has 2 models: a, b")):
        with Endpoint(models=models) as endpoint:
            describer = openai_describer(endpoint.url, model=None)
            with pytest.raises(EndpointRefusedError, match=said) as caught:
                describer.check()
            describer.close()
        assert "--model" in caught.value.hint


def test_where_an_address_sends_on_to_is_told() -> None:
    with Endpoint() as endpoint:
        elsewhere = {"Location": "https://other.example/v1/models?key=secret"}
        endpoint.fail_models(Fault(status=308, headers=elsewhere))
        describer = openai_describer(endpoint.url)
        with pytest.raises(EndpointRefusedError, match="308") as caught:
            describer.check()
        describer.close()
    assert "sends on to https://other.example/v1/models:" in caught.value.hint
    assert "secret" not in str(caught.value)


STREAMING = replace(RULES["openai"], streams=True)


def test_an_answer_that_comes_piece_by_piece_is_read(tmp_path: Path) -> None:
    with Endpoint(flavour=STREAMING, answer=lambda _: "Ein Hund läuft über die Straße.") as streams:
        describer = openai_describer(streams.url)
        answer = describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert answer.description == "Ein Hund läuft über die Straße."
    assert (answer.prompt_tokens or 0) > 300
    assert answer.completion_tokens == 6
    assert len(streams.requests) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'data: {"choices": [{"delta": {"content": "A dog"}}]}\n\n', "has no end"),
        (b'data: {"error": {"message": "overloaded", "code": 503}}\n\n', '503: "overloaded"'),
        (b": nothing yet\n\ndata: [DONE]\n\n", "has no end"),
    ],
)
def test_half_a_stream_is_no_answer(tmp_path: Path, body: bytes, words: str) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=200, body=body, content_type="text/event-stream; charset=utf-8"))
        describer = openai_describer(endpoint.url)
        with pytest.raises(DescribeInterruptedError, match=words):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()


def refused_field(name: str) -> Fault:
    words = f"Unsupported parameter: '{name}' is not supported with this model."
    return Fault(status=400, body=json.dumps({"error": {"message": words}}).encode())


def test_a_field_that_a_model_does_not_take_is_left_out_from_then_on(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(refused_field("temperature"))
        describer = openai_describer(endpoint.url)
        for index in (1, 2):
            assert describer.describe(clip_to_describe(tmp_path, index)).description
        describer.close()
    seen = [each.question.temperature for each in endpoint.requests if each.question]
    assert seen == [0, None, None]


def test_a_field_that_is_refused_again_and_again_is_an_error(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(replace(refused_field("top_p"), times=None))
        describer = openai_describer(endpoint.url)
        with pytest.raises(DescribeRefusedError, match="top_p"):
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_words_that_are_all_thoughts_are_told_as_such(key: str) -> None:
    message = {"content": None, key: "A dog runs."}
    found = {"choices": [{"message": message, "finish_reason": "stop"}]}
    said = read_completion(found, "m", "http://host")
    assert (said.text, said.thought, said.cut) == ("", True, False)
    with pytest.raises(DescribeRefusedError, match="all its words into its thoughts") as caught:
        answer_of(said)
    assert "reasoning parser" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A dog.", "A dog."),
        ("<think>hm\n</think>\n\nA dog.", "A dog."),
        ("it began in the prompt</think>A dog.", "A dog."),
        ("<think>never ends", ""),
        ("A <think>x</think>dog<think>y</think>.", "A dog."),
    ],
)
def test_thoughts_are_no_description(text: str, kept: str) -> None:
    assert without_thoughts(text) == kept


def completion(
    content: object, finish_reason: str = "stop", **message: object
) -> dict[str, object]:
    choice = {"message": {"content": content, **message}, "finish_reason": finish_reason}
    return {"choices": [choice]}


def test_an_answer_may_come_in_parts_and_without_counts() -> None:
    content = [{"type": "text", "text": "A "}, {"type": "text", "text": "dog."}]
    said = read_completion(completion(content), "m", "host")
    assert said == Completion(text="A dog.", model="m", cut=False)


def answer_of(said: Completion) -> Answer:
    return finished(draft_of(said, Wanted()), Tally().with_one(said))


def test_an_answer_that_was_cut_is_kept_and_marked() -> None:
    said = read_completion(completion("A dog runs", "length"), "m", "host")
    assert answer_of(said).flags == ("cut",)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (completion(""), DescribeInterruptedError),
        (completion(" \n"), DescribeInterruptedError),
        (completion(None), DescribeInterruptedError),
        (completion([]), DescribeInterruptedError),
        ({"choices": []}, DescribeInterruptedError),
        (completion("<think>long", "length"), DescribeRefusedError),
        (completion("A", "content_filter"), DescribeRefusedError),
        (completion(None, refusal="I can't"), DescribeRefusedError),
        ({"choices": None}, EndpointRefusedError),
        ({"choices": ["A dog."]}, EndpointRefusedError),
        ({"choices": [{"text": "A dog."}]}, EndpointRefusedError),
    ],
)
def test_an_answer_without_words_is_an_error(
    found: dict[str, object], kind: type[DescribeError]
) -> None:
    with pytest.raises(DescribeError) as caught:
        answer_of(read_completion(found, "m", "host"))
    assert type(caught.value) is kind


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = threading.active_count()
    with Endpoint() as endpoint:
        describer = openai_describer(endpoint.url)
        describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert threading.active_count() == before
