"""The catalog's file: made, brought up to date, found damaged, left open by a killed run."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from catalog_material import add, clip, source

from shotlog.catalog import Catalog
from shotlog.catalog.connection import connect, number
from shotlog.catalog.schema import MIGRATIONS
from shotlog.errors import DiskFullError, LibraryError

KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from catalog_material import ANSWER, add, clip, source
from shotlog.catalog import Catalog

catalog = Catalog.open(Path(sys.argv[1]))
add(catalog, source())
catalog.save_clips(source().id, "clips", "frames", [clip(1), clip(2)])
catalog.save_answer("answer-1", source().id, 1, ANSWER)
catalog._connection.execute("BEGIN IMMEDIATE")
catalog._connection.execute("DELETE FROM clips")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shotlog.db"


def tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row[0] for row in rows}


def test_a_new_catalog_has_every_migration_and_keeps_a_write_ahead_log(path: Path) -> None:
    with closing(connect(path, read_only=False)) as connection:
        assert number(connection, "PRAGMA user_version") == len(MIGRATIONS)
        assert tables(connection) == {
            "runs", "videos", "scans", "clips", "answers", "fingerprints", "fingerprint_bands",
            "endpoints", "transcripts", "batches", "batch_lines", "texts", "clip_words",
            "clip_words_config", "clip_words_content", "clip_words_data", "clip_words_docsize",
            "clip_words_idx", "clip_vocabulary", "tags", "clip_tags", "clip_edits", "changes",
        }  # fmt: skip
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert number(connection, "PRAGMA foreign_keys") == 1


@pytest.mark.parametrize("had", range(len(MIGRATIONS)))
def test_a_catalog_of_any_older_layout_is_brought_up_to_date(path: Path, had: int) -> None:
    connect(path, read_only=False, migrations=MIGRATIONS[:had]).close()
    connect(path, read_only=False).close()
    with closing(connect(path, read_only=True)) as connection:
        assert number(connection, "PRAGMA user_version") == len(MIGRATIONS)


def test_a_migration_that_fails_leaves_the_layout_before_it(path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        connection.execute("CREATE TABLE half (x)")

    with pytest.raises(sqlite3.OperationalError):
        connect(path, read_only=False, migrations=(*MIGRATIONS, half))
    with closing(connect(path, read_only=False)) as connection:
        assert number(connection, "PRAGMA user_version") == len(MIGRATIONS)
        assert "half" not in tables(connection)


def test_a_catalog_of_a_newer_shotlog_is_left_alone(path: Path) -> None:
    newer = (*MIGRATIONS, lambda _: None)
    connect(path, read_only=False, migrations=newer).close()
    with pytest.raises(LibraryError, match="newer shotlog") as caught:
        Catalog.open(path)
    assert "Update shotlog" in caught.value.hint


def test_a_reader_of_an_older_layout_is_told_how_to_bring_it_up_to_date(path: Path) -> None:
    connect(path, read_only=False, migrations=MIGRATIONS[:1]).close()
    with pytest.raises(LibraryError, match="layout 1") as caught:
        Catalog.open(path, read_only=True)
    assert "shotlog run" in caught.value.hint


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_reported_and_kept(path: Path, read_only: bool) -> None:
    path.write_bytes(b"file_name,file_size\n" * 100)
    with pytest.raises(LibraryError, match="no SQLite database"):
        Catalog.open(path, read_only=read_only)
    assert path.read_bytes() == b"file_name,file_size\n" * 100


def test_the_database_of_another_program_is_reported_and_kept(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(LibraryError, match="another program"):
        Catalog.open(path)
    with closing(sqlite3.connect(path)) as other:
        assert tables(other) == {"bookmarks"}


def test_damage_inside_the_file_is_reported_when_it_is_met(path: Path) -> None:
    with Catalog.open(path) as catalog:
        add(catalog, *(source(f"{each}.mp4") for each in range(500)))
    whole = path.read_bytes()
    path.write_bytes(whole[:16384] + b"\xa5" * (len(whole) - 16384))
    with pytest.raises(LibraryError, match="damaged"), Catalog.open(path) as catalog:
        list(catalog.videos())


def test_a_reader_where_no_library_is_makes_none(path: Path) -> None:
    with pytest.raises(LibraryError, match="There is no library"):
        Catalog.open(path, read_only=True)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be opened"):
        Catalog.open(tmp_path / "absent" / "shotlog.db")


def test_a_path_with_signs_that_mean_something_in_an_address_opens(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?.db"
    with Catalog.open(path) as catalog:
        add(catalog, source())
    assert path.is_file()


def test_a_reader_writes_nothing(path: Path) -> None:
    Catalog.open(path).close()
    with Catalog.open(path, read_only=True) as reader, pytest.raises(LibraryError):
        reader.begin_run({})


def test_closing_twice_is_allowed(path: Path) -> None:
    catalog = Catalog.open(path)
    catalog.close()
    catalog.close()


def test_what_was_saved_before_a_kill_is_there_and_what_was_half_done_is_not(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, str(path)], env=environment, check=False
    )
    assert killed.returncode == -9
    with Catalog.open(path, read_only=True) as reader:
        assert [row.answer_key for row in reader.clips(source().id)] == ["answer-1", None]
    with Catalog.open(path) as catalog:
        assert catalog.begin_run({}) == 2
        first = catalog.run(1)
        assert first is not None
        assert first.status == "killed"


def test_a_connection_left_open_keeps_no_one_from_opening(path: Path) -> None:
    abandoned = Catalog.open(path)
    add(abandoned, source())
    with Catalog.open(path) as catalog:
        add(catalog, source("b.mp4"))
        assert catalog.counts().videos == 2
    abandoned.close()


def test_two_readers_read_while_the_writer_writes(path: Path) -> None:
    with (
        Catalog.open(path) as writer,
        Catalog.open(path, read_only=True) as early,
        Catalog.open(path, read_only=True) as late,
    ):
        add(writer, source())
        reading = early.videos()
        assert next(reading).id == source().id
        writer.save_clips(source().id, "clips", None, [clip()])
        assert len(late.clips(source().id)) == 1
        assert len(early.clips(source().id)) == 1


def test_a_full_disk_is_reported_and_what_was_saved_stays(path: Path) -> None:
    with Catalog.open(path) as catalog:
        add(catalog, source())
        pages = number(catalog._connection, "PRAGMA page_count")
        catalog._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DiskFullError, match="No room"):
            add(catalog, *(source(f"{each}.mp4") for each in range(1000)))
        assert catalog.counts().videos == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="to root no folder is read-only")
def test_a_library_on_a_read_only_disk_can_be_read(path: Path) -> None:
    with Catalog.open(path) as catalog:
        add(catalog, source())
    path.parent.chmod(0o500)
    try:
        with Catalog.open(path, read_only=True) as reader:
            assert reader.counts().videos == 1
    finally:
        path.parent.chmod(0o700)
