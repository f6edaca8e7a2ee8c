"""Searches of a made library, measured within one process once it is open."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from shotlog import api
from shotlog.catalog import FILE_NAME, Catalog, columns
from shotlog.catalog.connection import transaction
from shotlog.catalog.word_index import index_everything
from shotlog.embedding.base import Embedded, Floats, normalised
from shotlog.fields import ClipFields
from shotlog.records import Answer, Clip, Source, Span
from shotlog.speech import Word
from shotlog.testing.embeddings import EmbeddingEndpoint
from shotlog.vectors import keep_up

BAR_MILLISECONDS = 50.0
CLIPS_A_VIDEO = 20
ROUNDS = 11
"""Warm searches of each kind; the middle one counts."""

COMMON = (
    *("man", "car", "street", "red", "woman", "night", "house", "white", "tree", "blue"),
    *("dark", "light", "child", "road", "dog", "city", "green", "water", "table", "window"),
)
LITTLE = ("the", "a", "of", "in", "is", "and", "on", "with", "to", "at")
_SYLLABLES = (
    *("ka", "lo", "mi", "ne", "tu", "ra", "so", "ve", "bi", "du", "fen", "gor", "hal", "jin"),
    *("pel", "qua", "ster", "wim", "xan", "zor", "cha", "dri", "fla", "gre", "kli", "pro", "sna"),
)
RARE = f"{_SYLLABLES[-1]}{_SYLLABLES[-1]}{_SYLLABLES[-1]}"

ASKED: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("three words", "red car at night", {}),
    ("a phrase", '"red car"', {}),
    ("a common word", "man", {}),
    ("a rare word", RARE, {}),
    ("common OR rare", f"man OR {RARE}", {}),
    ("with, without", "car -red", {}),
    ("a beginning", "stre*", {}),
    ("words heard only", "dog water", {"columns": ("transcript",)}),
    ("a tag besides", "car", {"tags": ("dark",)}),
    (
        "a month besides",
        "red car",
        {
            "since": datetime(2024, 3, 1, tzinfo=UTC),
            "before": datetime(2024, 4, 1, tzinfo=UTC),
        },
    ),
    ("length and state besides", "red car", {"min_duration_seconds": 14, "statuses": ("done",)}),
    ("a tag alone", "", {"tags": ("dark",)}),
    ("a month alone", "", {"since": datetime(2024, 3, 1, tzinfo=UTC)}),
    ("by meaning", "red car at night", {"by": "meaning"}),
    ("words and meaning", "red car at night", {"by": "both"}),
    ("by meaning, a tag besides", "car", {"by": "meaning", "tags": ("dark",)}),
    (
        "by meaning, a month besides",
        "red car",
        {
            "by": "meaning",
            "since": datetime(2024, 3, 1, tzinfo=UTC),
            "before": datetime(2024, 4, 1, tzinfo=UTC),
        },
    ),
)
"""What is asked: its name in the table, the query, the filters. Without ``by``: words alone."""

MODEL, DIMENSIONS, SUBJECTS = "made", 1024, 500
"""Of the vectors that clips are given."""


_ADD_ANSWER = """
    INSERT INTO answers (key, video_id, description, model, tags, prompt_tokens,
        completion_tokens, evidence, fields, flags, requests, cost, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_CLIP = """
    INSERT INTO clips (video_id, clip_index, start_exact, end_exact, start_seconds, end_seconds,
        url, file, thumb, frames, answer_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True)
class Searched:
    """One kind of search; milliseconds until the last of 20 hits was there."""

    name: str
    query: str
    clips: int
    cold_milliseconds: float
    """The first after the file was put out of the system's memory."""
    warm_milliseconds: float
    """The middle one of those after it."""
    warm_cpu_milliseconds: float
    """Of the processor, the same; what counts on a machine that does other things too."""
    hits: int


@dataclass(frozen=True)
class Indexed:
    """What making the index of a whole library took, and its vectors."""

    clips: int
    cpu_seconds: float
    bytes_before: int
    bytes_after: int
    vectors_cpu_seconds: float = 0.0
    """What shotlog itself does for them; a model's work is none of it."""
    vectors_bytes: int = 0


def searches(clips: int) -> tuple[Indexed, list[Searched]]:
    """Searches of a library of so many clips, made here."""
    with tempfile.TemporaryDirectory() as folder:
        indexed = give_vectors(Path(folder), make_library(Path(folder), clips))
        with EmbeddingEndpoint(models=(MODEL,), dimensions=DIMENSIONS) as server:
            return indexed, [_measured(Path(folder), clips, server.url, *e) for e in ASKED]


def make_library(folder: Path, clips: int) -> Indexed:
    """A library of clips with answers and words heard, and then its index."""
    path = folder / FILE_NAME
    fill_library(folder, clips)
    with closing(_connected(path)) as connection:
        before = _size(path, connection)
        began = time.process_time()
        with transaction(connection):
            index_everything(connection)
        took = time.process_time() - began
        return Indexed(clips, took, before, _size(path, connection))


def fill_library(folder: Path, clips: int) -> None:
    """A library of clips with answers and words heard, before its index is made."""
    path = folder / FILE_NAME
    with Catalog.open(path) as catalog:
        run_id = catalog.begin_run({})
        videos = max(1, clips // CLIPS_A_VIDEO)
        catalog.add_sources(run_id, _sources(videos), lambda source: source.id)
        catalog.end_run(run_id, "done")
    with closing(_connected(path)) as connection:
        _fill(connection)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = OFF")
    return connection


class _MadeVectors:
    """Vectors about some subjects, drawn and not thought of."""

    name, model, concurrency, batch = "openai", MODEL, 1, 512

    def __init__(self) -> None:
        self._random = np.random.default_rng(7)
        drawn = self._random.standard_normal((SUBJECTS, DIMENSIONS), np.float32)
        self._subjects = drawn + np.float32(0.5)
        self.cpu_seconds = 0.0

    def identity(self) -> Mapping[str, str]:
        return {"embedder": self.name, "model": self.model}

    def embed(self, texts: Sequence[str]) -> Embedded:
        began = time.thread_time()
        noise = self._random.standard_normal((len(texts), DIMENSIONS), np.float32)
        chosen = self._subjects[self._random.integers(0, SUBJECTS, len(texts))]
        vectors = normalised(chosen + np.float32(0.8) * noise)
        self.cpu_seconds += time.thread_time() - began
        return Embedded(vectors)

    def embed_query(self, text: str) -> Floats:
        vector: Floats = self.embed([text]).vectors[0]
        return vector

    def close(self) -> None:
        """Holds nothing."""


def give_vectors(folder: Path, indexed: Indexed) -> Indexed:
    """Gives everything that is said in the library a vector, as `shotlog embed` does."""
    made = _MadeVectors()
    path = folder / FILE_NAME
    with Catalog.open(path) as catalog:
        began = time.process_time()
        keep_up(catalog, made)
        took = time.process_time() - began - made.cpu_seconds
    with closing(sqlite3.connect(path)) as connection:
        grown = _size(path, connection) - indexed.bytes_after
    return replace(indexed, vectors_cpu_seconds=took, vectors_bytes=grown)


def _measured(
    folder: Path, clips: int, server: str, name: str, query: str, filters: dict[str, Any]
) -> Searched:
    took, spent = [], []
    _forget_pages(folder / FILE_NAME)
    asked = {"by": "words", **filters}
    with api.open(folder, embedding_endpoint=server, embedding_model=MODEL) as library:
        for _ in range(ROUNDS + 1):
            began, cpu_began = time.perf_counter(), time.process_time()
            hits = len(list(library.search(query, **asked)))
            took.append((time.perf_counter() - began) * 1000)
            spent.append((time.process_time() - cpu_began) * 1000)
    return Searched(name, query, clips, took[0], median(took[1:]), median(spent[1:]), hits)


def _forget_pages(path: Path) -> None:
    """Puts the file out of the system's page cache, as far as the system does as asked."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _size(path: Path, connection: sqlite3.Connection) -> int:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _sources(videos: int) -> Iterator[Source]:
    first = datetime(2023, 1, 1, tzinfo=UTC)
    for number in range(videos):
        name = f"2024/holiday_{number:06}.mp4"
        url = f"https://bucket.example/{name}"
        time_of = first + timedelta(days=730 * number / videos)
        yield Source(url, url, name, size_bytes=12_345_678, last_modified=time_of)


class _Writer:
    """Texts whose words are as common as those of captions: the commonest in a fifth of them."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        made = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
        self._words = [*COMMON, *made]
        self._weights = list(accumulate(1 / (rank + 12) for rank in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)

    def sentence(self, telling: int) -> str:
        little = self._random.choices(LITTLE, k=telling)
        pairs = zip(little, self.words(telling), strict=True)
        return " ".join(word for pair in pairs for word in pair)

    def fields(self) -> ClipFields:
        return ClipFields(
            description=self.sentence(20),
            actions=(self.sentence(2), self.sentence(2)),
            objects=tuple(self.words(4)),
            people_count=1,
            setting=self.sentence(2),
            time_of_day="day",
            on_screen_text=tuple(self.words(1)),
            camera="static",
            mood="calm",
            category="street",
            tags=tuple(self.words(5)),
            safety_flags=(),
        )


def _fill(connection: sqlite3.Connection) -> None:
    """As a run leaves clips, answers and transcripts; straight into the tables, for speed."""
    writer = _Writer()
    ids = [row[0] for row in connection.execute("SELECT id FROM videos ORDER BY number")]
    for start in range(0, len(ids), 500):
        with transaction(connection):
            for video_id in ids[start : start + 500]:
                _fill_video(connection, writer, video_id)


def _fill_video(connection: sqlite3.Connection, writer: _Writer, video_id: str) -> None:
    rows = []
    for index in range(1, CLIPS_A_VIDEO + 1):
        fields, key = writer.fields(), f"{video_id}-{index}"
        answer = Answer(fields.description, "made", fields.tags, fields=fields)
        span = Span(index, Fraction(15 * (index - 1)), Fraction(15 * index))
        rows.append((key, columns.clip_in(video_id, Clip(span)), columns.answer_in(answer)))
    connection.executemany(
        _ADD_ANSWER, [(key, video_id, *answer, "2024-01-01") for key, _, answer in rows]
    )
    connection.executemany(_ADD_CLIP, [(*clip, key) for key, clip, _ in rows])
    words = tuple(
        Word(Fraction(number), Fraction(number + 1), text)
        for number, text in enumerate(writer.words(15 * CLIPS_A_VIDEO))
    )
    packed = columns.packed(tuple[Word, ...], words)
    connection.execute(
        "INSERT INTO transcripts (video_id, key, text, words) VALUES (?, '', '', ?)",
        (video_id, packed),
    )
    connection.execute(
        "UPDATE videos SET status = 'done', clip_count = ?, title = ?, description = ?, tags = ?"
        " WHERE id = ?",
        (
            CLIPS_A_VIDEO,
            writer.sentence(3),
            writer.sentence(30),
            json.dumps(writer.words(5)),
            video_id,
        ),
    )
