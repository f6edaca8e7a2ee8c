"""What a second run does and does not do again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import clip_times, listing_of, logged, results, small_video

import shotlog
from shotlog import api
from shotlog.errors import LibraryError
from shotlog.settings import load_settings
from shotlog.testing.bucket import Bucket
from shotlog.testing.endpoint import Endpoint, Fault


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name in ("one.mp4", "two films.mp4", "three.mp4"):
        small_video(folder / name, 5.0)
    return folder


@pytest.fixture
def bucket(films: Path) -> Iterator[Bucket]:
    with Bucket(films) as served:
        yield served


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as served:
        yield served


def run(bucket: Bucket, tmp_path: Path, **settings: Any) -> shotlog.RunReport:
    listing = listing_of(bucket, tmp_path / "videos.csv")
    words: dict[str, Any] = {"segment_length": 2, "output": tmp_path / "log", **settings}
    return shotlog.run(csv=listing, **words)


def downloads(bucket: Bucket) -> int:
    return sum(request.method == "GET" for request in bucket.requests)


def test_the_same_run_twice_does_nothing_the_second_time(bucket: Bucket, tmp_path: Path) -> None:
    first = run(bucket, tmp_path)
    before, clips = downloads(bucket), clip_times(tmp_path / "log")
    second = run(bucket, tmp_path)
    assert first.progress.videos_done == 3
    assert second.progress.videos_unchanged == 3
    assert second.exit_code == 0
    assert downloads(bucket) == before
    assert clip_times(tmp_path / "log") == clips


def test_a_changed_instruction_describes_again_and_cuts_nothing(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    model = {"public_endpoint": endpoint.url}
    run(bucket, tmp_path, **model)
    asked, fetched, clips = endpoint.answered, downloads(bucket), clip_times(tmp_path / "log")
    report = run(bucket, tmp_path, instruction="Count the cars.", **model)
    assert report.progress.clips_described == asked == 9
    assert endpoint.answered == 2 * asked
    assert downloads(bucket) == fetched
    assert clip_times(tmp_path / "log") == clips
    run(bucket, tmp_path, **model)
    assert endpoint.answered == 2 * asked, "the first instruction's answers are kept"


def test_a_model_left_out_is_told_to_be_replaced_and_comes_back_unpaid(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    assert run(bucket, tmp_path, public_endpoint=endpoint.url).progress.notes == []
    (note,) = run(bucket, tmp_path).progress.notes
    assert "clips that test-model described are described by the built-in describer now" in note
    answered = endpoint.answered
    run(bucket, tmp_path, public_endpoint=endpoint.url)
    assert endpoint.answered == answered
    assert "frames" in results(tmp_path / "log")["one.mp4"]["segments"][0]["description"]
    assert len(run(bucket, tmp_path).progress.notes) == 1
    assert run(bucket, tmp_path).progress.notes == [], "nothing is replaced now"


def test_a_changed_length_cuts_again_and_the_old_length_asks_nothing(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    model = {"public_endpoint": endpoint.url}
    run(bucket, tmp_path, **model)
    report = run(bucket, tmp_path, segment_length=4, **model)
    assert report.progress.clips_made == 6
    assert len(clip_times(tmp_path / "log")) == 6, "no clip of the old length is left"
    asked = endpoint.answered
    report = run(bucket, tmp_path, **model)
    assert (report.progress.clips_made, endpoint.answered) == (9, asked)


def test_a_changed_source_is_done_again_and_the_others_are_not(films: Path, tmp_path: Path) -> None:
    content = {path.name: path.read_bytes() for path in films.iterdir()}
    copies = tmp_path / "copies"
    copies.mkdir()
    for name, data in content.items():
        (copies / name).write_bytes(data)
        os.utime(copies / name, (1_700_000_000, 1_700_000_000))
    with Bucket(copies) as bucket:
        run(bucket, tmp_path)
        os.utime(copies / "one.mp4", (1_700_000_100, 1_700_000_100))
        report = run(bucket, tmp_path)
    assert (report.progress.videos_done, report.progress.videos_unchanged) == (1, 2)


def test_a_failed_clip_is_tried_again_and_a_done_one_never(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    model = {"public_endpoint": endpoint.url}
    endpoint.fail(Fault(status=400, times=1))
    first = run(bucket, tmp_path, **model)
    assert first.exit_code == 2
    assert (first.progress.clips_described, first.progress.clips_failed) == (8, 1)
    failed = [
        segment
        for video in results(tmp_path / "log").values()
        for segment in video["segments"]
        if segment["status"] == "failed"
    ]
    assert [each["description"] for each in failed] == [None]
    assert failed[0]["error"]["step"] == "describe"
    second = run(bucket, tmp_path, **model)
    assert (second.progress.clips_described, second.progress.clips_failed) == (1, 0)
    assert second.progress.videos_unchanged == 2
    assert endpoint.answered == 9


def test_a_model_chosen_later_sees_frames_made_from_the_clips(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    run(bucket, tmp_path)
    fetched, clips = downloads(bucket), clip_times(tmp_path / "log")
    report = run(bucket, tmp_path, public_endpoint=endpoint.url)
    assert report.progress.clips_described == 9
    assert downloads(bucket) == fetched
    assert clip_times(tmp_path / "log") == clips
    asked = [each.question for each in endpoint.requests if each.question]
    shown = {each.frame_count for each in asked if not each.is_of_a_whole}
    assert shown == {2, 4}


def test_without_clips_only_frames_are_made_and_clips_can_be_cut_later(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    model = {"public_endpoint": endpoint.url}
    run(bucket, tmp_path, clips=False, **model)
    log = tmp_path / "log"
    assert not clip_times(log)
    segment = results(log)["one.mp4"]["segments"][1]
    assert segment["file"] is None
    assert segment["segment_url"].endswith("one.mp4#t=2,4")
    asked = endpoint.answered
    run(bucket, tmp_path, **model)
    assert (len(clip_times(log)), endpoint.answered) == (9, asked)
    report = run(bucket, tmp_path, clips=False, **model)
    assert report.progress.clips_made == 0, "clips that are there do no harm"


def signed_listing(bucket: Bucket, path: Path, day: int) -> Path:
    """The bucket listed anew, each address signed for that day."""
    signature = f"X-Amz-Date={day}&X-Amz-Expires=3600&X-Amz-Signature=ab{day}"
    lines = ["file_name,file_size,last_modified,public_url"]
    for entry in bucket.entries:
        address = f"{bucket.url(entry.name)}?{signature}"
        lines.append(f"{entry.name},{entry.size_bytes},{entry.last_modified:%FT%TZ},{address}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_addresses_signed_anew_are_the_same_videos_and_nothing_is_paid_again(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    words: dict[str, Any] = {"segment_length": 2, "output": tmp_path / "log"}
    words["public_endpoint"] = endpoint.url
    listing = signed_listing(bucket, tmp_path / "videos.csv", 3)
    first = shotlog.run(csv=listing, **words)
    asked, fetched = len(endpoint.requests), downloads(bucket)
    second = shotlog.run(csv=signed_listing(bucket, listing, 4), **words)
    assert (first.progress.videos_done, second.progress.videos_unchanged) == (3, 3)
    assert (len(endpoint.requests), downloads(bucket)) == (asked, fetched)
    # What is fetched next goes by the signature that still lets in.
    assert all(
        "X-Amz-Signature=ab4" in video["public_url"] for video in results(tmp_path / "log").values()
    )
    third = shotlog.run(csv=listing, redo="scan", **words)
    assert third.exit_code == 0
    assert downloads(bucket) > fetched


def test_one_video_signed_twice_in_a_listing_is_one_video(bucket: Bucket, tmp_path: Path) -> None:
    once = signed_listing(bucket, tmp_path / "once.csv", 3).read_text().splitlines()
    twice = signed_listing(bucket, tmp_path / "twice.csv", 4).read_text().splitlines()
    (tmp_path / "both.csv").write_text("\n".join([*once, *twice[1:]]))
    report = shotlog.run(csv=tmp_path / "both.csv", output=tmp_path / "log", clips=False)
    assert report.progress.videos == report.progress.videos_done == 3


def test_redo_does_a_step_again(bucket: Bucket, endpoint: Endpoint, tmp_path: Path) -> None:
    model = {"public_endpoint": endpoint.url}
    run(bucket, tmp_path, **model)
    run(bucket, tmp_path, redo="describe", **model)
    assert endpoint.answered == 18
    before = clip_times(tmp_path / "log")
    run(bucket, tmp_path, redo="clips", **model)
    after = clip_times(tmp_path / "log")
    assert before.keys() == after.keys()
    assert all(after[name] > before[name] for name in after)
    assert endpoint.answered == 18


def test_sources_are_deleted_once_read_unless_they_are_to_be_kept(
    bucket: Bucket, tmp_path: Path
) -> None:
    run(bucket, tmp_path)
    assert not list((tmp_path / "log" / "sources").rglob("*.source"))
    run(bucket, tmp_path, redo="scan", keep_sources=True)
    kept = list((tmp_path / "log" / "sources").rglob("*.source"))
    assert len(kept) == 3
    before = downloads(bucket)
    run(bucket, tmp_path, redo="scan", keep_sources=True)
    assert downloads(bucket) == before, "a kept source is not fetched again"


def test_the_library_written_is_a_manifest_that_describes_the_clips_where_they_lie(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    run(bucket, tmp_path)
    manifest = tmp_path / "log" / "videos_with_segments.json"
    settings = load_settings(
        {"output": tmp_path / "again", "public_endpoint": endpoint.url, "segment_length": 1}
    )
    report = shotlog.process(shotlog.Origin(json=manifest), settings)
    assert report.progress.clips_described == 9
    assert not clip_times(tmp_path / "again")
    spans = [
        (segment["start_seconds"], segment["end_seconds"])
        for segment in results(tmp_path / "again")["one.mp4"]["segments"]
    ]
    assert spans == [(0, 2), (2, 4), (4, 5)]


def test_a_manifest_may_name_one_file_for_several_clips(bucket: Bucket, tmp_path: Path) -> None:
    clip = {"segment_url": bucket.url("one.mp4")}
    part = {"segment_url": bucket.url("one.mp4") + "#t=1,2"}
    manifest = tmp_path / "videos.json"
    entry = {"file_name": "a.mp4", "public_url": bucket.url("a.mp4")}
    manifest.write_text(json.dumps([{**entry, "segments": [clip, part, clip]}]), encoding="utf-8")
    shotlog.run(json=manifest, output=tmp_path / "log")
    video = results(tmp_path / "log")["a.mp4"]
    assert video["status"] == "done"
    spans = [(each["start_seconds"], each["end_seconds"]) for each in video["segments"]]
    assert spans == [(0, 5), (1, 2), (5, 10)]


def test_every_step_is_named_in_the_log_once(bucket: Bucket, tmp_path: Path) -> None:
    run(bucket, tmp_path)
    assert logged(tmp_path / "log", "scanned ") == 3
    assert logged(tmp_path / "log", "finished ") == 3


def test_what_a_hand_says_between_two_runs_is_in_the_results_after_the_second(
    bucket: Bucket, tmp_path: Path
) -> None:
    run(bucket, tmp_path)
    with api.open(tmp_path / "log") as library:
        video = next(library.rows())
    api.edit(tmp_path / "log", video.id, api.Edit("By hand."), index=1)
    assert run(bucket, tmp_path).progress.videos_unchanged == 3
    segments = results(tmp_path / "log")[video.source.file_name]["segments"]
    assert segments[0]["description"] == "By hand."


def test_a_kept_source_that_no_listing_dates_is_the_same_source(
    bucket: Bucket, endpoint: Endpoint, tmp_path: Path
) -> None:
    words: dict[str, Any] = {
        "urls": [bucket.url("one.mp4")],
        "output": tmp_path / "log",
        "keep_sources": True,
        "public_endpoint": endpoint.url,
        "segment_length": 5,
    }
    shotlog.run(**words)
    asked, fetched = endpoint.answered, downloads(bucket)
    for resolution in ("90p", "60p"):
        report = shotlog.run(max_resolution=resolution, **words)
        assert report.progress.videos_done == 1
    assert downloads(bucket) == fetched
    assert endpoint.answered == asked
    assert len(list((tmp_path / "log" / "sources").rglob("*.source"))) == 1


def test_two_libraries_may_have_one_folder_for_what_they_fetch(
    bucket: Bucket, tmp_path: Path
) -> None:
    shared = tmp_path / "fetched"
    words: dict[str, Any] = {"urls": [bucket.url("one.mp4")], "temporary": shared}
    shotlog.run(output=tmp_path / "kept", keep_sources=True, **words)
    [kept] = shared.rglob("*.source")
    shotlog.run(output=tmp_path / "other", **words)
    assert list(shared.rglob("*.source")) == [kept], "the other one deletes its own alone"


def test_nothing_is_forgotten_where_there_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no shotlog library"):
        api.forget(tmp_path, "describe", ["any"])
    assert not list(tmp_path.iterdir())
