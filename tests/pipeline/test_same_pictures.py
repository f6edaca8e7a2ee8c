"""Clips that show what an earlier one does: found, marked, and not asked about twice."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from running import results, small_video

import shotlog
from shotlog.catalog import Catalog
from shotlog.records import Clip, Span
from shotlog.testing.endpoint import Endpoint, Fault

ENCODED = ("-c:v", "libx264", "-preset", "ultrafast", "-an")


def copy_of(source: Path, path: Path, *arguments: str) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    command = [program, "-v", "error", "-i", str(source), *arguments, *ENCODED, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def run(folder: Path, **settings: Any) -> shotlog.RunReport:
    words: dict[str, Any] = {"segment_length": 10, "clips": False, "workers": 1, **settings}
    return shotlog.run(dir=folder / "films", output=folder / "log", **words)


def marks(folder: Path) -> dict[tuple[str, int], tuple[str, int] | None]:
    return {
        (name, segment["index"]): segment["same_as"]
        and (segment["same_as"]["file_name"], segment["same_as"]["index"])
        for name, video in results(folder / "log").items()
        for segment in video["segments"]
    }


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_copies_are_found_and_clips_of_one_camera_are_not_the_same(
    shared_media: Path, films: Path, tmp_path: Path
) -> None:
    car = shared_media / "car-detection.mp4"
    shutil.copy(car, films / "a.mp4")
    run(tmp_path)
    shutil.copy(car, films / "uploaded again.mp4")
    copy_of(car, films / "encoded.mp4", "-crf", "35")
    copy_of(car, films / "small.mp4", "-vf", "scale=320:-2", "-crf", "28")
    copy_of(shared_media / "bottle-detection.mp4", films / "z.mp4", "-vf", "scale=320:-2,fps=10")
    run(tmp_path)
    found = marks(tmp_path)
    assert len(found) == 16
    for (name, index), same in found.items():
        assert same == (None if name in ("a.mp4", "z.mp4") else ("a.mp4", index)), name


def test_a_loop_is_found_within_its_own_video(
    shared_media: Path, films: Path, tmp_path: Path
) -> None:
    car = shared_media / "car-detection.mp4"
    shutil.copy(car, tmp_path / "once.mp4")
    copy_of(
        car, films / "loop.mp4",
        "-filter_complex", "[0:v]trim=end_frame=125,loop=2:125,setpts=N/12.5/TB", "-crf", "28",
    )  # fmt: skip
    run(tmp_path)
    assert list(marks(tmp_path).values()) == [None, ("loop.mp4", 1), ("loop.mp4", 1)]


def test_with_reuse_same_a_re_upload_is_not_sent_to_the_model(films: Path, tmp_path: Path) -> None:
    small_video(films / "one.mp4", 5.0)
    shutil.copy(films / "one.mp4", films / "two.mp4")
    with Endpoint() as endpoint:
        words = {"segment_length": 2, "public_endpoint": endpoint.url, "reuse_same": True}
        report = run(tmp_path, **words)
        assert endpoint.answered == 3
        assert (report.progress.clips_described, report.progress.clips_reused) == (3, 3)
        assert report.exit_code == 0
        assert run(tmp_path, **words).progress.videos_unchanged == 2
        assert endpoint.answered == 3
    videos = results(tmp_path / "log")
    first = next(n for n, v in videos.items() if not v["segments"][0]["same_as"])
    second = next(n for n in videos if n != first)
    for one, other in zip(videos[first]["segments"], videos[second]["segments"], strict=True):
        assert other["description"] == one["description"]
        assert other["model"] == f"{one['model']} (reused)"
        assert (other["same_as"]["file_name"], other["same_as"]["index"]) == (first, one["index"])
    with Catalog.open(tmp_path / "log" / "shotlog.db", read_only=True) as catalog:
        row = next(each for each in catalog.videos() if each.source.file_name == second)
        evidence = [clip.answer.evidence for clip in catalog.clips(row.id) if clip.answer]
    assert ("same picture", f"{first} clip 1") in evidence[0]


def test_without_the_option_every_clip_is_asked_about(films: Path, tmp_path: Path) -> None:
    small_video(films / "one.mp4")
    shutil.copy(films / "one.mp4", films / "two.mp4")
    with Endpoint() as endpoint:
        run(tmp_path, public_endpoint=endpoint.url)
        assert len(endpoint.requests) == 2
    assert sum(same is not None for same in marks(tmp_path).values()) == 1


def test_a_clip_whose_earlier_one_gets_no_answer_is_asked_about_itself(
    films: Path, tmp_path: Path
) -> None:
    small_video(films / "one.mp4")
    shutil.copy(films / "one.mp4", films / "two.mp4")
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=400, times=1))
        report = run(tmp_path, public_endpoint=endpoint.url, reuse_same=True)
    progress = report.progress
    assert (progress.clips_described, progress.clips_failed, progress.clips_reused) == (1, 1, 0)


def test_another_question_is_asked_once_for_both(films: Path, tmp_path: Path) -> None:
    small_video(films / "one.mp4")
    shutil.copy(films / "one.mp4", films / "two.mp4")
    with Endpoint() as endpoint:
        words = {"public_endpoint": endpoint.url, "reuse_same": True}
        run(tmp_path, **words)
        run(tmp_path, instruction="Count the cars.", **words)
        assert len(endpoint.requests) == 2


def test_copies_of_a_clip_that_is_gone_are_looked_up_anew(films: Path, tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4", "three.mp4"):
        small_video(films / name)
    run(tmp_path)
    with Catalog.open(tmp_path / "log" / "shotlog.db") as catalog:
        rows = {row.id: row for row in catalog.videos()}
        copies = [clip for id_ in rows for clip in catalog.clips(id_) if clip.same_as]
        assert len(copies) == 2
        assert copies[0].same_as is not None
        first = copies[0].same_as.video_id
        catalog.save_clips(first, None, None, [Clip(Span(1, Fraction(0), Fraction(3)))])
        again = [clip.same_as for id_ in rows for clip in catalog.clips(id_) if clip.same_as]
        assert len(again) == 1
        assert again[0].video_id != first
