"""One connection to the catalog's file: opened, brought up to date, its errors put in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shotlog.catalog.schema import APPLICATION_ID, MIGRATIONS, Migration
from shotlog.errors import DiskFullError, LibraryError

BUSY_SECONDS = 30
"""How long a write waits for another writer; a reader never waits in WAL mode."""

_PRIMARY_CODE = 0xFF
"""SQLite's extended result codes hold the primary one in the low byte."""

_CANNOT_OPEN = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


@contextmanager
def library_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite says of the file into LibraryError; what it says of our SQL passes."""
    try:
        yield
    except sqlite3.Error as error:
        ours = _in_our_words(path, getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE)
        if ours is None:
            raise
        raise ours from error


def _in_our_words(path: Path, code: int) -> LibraryError | None:
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(
            f"No room is left where the catalog {path} lies.",
            hint="Free some space and run the same command again; what was finished is kept.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryError(
            f"Another program has kept the catalog {path} locked for {BUSY_SECONDS} seconds.",
            hint="Wait until the other run on this library is over, or end it.",
        )
    if code in _CANNOT_OPEN:
        return LibraryError(
            f"The catalog {path} cannot be opened or written.",
            hint="Check that its folder exists and that you may write there.",
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return LibraryError(
            f"The catalog {path} is damaged, or is no SQLite database.",
            hint="Put a copy of it back, or move it away; the next run then starts a new one.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return LibraryError(
            f"The catalog {path} cannot be read or written: its disk reports an error.",
            hint="Check the disk, or the connection to it, and run the same command again.",
        )
    return None


def connect(
    path: Path, *, read_only: bool, migrations: Sequence[Migration] = MIGRATIONS
) -> sqlite3.Connection:
    """Opens the catalog and brings it up to date; a reader changes nothing.

    Raises LibraryError where the file is absent (for a reader), is something else, is damaged, or
    was written by a newer shotlog.
    """
    if read_only and not path.is_file():
        raise LibraryError(
            f"There is no library in {path.parent}: it has no {path.name}.",
            hint="Check the folder; `shotlog run --output FOLDER` makes a library.",
        )
    with library_errors(path):
        connection = _opened(path, read_only)
        try:
            _check(connection, path, len(migrations))
            if read_only:
                _refuse_older(connection, path, len(migrations))
            else:
                _settle(connection)
                _migrate(connection, migrations)
        except BaseException:
            connection.close()
            raise
        return connection


def _opened(path: Path, read_only: bool) -> sqlite3.Connection:
    address = path.absolute().as_uri()
    mode = "ro" if read_only else "rwc"
    try:
        return _tried(f"{address}?mode={mode}")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        log = path.with_name(path.name + "-wal")
        if not read_only or code not in _CANNOT_OPEN or log.exists():
            raise
    # A reader of a WAL database has to make its -shm file; where it may not (a library on a
    # read-only disk), nobody else writes there either.
    return _tried(f"{address}?mode=ro&immutable=1")


def _tried(address: str) -> sqlite3.Connection:
    """SQLite opens the file at the first statement, not before."""
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def _settle(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def number(connection: sqlite3.Connection, sql: str, arguments: Sequence[object] = ()) -> int:
    """The one whole number that a query answers with."""
    return int(connection.execute(sql, arguments).fetchone()[0])


def _check(connection: sqlite3.Connection, path: Path, known: int) -> None:
    application = number(connection, "PRAGMA application_id")
    tables = number(connection, "SELECT count(*) FROM sqlite_master")
    if application != APPLICATION_ID and (application or tables):
        raise LibraryError(
            f"{path} is a database of another program.",
            hint="Choose another output folder.",
        )
    version = number(connection, "PRAGMA user_version")
    if version > known:
        raise LibraryError(
            f"The catalog {path} was written by a newer shotlog: its layout is {version}, and "
            f"this shotlog knows layouts up to {known}.",
            hint="Update shotlog: pip install --upgrade shotlog.",
        )


def _refuse_older(connection: sqlite3.Connection, path: Path, known: int) -> None:
    version = number(connection, "PRAGMA user_version")
    if version < known:
        raise LibraryError(
            f"The catalog {path} has layout {version}; reading it takes layout {known}.",
            hint="Run `shotlog run` on this library once; that brings it up to date.",
        )


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    version = number(connection, "PRAGMA user_version")
    for reached, migration in enumerate(migrations[version:], start=version + 1):
        with transaction(connection):
            # Another process may have brought it further while this one waited for the lock.
            if number(connection, "PRAGMA user_version") < reached:
                migration(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {reached}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing: commits at the end, rolls back when anything is raised within."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.commit()
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
