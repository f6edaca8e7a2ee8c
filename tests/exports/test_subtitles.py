"""WebVTT and SubRip, read by ffmpeg and by a browser."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from exported_material import HOSTILE, a_clip, a_video, words
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.exports import Chosen, Target, format_named
from shotlog.records import Chapter
from shotlog.speech import Transcript
from shotlog.subtitles.cues import Cue, spoken_cues
from shotlog.subtitles.srt import srt
from shotlog.subtitles.webvtt import webvtt

SAID = Transcript(words("Dig deeper. The tree needs room for its roots, and water.", 1.5), "en")
CHAPTERS = (Chapter(Fraction(0), Fraction(30), "The garden"),)
CLIPS = (a_clip(1, 0, 15, "A man plants a tree."), a_clip(2, 15, 30, "Rain & wind <at> night."))
VIDEO = a_video(*CLIPS, heard=SAID, chapters=CHAPTERS)


def written(name: str, folder: Path, *videos: Chosen) -> dict[str, Path]:
    """The files of an export by the ends of their names."""
    place = folder / name
    format_named(name).write(videos, Target(place, folder))
    files = [path for path in place.iterdir() if not path.name.startswith(".")]
    return {path.name.removeprefix(f"{videos[0].row.folder}."): path for path in files}


def packets(path: Path) -> list[tuple[float, float]]:
    """Start and length of every cue that ffmpeg reads."""
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_packets", "-of", "json", str(path)],
        capture_output=True,
        check=True,
    )
    assert not told.stderr
    return [
        (float(each["pts_time"]), float(each["duration_time"]))
        for each in json.loads(told.stdout)["packets"]
    ]


def as_ass(path: Path) -> list[str]:
    """The texts as ffmpeg would show them."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "ass", "-"]
    told = subprocess.run(command, capture_output=True, check=True)
    lines = told.stdout.decode().splitlines()
    return [line.split(",,")[-1] for line in lines if line.startswith("Dialogue:")]


@pytest.mark.parametrize("name", ["webvtt", "srt"])
def test_a_video_has_a_file_of_descriptions_and_one_of_words_by_language(
    name: str, tmp_path: Path
) -> None:
    ending = {"webvtt": "vtt", "srt": "srt"}[name]
    files = written(name, tmp_path, VIDEO)
    chapters = {"chapters.vtt"} if name == "webvtt" else set()
    assert set(files) == {f"descriptions.{ending}", f"transcript.en.{ending}", *chapters}
    assert packets(files[f"descriptions.{ending}"]) == [(0, 15), (15, 15)]
    cues = spoken_cues(SAID.words)
    assert packets(files[f"transcript.en.{ending}"]) == [
        (float(cue.start), round(float(cue.end - cue.start), 3)) for cue in cues
    ]
    assert as_ass(files[f"transcript.en.{ending}"]) == [r"\N".join(cue.lines) for cue in cues]


@pytest.mark.parametrize("name", ["webvtt", "srt"])
def test_signs_with_a_meaning_are_shown_as_they_are(name: str, tmp_path: Path) -> None:
    files = written(name, tmp_path, VIDEO)
    ending = {"webvtt": "vtt", "srt": "srt"}[name]
    assert as_ass(files[f"descriptions.{ending}"])[1].replace("\u2060", "") == (
        "Rain & wind <at> night."
    )


