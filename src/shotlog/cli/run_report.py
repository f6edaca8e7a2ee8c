"""What is said at the end of a run: what was done, what failed and why, and what to type next."""

from __future__ import annotations

import shlex

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shotlog import api
from shotlog.cli.lines import say
from shotlog.cli.screen import duration, printable
from shotlog.gate.spending import money
from shotlog.records import Failure, ListingReport, SkippedRow, Spent
from shotlog.wording import counted, listed, spoken_size

ROWS_SHOWN = 10
"""Rows of the listing that are named; the log names all."""


def tell(console: Console, report: api.RunReport) -> None:
    """The end of a run: the listing's oddities, the counts, what failed, and what to type next."""
    tell_listing(console, report.listing)
    progress = report.progress
    table = Table.grid(padding=(0, 2))
    for name, count, note in (
        ("videos done", progress.videos_done, ""),
        ("unchanged", progress.videos_unchanged, "nothing to do"),
        ("partly done", progress.videos_partial, "see the reasons above"),
        ("failed", progress.videos_failed, "see the reasons above"),
        ("clips cut", progress.clips_made, ""),
        ("clips described", progress.clips_described, ""),
        ("clips reused", progress.clips_reused, "the picture of an earlier clip"),
        ("videos heard", progress.videos_heard, "the words spoken"),
        ("videos summed up", progress.videos_summarized, "by the model"),
        ("vectors made", progress.texts_embedded, "to search by meaning"),
        (
            "clips failed",
            progress.clips_failed - progress.clips_refused,
            "tried again by the next run",
        ),
        ("clips refused", progress.clips_refused, "by the model, and not asked again"),
        ("clips left", progress.clips_left, "nobody was asked about them"),
        ("documents sent", progress.documents_sent, "to MongoDB"),
    ):
        if count:
            table.add_row(f"  {name}", f"{count:>7}", note)
    console.print(Text(_headline(report), "bold"))
    console.print(table)
    spent = [f"took {duration(progress.elapsed_seconds)}"]
    if progress.bytes_fetched:
        spent.append(f"{spoken_size(progress.bytes_fetched)} fetched")
    if progress.seconds_scanned and progress.elapsed_seconds:
        speed = progress.seconds_scanned / progress.elapsed_seconds
        spent.append(f"{duration(progress.seconds_scanned)} of video, {speed:.1f}x real time")
    console.print(f"  {', '.join(spent)}", highlight=False)
    if progress.requests:
        console.print(f"  {spending(progress.spent)}", highlight=False)
    for note in progress.notes:
        say(console, f"  Note: {printable(note)}")
    if progress.stopped_because is not None:
        _tell_why(console, progress.stopped_because)
    console.print()
    console.print(_next(report), soft_wrap=True, highlight=False)


def spending(spent: Spent) -> str:
    """What models took, in one line: ``40 requests, 360,000 tokens in, 9,000 out, 0.27 USD``."""
    parts = [
        f"{spent.requests:,} request{'' if spent.requests == 1 else 's'}",
        f"{spent.prompt_tokens:,} tokens in",
        f"{spent.completion_tokens:,} out",
    ]
    if spent.cost is not None:
        parts.append(f"{money(spent.cost)} {spent.currency or ''}".rstrip())
    return ", ".join(parts)


def _tell_why(console: Console, failure: Failure) -> None:
    """Why nothing more was asked, and what to do."""
    console.print()
    say(console, Text.assemble(("✗ ", "red"), printable(failure.message)))
    if failure.hint:
        say(console, printable(failure.hint))


def _headline(report: api.RunReport) -> str:
    if report.status == "stopped":
        return "Stopped early. All that was finished is kept."
    if report.status == "interrupted":
        return "Interrupted. All that was finished is kept."
    if not report.progress.videos and report.listing.counts.get("not_chosen"):
        return "No video was chosen: see --match, --limit and the sizes and times asked for."
    if report.status == "done":
        return "All done but the answers." if report.progress.clips_left else "All done."
    return _done_but(report)


def _done_but(report: api.RunReport) -> str:
    """``Done, but 1 video failed and 2 rows of the listing cannot be used.``"""
    progress = report.progress
    losses = [
        f"{counted(count, noun)} {what}"
        for count, noun, what in (
            (progress.videos_failed, "video", "failed"),
            (progress.videos_partial, "video", "could be read in part only"),
            (progress.clips_failed, "clip", "failed"),
            (report.listing.counts.get("bad", 0), "row", "of the listing cannot be used"),
        )
        if count
    ]
    return f"Done, but {listed(losses)}." if losses else "Done, with losses."


def _next(report: api.RunReport) -> str:
    folder = shlex.quote(str(report.output))
    lines = [f"Results: {report.output / 'results.json'}"]
    if report.status in ("interrupted", "stopped"):
        lines.append("Go on:   the same command again")
    elif report.progress.clips_failed or report.progress.videos_failed:
        lines.append(f"Reasons: shotlog show {folder} --failed")
        refused = report.progress.clips_refused
        if not refused or report.progress.clips_failed > refused:
            lines.append("Again:   the same command tries only what failed")
        if refused:
            lines.append("Refused: the same command with --redo refused asks once more")
    elif report.progress.clips_left:
        lines.append(
            f"Files:   shotlog batch write {folder}, with this run's options for the model"
        )
        lines.append("Ask:     the same command without --no-describe")
    else:
        lines.append(f"Look:    shotlog show {folder}")
    if report.status not in ("interrupted", "stopped"):
        lines.append(f"Browse:  shotlog serve {folder} --open")
    return "\n".join(lines)


def tell_listing(console: Console, report: ListingReport, *, logged: bool = True) -> None:
    """What was amiss in the listing, in few lines; ``logged``: whether a log names every row."""
    mended = report.counts.get("mended", 0)
    if mended:
        first = next(row for row in report.rows if row.kind == "mended")
        where = " (the log names each)" if logged else ""
        head = (f"The listing was repaired in {counted(mended, 'row')}", "yellow")
        told = f"{where}; line {first.line}: {printable(first.reason)}"
        say(console, Text.assemble(head, told))
    bad = [row for row in report.rows if row.kind == "bad"]
    for row in bad[:ROWS_SHOWN]:
        say(console, _bad_row(row), indent=2)
    if report.counts.get("bad", 0) > ROWS_SHOWN:
        more = report.counts["bad"] - ROWS_SHOWN
        console.print(
            f"… and {counted(more, 'more row')}" + (", named in the log" if logged else "")
        )
    for hint in dict.fromkeys(row.hint for row in bad if row.hint):
        say(console, Text(hint))
    left_out = [
        f"{report.counts[kind]:,} {one if report.counts[kind] == 1 else many}"
        for kind, one, many in (
            ("directory", "folder", "folders"),
            ("not_video", "file that is no video", "files that are no video"),
            ("duplicate", "row that names a video again", "rows that name a video again"),
            ("not_chosen", "video not chosen", "videos not chosen"),
        )
        if report.counts.get(kind)
    ]
    if left_out:
        say(console, f"Left out of the listing: {listed(left_out)}.")


def _bad_row(row: SkippedRow) -> Text:
    name = f" ({printable(row.name)})" if row.name else ""
    return Text.assemble(("✗ ", "red"), f"line {row.line}{name}: {row.reason}")
