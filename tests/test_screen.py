"""What a person is told of a run under way and at its end."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from shotlog.api import RunReport
from shotlog.cli.ending import tell
from shotlog.cli.screen import Screen, line
from shotlog.pipeline.progress import Progress
from shotlog.records import Failure, ListingReport

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