@pytest.mark.parametrize("name", ["webvtt", "srt"])
def test_words_that_mean_harm_are_one_cue_and_nothing_else(name: str, tmp_path: Path) -> None:
    heard = Transcript(words(HOSTILE), "../../en")
    video = a_video(a_clip(1, 0, 90, HOSTILE), name=HOSTILE, heard=heard)
    files = written(name, tmp_path, video)
    ending = {"webvtt": "vtt", "srt": "srt"}[name]
    assert set(files) == {f"descriptions.{ending}", f"transcript.{ending}"}
    for path in files.values():
        found = packets(path)
        assert found[0][0] == 0
        for cue in path.read_text("utf-8").split("\n\n"):
            assert sum("-->" in line for line in cue.splitlines()) == cue.count(" --> ") <= 1
    if name == "webvtt":
        assert packets(files["descriptions.vtt"]) == [(0, 90)]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("a --> b", "a --&gt; b"),
        ("<v Bob>&amp;", "&lt;v Bob&gt;&amp;amp;"),
        ("one\n\n\ntwo\r\nNOTE three", "one two NOTE three"),
    ],
)
def test_a_text_cannot_leave_its_cue(text: str, cue: str) -> None:
    track = webvtt([Cue(Fraction(0), Fraction(1), (text,))])
    assert track == f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{cue}\n"


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_another_cue(text: str) -> None:
    track = webvtt([Cue(Fraction(0), Fraction(1), (text,))])
    assert track.count("-->") <= 1
    assert "\n\n\n" not in track


def test_a_cue_without_text_is_left_out() -> None:
    assert webvtt([Cue(Fraction(0), Fraction(1), (" \n ", "\0"))]) == "WEBVTT\n"


def test_a_cue_without_time_is_left_out_and_hours_have_two_digits() -> None:
    (cue,) = spoken_cues(words("Hello", start=3600))
    text = webvtt([cue, replace(cue, end=cue.start)])
    assert text == "WEBVTT\n\n01:00:00.000 --> 01:00:01.000\nHello\n"
    assert srt([cue]) == "1\n01:00:00,000 --> 01:00:01,000\nHello\n"


def test_a_description_is_one_cue_for_browsers_and_pieces_for_players(tmp_path: Path) -> None:
    video = a_video(a_clip(1, 0, 15, "A long sentence about the sea. " * 10))
    (vtt,) = written("webvtt", tmp_path, video).values()
    (subrip,) = written("srt", tmp_path, video).values()
    assert len(packets(vtt)) == 1
    pieces = packets(subrip)
    assert len(pieces) == 4
    assert pieces[-1][0] + pieces[-1][1] == 15


def test_words_outside_the_clips_that_fit_are_left_out(tmp_path: Path) -> None:
    heard = Transcript((*words("Hello there."), *words("Good bye.", 20)), "English")
    video = a_video(a_clip(2, 15, 30, "Sea."), heard=heard, clip_count=2)
    files = written("srt", tmp_path, video)
    assert as_ass(files["transcript.en.srt"]) == ["Good bye."]


def test_a_video_of_which_nothing_is_said_has_no_file_and_that_is_told(tmp_path: Path) -> None:
    place = tmp_path / "srt"
    told = format_named("srt").write([a_video(a_clip(1, 0, 15, None))], Target(place, tmp_path))
    assert told.notes == ("Videos of which nothing is said, and so without a file: 1.",)
    assert (told.videos, told.clips) == (1, 1)


SCRIPT = """
async (text) => {
  const video = document.createElement('video'), track = document.createElement('track');
  track.src = URL.createObjectURL(new Blob([text], {type: 'text/vtt'}));
  track.kind = 'subtitles'; video.append(track); document.body.append(video);
  track.track.mode = 'hidden';
  await new Promise((done, wrong) => { track.onload = done; track.onerror = wrong; });
  return [...track.track.cues].map(
    cue => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent, cue.id]);
}
"""


@pytest.mark.slow
def test_a_browser_reads_every_cue_and_runs_none(chromium: Any, tmp_path: Path) -> None:
    video = a_video(*CLIPS, a_clip(3, 30, 45, HOSTILE), heard=SAID)
    files = written("webvtt", tmp_path, video)
    page = chromium.new_page()
    found = page.evaluate(SCRIPT, files["descriptions.vtt"].read_text("utf-8"))
    assert [each[:2] for each in found] == [[0, 15], [15, 30], [30, 45]]
    assert found[1][2:] == ["Rain & wind <at> night.", "clip 2"]
    assert "<script>alert(1)</script>" in found[2][2]
    heard = page.evaluate(SCRIPT, files["transcript.en.vtt"].read_text("utf-8"))
    assert [each[2].split("\n") for each in heard] == [
        list(cue.lines) for cue in spoken_cues(SAID.words)
    ]
