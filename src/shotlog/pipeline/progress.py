"""What a run tells of itself while it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from shotlog.records import Failure, Spent


@dataclass
class Progress:
    """Counts of a run under way; changed by the driver alone, read by whoever shows it."""

    videos: int = 0
    """Chosen in all."""
    videos_unchanged: int = 0
    """Found complete, nothing done."""
    videos_done: int = 0
    videos_partial: int = 0
    videos_failed: int = 0
    videos_left: int = 0
    """Made ready for the model, which was not to be asked (``--no-describe``)."""
    clips_made: int = 0
    clips_under_way: int = 0
    """Cut by scans that have not ended yet."""
    clips_described: int = 0
    clips_described_before: int = 0
    """Answers found in the catalog, not asked for again."""
    clips_reused: int = 0
    """Answers taken from an earlier clip with the same picture."""
    clips_failed: int = 0
    clips_refused: int = 0
    """Of these, the ones that the model refuses for good, in this run or before."""
    videos_heard: int = 0
    """Whose words were written down in this run."""
    videos_summarized: int = 0
    """By a model, in this run."""
    texts_embedded: int = 0
    """What is said of clips and videos, made vectors at the end."""
    clips_left: int = 0
    """Without an answer, in videos that were left so."""
    videos_retagged: int = 0
    """Of those unchanged, the ones to which other rules now give something else."""
    documents_sent: int = 0
    """To MongoDB, in this run."""
    fetching: int = 0
    scanning: int = 0
    hearing: int = 0
    describing: int = 0
    summarizing: int = 0
    waiting_to_scan: int = 0
    waiting_to_describe: int = 0
    bytes_fetched: int = 0
    seconds_scanned: float = 0.0
    """Of video, decoded in this run; scans under way counted in."""
    requests: int = 0
    """To models, those that failed and those whose answers were thrown away counted in."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal | None = None
    """By the tariff; None without one."""
    currency: str | None = None
    notes: list[str] = field(default_factory=list)
    """What people should know of whom the run asks, each once."""
    stopped_because: Failure | None = None
    """Why the run cannot go on; None where it can."""
    elapsed_seconds: float = 0.0
    stopping: bool = False

    @property
    def spent(self) -> Spent:
        """What the run used of the model."""
        return Spent(
            self.requests, self.prompt_tokens, self.completion_tokens, self.cost, self.currency
        )

    @property
    def videos_ended(self) -> int:
        """All that this run is through with, those of which nothing was to be done counted in."""
        asked = self.videos_done + self.videos_partial + self.videos_failed
        return self.videos_unchanged + self.videos_left + asked

    @property
    def seconds_left(self) -> float | None:
        """Time left if the videos to come are like those ended; None before the first ended."""
        worked = self.videos_ended - self.videos_unchanged
        if not worked or not self.elapsed_seconds:
            return None
        return (self.videos - self.videos_ended) * self.elapsed_seconds / worked


class Reporter(Protocol):
    """Shown a run's progress, in the driver's thread."""

    def progress(self, progress: Progress) -> None:
        """Called several times a second."""
        ...

    def failed(self, file_name: str, clip_index: int | None, failure: Failure) -> None:
        """Called once for each video or clip that failed."""
        ...


@dataclass
class Silent:
    """Keeps what it is told and shows nothing: for programs, and for tests."""

    last: Progress = field(default_factory=Progress)
    failures: list[tuple[str, int | None, Failure]] = field(default_factory=list)

    def progress(self, progress: Progress) -> None:
        self.last = progress

    def failed(self, file_name: str, clip_index: int | None, failure: Failure) -> None:
        self.failures.append((file_name, clip_index, failure))
