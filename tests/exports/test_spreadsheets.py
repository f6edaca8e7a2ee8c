"""Tables as a spreadsheet opens them."""

from __future__ import annotations

import csv
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from exported_material import HOSTILE, a_clip, a_video
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.exports import Chosen, Target, Written, format_named, video_object
from shotlog.exports.tables.cells import LONGEST_CELL, clock, safe
from shotlog.fields import ClipFields
from shotlog.rows import RuleTag
from shotlog.speech import Transcript, Word

FIELDS = ClipFields(
    description="Waves.",
    actions=("=run", "sit"),
    objects=("shell",),
    people_count=2,
    setting="beach",
    time_of_day="dusk",
    on_screen_text=("-50 %",),
    camera="static",
    mood="calm",
    category="nature",
    tags=(),
    safety_flags=(),
)


def written(place: Path, *videos: Chosen) -> Written:
    return format_named("csv").write(videos, Target(place, place.parent))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def a_told_video() -> Chosen:
    clip = a_clip(1, 0, 15.5, "Waves, “slow”\nand grey.", "beach")
    assert clip.answer is not None
    answer = replace(clip.answer, fields=FIELDS)
    kinds = (RuleTag("outdoor", "rule", (), "place"), RuleTag("wet", "rule", ()))
    clip = replace(clip, answer=answer, rule_tags=kinds)
    return a_video(clip, a_clip(2, 15.5, 30, None), title="The beach")


def test_a_folder_has_a_table_of_clips_and_one_of_videos(tmp_path: Path) -> None:
    told = written(tmp_path / "csv", a_told_video(), a_video(name="empty.mp4"))
    assert (told.videos, told.clips, told.notes) == (2, 2, ())
    first, second = rows(tmp_path / "csv" / "clips.csv")
    assert (first["video"], first["clip"], first["start"], first["end"]) == (
        *("beach.mp4", "1", "0:00:00.000"),
        "0:00:15.500",
    )
    assert first["description"] == "Waves, “slow”\nand grey."
    assert (first["tags"], first["classes"]) == ("dark; wet", "place: outdoor")
    assert (first["actions"], first["on_screen_text"]) == ("'=run; sit", "'-50 %")
    assert (first["people_count"], first["end_seconds"]) == ("2", "15.5")
    assert first["video_modified_utc"] == "2026-11-23 11:48:57"
    assert (second["status"], second["description"]) == ("failed", "")
    assert second["error"].startswith("No answer in 300 s.")
    whole, empty = rows(tmp_path / "csv" / "videos.csv")
    assert (whole["title"], whole["clips"], whole["duration_seconds"]) == ("The beach", "2", "30.0")
    assert whole["has_audio"] == "TRUE"
    assert empty["clips"] == "0"


def test_a_csv_that_is_named_is_the_table_of_clips_alone(tmp_path: Path) -> None:
    told = written(tmp_path / "Clips.CSV", a_told_video(), a_video(name="empty.mp4"))
    assert len(rows(tmp_path / "Clips.CSV")) == 2
    assert told.notes == ("Videos without a clip, and so without a row: 1.",)


def test_a_table_begins_with_the_mark_of_utf_8_and_its_lines_end_as_rfc_4180_says(
    tmp_path: Path,
) -> None:
    written(tmp_path / "clips.csv", a_video(a_clip(1, 0, 15, "Sea.")))
    data = (tmp_path / "clips.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfvideo,clip,")
    assert data.count(b"\r\n") == data.count(b"\n") == 2


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    heard = Transcript((Word(Fraction(0), Fraction(1), "@SUM(A1)"),))
    clip = a_clip(1, 0, 15, HOSTILE)
    video = a_video(clip, name=HOSTILE, title=" =1+1", heard=heard)
    row = replace(video.row, tags=("+1", "\t=2", "＝3"), description="-1+1|cmd")
    harmful = replace(
        video, row=row, video=video_object(row, video.scan, video.clips, video.transcript)
    )
    written(tmp_path / "csv", harmful)
    for name in ("clips.csv", "videos.csv"):
        (row_of,) = rows(tmp_path / "csv" / name)
        for cell in row_of.values():
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
            assert all(letter >= " " or letter in "\n\t" for letter in cell)
    assert rows(tmp_path / "csv" / "videos.csv")[0]["tags"] == "'+1; '\t=2; '＝3".replace(
        "\t", "\t"
    )


@settings(deadline=None)
@given(st.text(max_size=20))
def test_a_safe_text_says_what_it_said(text: str) -> None:
    shown = safe(text)
    assert shown is not None
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    if text.isalnum():
        assert shown == text


def test_a_cell_that_a_spreadsheet_would_cut_off_is_told(tmp_path: Path) -> None:
    told = written(tmp_path / "csv", a_video(a_clip(1, 0, 15, "x" * (LONGEST_CELL + 1))))
    assert told.notes == (
        "Cells of clips.csv with more than 32767 characters, which a spreadsheet cuts off: 1.",
    )


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00:00.000"), (3725.0005, "1:02:05.000")])
def test_times_are_told_as_a_clock_does(seconds: float, text: str) -> None:
    assert clock(seconds) == text
