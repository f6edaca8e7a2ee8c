"""What a person reads is broken between words on a terminal, and nowhere else."""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from shotlog.cli.lines import say, wrapped

WORDS = "✗ 日本語 テスト.mp4, clip 1: the upload or the recording broke off; upload it again."


def test_no_word_is_broken_and_no_line_is_too_wide() -> None:
    lines = wrapped(Text(WORDS), 30, indent=2).plain.split("\n")
    assert all(cell_len(each) <= 30 for each in lines)
    assert all(each.startswith("  ") for each in lines[1:])
    assert " ".join(each.strip() for each in lines) == WORDS


def test_what_fits_and_what_is_indented_stays_as_it_is() -> None:
    for text in ("  Note: short.", "", "two\n  paragraphs", "ends with a blank "):
        assert wrapped(Text(text), 40).plain == text


def test_a_command_to_be_copied_stays_in_one_piece() -> None:
    command = "`rclone lsf -R --csv --format pst REMOTE:PATH > listing.csv`"
    lines = wrapped(Text(f"List the bucket with {command} and go on."), 40).plain.split("\n")
    assert lines == ["List the bucket with", command, "and go on."]


def test_colours_stay_where_they_were() -> None:
    text = wrapped(Text.assemble("plain ", ("red words", "red"), " plain"), 10)
    assert text.plain == "plain red\nwords\nplain"
    assert {text.plain[each.start : each.end].strip() for each in text.spans} == {"red", "words"}


def test_lines_of_a_file_are_whole() -> None:
    for is_terminal, count in ((False, 1), (True, 3)):
        said = io.StringIO()
        say(Console(file=said, width=30, force_terminal=is_terminal), WORDS)
        assert said.getvalue().count("\n") == count
