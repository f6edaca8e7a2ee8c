"""The tables of the catalog, as numbered migrations."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence

from shotlog.catalog import browsing, changes, tags, vectors, word_index

log = logging.getLogger("shotlog")

Migration = Callable[[sqlite3.Connection], None]

APPLICATION_ID = 0x53484C47
"""``SHLG`` in SQLite's header: tells a catalog from any other program's database."""


def runs(connection: sqlite3.Connection) -> None:
    connection.execute(
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            status TEXT NOT NULL,
            options TEXT NOT NULL
        )
        """
    )


def videos(connection: sqlite3.Connection) -> None:
    """What is listed, and how far it has come. ``number`` is the order of first sight.

    ``position`` is a video's place in the listing of ``run_id``, the last run that chose it. The
    keys are those of :mod:`shotlog.ledger`; NULL is "not done".
    """
    connection.execute(
        """
        CREATE TABLE videos (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            run_id INTEGER NOT NULL REFERENCES runs (id),
            position INTEGER NOT NULL,
            file_name TEXT NOT NULL,
            public_url TEXT NOT NULL,
            url TEXT NOT NULL,
            size_bytes INTEGER,
            last_modified TEXT,
            max_long_side INTEGER, max_short_side INTEGER, max_fps TEXT,
            given_clips TEXT,
            further TEXT,
            etag TEXT,
            folder TEXT NOT NULL,
            source_key TEXT NOT NULL, scan_key TEXT, clips_key TEXT, frames_key TEXT,
            text_key TEXT, complete_key TEXT,
            clip_count INTEGER NOT NULL DEFAULT 0,
            applied TEXT,
            status TEXT CHECK (status IN ('done', 'partial', 'failed')),
            failure TEXT,
            description TEXT,
            tags TEXT
        )
        """
    )
    connection.execute("CREATE INDEX videos_of_run ON videos (run_id, position)")


def scans(connection: sqlite3.Connection) -> None:
    """What a scan measured: facts as JSON, scene scores and samples as deflated JSON."""
    connection.execute(
        """
        CREATE TABLE scans (
            video_id TEXT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
            facts TEXT NOT NULL,
            scores BLOB NOT NULL,
            samples BLOB NOT NULL
        )
        """
    )


def answers(connection: sqlite3.Connection) -> None:
    """Answers stand by themselves, so that new clips can find old answers."""
    connection.execute(
        """
        CREATE TABLE answers (
            key TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            description TEXT NOT NULL,
            model TEXT NOT NULL,
            tags TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            evidence TEXT NOT NULL,
            created_at TEXT NOT NULL
        )
        """
    )
    connection.execute("CREATE INDEX answers_of_video ON answers (video_id)")


