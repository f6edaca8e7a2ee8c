"""What becomes of a model's answers: fields, repair, flags, and asking once more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from describing import clip_to_describe, model_server

from shotlog.describers.asking import Completion, ModelQuestion
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.futile_retries import IN_VAIN, Patience
from shotlog.describers.modelled import AGAIN, ModelDescriber
from shotlog.describers.repeated_answers import USELESS_TRIES, SaidWords
from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.prompts.clips import ClipPrompt, Wanted
from shotlog.quality import SAID_OFTEN
from shotlog.records import Answer
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.questions import Question

FIELDS: dict[str, Any] = {
    "description": "A man drives a forklift through a hall.",
    "actions": ["drives"],
    "objects": ["forklift"],
    "people_count": 1,
    "setting": "warehouse",
    "time_of_day": "unclear",
    "on_screen_text": [],
    "camera": "fixed",
    "mood": "calm",
    "category": "Work",
    "tags": ["forklift"],
    "safety_flags": [],
}
WHOLE = json.dumps(FIELDS)
MISSING = json.dumps({name: value for name, value in FIELDS.items() if name != "mood"})
LOOP = "The man walks. " * 30
SORRY = "I'm sorry, but I can't assist with that request."
GERMAN = "Ein Mann fährt mit einem Gabelstapler durch die Halle und hält vor dem Tor an."


class Script:
    """Answers of an endpoint, one after the other; the last one from then on."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> str:
        self.questions.append(question)
        return self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]


def describe(folder: Path, script: Script, wanted: Wanted | None = None) -> Answer:
    with Endpoint(answer=script) as endpoint:
        describer = describer_at(endpoint, wanted or Wanted())
        try:
            return describer.describe(clip_to_describe(folder))
        finally:
            describer.close()


def describer_at(endpoint: Endpoint, wanted: Wanted) -> ModelDescriber:
    asker = ChatAsker(model_server(endpoint.url), model="test-model")
    return ModelDescriber(asker, max_tokens=64, prompt=ClipPrompt(wanted))


