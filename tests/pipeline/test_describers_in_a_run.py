"""Whole runs with each kind of describer, and with a tight budget of disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import listing_of, pad, results, small_video

import shotlog
from shotlog.testing.bucket import Bucket
from shotlog.testing.endpoint import Endpoint, Fault


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4", 4.0, sound=True)


def test_the_built_in_describer_backs_every_tag_by_a_number(film: Path, tmp_path: Path) -> None:
    shotlog.run(dir=film.parent, output=tmp_path / "log", segment_length=2)
    video = results(tmp_path / "log")["film.mp4"]
    assert [each["model"] for each in video["segments"]] == ["signals", "signals"]
    with shotlog.open(tmp_path / "log") as library:
        (row,) = library.rows()
        for clip in library.clips(row.id):
            assert clip.answer is not None
            backed = {word for word, _ in clip.answer.evidence}
            assert set(clip.answer.tags) <= backed
            assert all(any(map(str.isdigit, said)) for _, said in clip.answer.evidence)


def test_the_plain_protocol_is_given_the_address_and_the_caps(film: Path, tmp_path: Path) -> None:
    with Bucket({"a film.mp4": film}) as bucket, Endpoint() as endpoint:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        shotlog.run(
            csv=listing,
            output=tmp_path / "log",
            segment_length=2,
            max_fps=25,
            instruction="Who is there?",
            public_endpoint=endpoint.plain_url,
        )
        questions = [each.question for each in endpoint.requests if each.question]
        addresses = sorted(each.video_url or "" for each in questions)
        assert addresses == [f"{bucket.url('a film.mp4')}#t={span}" for span in ("0,2", "2,4")]
    assert {(each.max_resolution, each.max_fps) for each in questions} == {("720p", 25)}
    assert {each.instruction for each in questions} == {"Who is there?"}
    descriptions = [
        each["description"] for each in results(tmp_path / "log")["a film.mp4"]["segments"]
    ]
    assert all(descriptions)


def test_use_vpc_takes_the_address_inside_the_vpc(film: Path, tmp_path: Path) -> None:
    with Endpoint() as public, Endpoint() as inside:
        (tmp_path / "config.ini").write_text(
            f"[QwenVL]\nPublicEndpoint = {public.url}\nVpcEndpoint = {inside.url}\n"
        )
        shotlog.run(dir=film.parent, output=tmp_path / "log", use_vpc=True)
        assert (public.answered, inside.answered) == (0, 1)


def test_the_key_of_the_settings_file_is_sent_and_nothing_else(film: Path, tmp_path: Path) -> None:
    with Endpoint(key="sk-1") as endpoint:
        (tmp_path / "config.ini").write_text(
            f"[QwenVL]\nPublicEndpoint = {endpoint.url}\nAccessKey = sk-1\n"
        )
        report = shotlog.run(dir=film.parent, output=tmp_path / "log")
    assert report.progress.clips_described == 1


def test_a_model_s_words_are_kept_beside_the_tags_that_were_measured(
    film: Path, tmp_path: Path
) -> None:
    with Endpoint(answer=lambda _: "A grey road.") as endpoint:
        shotlog.run(dir=film.parent, output=tmp_path / "log", public_endpoint=endpoint.url)
    (segment,) = results(tmp_path / "log")["film.mp4"]["segments"]
    assert segment["description"] == "A grey road."
    assert "signals" not in segment["model"]


def test_a_server_that_answers_late_and_with_429_loses_no_clip(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=429, retry_after="0", times=3))
        report = shotlog.run(
            dir=film.parent,
            output=tmp_path / "log",
            segment_length=1,
            concurrency=2,
            public_endpoint=endpoint.url,
        )
    assert (report.progress.clips_described, report.progress.clips_failed) == (4, 0)


def test_sources_larger_than_the_budget_of_disk_come_one_after_the_other(
    film: Path, tmp_path: Path
) -> None:
    films = {}
    for number in range(4):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(film.read_bytes())
        pad(path, 200_000 + number * 10)
        films[path.name] = path
    with Bucket(films) as bucket:
        listing = listing_of(bucket, tmp_path / "videos.csv")
        report = shotlog.run(csv=listing, output=tmp_path / "log", disk_budget=250_000)
    assert report.progress.videos_done == 4
    assert not list((tmp_path / "log" / "sources").rglob("*.source"))