def clips(connection: sqlite3.Connection) -> None:
    """A clip shows the answer that ``answer_key`` names.

    Times are exact text; ``_seconds`` repeats them as numbers, to ask for.
    """
    connection.execute(
        """
        CREATE TABLE clips (
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            clip_index INTEGER NOT NULL,
            start_exact TEXT NOT NULL,
            end_exact TEXT NOT NULL,
            start_seconds REAL NOT NULL,
            end_seconds REAL NOT NULL,
            url TEXT,
            file TEXT,
            thumb TEXT,
            frames TEXT,
            answer_key TEXT REFERENCES answers (key) ON DELETE SET NULL,
            failure TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (video_id, clip_index)
        ) WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX clips_of_answer ON clips (answer_key)")


def scene_cuts(connection: sqlite3.Connection) -> None:
    """Cuts of a detector other than ffmpeg's, as deflated JSON, and their key."""
    connection.execute("ALTER TABLE scans ADD COLUMN cuts BLOB")
    connection.execute("ALTER TABLE videos ADD COLUMN scenes_key TEXT")


def fingerprints(connection: sqlite3.Connection) -> None:
    """What clips show, for finding those that show the same (:mod:`shotlog.sameness`).

    Only clips that are like no earlier one have bands, so bands do not fill up with copies.
    """
    connection.execute(
        """
        CREATE TABLE fingerprints (
            number INTEGER PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            clip_index INTEGER NOT NULL,
            duration_seconds REAL NOT NULL,
            pictures BLOB NOT NULL,
            same_as INTEGER REFERENCES fingerprints (number) ON DELETE SET NULL,
            UNIQUE (video_id, clip_index)
        )
        """
    )
    connection.execute("CREATE INDEX fingerprints_same_as ON fingerprints (same_as)")
    connection.execute(
        """
        CREATE TABLE fingerprint_bands (
            band INTEGER NOT NULL,
            number INTEGER NOT NULL REFERENCES fingerprints (number) ON DELETE CASCADE,
            PRIMARY KEY (band, number)
        ) WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX fingerprint_bands_of ON fingerprint_bands (number)")


def answers_in_fields(connection: sqlite3.Connection) -> None:
    """What a model filled in, what is doubtful, and what it took; money as decimal text."""
    for column in ("fields TEXT", "flags TEXT NOT NULL DEFAULT '[]'"):
        connection.execute(f"ALTER TABLE answers ADD COLUMN {column}")
    connection.execute("ALTER TABLE answers ADD COLUMN requests INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE answers ADD COLUMN cost TEXT")


def spending(connection: sqlite3.Connection) -> None:
    """What a run used of the model, answers that were thrown away counted in."""
    for column in ("requests", "prompt_tokens", "completion_tokens"):
        connection.execute(f"ALTER TABLE runs ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE runs ADD COLUMN cost TEXT")
    connection.execute("ALTER TABLE runs ADD COLUMN currency TEXT")


def endpoints(connection: sqlite3.Connection) -> None:
    """How each endpoint wants to be spoken to, as it was found out; ``manner`` is JSON."""
    connection.execute(
        """
        CREATE TABLE endpoints (
            address TEXT NOT NULL,
            model TEXT NOT NULL,
            manner TEXT NOT NULL,
            learned_at TEXT NOT NULL,
            PRIMARY KEY (address, model)
        ) WITHOUT ROWID
        """
    )


def transcripts(connection: sqlite3.Connection) -> None:
    """Words heard, as deflated JSON with their times, and the sound they were heard in."""
    connection.execute(
        """
        CREATE TABLE transcripts (
            video_id TEXT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            language TEXT,
            text TEXT NOT NULL,
            words BLOB NOT NULL
        )
        """
    )
    connection.execute("ALTER TABLE videos ADD COLUMN sound_key TEXT")


def video_texts(connection: sqlite3.Connection) -> None:
    """Title and chapters of a video, chapters as JSON."""
    connection.execute("ALTER TABLE videos ADD COLUMN title TEXT")
    connection.execute("ALTER TABLE videos ADD COLUMN chapters TEXT")


def batches(connection: sqlite3.Connection) -> None:
    """Batch files: how each was written, and how far it came.

    ``settings`` is JSON without secrets, enough to read the answers. A line is ``open`` until its
    answer or its error was read, or its batch ended without either; ``told`` is a hash of the error
    line that was read.
    """
    connection.execute(
        """
        CREATE TABLE batches (
            number INTEGER PRIMARY KEY,
            written_at TEXT NOT NULL,
            address TEXT NOT NULL,
            model TEXT NOT NULL,
            settings TEXT NOT NULL,
            schema_told INTEGER NOT NULL,
            lines INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            status TEXT NOT NULL,
            file_id TEXT,
            batch_id TEXT,
            requests INTEGER NOT NULL DEFAULT 0,
            prompt_tokens INTEGER NOT NULL DEFAULT 0,
            completion_tokens INTEGER NOT NULL DEFAULT 0,
            cost TEXT,
            currency TEXT
        )
        """
    )
    connection.execute(
        """
        CREATE TABLE batch_lines (
            key TEXT PRIMARY KEY,
            batch INTEGER NOT NULL REFERENCES batches (number) ON DELETE CASCADE,
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            clip_index INTEGER NOT NULL,
            state TEXT NOT NULL,
            told TEXT
        ) WITHOUT ROWID
        """
    )
    connection.execute("CREATE INDEX batch_lines_of ON batch_lines (batch, state)")


def texts(connection: sqlite3.Connection) -> None:
    """What a model said of whole videos, by key: as answers, they are not asked for twice."""
    connection.execute(
        """
        CREATE TABLE texts (
            key TEXT PRIMARY KEY,
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            description TEXT NOT NULL,
            tags TEXT NOT NULL,
            title TEXT,
            chapters TEXT
        )
        """
    )
    connection.execute("CREATE INDEX texts_of_video ON texts (video_id)")


def rule_tags(connection: sqlite3.Connection) -> None:
    """What rules gave, as JSON, apart from what was measured and told; and what they look at.

    ``measured`` (signals, as JSON) and ``heard`` are those of when the video was last finished.
    """
    connection.execute("ALTER TABLE videos ADD COLUMN rules_key TEXT")
    connection.execute("ALTER TABLE videos ADD COLUMN rule_tags TEXT")
    for column in ("measured", "heard", "rule_tags"):
        connection.execute(f"ALTER TABLE clips ADD COLUMN {column} TEXT")


def edits(connection: sqlite3.Connection) -> None:
    """What people say by hand, as JSON; a clip's belongs to its exact stretch of the video."""
    connection.execute("ALTER TABLE videos ADD COLUMN edit TEXT")
    connection.execute(
        """
        CREATE TABLE clip_edits (
            video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
            start_exact TEXT NOT NULL,
            end_exact TEXT NOT NULL,
            edit TEXT NOT NULL,
            PRIMARY KEY (video_id, start_exact, end_exact)
        )
        """
    )


def clip_words(connection: sqlite3.Connection) -> None:
    """What searches look in, words and tags; a library of before is put into it here, once."""
    for statement in (*tags.CREATE, *word_index.CREATE):
        connection.execute(statement)
    (clips,) = connection.execute("SELECT count(*) FROM clips").fetchone()
    if clips:
        log.warning("making the search index of %d clips, once for this library", clips)
    word_index.index_everything(connection)


def changed(connection: sqlite3.Connection) -> None:
    """Which videos changed since when."""
    for statement in changes.CREATE:
        connection.execute(statement)


def named(connection: sqlite3.Connection) -> None:
    """The library's own id, by which copies of its videos elsewhere are known."""
    connection.execute("CREATE TABLE library (id TEXT NOT NULL)")
    connection.execute("INSERT INTO library VALUES (lower(hex(randomblob(8))))")


def meaning(connection: sqlite3.Connection) -> None:
    """Vectors of what is said of clips, for those who have a model that makes them."""
    for statement in vectors.CREATE:
        connection.execute(statement)


def in_order(connection: sqlite3.Connection) -> None:
    """What videos are sorted by, with an index for each order."""
    for statement in browsing.CREATE:
        connection.execute(statement)
    browsing.keep_all_measures(connection)


def run_progress(connection: sqlite3.Connection) -> None:
    """How far a run is, as JSON; and what failed, to be found quickly among what did not.

    ``written_revision`` is what the library's JSON files show since that run.
    """
    connection.execute("ALTER TABLE runs ADD COLUMN progress TEXT")
    connection.execute("ALTER TABLE runs ADD COLUMN written_revision INTEGER")
    for table, columns in (("videos", "run_id, number"), ("clips", "video_id, clip_index")):
        connection.execute(
            f"CREATE INDEX {table}_failed ON {table} ({columns}) WHERE failure IS NOT NULL"
        )


def named_by_folder(connection: sqlite3.Connection) -> None:
    """A video is asked for by its folder too."""
    connection.execute("CREATE INDEX videos_by_folder ON videos (folder, number)")


MIGRATIONS: Sequence[Migration] = (
    runs,
    videos,
    scans,
    answers,
    clips,
    scene_cuts,
    fingerprints,
    answers_in_fields,
    spending,
    endpoints,
    transcripts,
    video_texts,
    batches,
    texts,
    rule_tags,
    edits,
    clip_words,
    changed,
    named,
    meaning,
    in_order,
    run_progress,
    named_by_folder,
)
"""In order, only ever appended to; ``user_version`` says how many of them a catalog has had."""
