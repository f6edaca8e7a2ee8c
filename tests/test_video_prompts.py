"""What a model is asked of a whole video, and what is made of its answer."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shotlog.errors import SettingError
from shotlog.prompts import videos as video_prompts
from shotlog.prompts.videos import Told, WholeFields
from shotlog.records import Chapter, Span

ROOM = 2000


def told(count: int, text: str = "A dog runs.") -> tuple[Told, ...]:
    clips = [(span, text, None) for span in spans(count)]
    return video_prompts.told_clips(clips)


def spans(count: int, length: int = 15, step: int = 15) -> list[Span]:
    return [
        Span(index, Fraction((index - 1) * step), Fraction((index - 1) * step + length))
        for index in range(1, count + 1)
    ]


def fields(*starts: int) -> WholeFields:
    chapters = [{"first_clip": start, "title": f"From {start}"} for start in starts]
    return WholeFields.model_validate({"title": "T", "description": "D.", "chapters": chapters})


def test_clips_are_listed_with_number_time_and_words_heard() -> None:
    clips = [
        (Span(1, Fraction(0), Fraction(15)), "A dog\nruns.", None),
        (Span(2, Fraction(15), Fraction(30)), "It barks.", "Sit, Rex!"),
    ]
    listing = video_prompts.listing(video_prompts.told_clips(clips), ROOM, overlapping=False)
    assert listing == (
        "clip 1 (0:00-0:15): A dog runs.\nclip 2 (0:15-0:30): It barks. Heard: “Sit, Rex!”"
    )


def test_clips_that_overlap_are_told_with_their_own_time_and_a_word_on_it() -> None:
    clips = [(span, "A dog.", None) for span in spans(2, length=15, step=10)]
    listing = video_prompts.listing(video_prompts.told_clips(clips), ROOM, overlapping=True)
    assert listing.splitlines() == [
        video_prompts.OVERLAP,
        "clip 1 (0:00-0:10): A dog.",
        "clip 2 (0:10-0:25): A dog.",
    ]


@given(
    lengths=some.lists(some.integers(1, 3 * ROOM), min_size=1, max_size=200),
    letter=some.sampled_from(["a", "犬", "é "]),
)
def test_no_listing_is_longer_than_its_room_and_no_clip_is_lost(
    lengths: list[int], letter: str
) -> None:
    clips = [
        (span, letter * length, None)
        for span, length in zip(spans(len(lengths)), lengths, strict=True)
    ]
    told = video_prompts.told_clips(clips)
    groups = video_prompts.groups(told, ROOM)
    assert [each for group in groups for each in group] == list(told)
    assert len(groups) < max(2, len(told))
    for group in groups:
        assert group
        assert len(video_prompts.listing(group, ROOM, overlapping=False).encode()) <= ROOM


def test_a_part_tells_where_chapters_may_begin() -> None:
    clips = told(4)
    part = video_prompts.part_of(fields(1, 3), clips, with_marks=True)
    assert part.beginnings == (1, 3)
    line = video_prompts.line_of(part, ROOM)
    assert line == "clips 1-4 (0:00-1:00): D. Within it: from clip 1 “From 1”; from clip 3 “From 3”"
    assert video_prompts.part_of(fields(1, 3), clips, with_marks=False).beginnings == (1,)


@pytest.mark.parametrize(
    ("starts", "fault"),
    [
        ((), None),
        ((1,), None),
        ((1, 3), None),
        ((2, 3), "the first chapter begins with clip 2, not with clip 1."),
        ((1, 9), "no clip has the number 9."),
        ((1, 3, 3), "the chapters' first clips do not rise: [1, 3, 3]."),
        ((1, 4, 2), "the chapters' first clips do not rise: [1, 4, 2]."),
    ],
)
def test_chapters_begin_with_the_first_clip_and_rise(
    starts: tuple[int, ...], fault: str | None
) -> None:
    assert video_prompts.fault_of(fields(*starts), told(4)) == fault


def test_chapters_have_the_times_of_their_clips_and_cover_the_video() -> None:
    assert video_prompts.chapters_of(fields(1, 3), spans(4, length=15, step=10)) == (
        Chapter(Fraction(0), Fraction(20), "From 1"),
        Chapter(Fraction(20), Fraction(45), "From 3"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "A dog runs.",
        '{"title": "T", "description": "D."}',
        '{"title": "T", "description": " ", "chapters": []}',
        '{"title": "T", "description": "D.", "chapters": [{"first_clip": "1", "title": "x"}]}',
        '{"title": "T", "description": "D.", "chapters": [], "mood": "calm"}',
        'Here it is: {"title": "T", "description": "D.", "chapters": []}',
    ],
)
def test_an_answer_of_another_form_is_none_and_the_reason_is_said(text: str) -> None:
    assert isinstance(video_prompts.read_fields(text), str)


def test_an_answer_in_a_fence_is_read() -> None:
    text = '```json\n{"title": "T", "description": "D.", "chapters": []}\n```'
    assert video_prompts.read_fields(text) == fields()


def test_the_schema_is_closed_and_holds_no_reference() -> None:
    schema = video_prompts.whole_schema()
    assert "$ref" not in json.dumps(schema)
    assert schema["required"] == ["title", "description", "chapters"]
    chapter = schema["properties"]["chapters"]["items"]
    assert (chapter["required"], chapter["additionalProperties"]) == (
        ["first_clip", "title"],
        False,
    )
    assert chapter["properties"]["title"]["type"] == "string"


def test_a_template_of_the_users_own_is_another_question(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("Sum it up.\n", encoding="utf-8")
    own = video_prompts.words_of(path)
    assert own == "Sum it up."
    assert video_prompts.opening(own, "de").startswith("Sum it up.\nWrite in this language: de.\n")
    identities = {
        video_prompts.identity(words, language)
        for words in (own, video_prompts.words_of(None))
        for language in (None, "de")
    }
    assert len(identities) == 4


def test_a_template_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    with pytest.raises(SettingError, match=r"words\.txt"):
        video_prompts.words_of(path)
    path.write_text("Sum it up. " * 1000, encoding="utf-8")
    with pytest.raises(SettingError, match="10999"):
        video_prompts.words_of(path)
