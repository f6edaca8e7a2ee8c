"""What a person sees of a run: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
import unicodedata
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shotlog.gate.spending import money
from shotlog.pipeline.progress import Progress
from shotlog.records import Failure
from shotlog.wording import counted, spoken_size

JOINERS = "\u200c\u200d"
"""They join or part the letters of a word, or the pictures of an emoji."""

PLAIN_EVERY_SECONDS = 5.0
"""How often a plain line is printed where there is no terminal."""


class Screen:
    """Shows a run under way. A context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._last_line = 0.0
        self._notes_shown = 0
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
            self._console.print(Text(f"Note: {printable(note)}"), soft_wrap=True)
        self._notes_shown = len(progress.notes)
        if self._live is not None:
            self._live.update(_picture(progress))
            return
        now = time.monotonic()
        if now - self._last_line >= PLAIN_EVERY_SECONDS:
            self._last_line = now
            self._console.print(line(progress), highlight=False)

    def failed(self, file_name: str, clip_index: int | None, failure: Failure) -> None:
        where = file_name if clip_index is None else f"{file_name}, clip {clip_index}"
        text = Text.assemble(("✗ ", "red"), printable(where), ": ", printable(failure.message))
        self._console.print(text, soft_wrap=True)


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


def _picture(progress: Progress) -> Table:
    bar = ProgressBar(total=max(1, progress.videos), completed=progress.videos_ended, width=60)
    steps = (
        f"fetch {progress.fetching}   "
        f"scan {progress.scanning} (+{progress.waiting_to_scan} waiting)   "
        f"hear {progress.hearing}   "
        f"describe {progress.describing} (+{progress.waiting_to_describe} waiting)   "
        f"sum up {progress.summarizing}   "
        f"{counted(progress.clips_made + progress.clips_under_way, 'clip')} cut"
    )
    picture = Table.grid()
    picture.add_row(bar)
    picture.add_row(Text(line(progress)))
    picture.add_row(Text(steps, "dim"))
    if progress.stopping:
        ask = "Ctrl-C stops at once." if progress.stopped_because else "Ctrl-C again stops at once."
        picture.add_row(Text(f"Finishing what is in hand. {ask}", "yellow"))
    return picture


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
