"""What a person sees of a run: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shotlog.cli.lines import say
from shotlog.gate.spending import money
from shotlog.pipeline.progress import Progress
from shotlog.records import Failure
from shotlog.wording import counted, spoken_size

JOINERS = "\u200c\u200d"
"""They join or part the letters of a word, or the pictures of an emoji."""

PLAIN_EVERY_SECONDS = 5.0
"""How often a plain line is printed where there is no terminal."""

SAME_SHOWN = 5
"""How many failures of one and the same reason are told; the library keeps all."""


class Screen:
    """Shows a run under way. A context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._last_line = 0.0
        self._notes_shown = 0
        self._hints_told: set[str] = set()
        self._times_told: Counter[str] = Counter()
        if console.is_terminal:
            self._live = Live(console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def progress(self, progress: Progress) -> None:
        for note in progress.notes[self._notes_shown :]:
            say(self._console, f"Note: {printable(note)}")
        self._notes_shown = len(progress.notes)
        if self._live is not None:
            self._live.update(_picture(progress))
            return
        now = time.monotonic()
        if now - self._last_line >= PLAIN_EVERY_SECONDS:
            self._last_line = now
            self._console.print(line(progress), highlight=False)

    def failed(self, file_name: str, clip_index: int | None, failure: Failure) -> None:
        """Says it, and what to do; what many have in common is not said of each."""
        self._times_told[failure.message] += 1
        if self._times_told[failure.message] > SAME_SHOWN:
            if self._times_told[failure.message] == SAME_SHOWN + 1:
                say(
                    self._console,
                    "… and more for this reason: shotlog show --failed lists all.",
                )
            return
        where = file_name if clip_index is None else f"{file_name}, clip {clip_index}"
        text = Text.assemble(("✗ ", "red"), printable(where), ": ", printable(failure.message))
        if failure.hint and failure.hint not in self._hints_told:
            self._hints_told.add(failure.hint)
            text.append(f" {printable(failure.hint)}")
        say(self._console, text, indent=2)


def line(progress: Progress) -> str:
    """The run in one line."""
    described = progress.clips_described + progress.clips_described_before
    parts = [
        f"{progress.videos_ended}/{counted(progress.videos, 'video')}",
        f"{counted(described, 'clip')} described",
    ]
    failures = ((progress.videos_failed, "video"), (progress.clips_failed, "clip"))
    if failed := [counted(count, noun) for count, noun in failures if count]:
        parts.append(f"{' and '.join(failed)} failed")
    if progress.bytes_fetched:
        parts.append(f"{spoken_size(progress.bytes_fetched)} fetched")
    if progress.documents_sent:
        parts.append(f"{counted(progress.documents_sent, 'document')} sent")
    if progress.requests:
        parts.append(f"{progress.prompt_tokens + progress.completion_tokens:,} tokens")
    if progress.cost is not None:
        parts.append(f"{money(progress.cost)} {progress.currency or ''}".rstrip())
    if progress.elapsed_seconds > 1 and progress.seconds_scanned:
        parts.append(f"{progress.seconds_scanned / progress.elapsed_seconds:.1f}x real time")
    if progress.seconds_left is not None and progress.videos_ended < progress.videos:
        parts.append(f"about {duration(progress.seconds_left)} left")
    if progress.stopping:
        parts.append("stopping")
    return ", ".join(parts)


def _picture(progress: Progress) -> Group:
    """A bar and lines below it, none of them wider than the terminal.

    No line is filled up with blanks: the ``^C`` that a terminal shows must find room, or the
    picture moves down by a line and leaves one behind.
    """
    bar = ProgressBar(total=max(1, progress.videos), completed=progress.videos_ended, width=60)
    lines = [Text(line(progress)), Text(_under_way(progress), "dim")]
    if progress.stopping:
        ask = "Ctrl-C stops at once." if progress.stopped_because else "Ctrl-C again stops at once."
        lines.append(Text(f"Finishing what is in hand. {ask}", "yellow"))
    for each in lines:
        each.no_wrap, each.overflow = True, "ellipsis"
    row = Table.grid()  # A bar alone ends without a line end.
    row.add_row(bar)
    return Group(row, *lines)


def _under_way(progress: Progress) -> str:
    """What is being done at this moment, step by step; steps that nothing is in are left out."""
    cut = progress.clips_made + progress.clips_under_way
    steps = (
        ("fetching", progress.fetching, 0),
        ("reading", progress.scanning, progress.waiting_to_scan),
        ("hearing", progress.hearing, 0),
        ("describing", progress.describing, progress.waiting_to_describe),
        ("summing up", progress.summarizing, 0),
    )
    parts = [
        f"{name} {count}" + (f" (+{waiting} waiting)" if waiting else "")
        for name, count, waiting in steps
        if count or waiting
    ]
    return "   ".join([*parts, f"{counted(cut, 'clip')} cut"])


def duration(seconds: float) -> str:
    """Time for people: ``0.4 s``, ``42 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if 0 < seconds < 0.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "under 0.1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def printable(text: str) -> str:
    """Text from a listing, without what would steer a terminal."""
    return "".join(
        character if _is_shown(character) else f"\\x{ord(character):02x}" for character in text
    )


def _is_shown(character: str) -> bool:
    """Blanks of every width too, as macOS and Japanese keyboards write them in names."""
    is_blank = unicodedata.category(character) == "Zs"
    return is_blank or character.isprintable() or character in JOINERS
