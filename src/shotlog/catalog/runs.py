"""The runs of a library: begun, told of while they go, ended; and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shotlog.catalog import columns
from shotlog.catalog.connection import number
from shotlog.catalog.options import options_in
from shotlog.catalog.transactions import Writing, now
from shotlog.records import Spent
from shotlog.rows import FailureGroup, FailureRow, RunProgress, RunRow, RunStatus

_ALIKE = ", ".join(f"json_extract(failure, '$.{name}')" for name in ("step", "code", "hint"))
_FAILURES = f"""
    WITH failed AS (
        SELECT number, id, file_name, 0 AS clip_index, failure FROM videos
        WHERE run_id = ?1 AND failure IS NOT NULL
        UNION ALL
        SELECT number, id, file_name, clips.clip_index, clips.failure
        FROM clips INDEXED BY clips_failed CROSS JOIN videos ON videos.id = clips.video_id
        WHERE clips.failure IS NOT NULL AND videos.run_id = ?1
    ), placed AS (
        SELECT *,
            row_number() OVER (PARTITION BY {_ALIKE} ORDER BY number, clip_index) AS place,
            count(*) OVER (PARTITION BY {_ALIKE}) AS alike
        FROM failed
    )
    SELECT id, file_name, nullif(clip_index, 0) AS clip_index, failure, alike FROM placed
    WHERE place <= ?2 ORDER BY alike DESC, {_ALIKE}, place
"""  # noqa: S608 - made of this module's own constant


class Running(Writing):
    """Each writing method is one transaction."""

    def begin_run(self, options: Mapping[str, object]) -> int:
        """A new run's id. Secrets among the options are left out.

        A run that never ended was killed, since only one writes at a time; it is marked so.
        """
        with self._transaction() as connection:
            connection.execute("UPDATE runs SET status = 'killed' WHERE ended_at IS NULL")
            connection.execute(
                "INSERT INTO runs (started_at, status, options) VALUES (?, 'running', ?)",
                (now(), options_in(options)),
            )
            return number(connection, "SELECT last_insert_rowid()")

    def end_run(self, run_id: int, status: RunStatus) -> None:
        """Says how a run ended, and that it did."""
        self._write("UPDATE runs SET ended_at = ?, status = ? WHERE id = ?", now(), status, run_id)

    def save_progress(self, run_id: int, spent: Spent, progress: RunProgress) -> None:
        """What the run has used of the model so far and how far it is, in place of before."""
        self._write(
            "UPDATE runs SET requests = ?, prompt_tokens = ?, completion_tokens = ?, cost = ?,"
            " currency = ?, progress = ? WHERE id = ?",
            *columns.spent_in(spent),
            columns.progress_in(progress),
            run_id,
        )

    def save_written(self, run_id: int, revision: int) -> None:
        """That the library's JSON files show it as of this revision."""
        self._write("UPDATE runs SET written_revision = ? WHERE id = ?", revision, run_id)

    def written_revision(self) -> int | None:
        """The revision that the library's JSON files show; None where no run told."""
        rows = self._rows(
            "SELECT written_revision FROM runs WHERE written_revision IS NOT NULL"
            " ORDER BY id DESC LIMIT 1",
            (),
        )
        return int(rows[0][0]) if rows else None

    def runs(self, before: int | None, limit: int) -> Sequence[RunRow]:
        """Runs, the last first; those before run ``before``, where one is named."""
        sql = "SELECT * FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?"
        rows = self._rows(sql, (2**62 if before is None else before, limit))
        return [columns.run_out(row) for row in rows]

    def failure_groups(self, run_id: int, examples: int = 5) -> Sequence[FailureGroup]:
        """What failed of the videos that this run chose, and has not succeeded since.

        Failures at one step that have one code and one remedy are told once, the most frequent
        first, with their first ``examples`` in the order of the library.
        """
        groups: dict[tuple[str, str, str], tuple[int, list[FailureRow]]] = {}
        for row in self._rows(_FAILURES, (run_id, examples)):
            one = columns.failure_row_out(row)
            key = one.failure.step, one.failure.code, one.failure.hint
            groups.setdefault(key, (row["alike"], []))[1].append(one)
        return [FailureGroup(count, tuple(rows)) for count, rows in groups.values()]
