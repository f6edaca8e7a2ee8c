"""What a catalog keeps of batch files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from decimal import Decimal

from shotlog.catalog import columns
from shotlog.catalog.transactions import Writing, now
from shotlog.records import Spent
from shotlog.rows import BATCH_OPEN, BatchLine, BatchRow, BatchStatus, LineState

_OPEN = ", ".join(f"'{status}'" for status in BATCH_OPEN)

_ADD_LINE = """
    INSERT INTO batch_lines (key, batch, video_id, clip_index, state) VALUES (?, ?, ?, ?, 'open')
    ON CONFLICT (key) DO UPDATE SET batch = excluded.batch, video_id = excluded.video_id,
        clip_index = excluded.clip_index, state = 'open'
"""


class BatchCatalog(Writing):
    """Batch files and their lines."""

    def batches(self, *, only_open: bool = False) -> tuple[BatchRow, ...]:
        """In the order written. Their lines are many, they are few."""
        where = f"WHERE status IN ({_OPEN})" if only_open else ""
        rows = self._rows(f"SELECT * FROM batches {where} ORDER BY number", ())  # noqa: S608
        return tuple(_batch_out(row) for row in rows)

    def batch(self, number: int) -> BatchRow | None:
        row = self._row("SELECT * FROM batches WHERE number = ?", (number,))
        return _batch_out(row) if row else None

    def next_batch_number(self) -> int:
        row = self._row("SELECT coalesce(max(number), 0) + 1 AS number FROM batches", ())
        return int(row["number"]) if row else 1

    def add_batch(self, batch: BatchRow, lines: Iterable[BatchLine]) -> None:
        """A file that lies there whole, with its lines; both or neither.

        Its settings are kept as they are: they decide how answers are read, and hold no secret.
        """
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO batches (number, written_at, address, model, settings, schema_told,"
                " lines, size_bytes, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    batch.number,
                    now(),
                    batch.address,
                    batch.model,
                    json.dumps(dict(batch.settings)),
                    batch.schema_told,
                    batch.lines,
                    batch.size_bytes,
                    batch.status,
                ),
            )
            connection.executemany(
                _ADD_LINE,
                ((each.key, each.batch, each.video_id, each.clip_index) for each in lines),
            )

    def save_batch(
        self,
        number: int,
        status: BatchStatus,
        *,
        file_id: str | None = None,
        batch_id: str | None = None,
    ) -> None:
        """How far it came; ids without a value stay. The open lines of one that ended close."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE batches SET status = ?, file_id = coalesce(?, file_id),"
                " batch_id = coalesce(?, batch_id) WHERE number = ?",
                (status, file_id, batch_id, number),
            )
            if status not in BATCH_OPEN:
                connection.execute(
                    "UPDATE batch_lines SET state = 'closed' WHERE batch = ? AND state = 'open'",
                    (number,),
                )

    def forget_batch(self, number: int) -> None:
        """As if it had not been written: its clips may be written to another file."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM batch_lines WHERE batch = ?", (number,))
            connection.execute("DELETE FROM batches WHERE number = ?", (number,))

    def batch_line(self, key: str) -> BatchLine | None:
        row = self._row("SELECT * FROM batch_lines WHERE key = ?", (key,))
        return BatchLine(**dict(row)) if row else None

    def save_line_state(self, key: str, state: LineState, told: str | None = None) -> None:
        self._write(
            "UPDATE batch_lines SET state = ?, told = coalesce(?, told) WHERE key = ?",
            state,
            told,
            key,
        )

    def count_open_lines(self, number: int) -> int:
        sql = "SELECT count(*) AS lines FROM batch_lines WHERE batch = ? AND state = 'open'"
        row = self._row(sql, (number,))
        return int(row["lines"]) if row else 0

    def spend_in_batch(self, number: int, spent: Spent) -> None:
        """Adds what further lines of the batch took."""
        before = self.batch(number)
        cost = None if before is None else before.spent.cost
        if spent.cost is not None:
            cost = (cost or Decimal(0)) + spent.cost
        self._write(
            "UPDATE batches SET requests = requests + ?, prompt_tokens = prompt_tokens + ?,"
            " completion_tokens = completion_tokens + ?, cost = ?, currency = ? WHERE number = ?",
            spent.requests,
            spent.prompt_tokens,
            spent.completion_tokens,
            None if cost is None else str(cost),
            spent.currency,
            number,
        )


def _batch_out(row: sqlite3.Row) -> BatchRow:
    return BatchRow(
        number=row["number"],
        address=row["address"],
        model=row["model"],
        settings=json.loads(row["settings"]),
        schema_told=bool(row["schema_told"]),
        lines=row["lines"],
        size_bytes=row["size_bytes"],
        status=row["status"],
        file_id=row["file_id"],
        batch_id=row["batch_id"],
        spent=columns.spent_out(row),
    )
