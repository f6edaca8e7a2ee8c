"""A model that is asked about whole videos, behind a real HTTP server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from shotlog.describers import make_describer
from shotlog.describers.summarizer import WholeTeller, make_teller
from shotlog.errors import DescribeRefusedError, EndpointRefusedError, SettingError
from shotlog.prompts.videos import QUESTION_BYTES
from shotlog.records import Chapter, Span
from shotlog.retries import RetryPolicy
from shotlog.settings import load_settings
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.questions import Question

Clips = list[tuple[Span, str, str | None]]


def clips(count: int, text: str = "A dog runs.") -> Clips:
    return [
        (Span(index, Fraction(15 * (index - 1)), Fraction(15 * index)), text, None)
        for index in range(1, count + 1)
    ]


def answered(*starts: int, description: str = "Dogs run.") -> str:
    chapters = [{"first_clip": start, "title": f"Chapter of {start}"} for start in starts]
    return json.dumps({"title": "Dogs", "description": description, "chapters": chapters})


@contextmanager
def teller_of(endpoint: Endpoint, **given: object) -> Iterator[WholeTeller]:
    settings = load_settings({"public_endpoint": endpoint.url, **given}, environment={})
    describer = make_describer(settings, policy=RetryPolicy(attempts=2, base_seconds=0.001))
    try:
        teller = make_teller(settings, describer)
        assert teller is not None
        yield teller
    finally:
        describer.close()


def scripted(*answers: str) -> Callable[[Question], str]:
    left = list(answers)
    return lambda _: left.pop(0)


def asked(endpoint: Endpoint) -> list[str]:
    """All words of each question."""
    questions = [request.question for request in endpoint.requests if request.question]
    return ["\n".join((each.instruction, *each.labels)) for each in questions]


def test_a_short_video_is_one_question_and_chapters_get_the_clips_times() -> None:
    with Endpoint(answer=scripted(answered(1, 3))) as endpoint, teller_of(endpoint) as teller:
        told = teller.tell(clips(4))
        (question,) = asked(endpoint)
    assert (told.title, told.description) == ("Dogs", "Dogs run.")
    assert told.chapters == (
        Chapter(Fraction(0), Fraction(30), "Chapter of 1"),
        Chapter(Fraction(30), Fraction(60), "Chapter of 3"),
    )
    assert told.prompt_tokens > 0
    assert question.startswith("You are given the descriptions of the clips of one video")
    assert "clip 4 (0:45-1:00): A dog runs." in question


def test_a_long_video_is_told_in_parts_and_no_question_is_too_long() -> None:
    def parts(question: Question) -> str:
        numbers = re.findall(r"^clips? (\d+)", "\n".join(question.labels), re.MULTILINE)
        starts = [int(number) for number in numbers]
        return answered(starts[0], starts[-1], description="Dogs run. " * 40)

    with Endpoint(answer=parts) as endpoint, teller_of(endpoint) as teller:
        told = teller.tell(clips(960, "A dog runs over a wet lawn and barks at a bird. " * 8))
        questions = asked(endpoint)
    assert len(questions) > 20
    assert max(len(each.encode()) for each in questions) <= QUESTION_BYTES
    first = [int(n) for each in questions for n in re.findall(r"^clip (\d+) ", each, re.MULTILINE)]
    assert sorted(first) == list(range(1, 961))
    assert "The video is told here in parts" in questions[-1]
    starts = [chapter.start for chapter in told.chapters]
    assert starts[0] == 0
    assert all(start % 15 == 0 for start in starts)
    assert told.chapters[-1].end == 960 * 15


def test_no_question_is_too_long_whatever_the_model_says_and_the_user_wants(
    tmp_path: Path,
) -> None:
    template = tmp_path / "words.txt"
    template.write_text("Sum it up, in the words of a sailor. " * 210, encoding="utf-8")
    with (
        Endpoint(answer=lambda _: "Ahoy! " * 5000) as endpoint,
        teller_of(endpoint, summary_template=template) as teller,
    ):
        with pytest.raises(DescribeRefusedError):
            teller.tell(clips(200, "A ship sails over the sea. " * 20))
        questions = asked(endpoint)
    assert len(questions) == 2
    assert max(len(each.encode()) for each in questions) > QUESTION_BYTES * 2 // 3
    assert max(len(each.encode()) for each in questions) <= QUESTION_BYTES


def test_an_answer_of_another_form_is_asked_for_once_more_with_the_reason() -> None:
    with (
        Endpoint(answer=scripted("A film of dogs.", answered())) as endpoint,
        teller_of(endpoint) as teller,
    ):
        told = teller.tell(clips(2))
        first, second = asked(endpoint)
    assert (told.title, told.requests) == ("Dogs", 2)
    assert "could not be used" not in first
    assert "A film of dogs." in second
    assert "could not be used" in second


def test_chapters_that_cannot_be_are_left_out_the_second_time() -> None:
    with (
        Endpoint(answer=scripted(answered(2), answered(1, 7))) as endpoint,
        teller_of(endpoint) as teller,
    ):
        told = teller.tell(clips(3))
        assert "the first chapter begins with clip 2, not with clip 1." in asked(endpoint)[1]
    assert (told.title, told.chapters) == ("Dogs", ())


def test_two_answers_of_another_form_are_no_summary() -> None:
    with (
        Endpoint(answer=scripted("Dogs.", "Still dogs.")) as endpoint,
        teller_of(endpoint) as teller,
        pytest.raises(DescribeRefusedError, match="twice"),
    ):
        teller.tell(clips(2))


def test_a_refused_key_ends_it_at_once() -> None:
    with Endpoint(key="sk-1") as endpoint, teller_of(endpoint, model="test-model") as teller:
        with pytest.raises(EndpointRefusedError):
            teller.tell(clips(2))
        assert not endpoint.answered


def test_a_busy_server_is_asked_again() -> None:
    with Endpoint() as endpoint, teller_of(endpoint) as teller:
        endpoint.fail(Fault(status=503))
        assert teller.tell(clips(2)).title == "A video"


def test_the_teller_is_known_by_model_and_words_and_not_by_address_or_key() -> None:
    with Endpoint() as endpoint:
        identities = []
        for given in ({}, {"language": "de"}, {"model": "test-model"}, {"access_key": "sk-1"}):
            with teller_of(endpoint, **given) as teller:
                identities.append(dict(teller.identity()))
    assert identities[0] == identities[3]
    assert len({json.dumps(each) for each in identities}) == 3
    assert "sk-1" not in json.dumps(identities)
    assert "127.0.0.1" not in json.dumps(identities)


def test_a_summary_by_a_model_needs_one_that_can_be_asked_about_words() -> None:
    settings = load_settings({"summary": "model"}, environment={})
    with pytest.raises(SettingError, match="signals"):
        make_teller(settings, make_describer(settings))
    assert make_teller(load_settings({}, environment={}), make_describer(settings)) is None
