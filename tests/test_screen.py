"""What a person is told of a run under way and at its end."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from shotlog.api import RunReport
from shotlog.cli.run_report import tell, tell_listing
from shotlog.cli.screen import Screen, duration, line, printable
from shotlog.pipeline.progress import Progress
from shotlog.records import Failure, ListingReport, SkippedRow

NOTE = "The server looks at 32 frames."


def plain() -> tuple[Console, io.StringIO]:
    said = io.StringIO()
    return Console(file=said, width=200), said


def test_a_note_is_shown_once_while_the_run_goes_and_once_at_its_end() -> None:
    console, said = plain()
    progress = Progress(notes=[NOTE])
    with Screen(console) as screen:
        for _ in range(3):
            screen.progress(progress)
    assert said.getvalue().count(NOTE) == 1
    tell(console, RunReport("done", Path("log"), progress, ListingReport()))
    assert said.getvalue().count(NOTE) == 2


def test_the_line_says_what_was_used() -> None:
    progress = Progress(requests=40, prompt_tokens=360_000, completion_tokens=9_000)
    assert "369,000 tokens" in line(progress)
    progress.cost, progress.currency = Decimal("0.0864"), "USD"
    assert "0.0864 USD" in line(progress)


def test_one_is_told_in_the_singular_and_what_did_not_fail_is_not_told() -> None:
    one = line(Progress(videos=1, videos_failed=1, clips_described=1))
    assert "1/1 video," in one
    assert "1 clip described" in one
    assert "1 video failed" in one
    assert "0 clips failed" not in line(Progress(videos=3, videos_failed=2))
    console, said = plain()
    tell_listing(
        console, ListingReport(counts={"mended": 1}, rows=[SkippedRow(2, "mended", "a b.mp4")])
    )
    assert "repaired in 1 row (" in said.getvalue()


def test_the_end_of_a_run_names_the_command_that_opens_the_page() -> None:
    for progress in (Progress(videos_done=1), Progress(videos_failed=1)):
        console, said = plain()
        tell(console, RunReport("done", Path("my log"), progress, ListingReport()))
        assert "shotlog serve 'my log' --open" in said.getvalue()


def test_the_end_of_a_stopped_run_says_why_and_what_to_do() -> None:
    console, said = plain()
    progress = Progress(
        requests=2,
        prompt_tokens=2000,
        completion_tokens=50,
        cost=Decimal("1.5"),
        currency="EUR",
        stopped_because=Failure("describe", "endpoint_refused", "It said no.", "Check the key."),
    )
    report = RunReport("stopped", Path("log"), progress, ListingReport())
    tell(console, report)
    assert report.exit_code == 2
    for words in ("Stopped early", "It said no.", "Check the key.", "the same command again"):
        assert words in said.getvalue()
    assert "2 requests, 2,000 tokens in, 50 out, 1.50 EUR" in said.getvalue()


def test_times_are_short_and_a_short_time_is_never_none() -> None:
    said = {0.0: "0 s", 0.04: "under 0.1 s", 0.13: "0.1 s", 0.96: "1 s", 59.6: "1 min 00 s"}
    said |= {200.0: "3 min 20 s", 7500.0: "2 h 05 min"}
    assert {seconds: duration(seconds) for seconds in said} == said


def test_what_fails_is_told_with_what_to_do_and_the_same_reason_not_of_every_clip() -> None:
    console, said = plain()
    failure = Failure("describe", "describe_interrupted", "Nobody answers.", "Is it running?")
    with Screen(console) as screen:
        for index in range(1, 21):
            screen.failed("beach.mp4", index, failure)
        screen.failed("other.mp4", None, Failure("scan", "damaged", "It breaks off.", "Again."))
    lines = said.getvalue().splitlines()
    assert lines[0] == "✗ beach.mp4, clip 1: Nobody answers. Is it running?"
    assert lines[1] == "✗ beach.mp4, clip 2: Nobody answers."
    assert lines[-2].startswith("… and more for this reason")
    assert lines[-1] == "✗ other.mp4: It breaks off. Again."
    assert len(lines) == 7


def test_the_live_picture_leaves_room_for_what_the_terminal_echoes() -> None:
    progress = Progress(
        videos=11_000, videos_done=9, bytes_fetched=10**10, seconds_scanned=600, scanning=2
    )
    progress.elapsed_seconds, progress.waiting_to_scan = 60, 7
    said = io.StringIO()
    console = Console(file=said, width=60, force_terminal=True, color_system=None)
    with Screen(console) as screen:
        screen.progress(progress)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.getvalue()).splitlines()
    assert "reading 2 (+7 waiting)   0 clips cut" in shown
    assert any(each.startswith("9/11,000 videos") for each in shown)
    assert all(len(each) <= 60 for each in shown)
    assert any(each.endswith("…") for each in shown)


def test_the_headline_says_what_was_lost_and_what_was_left_out() -> None:
    console, said = plain()
    progress = Progress(videos=3, videos_done=1, videos_failed=2)
    listing = ListingReport(counts={"bad": 1, "directory": 1, "not_video": 3})
    tell(console, RunReport("partial", Path("log"), progress, listing))
    assert "Done, but 2 videos failed and 1 row of the listing cannot be used." in said.getvalue()
    assert "Left out of the listing: 1 folder and 3 files that are no video." in said.getvalue()


def test_a_choice_that_leaves_nothing_is_no_success() -> None:
    console, said = plain()
    tell(console, RunReport("done", Path("log"), Progress(), ListingReport({"not_chosen": 4})))
    assert "No video was chosen: see --match" in said.getvalue()
    assert "All done" not in said.getvalue()


def test_names_of_every_script_are_written_as_they_are_and_nothing_steers_the_terminal() -> None:
    for name in ("می‌خواهم.mp4", "👩‍👧.mp4", "動画　二.mp4", "Recording at 3.04\u202fPM.mov"):
        assert printable(name) == name
    assert printable("a\x1b[2J\u202eb\n") == "a\\x1b[2J\\x202eb\\x0a"
