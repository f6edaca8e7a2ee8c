"""The commands beside ``run``, as a person types them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import shotlog
from shotlog.cli.main import main, spread
from shotlog.cli.options import SECTIONS
from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two videos, one of which is none."""
    folder = tmp_path_factory.mktemp("holiday")
    recipe = videos.Recipe(160, 120, Fraction(10), 2.0, videos.street)
    videos.make_video(folder / "beach.mp4", recipe)
    (folder / "words.mp4").write_text("no video at all")
    output = tmp_path_factory.mktemp("log")
    shotlog.run(dir=folder, output=output, segment_length=1)
    return output


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    main([str(word) for word in words])
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--max-requests", "many", "it is no whole number."),
        ("--max-requests", "-3", "it must be at least 0."),
        ("--limit", "0", "it must be at least 1."),
        ("--concurrency", "x", "it is no whole number."),
        ("--scene-threshold", "x", "it is no number."),
    ],
)
def test_an_option_that_is_no_number_is_told_in_plain_words(
    option: str, value: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "run", "--dir", tmp_path, option, value)
    assert f"Invalid value for '{option}'" in text
    assert reason in text
    assert "Input should" not in text


def test_show_tells_each_video_in_short(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", library)
    assert "beach.mp4 done 2 s 160x120 2 clips" in text
    assert "words.mp4 failed" in text
    assert "2 videos: 1 done, 0 partly, 1 failed; 2 of 2 clips described" in text


def test_show_tells_one_video_clip_by_clip(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "show", library, "beach.mp4")
    assert "0.00 – 1.00 s" in text
    assert "1.00 – 2.00 s" in text


def test_show_failed_names_the_reason_and_what_to_do(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "show", library, "--failed")
    assert "words.mp4 (scan: not_video)" in text
    assert "Check that the address answers with the video itself." in text


def test_show_as_json_is_json(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(library), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == ["beach.mp4", "words.mp4"]


def test_show_of_an_unknown_video_names_the_nearest(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Did you mean 'beach.mp4'?" in said(capsys, "show", library, "beech.mp4")


def test_verify_finds_what_is_missing_and_lets_the_next_run_mend_it(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    recipe = videos.Recipe(160, 120, Fraction(10), 2.0, videos.street)
    videos.make_video(folder / "a.mp4", recipe)
    log = tmp_path / "log"
    shotlog.run(dir=folder, output=log, segment_length=1)
    assert main(["verify", str(log)]) == 0
    (clip,) = log.glob("videos/*/clips/clip_002.mp4")
    clip.unlink()
    assert main(["verify", str(log)]) == 2
    assert "clip_002.mp4" in capsys.readouterr().out
    assert main(["verify", str(log), "--repair"]) == 2
    shotlog.run(dir=folder, output=log, segment_length=1)
    assert main(["verify", str(log)]) == 0
    assert clip.exists()


def test_verify_sees_a_clip_that_was_cut_short(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    recipe = videos.Recipe(160, 120, Fraction(10), 1.0, videos.street)
    videos.make_video(folder / "a.mp4", recipe)
    shotlog.run(dir=folder, output=tmp_path / "log")
    (clip,) = (tmp_path / "log").glob("videos/*/clips/*.mp4")
    clip.write_bytes(clip.read_bytes()[:-10])
    assert main(["verify", str(tmp_path / "log")]) == 2


def test_manifest_makes_what_run_takes(
    shared_listings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "videos.json"
    assert main(["manifest", str(shared_listings / "as-meant.csv"), str(output)]) == 0
    found = json.loads(output.read_text())
    assert [each["file_name"] for each in found] == ["video1.mp4", "video2.mov"]
    assert found[0]["file_size"] == 500_000_000
    assert "2 videos in" in capsys.readouterr().out


def test_manifest_says_which_rows_were_lost_and_why(
    shared_listings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "videos.json"
    assert main(["manifest", str(shared_listings / "users-own-command.csv"), str(output)]) == 2
    assert output.exists()
    text = " ".join(capsys.readouterr().out.split())
    assert "line 4 (empty.mp4)" in text
    assert "awk cut off its end" in text
    assert "rclone lsf -R --csv --format pst" in text


def test_doctor_says_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "inside PyAV" in text
    assert "full-text search there" in text


def test_doctor_asks_the_endpoint_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with Endpoint() as endpoint:
        assert main(["doctor", "--endpoint", endpoint.url]) == 0
    assert "(openai)" in " ".join(capsys.readouterr().out.split())


def test_doctor_says_when_the_endpoint_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with Endpoint() as endpoint:
        gone = endpoint.url
    assert main(["doctor", "--endpoint", gone]) == 1
    assert "✗ endpoint" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "command", ["run", "show", "search", "tag", "verify", "manifest", "doctor", "demo"]
)
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"    shotlog {command}" in capsys.readouterr().out


def test_help_of_many_options_goes_from_the_videos_to_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--help"]) == 0
    told = capsys.readouterr().out
    places = [told.index(f"\n{title}:\n") for title in SECTIONS]
    assert places == sorted(places)
    first = [told.index(option) for option in ("--csv", "--match", "--split", "--keywords")]
    assert [place > title for place, title in zip(first, places, strict=False)] == [True] * 4


@pytest.mark.parametrize("words", [["--help"], ["batch", "--help"]])
def test_each_command_is_told_whole_on_a_narrow_screen(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) == 0
    _, commands = capsys.readouterr().out.split("Commands:")
    assert "..." not in commands


def test_every_option_answers_to_both_spellings(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for spelling in ("--segment-length", "--segment_length"):
        assert main(["run", "--dir", str(tmp_path), spelling, "0"]) == 1
        assert "not above 0" in capsys.readouterr().err


def test_as_many_addresses_as_follow_are_taken() -> None:
    assert spread(["--urls", "a", "b", "--limit", "2"]) == [
        *("--urls", "a"),
        *("--urls", "b"),
        *("--limit", "2"),
    ]
    assert spread(["show", "x", "y"]) == ["show", "x", "y"]


def test_an_address_behind_mongodb_is_told_where_it_belongs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--dir", "x", "--mongodb", "mongodb://user:secret@host/"]) == 1
    told = capsys.readouterr().err
    assert "SHOTLOG_MONGODB_URI" in told
    assert "secret" not in told


def test_what_is_looked_for_may_begin_with_an_unwanted_word() -> None:
    assert spread(["search", "-dog cat", "lib", "--tag=a b", "-h"]) == [
        *("search", " -dog cat", "lib"),
        *("--tag=a b", "-h"),
    ]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"shotlog {shotlog.__version__}\n"


def test_shotlog_alone_shows_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "shotlog run --dir holiday/" in "".join(capsys.readouterr())


def test_a_listing_without_its_option_is_told_which_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "videos.csv"]) == 1
    assert "--csv FILE" in capsys.readouterr().err


def test_a_video_where_the_folder_belongs_is_told_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(capsys, "show", "beach.mp4")
    assert "There is no folder beach.mp4." in text
    assert "shotlog show processed_videos VIDEO" in text


def test_an_export_of_nothing_says_so(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "export", "jsonl", library, "--query", "zeppelin")
    assert "0 videos, 0 clips" in text
    assert "Nothing fits" in text


def test_what_a_rule_went_by_is_told_in_the_words_of_its_file(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{class: lying, video: {portrait: no}}]")
    text = said(capsys, "tag", library, "--rules", rules)
    assert "+ class: lying rule lying: portrait no" in text
