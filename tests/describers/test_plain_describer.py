"""The describer for the plain protocol, against a real server on loopback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from describing import INSTRUCTION, KEY, clip_to_describe, plain_describer, without_frames

from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.testing.endpoint import Endpoint, Fault


def test_the_server_is_given_the_clips_address(tmp_path: Path) -> None:
    clip = without_frames(clip_to_describe(tmp_path, url="https://host/a%20b.mp4?sig=x"))
    with Endpoint(key=KEY) as endpoint:
        describer = plain_describer(endpoint.plain_url, key=KEY)
        answer = describer.describe(clip)
        describer.close()
    question = endpoint.requests[0].question
    assert question is not None
    assert (question.video_url, question.instruction) == (clip.url, INSTRUCTION)
    assert (question.max_resolution, question.max_fps) == ("720p", 30)
    assert answer.description == "A clip at https://host/a%20b.mp4."
    assert answer.model == "plain"
    assert endpoint.requests[0].has_authorization


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(status=401), EndpointRefusedError, "SHOTLOG_ACCESS_KEY"),
        (Fault(status=422), DescribeRefusedError, "422"),
        (Fault(status=429), DescribeInterruptedError, "429"),
        (Fault(drop=True), DescribeInterruptedError, "broke"),
        (Fault(status=200, body=b'{"text": "A dog."}'), EndpointRefusedError, '"description"'),
        (Fault(status=200, body=b'{"description": ""}'), DescribeInterruptedError, "empty"),
        (Fault(status=200, body=b'{"description": null}'), DescribeInterruptedError, "empty"),
        (Fault(status=200, body=b'{"description": "..."}'), DescribeInterruptedError, "empty"),
        (
            Fault(status=200, body=b'{"description": "I cannot describe this video."}'),
            DescribeRefusedError,
            "refused",
        ),
        (Fault(status=200, body=b'{"error": "busy"}'), DescribeInterruptedError, "busy"),
    ],
)
def test_each_fault_is_its_own_error(
    tmp_path: Path, fault: Fault, kind: type[DescribeError], words: str
) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(fault)
        describer = plain_describer(endpoint.plain_url)
        with pytest.raises(DescribeError) as caught:
            describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert type(caught.value) is kind
    assert words in str(caught.value)


def test_a_passing_fault_is_tried_again(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=503, times=2))
        describer = plain_describer(endpoint.plain_url, tries=3)
        assert describer.describe(clip_to_describe(tmp_path)).description
        describer.close()
    assert endpoint.answered == 1


def test_a_server_elsewhere_is_not_sent_a_file_of_this_machine(tmp_path: Path) -> None:
    describer = plain_describer("http://model.invalid/describe")
    with pytest.raises(DescribeRefusedError, match="lies on this machine") as caught:
        describer.describe(clip_to_describe(tmp_path, url="file:///clips/clip_001.mp4"))
    describer.close()
    assert "Publish the clips" in caught.value.hint


def test_a_server_here_reads_files_of_this_machine(tmp_path: Path) -> None:
    clip = replace(clip_to_describe(tmp_path), url="file:///clips/clip_001.mp4")
    with Endpoint() as endpoint:
        describer = plain_describer(endpoint.plain_url)
        assert describer.describe(clip).description == "A clip at file:///clips/clip_001.mp4."
        describer.close()


def test_a_knock_asks_nothing() -> None:
    with Endpoint() as endpoint:
        describer = plain_describer(endpoint.plain_url)
        check = describer.check()
        describer.close()
    assert (check.protocol, check.address) == ("plain", endpoint.plain_url)
    assert not endpoint.requests


def test_a_knock_at_a_wrong_path_is_an_error() -> None:
    with Endpoint() as endpoint:
        describer = plain_describer(f"{endpoint.url}/elsewhere")
        with pytest.raises(EndpointRefusedError, match="404"):
            describer.check()
        describer.close()


def test_words_over_and_over_are_flagged_and_not_asked_for_again(tmp_path: Path) -> None:
    with Endpoint(answer=lambda _: "The car drives. " * 30) as endpoint:
        describer = plain_describer(endpoint.plain_url)
        answer = describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert (answer.flags, len(endpoint.requests)) == (("repetition",), 1)
