"""What a run writes into the catalog and reads from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from catalog_material import (
    ANSWER,
    FACTS,
    FAILURE,
    SAMPLES,
    SCORES,
    add,
    clip,
    folder_of,
    many,
    source,
)
from pydantic import SecretStr

from shotlog import ledger
from shotlog.catalog import Catalog
from shotlog.catalog.reading import VIDEO_NAMED
from shotlog.records import Answer, GivenClip, Resolution, Source, VideoText
from shotlog.rows import AppliedSettings, Counts, Manner, RefusedForm, Step, VideoRow

ID = source().id
APPLIED = AppliedSettings(Resolution(1280, 720), Fraction(30), 0.3)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        yield opened


def video(catalog: Catalog, video_id: str = ID) -> VideoRow:
    row = catalog.video(video_id)
    assert row is not None
    return row


def described(catalog: Catalog) -> int:
    """A run that did all there is to do to one video of two clips; its id."""
    run_id = add(catalog, source())
    catalog.save_scan(ID, "scan", FACTS, SCORES, SAMPLES)
    catalog.save_clips(ID, "clips", "frames", [clip(1), clip(2)])
    catalog.save_answer("answer-1", ID, 1, ANSWER)
    catalog.save_answer("answer-2", ID, 2, ANSWER)
    catalog.save_video_text(ID, "text", VideoText("A garden.", ("garden",)))
    catalog.finish_video(ID, "done", complete_key="complete", applied=APPLIED)
    return run_id


@pytest.mark.parametrize(
    "each",
    [
        source(),
        source(size_bytes=None),
        Source("a, b;c ü.mp4", "https://x.example/a%2C%20b%3Bc%20%C3%BC.mp4", "a, b;c ü.mp4"),
        Source("/vids/\udcff.mp4", "file:///vids/%FF.mp4", "\udcff.mp4"),
        replace(
            source(),
            last_modified=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
            given_clips=(GivenClip("https://x.example/1.mp4", Fraction(0), Fraction(1001, 30)),),
            max_resolution=Resolution(854, 480),
            max_fps=Fraction(24000, 1001),
            further=(("owner", "me"), ("owner", "you")),
        ),
    ],
    ids=["listed", "bare", "strange name", "undecodable name", "with everything"],
)
def test_a_source_comes_back_as_it_was_given(catalog: Catalog, each: Source) -> None:
    run_id = add(catalog, each)
    (row,) = catalog.pending(run_id)
    assert row.source == each
    assert row.id == each.id
    assert row.source_key == ledger.source_key(each)
    assert row.folder == folder_of(each)
    assert (row.status, row.scan_key, row.complete_key) == (None, None, None)


def test_sources_come_in_the_order_of_the_listing_and_duplicates_once(catalog: Catalog) -> None:
    listed = [source("b.mp4"), source("a.mp4"), source("b.mp4"), source("c.mp4")]
    run_id = catalog.begin_run({})
    assert catalog.add_sources(run_id, listed, folder_of) == 3
    assert catalog.add_sources(run_id, [source("0.mp4")], folder_of) == 4
    names = [row.source.file_name for row in catalog.pending(run_id)]
    assert names == ["b.mp4", "a.mp4", "c.mp4", "0.mp4"]


def test_ten_thousand_rows_added_twice_are_the_same_videos(catalog: Catalog) -> None:
    for _ in range(2):
        run_id = catalog.begin_run({})
        assert catalog.add_sources(run_id, many(10_000), folder_of) == 10_000
    rows = list(catalog.pending(run_id))
    assert [row.id for row in rows] == [each.id for each in many(10_000)]
    assert catalog.counts().videos == 10_000


def test_a_run_sees_only_what_it_chose_and_the_library_sees_all(catalog: Catalog) -> None:
    add(catalog, source("a.mp4"), source("b.mp4"))
    run_id = add(catalog, source("c.mp4"), source("a.mp4"))
    assert [row.source.file_name for row in catalog.pending(run_id)] == ["c.mp4", "a.mp4"]
    assert [row.source.file_name for row in catalog.videos()] == ["a.mp4", "b.mp4", "c.mp4"]


def test_pending_streams_on_while_its_videos_are_written(catalog: Catalog) -> None:
    run_id = catalog.begin_run({})
    catalog.add_sources(run_id, many(1200), folder_of)
    for row in catalog.pending(run_id):
        catalog.finish_video(row.id, "done", complete_key="k")
    assert catalog.counts().videos_done == 1200


@pytest.mark.parametrize(
    ("again", "same"),
    [
        (source(), True),
        (source(size_bytes=None), True),
        (replace(source(), last_modified=None), True),
        (replace(source(), file_name="shown otherwise.mp4"), True),
        (source(size_bytes=99), False),
        (replace(source(), last_modified=datetime(2027, 1, 1, tzinfo=UTC)), False),
    ],
    ids=["same", "says nothing", "no time", "other name shown", "other size", "other time"],
)
def test_a_source_is_another_one_where_the_listing_contradicts_the_one_before(
    catalog: Catalog, again: Source, same: bool
) -> None:
    add(catalog, source())
    before = video(catalog)
    add(catalog, again)
    after = video(catalog)
    assert (after.source_key == before.source_key) is same
    assert after.source_key == ledger.source_key(after.source, after.etag)
    assert after.source.file_name == again.file_name
    assert after.folder == before.folder


def test_an_etag_names_a_source_of_which_the_listing_says_nothing(catalog: Catalog) -> None:
    bare = source(size_bytes=None)
    add(catalog, bare)
    key = catalog.save_etag(ID, '"v1"')
    add(catalog, bare)
    assert video(catalog).source_key == key == ledger.source_key(bare, '"v1"')
    assert catalog.save_etag(ID, '"v2"') != key
    add(catalog, source())
    assert video(catalog).etag is None


def test_a_scan_comes_back_as_it_was_saved(catalog: Catalog) -> None:
    add(catalog, source())
    assert catalog.scan(ID) is None
    assert catalog.samples(ID) == ()
    catalog.save_scan(ID, "scan-0", FACTS, (), ())
    catalog.save_scan(ID, "scan-1", FACTS, SCORES, SAMPLES)
    scan = catalog.scan(ID)
    assert scan is not None
    assert (scan.facts, scan.scores) == (FACTS, SCORES)
    assert catalog.samples(ID) == SAMPLES
    assert video(catalog).scan_key == "scan-1"


def test_clips_and_answers_come_back_as_they_were_saved(catalog: Catalog) -> None:
    described(catalog)
    rows = catalog.clips(ID)
    assert [row.clip for row in rows] == [clip(1), clip(2)]
    assert [row.answer for row in rows] == [ANSWER, ANSWER]
    row = video(catalog)
    assert (row.clips_key, row.frames_key, row.clip_count) == ("clips", "frames", 2)
    assert (row.description, row.tags, row.text_key) == ("A garden.", ("garden",), "text")
    assert (row.status, row.complete_key, row.applied) == ("done", "complete", APPLIED)


def test_half_an_emoji_at_the_end_of_an_answer_loses_itself_alone(catalog: Catalog) -> None:
    add(catalog, source())
    catalog.save_answer("k", ID, 1, Answer("A tree \ud83c", "m"))
    catalog.save_answer("l", ID, 1, Answer("A tree \ud83c\udf33", "m"))
    first, second = catalog.answer("k"), catalog.answer("l")
    assert first is not None
    assert second is not None
    assert (first.description, second.description) == ("A tree \ufffd", "A tree 🌳")


def test_new_clips_find_the_answers_that_are_kept(catalog: Catalog) -> None:
    described(catalog)
    catalog.save_clips(ID, "clips-10", "frames-10", [clip(1, Fraction(10))])
    assert catalog.link_answers(ID, {1: "answer-of-10"}) == (1,)
    catalog.save_clips(ID, "clips", "frames", [clip(1), clip(2), clip(3)])
    keys = {1: "answer-1", 2: "answer-2", 3: "answer-3"}
    assert catalog.link_answers(ID, keys) == (3,)
    assert [row.answer for row in catalog.clips(ID)] == [ANSWER, ANSWER, None]


def test_a_clip_shows_no_answer_to_an_earlier_question(catalog: Catalog) -> None:
    described(catalog)
    assert catalog.link_answers(ID, {1: "other-1", 2: "other-2"}) == (1, 2)
    assert [row.answer for row in catalog.clips(ID)] == [None, None]
    assert catalog.answer("answer-1") == ANSWER


def test_a_done_video_that_a_later_run_began_to_change_is_unfinished(catalog: Catalog) -> None:
    described(catalog)
    assert catalog.link_answers(ID, {1: "answer-1", 2: "answer-2"}) == ()
    assert video(catalog).status == "done"
    catalog.link_answers(ID, {1: "other-1", 2: "other-2"})
    assert (video(catalog).status, video(catalog).complete_key) == (None, None)
    catalog.finish_video(ID, "done")
    catalog.save_clips(ID, "clips", "frames", [clip(1)])
    assert video(catalog).status is None
    catalog.finish_video(ID, "done")
    catalog.save_scan(ID, "scan", FACTS, SCORES, SAMPLES)
    assert catalog.counts().videos_unfinished == 1


def test_a_failed_clip_counts_its_attempts_until_it_succeeds(catalog: Catalog) -> None:
    described(catalog)
    catalog.save_clip_failure(ID, 2, FAILURE)
    catalog.save_clip_failure(ID, 2, FAILURE)
    row = catalog.clips(ID)[1]
    assert (row.failure, row.attempts, row.answer) == (FAILURE, 2, None)
    catalog.save_answer("answer-2", ID, 2, replace(ANSWER, description="A car."))
    row = catalog.clips(ID)[1]
    assert (row.failure, row.attempts) == (None, 0)
    assert row.answer is not None
    assert row.answer.description == "A car."


def test_a_failed_video_keeps_what_it_had_and_is_never_complete(catalog: Catalog) -> None:
    described(catalog)
    catalog.save_video_failure(ID, FAILURE)
    row = video(catalog)
    assert (row.status, row.failure, row.complete_key) == ("failed", FAILURE, None)
    assert (row.clip_count, row.applied) == (2, APPLIED)
    catalog.finish_video(ID, "done", complete_key="complete")
    assert video(catalog).failure is None


def test_counts_and_failures_are_of_the_library_or_of_one_run(catalog: Catalog) -> None:
    described(catalog)
    run_id = add(catalog, source("b.mp4"), source("c.mp4"), source("d.mp4"))
    other = source("b.mp4").id
    catalog.save_clips(other, "clips", None, [clip(1), clip(2)])
    catalog.save_clip_failure(other, 2, FAILURE)
    catalog.finish_video(other, "partial")
    catalog.save_video_failure(source("c.mp4").id, FAILURE)
    assert catalog.counts() == Counts(4, 1, 1, 1, 4, 2, 1)
    assert catalog.counts(run_id) == Counts(3, 0, 1, 1, 2, 0, 1)
    assert catalog.counts().videos_unfinished == 1
    listed = [(row.file_name, row.clip_index) for row in catalog.failures()]
    assert listed == [("c.mp4", None), ("b.mp4", 2)]
    assert list(catalog.failures(1)) == []


def test_many_failures_are_listed_each_once(catalog: Catalog) -> None:
    add(catalog, source(), source("b.mp4"))
    for video_id in (ID, source("b.mp4").id):
        catalog.save_clips(video_id, "clips", None, [clip(index) for index in range(1, 701)])
        for index in range(1, 701):
            catalog.save_clip_failure(video_id, index, FAILURE)
    listed = [(row.file_name, row.clip_index) for row in catalog.failures()]
    assert listed == [(name, index) for name in ("a.mp4", "b.mp4") for index in range(1, 701)]


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("fetch", set()),
        ("scan", set()),
        ("clips", {"scan", "frames", "answers", "text"}),
        ("frames", {"scan", "clips"}),
        ("describe", {"scan", "clips", "frames"}),
        ("summarize", {"scan", "clips", "frames", "answers"}),
        ("tag", {"scan", "clips", "frames", "answers"}),
    ],
)
def test_forgetting_a_step_forgets_what_hangs_on_it(
    catalog: Catalog, step: Step, left: set[str]
) -> None:
    described(catalog)
    add(catalog, source(), source("b.mp4"))
    catalog.save_answer("kept", source("b.mp4").id, 1, ANSWER)
    catalog.forget(step, [ID])
    row = video(catalog)
    keys = {"scan": row.scan_key, "clips": row.clips_key, "frames": row.frames_key}
    found = {name for name, key in keys.items() if key} | ({"text"} if row.text_key else set())
    if not catalog.link_answers(ID, {1: "answer-1", 2: "answer-2"}):
        found.add("answers")
    assert found == left
    assert row.complete_key is None
    assert catalog.answer("kept") == ANSWER


def test_forgetting_passes_over_what_is_not_there(catalog: Catalog) -> None:
    described(catalog)
    catalog.forget("describe", ["unknown", ID])
    assert catalog.link_answers(ID, {1: "answer-1"}) == (1, 2)


def test_a_run_is_recorded_without_its_secrets(catalog: Catalog) -> None:
    options = {
        "access_key": SecretStr("sk-1"),
        "AccessKey": "sk-2",
        "public_endpoint": "https://me:sk-3@model.example/v1?token=sk-4",
        "urls": ("https://x.example/a.mp4?X-Amz-Signature=sk-5",),
        "max_tokens": 512,
        "output": Path("processed_videos"),
        "keywords": {"tools": ["hammer"]},
        "broken": "http://[sk-6",
    }
    run_id = catalog.begin_run(options)
    catalog.end_run(run_id, "done")
    run = catalog.last_run()
    assert run is not None
    assert (run.id, run.status) == (run_id, "done")
    assert run.ended_at is not None
    assert "sk-" not in str(run.options)
    assert run.options["public_endpoint"] == "https://model.example/v1"
    assert run.options["max_tokens"] == 512
    assert run.options["output"] == "processed_videos"
    assert run.options["keywords"] == {"tools": ["hammer"]}


def test_an_etag_of_an_unknown_video_is_refused(catalog: Catalog) -> None:
    with pytest.raises(KeyError):
        catalog.save_etag("unknown", None)


def test_models_words_that_several_clips_show_are_found_with_their_clips(catalog: Catalog) -> None:
    add(catalog, source())
    catalog.save_clips(ID, "clips", "frames", [clip(n) for n in range(1, 6)])
    told = [("A road.", 1), ("A road.", 1), ("A dog.", 1), ("Black.", 0), ("Black.", 0)]
    for index, (words, requests) in enumerate(told, start=1):
        answer = replace(ANSWER, description=words, requests=requests)
        catalog.save_answer(f"answer-{index}", ID, index, answer)
    spans = [clip(n).span for n in (1, 2)]
    places = [("A road.", (ID, str(span.start), str(span.end))) for span in spans]
    assert sorted(catalog.said_often(2)) == sorted(places)
    assert len(list(catalog.said_often(1))) == 3


def test_how_an_endpoint_wants_to_be_spoken_to_is_kept_by_address_and_model(
    catalog: Catalog,
) -> None:
    refused = (RefusedForm("frames", "Unknown part type: video_url"),)
    manner = Manner("vllm", "0.33.0", "clip", "json_object", refused, 8192, 32, "512 tokens")
    catalog.save_endpoint_manner("http://host/v1", "m", replace(manner, form="images"))
    catalog.save_endpoint_manner("http://host/v1", "m", manner)
    assert catalog.endpoint_manner("http://host/v1", "m") == manner
    assert catalog.endpoint_manner("http://host/v1", "") is None


def test_a_run_that_was_over_within_one_second_still_has_a_rate(catalog: Catalog) -> None:
    run_id = add(catalog, source())
    catalog.save_clips(ID, "clips", "frames", [clip(1), clip(2)])
    catalog.save_answer("answer-1", ID, 1, replace(ANSWER, requests=1))
    catalog.save_answer("answer-2", ID, 2, replace(ANSWER, requests=1))
    catalog.end_run(run_id, "done")
    rate = catalog.describing_rate()
    assert rate is not None
    assert rate.clips == 2
    assert rate.took_seconds >= 1


def test_a_video_is_found_by_its_id_its_folder_or_its_name_the_first_of_that_name(
    catalog: Catalog,
) -> None:
    first = source("clip.mp4")
    second = replace(first, public_url="https://bucket.example/other/clip.mp4")
    add(catalog, source("CLIP.mp4"), first, second, source("a\udcff.mp4"))
    for name in ("clip.mp4", first.id, folder_of(first)):
        assert catalog.video_named(name) == catalog.video(first.id)
    assert catalog.video_named(folder_of(second)) == catalog.video(second.id)
    assert catalog.video_named("a\udcff.mp4") == catalog.video(source("a\udcff.mp4").id)
    assert catalog.video_named("Clip.mp4") is None


def test_a_video_that_is_named_is_looked_up_without_going_through_all(catalog: Catalog) -> None:
    plan = catalog._connection.execute(f"EXPLAIN QUERY PLAN {VIDEO_NAMED}", ("clip.mp4",))
    steps = [row["detail"] for row in plan]
    assert not [step for step in steps if step.startswith("SCAN videos")]
    for index in ("videos_by_name", "videos_by_folder"):
        assert any(index in step for step in steps)