def cut(text: str, finish_reason: str = "length") -> Fault:
    """A whole HTTP answer whose words broke off at the token limit."""
    body = {
        "model": "test-model",
        "choices": [{"message": {"content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 64},
    }
    return Fault(status=200, body=json.dumps(body).encode())


class ToldAsker:
    """An asker whose server keeps schemas, or says that it does."""

    name = "told"
    concurrency = 1
    notes = ()

    def __init__(self, *said: str | Completion | DescribeError) -> None:
        self._said = list(said)
        self.questions: list[ModelQuestion] = []

    def identity(self) -> Mapping[str, str]:
        return {"protocol": self.name, "model": "m"}

    def ask(self, question: ModelQuestion) -> Completion:
        self.questions.append(question)
        said = self._said.pop(0)
        if isinstance(said, DescribeError):
            raise said
        if isinstance(said, Completion):
            return said
        return Completion(said, "m", cut=False, schema_told=question.schema is not None)

    def check(self) -> EndpointCheck:
        return EndpointCheck(protocol=self.name, model="m")

    def close(self) -> None:
        """Nothing is held."""


def told(
    folder: Path, said: Sequence[str | Completion | DescribeError], **wanted: Any
) -> tuple[Answer, ToldAsker]:
    asker = ToldAsker(*said)
    describer = ModelDescriber(asker, max_tokens=64, prompt=ClipPrompt(Wanted(**wanted)))
    return describer.describe(clip_to_describe(folder)), asker


def test_an_answer_in_fields_is_description_and_tags(tmp_path: Path) -> None:
    script = Script(f"Sure!\n```json\n{WHOLE}\n```")
    answer = describe(tmp_path, script)
    assert answer.description == FIELDS["description"]
    assert answer.fields is not None
    assert answer.fields.people_count == 1
    assert answer.tags == ("forklift", "work")
    assert (answer.flags, answer.requests) == ((), 1)
    assert '"safety_flags": list of any of' in script.questions[0].instruction


def test_without_structure_json_is_just_text(tmp_path: Path) -> None:
    answer = describe(tmp_path, Script(WHOLE), Wanted(structured="no"))
    assert (answer.description, answer.fields, answer.tags) == (WHOLE, None, ())
    assert (answer.flags, answer.requests) == ((), 1)


def test_the_schema_goes_with_the_question_and_its_repair(tmp_path: Path) -> None:
    answer, asker = told(tmp_path, [MISSING, WHOLE], categories=("Work", "Play"))
    assert [each.schema is not None for each in asker.questions] == [True, True]
    schema = asker.questions[0].schema
    assert schema is not None
    assert schema["properties"]["category"]["enum"] == ["Work", "Play"]
    assert (answer.flags, answer.requests) == ((), 2)


def test_an_answer_that_will_not_do_is_repaired_with_words_alone(tmp_path: Path) -> None:
    script = Script(MISSING, WHOLE)
    answer = describe(tmp_path, script)
    first, repair = script.questions
    assert (first.frame_count, repair.frame_count) == (3, 0)
    assert "mood: Field required" in repair.instruction + "".join(repair.labels)
    assert MISSING in repair.instruction + "".join(repair.labels)
    assert answer.fields is not None
    assert (answer.flags, answer.requests) == ((), 2)
    assert answer.prompt_tokens == sum(
        100 * each.frame_count + len(each.instruction.split()) for each in script.questions
    )
    assert answer.completion_tokens == len(MISSING.split()) + len(WHOLE.split())


def test_a_repair_that_fails_leaves_the_words_and_a_flag(tmp_path: Path) -> None:
    script = Script(MISSING, "I cannot repair that.")
    answer = describe(tmp_path, script)
    assert (answer.description, answer.fields) == (FIELDS["description"], None)
    assert (answer.flags, answer.requests) == (("unstructured",), 2)


def test_a_repair_that_gets_no_answer_leaves_the_words_and_a_flag(tmp_path: Path) -> None:
    answer, _ = told(tmp_path, [MISSING, DescribeInterruptedError("away")])
    assert (answer.description, answer.flags) == (FIELDS["description"], ("unstructured",))
    assert answer.requests == 1


@pytest.mark.parametrize(
    ("structured", "flags", "requests"),
    [("auto", (), 1), ("yes", ("unstructured",), 2), ("no", (), 1)],
)
def test_plain_words_of_a_server_that_was_told_no_schema(
    tmp_path: Path, structured: Any, flags: tuple[str, ...], requests: int
) -> None:
    answer = describe(tmp_path, Script("A dog runs."), Wanted(structured=structured))
    assert (answer.description, answer.flags) == ("A dog runs.", flags)
    assert answer.requests == requests


def test_plain_words_of_a_server_that_was_told_the_schema_are_repaired(tmp_path: Path) -> None:
    answer, asker = told(tmp_path, ["A dog runs.", "A dog runs."])
    assert (answer.description, answer.flags) == ("A dog runs.", ("unstructured",))
    assert asker.questions[1].shown is None


def test_a_category_that_is_none_of_the_users_is_repaired(tmp_path: Path) -> None:
    mended = json.dumps({**FIELDS, "category": "play"})
    answer = describe(tmp_path, Script(WHOLE, mended), Wanted(categories=("Play", "Rest")))
    assert answer.fields is not None
    assert answer.fields.category == "Play"


def test_half_an_object_is_never_shown_and_its_description_is_saved(tmp_path: Path) -> None:
    with Endpoint(answer=Script(WHOLE)) as endpoint:
        endpoint.fail(cut(WHOLE[:120]), cut(WHOLE[:130]))
        describer = describer_at(endpoint, Wanted())
        answer = describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert answer.description == FIELDS["description"]
    assert answer.flags == ("unstructured", "cut")
    assert (answer.requests, answer.prompt_tokens, answer.completion_tokens) == (2, 600, 128)


def test_a_cut_answer_is_asked_for_again_in_fewer_words(tmp_path: Path) -> None:
    script = Script(WHOLE)
    with Endpoint(answer=script) as endpoint:
        endpoint.fail(cut("A man drives a forklift through a long hall. He"))
        describer = describer_at(endpoint, Wanted())
        answer = describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert "below 21 words" in script.questions[0].labels[-1]
    assert (answer.flags, answer.requests) == ((), 2)
    assert answer.fields is not None


def test_an_answer_that_dashscope_broke_off_is_asked_for_again(tmp_path: Path) -> None:
    half = cut("A man drives a forklift through a long", finish_reason="stop")
    late = replace(half, headers={"X-DashScope-PartialResponse": "true"})
    with Endpoint(answer=Script("A man drives a forklift.")) as endpoint:
        endpoint.fail(late)
        describer = describer_at(endpoint, Wanted(structured="no"))
        answer = describer.describe(clip_to_describe(tmp_path))
        describer.close()
    assert (answer.description, answer.flags) == ("A man drives a forklift.", ())


def test_half_an_object_without_a_description_is_no_answer(tmp_path: Path) -> None:
    half = Completion('{"actions": ["runs", "ba', "m", cut=True, schema_told=True)
    with pytest.raises(DescribeInterruptedError, match="empty"):
        told(tmp_path, [half, "no", half, "no"])


@pytest.mark.parametrize(
    ("first", "wanted", "flag"),
    [
        (LOOP, Wanted(structured="no"), "repetition"),
        (GERMAN, Wanted(structured="no", language="en"), "language"),
    ],
)
def test_a_doubtful_answer_is_asked_for_once_more_and_the_better_is_kept(
    tmp_path: Path, first: str, wanted: Wanted, flag: str
) -> None:
    script = Script(first, "A man drives a forklift through the hall and stops.")
    answer = describe(tmp_path, script, wanted)
    assert answer.description.startswith("A man drives")
    assert (answer.flags, answer.requests) == ((), 2)
    assert [each.temperature for each in script.questions] == [0.0, AGAIN.temperature]
    again = describe(tmp_path, Script(first), wanted)
    assert (again.flags, again.requests) == ((flag,), 2)
    assert again.description == first.strip()


def test_of_two_doubtful_answers_the_better_is_kept(tmp_path: Path) -> None:
    wanted = Wanted(structured="no", language="en")
    answer = describe(tmp_path, Script(LOOP, GERMAN), wanted)
    assert (answer.description, answer.flags) == (GERMAN, ("language",))


def test_asking_again_draws_otherwise_and_can_be_repeated(tmp_path: Path) -> None:
    samplings = []
    for _ in range(2):
        _, asker = told(tmp_path, [LOOP, "A dog."], structured="no")
        samplings.append(asker.questions[1].sampling)
    assert samplings[0] == samplings[1]
    assert samplings[0] == replace(AGAIN, seed=samplings[0].seed)
    assert samplings[0].seed is not None
    assert 0 <= samplings[0].seed < 2**31


def test_a_doubtful_answer_is_kept_where_asking_again_fails(tmp_path: Path) -> None:
    answer, _ = told(tmp_path, [LOOP, EndpointRefusedError("no money")], structured="no")
    assert (answer.flags, answer.requests) == (("repetition",), 1)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ((SORRY,), DescribeRefusedError),
        (("抱歉，我无法描述该视频的内容。",), DescribeRefusedError),
        ((json.dumps({**FIELDS, "description": SORRY}),), DescribeRefusedError),
        (("",), DescribeInterruptedError),
        ((" ...",), DescribeInterruptedError),
        (("", SORRY), DescribeInterruptedError),
    ],
)
def test_what_is_no_answer_twice_is_an_error_and_never_a_description(
    tmp_path: Path, texts: tuple[str, ...], kind: type[DescribeError]
) -> None:
    script = Script(*texts)
    with pytest.raises(DescribeError) as caught:
        describe(tmp_path, script)
    assert type(caught.value) is kind
    assert len(script.questions) == 2
    assert SORRY not in str(caught.value)


@pytest.mark.parametrize("first", ["", SORRY])
def test_what_is_no_answer_once_is_forgotten(tmp_path: Path, first: str) -> None:
    answer = describe(tmp_path, Script(first, WHOLE))
    assert (answer.description, answer.requests) == (FIELDS["description"], 2)
    assert answer.flags == ()


def test_a_model_that_only_thought_is_not_asked_again(tmp_path: Path) -> None:
    asker = ToldAsker(Completion("", "m", cut=True))
    with pytest.raises(DescribeRefusedError, match="all its tokens"):
        ModelDescriber(asker, max_tokens=8).describe(clip_to_describe(tmp_path))


def test_the_same_words_for_many_clips_are_flagged_and_soon_not_asked_for_again(
    tmp_path: Path,
) -> None:
    script = Script("An empty corridor.")
    with Endpoint(answer=script) as endpoint:
        describer = describer_at(endpoint, Wanted())
        clips = [clip_to_describe(tmp_path, index) for index in range(1, SAID_OFTEN + 9)]
        answers = [describer.describe(clip) for clip in clips]
        again = describer.describe(clips[0])
        describer.close()
    flagged = [bool(answer.flags) for answer in answers]
    assert flagged == [False] * SAID_OFTEN + [True] * 8
    requests = [answer.requests for answer in answers]
    assert requests == [1] * SAID_OFTEN + [2] * USELESS_TRIES + [1] * (8 - USELESS_TRIES)
    assert again.flags == ("said_often",)


def test_what_asking_again_never_mends_is_flagged_and_no_longer_asked_for(tmp_path: Path) -> None:
    numbers = iter(range(1000))
    with Endpoint(answer=lambda _: f"The man number {next(numbers)} walks. " * 30) as endpoint:
        describer = describer_at(endpoint, Wanted(structured="no"))
        clips = [clip_to_describe(tmp_path, index) for index in range(1, IN_VAIN + 5)]
        answers = [describer.describe(clip) for clip in clips]
        describer.close()
    assert {answer.flags for answer in answers} == {("repetition",)}
    assert [answer.requests for answer in answers] == [2] * IN_VAIN + [1] * 4


def test_a_model_that_never_mends_its_fields_is_soon_not_asked_to(tmp_path: Path) -> None:
    numbers = iter(range(1000))
    with Endpoint(answer=lambda _: f"A dog, number {next(numbers)}.") as endpoint:
        describer = describer_at(endpoint, Wanted(structured="yes"))
        clips = [clip_to_describe(tmp_path, index) for index in range(1, IN_VAIN + 3)]
        answers = [describer.describe(clip) for clip in clips]
        describer.close()
    assert {answer.flags for answer in answers} == {("unstructured",)}
    assert [answer.requests for answer in answers] == [2] * IN_VAIN + [1] * 2


def test_one_time_that_helps_makes_up_for_those_in_vain() -> None:
    patience = Patience()
    for _ in range(3):
        for _ in range(IN_VAIN - 1):
            patience.tell("cut", helped=False)
        patience.tell("cut", helped=True)
    assert patience.has("cut")
    for _ in range(IN_VAIN):
        patience.tell("cut", helped=False)
    assert (patience.has("cut"), patience.has("language")) == (False, True)


def test_black_and_frozen_clips_may_all_be_described_alike(tmp_path: Path) -> None:
    with Endpoint(answer=Script("The screen is black.")) as endpoint:
        describer = describer_at(endpoint, Wanted())
        for index in range(1, SAID_OFTEN + 4):
            clip = clip_to_describe(tmp_path, index)
            black = replace(clip, signals=replace(clip.signals, black_seconds=15.0))
            answer = describer.describe(black)
            assert (answer.flags, answer.requests) == ((), 1)
        describer.close()


def test_what_earlier_runs_said_counts(tmp_path: Path) -> None:
    asker = ToldAsker("A road.", "A dog on a road.", "A road.")
    describer = ModelDescriber(asker, max_tokens=8, prompt=ClipPrompt(Wanted(structured="no")))
    describer.remember(("a road", (f"v{number}", "0", "15")) for number in range(SAID_OFTEN))
    answer = describer.describe(clip_to_describe(tmp_path))
    assert (answer.description, answer.requests) == ("A dog on a road.", 2)


def test_a_clip_that_is_described_anew_does_not_count_against_itself() -> None:
    said = SaidWords()
    for number in range(SAID_OFTEN):
        said.note("A road.", (f"v{number}", "0", "15"))
    assert not said.is_said_often("A road.", ("v0", "0", "15"))
    assert said.is_said_often("a ROAD", ("other", "0", "15"))
    assert not said.is_said_often("A lane.", ("other", "0", "15"))


def test_many_threads_count_each_clip_once() -> None:
    said = SaidWords()
    with ThreadPoolExecutor(8) as pool:
        for number in range(SAID_OFTEN - 1):
            list(pool.map(lambda _: said.note("A road.", ("v", str(number), "")), range(20)))  # noqa: B023
    assert not said.is_said_often("A road.", ("v", "x", ""))
    said.note("A road.", ("v", "y", ""))
    assert said.is_said_often("A road.", ("v", "x", ""))


def test_the_words_heard_and_the_clip_before_are_told(tmp_path: Path) -> None:
    script = Script(WHOLE)
    with Endpoint(answer=script) as endpoint:
        describer = describer_at(endpoint, Wanted(context=True))
        clip = clip_to_describe(tmp_path, 3)
        describer.describe(replace(clip, before="A red door.", heard="Come in!"))
        describer.close()
    closing = script.questions[0].labels[-1]
    assert '"A red door."' in closing
    assert '"Come in!"' in closing
    assert "0:30 to 0:45" in closing
    assert "frame_3" not in closing
