"""Carries batch files to their server and the answers back; a kill anywhere submits nothing twice.

How far each file came stands in the catalog, beside the answers: what is written there before and
after each step outlives a kill with them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shotlog.batches.client import BatchClient, Ended, SeenBatch
from shotlog.batches.limits import door_of
from shotlog.batches.reading import BatchReader, ReadReport
from shotlog.batches.writing import FOLDER, forget_lost_files
from shotlog.catalog import Catalog
from shotlog.errors import DescribeRefusedError
from shotlog.rows import BatchRow

log = logging.getLogger("shotlog.batches")

Tell = Callable[[str], None]
"""Shown one line for a person."""


@dataclass
class SubmitReport:
    """How far the files came."""

    submitted: int = 0
    """In this call."""
    waiting: int = 0
    """Batches whose answers have not come yet."""
    ended: dict[Ended, int] = field(default_factory=dict)
    """Batches that ended in this call, by how."""
    troubles: list[tuple[str, str]] = field(default_factory=list)
    """Files that were refused or failed as a whole, and why."""
    read: ReadReport = field(default_factory=ReadReport)

    @property
    def losses(self) -> bool:
        return bool(self.troubles or self.read.failed or set(self.ended) - {"done"})


class Submitting:
    """Uploads, makes batches, looks after them and reads what they give; use once."""

    def __init__(
        self, catalog: Catalog, folder: Path, door: BatchClient, reader: BatchReader, tell: Tell
    ) -> None:
        self._catalog, self._folder = catalog, folder / FOLDER
        self._door, self._reader, self._tell = door, reader, tell
        self.report = SubmitReport(read=reader.report)

    def submit(self) -> None:
        """Makes a batch of every file that has none yet. Raises DescribeError."""
        forget_lost_files(self._catalog, self._folder)
        for batch in self._catalog.batches(only_open=True):
            if batch.batch_id is not None:
                continue
            try:
                self._submit(batch)
            except DescribeRefusedError as error:
                log.warning("%s was refused: %s", batch.file_name, error)
                # Its hint speaks of one clip.
                self.report.troubles.append((batch.file_name, error.what))

    def look(self) -> None:
        """Reads the batches that have ended since. Raises DescribeError."""
        self.report.waiting = 0
        for batch in self._catalog.batches(only_open=True):
            if batch.batch_id is None:
                continue
            seen = self._door.look(batch.batch_id)
            if seen.ended is None:
                self.report.waiting += 1
                self._tell(f"{batch.name}: {seen.status}")
                continue
            self._take(batch, seen, seen.ended)

    def wait(self, poll_seconds: float) -> None:
        """Looks again and again until every batch has ended. Raises DescribeError."""
        self.look()
        while self.report.waiting:
            time.sleep(poll_seconds)
            self.look()

    def _submit(self, batch: BatchRow) -> None:
        catalog, number = self._catalog, batch.number
        file_id = batch.file_id
        if file_id is None:
            self._tell(f"{batch.name}: uploading {batch.size_bytes:,} bytes")
            file_id = self._door.upload(self._folder / batch.file_name)
            catalog.save_batch(number, "uploaded", file_id=file_id)
        # Said before it is done: killed in between, the server is asked if it was.
        catalog.save_batch(number, "creating")
        seen = self._door.create(
            file_id, door_of(batch.model), batch.name, asked_before=batch.status == "creating"
        )
        catalog.save_batch(number, "submitted", batch_id=seen.id)
        self.report.submitted += 1
        self._tell(f"{batch.name}: submitted, {batch.lines} clips, as {seen.id}")

    def _take(self, batch: BatchRow, seen: SeenBatch, ended: Ended) -> None:
        """Fetches and reads what a batch gave, and closes it."""
        for file_id, kind in ((seen.output_file_id, "output"), (seen.error_file_id, "errors")):
            if file_id is not None:
                path = self._folder / f"{batch.name}.{kind}.jsonl"
                self._door.fetch(file_id, path)
                self._reader.read(path)
        # What was read is in the catalog by now; killed before this, it is fetched and read again.
        self._catalog.save_batch(batch.number, ended)
        self.report.ended[ended] = self.report.ended.get(ended, 0) + 1
        if ended != "done":
            why = seen.trouble or f"the batch {ended}"
            self.report.troubles.append((batch.file_name, why))
        self._tell(f"{batch.name}: {seen.status}")
