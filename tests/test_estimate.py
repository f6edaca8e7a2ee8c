"""What a listing would take, from the listing, the library, or the headers of a few videos."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from shotlog import api
from shotlog.cli.main import main
from shotlog.estimates import Terms, Video, Work, clips_within, load_of_work
from shotlog.listing_estimates import listed_seconds
from shotlog.quantities import parse_duration
from shotlog.records import GivenClip, Source
from shotlog.settings import Settings, load_settings
from shotlog.testing import videos
from shotlog.testing.bucket import Bucket, user_listing
from shotlog.testing.endpoint import Endpoint
from shotlog.visual_tokens import QWEN2_5_VL, QWEN3_VL

TARIFF = {"input_price": "2", "output_price": "10"}


def settings_of(folder: Path, **settings: object) -> Settings:
    given = {"output": folder / "log", "model": "Qwen/Qwen2.5-VL-7B-Instruct", **settings}
    return load_settings(given)


def listing(folder: Path, *rows: str) -> api.Origin:
    path = folder / "videos.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return api.Origin(csv=path)


def film(path: Path, seconds: float) -> Path:
    videos.make_video(path, videos.Recipe(320, 240, Fraction(10), seconds, videos.street))
    return path


def test_fifteen_seconds_of_720p_take_what_the_reference_says() -> None:
    work = Work(Terms.of(load_settings({"frame_max_pixels": 1280 * 720}), QWEN2_5_VL, 100))
    work.add(Video(Fraction(15), 1280, 720))
    assert (work.clips, work.frames) == (1, 30)
    assert work.visual[QWEN2_5_VL.name] == 17_940
    assert work.visual[QWEN3_VL.name] == 11_970 + 15 * QWEN3_VL.words_a_group


def test_clips_are_counted_as_they_are_cut() -> None:
    work = Work(Terms.of(load_settings({"segment_length": 10}), QWEN2_5_VL, 100))
    work.add(Video(Fraction(25), 640, 360))
    assert (work.videos, work.clips, work.frames) == (1, 3, 20 + 20 + 10)
    assert load_of_work(work).completion_tokens == 3 * 100 + work.summary.completion_tokens


@pytest.mark.parametrize(
    ("told", "summaries"),
    [({}, 1), ({"summary": "model"}, 2), ({"summary": "built-in"}, 0), ({"protocol": "plain"}, 0)],
)
def test_summaries_are_counted_where_a_run_would_ask(
    told: dict[str, str], summaries: int, tmp_path: Path
) -> None:
    origin = listing(
        tmp_path, "public_url,duration", "https://h/long.mp4,40", "https://h/short.mp4,4"
    )
    found = api.estimate(origin, settings_of(tmp_path, **told))
    assert (found.clips, found.requests) == (4, 4 + summaries)


def test_lengths_of_the_listing_count(tmp_path: Path) -> None:
    origin = listing(
        tmp_path,
        "public_url,file_size,duration",
        "https://h/a.mp4,100,1:00",
        "https://h/b.mp4,100,30.5",
    )
    found = api.estimate(origin, settings_of(tmp_path, summary="built-in"))
    assert (found.videos, found.video_seconds, found.clips) == (2, 90.5, 4 + 3)
    assert (found.requests, found.cost, found.family) == (7, None, "Qwen2.5-VL")
    assert not (tmp_path / "log").exists()


def test_without_a_length_the_size_speaks_and_the_notes_say_so(tmp_path: Path) -> None:
    origin = listing(tmp_path, "public_url,file_size", "https://h/a.mp4,37500000")
    found = api.estimate(origin, settings_of(tmp_path, **TARIFF))
    assert found.video_seconds == 60
    assert any("5.0 Mbit/s (assumed)" in note for note in found.notes)
    assert found.cost is not None
    paid = 2 * found.load.prompt_tokens + 10 * found.load.completion_tokens
    assert found.cost == Decimal(paid) / 1_000_000
    assert found.batch_cost == found.cost / 2


def test_videos_of_which_nothing_is_known_are_counted_apart(tmp_path: Path) -> None:
    found = api.estimate(api.Origin(urls=("https://h/a.mp4",)), settings_of(tmp_path))
    assert (found.videos, found.videos_unknown, found.clips) == (0, 1, 0)


def test_a_probe_reads_headers_alone(tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for number in range(4):
        path = film(films / f"{number}.mp4", 2.0 + number)
        with path.open("ab") as file:
            file.write((2_000_000).to_bytes(4, "big") + b"free" + bytes(2_000_000 - 8))
    with Bucket(films) as bucket:
        (tmp_path / "list.csv").write_text(user_listing(bucket.entries, bucket.prefix))
        found = api.estimate(api.Origin(csv=tmp_path / "list.csv"), settings_of(tmp_path), probe=4)
    assert found.video_seconds == pytest.approx(2 + 3 + 4 + 5, rel=0.02)
    assert 0 < found.probe_bytes < 4 * 600_000
    assert any("Headers were read of 4 videos" in note for note in found.notes)


def test_a_header_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    films = {"good.mp4": film(tmp_path / "good.mp4", 3.0), "bad.mp4": tmp_path / "bad.mp4"}
    films["bad.mp4"].write_bytes(b"no video" * 1000)
    with Bucket(films) as bucket:
        (tmp_path / "list.csv").write_text(user_listing(bucket.entries, bucket.prefix))
        found = api.estimate(api.Origin(csv=tmp_path / "list.csv"), settings_of(tmp_path), probe=5)
    assert any("1 could not be read" in note for note in found.notes)
    assert found.videos == 2


def test_the_library_knows_lengths_rates_and_what_is_done(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    film(tmp_path / "films" / "a.mp4", 4.0)
    origin = api.Origin(folder=tmp_path / "films")
    with Endpoint(models=("qwen2.5-vl",)) as endpoint:
        settings = settings_of(
            tmp_path,
            public_endpoint=endpoint.url,
            model="qwen2.5-vl",
            segment_length=2,
            summary="built-in",
        )
        api.process(origin, settings)
        done = api.estimate(origin, settings)
        film(tmp_path / "films" / "b.mp4", 2.0)
        anew = api.estimate(origin, settings.model_copy(update={"instruction": "Who?"}))
    assert (done.videos, done.videos_done, done.clips, done.requests) == (0, 1, 0, 0)
    assert anew.videos == 2
    assert any("last run described" in note for note in anew.notes)
    assert anew.answer_tokens < 100, "answers were short so far"


def test_max_cost_says_how_far_the_money_goes(tmp_path: Path) -> None:
    origin = listing(tmp_path, "public_url,duration", "https://h/a.mp4,1500")
    whole = api.estimate(origin, settings_of(tmp_path, **TARIFF))
    assert whole.cost is not None
    half = api.estimate(origin, settings_of(tmp_path, **TARIFF, max_cost=whole.cost / 2))
    assert half.clips_within_max_cost == whole.clips // 2 == 50
    assert clips_within(Decimal(5), Decimal(4), 7) == 7


def test_the_command_tells_it_to_people_and_to_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.ini").write_text("[Tariff]\nInputPerMillion = 2\nCurrency = EUR\n")
    listing(tmp_path, "public_url,duration", "https://h/a.mp4,3600")
    words = ["estimate", "--csv", str(tmp_path / "videos.csv"), "--output", str(tmp_path / "log")]
    words += ["--config", str(tmp_path / "config.ini"), "--model", "Qwen/Qwen3-VL-8B-Instruct"]
    assert main([*words, "--rate", "60", "--max-cost", "1"]) == 0
    said = capsys.readouterr().out
    for word in ("240", "Qwen3-VL  ← counted below", "4 min 00 s", "EUR", "is enough for"):
        assert word in said
    assert main([*words, "--as-json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clips"], found["currency"], found["max_cost"]) == (240, "EUR", None)
    assert Decimal(found["cost"]) > 0
    # As it is called with the other commands; a manifest is what follows it.
    for asked in ([*words, "--json"], ["estimate", "--json", *words[1:]]):
        assert main(asked) == 0
        assert json.loads(capsys.readouterr().out) == found


def test_an_estimate_still_takes_a_manifest_by_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = {"file_name": "a.mp4", "public_url": "https://h/a.mp4", "file_size": 1_000_000}
    (tmp_path / "manifest.json").write_text(json.dumps([video]))
    words = ["estimate", "--json", str(tmp_path / "manifest.json"), "--output", str(tmp_path)]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["videos"] == 1


def test_probe_without_a_number_is_ten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        film(tmp_path / f"{number}.mp4", 2.0)
    words = ["estimate", "--dir", str(tmp_path), "--output", str(tmp_path / "log")]
    assert main([*words, "--probe"]) == 0
    assert "Headers were read of 2 videos" in capsys.readouterr().out
    assert main(["estimate", "--probe", "1", *words[1:]]) == 0
    assert "Headers were read of 1 video" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.5", 12.5), ("90 s", 90), ("3:20", 200), ("1:02:03.5", 3723.5), (" 7 sec ", 7)],
)
def test_lengths_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text) == Fraction(str(seconds))


@pytest.mark.parametrize("text", ["", "soon", "1:99:00", "-5", "1h"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        parse_duration(text)


def test_a_length_may_stand_in_many_columns() -> None:
    def source(*further: tuple[str, str], clips: tuple[GivenClip, ...] = ()) -> Source:
        return Source(
            "https://h/a.mp4", "https://h/a.mp4", "a.mp4", further=further, given_clips=clips
        )

    assert listed_seconds(source(("Duration (seconds)", "7"))) == 7
    assert listed_seconds(source(("duration_ms", "1500"))) == Fraction(3, 2)
    assert listed_seconds(source(("owner", "7"))) is None
    assert listed_seconds(source(("duration", "unknown"))) is None
    clip = GivenClip("https://h/c.mp4", Fraction(1), Fraction(4))
    assert listed_seconds(source(clips=(clip, clip))) == 6
