"""Batch files and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shotlog.records import Spent

BatchStatus = Literal[
    "written", "uploaded", "creating", "submitted", "done", "failed", "expired", "cancelled"
]
"""``creating``: a batch was asked for, and whether it came to be is not known yet."""

BATCH_OPEN: tuple[BatchStatus, ...] = ("written", "uploaded", "creating", "submitted")
"""Answers may still come."""

LineState = Literal["open", "answered", "failed", "closed"]
"""``closed``: its batch ended without a word on it."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch file."""

    number: int
    address: str
    """Of the endpoint it was written for, without secrets."""
    model: str
    settings: Mapping[str, object]
    """Those it was written by, without secrets."""
    schema_told: bool
    """Whether its questions tell the server the schema."""
    lines: int
    size_bytes: int
    status: BatchStatus = "written"
    file_id: str | None = None
    """The server's name for the file; None until it was uploaded."""
    batch_id: str | None = None
    spent: Spent = field(default_factory=Spent)

    @property
    def name(self) -> str:
        return f"batch-{self.number:04d}"

    @property
    def file_name(self) -> str:
        return f"{self.name}.jsonl"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One question of a batch file; ``key`` is its custom id, and the key of its answer."""

    key: str
    batch: int
    video_id: str
    clip_index: int
    state: LineState = "open"
    told: str | None = None
    """Stands for the error line that was read of it."""
