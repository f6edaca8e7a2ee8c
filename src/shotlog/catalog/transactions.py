"""How a catalog is written: each change is one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from shotlog.catalog.connection import library_errors, transaction
from shotlog.catalog.reading import Reading


class Writing(Reading):
    """The writing half's tools."""

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with library_errors(self.path), transaction(self._connection) as connection:
            yield connection

    def _write(self, sql: str, *arguments: object) -> None:
        with self._transaction() as connection:
            connection.execute(sql, arguments)


def now() -> str:
    """The present time as the catalog keeps it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
