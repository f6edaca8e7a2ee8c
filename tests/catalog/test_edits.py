"""What people say by hand, the tags that come of it, and who learns of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from catalog_material import ANSWER, FAILURE, add, clip, source

from shotlog.catalog import Catalog
from shotlog.catalog.tagging import Retagged
from shotlog.queries import Filters, read_query
from shotlog.records import VideoText
from shotlog.rows import Edit, RuleTag

ID = source().id


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        add(opened, source())
        opened.save_clips(ID, "clips", "frames", [clip(1), clip(2)])
        answer = replace(ANSWER, description="A red car.", tags=("dark", "street"))
        opened.save_answer("one", ID, 1, answer)
        yield opened


def found(catalog: Catalog, query: str, **filters: object) -> list[int | None]:
    asked = Filters(**filters)  # type: ignore[arg-type]
    return [row.clip_index for row in catalog.search(read_query(query), asked, 20)]


def chosen(catalog: Catalog, query: str, **filters: object) -> list[tuple[int, ...] | None]:
    asked = Filters(**filters)  # type: ignore[arg-type]
    return [row.indexes for row in catalog.selected(read_query(query), asked)]


def test_a_hand_wins_over_the_model_and_can_be_taken_back(catalog: Catalog) -> None:
    catalog.save_clip_edit(ID, 1, Edit("A blue van.", added=("van",), removed=("Dark",)))
    edited = catalog.clips(ID)[0]
    assert edited.description_now == "A blue van."
    assert edited.tags_now == ("street", "van")
    assert edited.answer is not None
    assert edited.answer.description == "A red car."
    assert edited.edit.edited_at is not None
    assert (found(catalog, "car"), found(catalog, "blue")) == ([], [1])
    assert found(catalog, "", tags=("van",)) == [1]
    assert found(catalog, "", tags=("dark",)) == []
    catalog.save_clip_edit(ID, 1, Edit())
    assert (found(catalog, "car"), found(catalog, "", tags=("dark",))) == ([1], [1])


def test_an_edit_outlives_new_answers_and_new_cuts(catalog: Catalog) -> None:
    catalog.save_clip_edit(ID, 1, Edit("A blue van."))
    catalog.save_answer("two", ID, 1, ANSWER)
    assert catalog.clips(ID)[0].description_now == "A blue van."
    catalog.save_clips(ID, "short", None, [clip(1, Fraction(5))])
    assert catalog.clips(ID)[0].description_now is None
    assert found(catalog, "blue") == []
    catalog.save_clips(ID, "clips", None, [clip(1), clip(2)])
    assert catalog.clips(ID)[0].description_now == "A blue van."
    assert found(catalog, "blue") == [1]


def test_a_clip_without_an_answer_may_be_described_by_hand(catalog: Catalog) -> None:
    catalog.save_clip_failure(ID, 2, FAILURE)
    catalog.save_clip_edit(ID, 2, Edit("Nothing but snow."))
    assert found(catalog, "snow") == [2]
    assert catalog.clips(ID)[1].description_now == "Nothing but snow."


def test_a_whole_video_is_described_by_hand_too(catalog: Catalog) -> None:
    catalog.save_video_text(ID, "text", VideoText("A street.", ("dark",)))
    catalog.save_video_edit(ID, Edit("My street.", added=("home",)))
    catalog.save_video_text(ID, "other", VideoText("A road.", ("dark",)))
    video = catalog.video(ID)
    assert video is not None
    assert (video.description_now, video.tags_now) == ("My street.", ("dark", "home"))
    assert found(catalog, "my", columns=("summary",)) == [None]


def test_what_is_not_there_cannot_be_edited(catalog: Catalog) -> None:
    with pytest.raises(KeyError):
        catalog.save_clip_edit(ID, 9, Edit("x"))
    with pytest.raises(KeyError):
        catalog.save_video_edit("nobody", Edit("x"))


def test_tags_and_classes_by_rules_are_asked_for_and_counted(catalog: Catalog) -> None:
    clips = {2: (RuleTag("forklift", "r", ()), RuleTag("busy", "r", (), "mood"))}
    video = (RuleTag("incident", "r", (), "class"),)
    catalog.save_rule_tags([Retagged(ID, "key", video, clips)])
    assert found(catalog, "", tags=("forklift",)) == [2]
    assert found(catalog, "", classes=("busy",)) == [2]
    assert found(catalog, "", classes=("mood=busy",)) == [2]
    assert found(catalog, "", classes=("class=busy",)) == []
    assert found(catalog, "", classes=("incident",)) == [1, 2], "the video's class is its clips'"
    counted = {(each.name, each.group): (each.clips, each.videos) for each in catalog.tag_counts()}
    assert counted["forklift", None] == (1, 0)
    assert counted["incident", "class"] == (0, 1)
    catalog.save_rule_tags([Retagged(ID, "key", (), {2: ()})])
    assert found(catalog, "", tags=("forklift",)) == []


def test_all_that_fits_is_chosen_and_words_of_a_video_mean_all_its_clips(catalog: Catalog) -> None:
    assert chosen(catalog, "") == [], "no run has begun it"
    catalog.save_video_text(ID, "text", VideoText("A wedding.", ()))
    catalog.finish_video(ID, "partial")
    assert chosen(catalog, "") == [None]
    assert chosen(catalog, "car") == [(1,)]
    assert chosen(catalog, "wedding") == [None]
    assert chosen(catalog, "wedding", tags=("dark",)) == [(1,)]
    assert chosen(catalog, "", min_duration_seconds=16) == []
    assert chosen(catalog, "", tags=("nobody has it",)) == []


def test_unwanted_words_leave_clips_out_where_the_video_as_a_whole_fits(catalog: Catalog) -> None:
    catalog.save_video_text(ID, "text", VideoText("A wedding.", ()))
    catalog.finish_video(ID, "partial")
    assert chosen(catalog, "wedding -car") == [(2,)]
    assert chosen(catalog, "wedding -car", tags=("dark",)) == []


def test_every_change_of_what_is_shown_makes_a_revision(catalog: Catalog) -> None:
    other = source("b.mp4")
    add(catalog, other)
    changes: list[Callable[[], None]] = [
        lambda: catalog.save_answer("two", ID, 1, ANSWER),
        lambda: catalog.save_clip_failure(ID, 2, FAILURE),
        lambda: catalog.save_clip_edit(ID, 1, Edit("x")),
        lambda: catalog.save_clip_edit(ID, 1, Edit()),
        lambda: catalog.save_video_edit(ID, Edit("x")),
        lambda: catalog.save_video_text(ID, "t", VideoText("New.", ())),
        lambda: catalog.save_rule_tags([Retagged(ID, "key", (), {1: (RuleTag("x", "r", ()),)})]),
        lambda: catalog.finish_video(ID, "done"),
        lambda: catalog.save_clips(ID, "clips", None, [clip(1)]),
        lambda: catalog.save_answer("two", ID, 1, replace(ANSWER, description="Again.")),
    ]
    for number, change in enumerate(changes):
        before = catalog.revision()
        change()
        changed = [video_id for video_id, _ in catalog.changed_since(before)]
        assert changed == [ID], f"change {number}"
    assert len(list(catalog.changed_since(0))) == 2


def test_what_changes_nothing_makes_no_revision(catalog: Catalog) -> None:
    catalog.finish_video(ID, "done")
    before = catalog.revision()
    catalog.finish_video(ID, "done", complete_key="another")
    add(catalog, source())
    assert catalog.revision() == before
