"""What can be asked of a catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from shotlog.catalog import columns
from shotlog.catalog.browsing import COUNTED, NAME, browsed, count_browsed
from shotlog.catalog.collection import Collection, collection
from shotlog.catalog.connection import library_errors
from shotlog.catalog.distinctive_words import distinctive_words, place_of
from shotlog.catalog.hybrid_search import Nearness, found_near
from shotlog.catalog.searching import found, like
from shotlog.catalog.selecting import selected
from shotlog.catalog.tags import alike, counts
from shotlog.queries import Filters, Query, Sort
from shotlog.records import Answer, Facts, Sample, SceneCuts, Spent, Status
from shotlog.rows import (
    BrowsedPage,
    ClipRow,
    Counts,
    DescribingRate,
    FailureRow,
    FoundRow,
    Manner,
    RunRow,
    ScanRow,
    SelectedRow,
    TagCount,
    VideoRow,
)
from shotlog.speech import Transcript

PAGE_ROWS = 500
"""Rows read at a time by whatever streams."""

_CLIPS = """
    SELECT clips.*, answers.description, model, answers.tags, prompt_tokens,
        completion_tokens, evidence, answers.fields, flags, requests, cost, clip_edits.edit,
        same.video_id AS same_video_id,
        same.clip_index AS same_clip_index, videos.file_name AS same_file_name
    FROM clips LEFT JOIN answers ON answers.key = clips.answer_key
        LEFT JOIN clip_edits USING (video_id, start_exact, end_exact)
        LEFT JOIN fingerprints AS print ON print.video_id = clips.video_id
            AND print.clip_index = clips.clip_index
        LEFT JOIN fingerprints AS same ON same.number = print.same_as
        LEFT JOIN videos ON videos.id = same.video_id
    WHERE clips.video_id = ?
"""

# Each part by an index of its own; that of names takes no notice of case, so names are compared
# once more.
VIDEO_NAMED = f"""
    SELECT * FROM videos WHERE number = (SELECT min(number) FROM (
        SELECT number FROM videos WHERE id = ?1
        UNION ALL SELECT * FROM (
            SELECT number FROM videos WHERE {NAME} = ?1 AND file_name = ?1
            ORDER BY {NAME}, number LIMIT 1
        )
        UNION ALL SELECT * FROM (
            SELECT number FROM videos WHERE folder = ?1 ORDER BY number LIMIT 1
        )
    ))
"""  # noqa: S608 - made of the catalog's own constants


class Reading:
    """The asking half of a catalog. Every method raises LibraryError if the file is damaged.

    What streams reads page after page, each from where the one before ended: memory stays flat, no
    statement stays open between pages, and what is written meanwhile does no harm.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def video(self, video_id: str) -> VideoRow | None:
        """The video of this id; None where there is none."""
        row = self._row("SELECT * FROM videos WHERE id = ?", (video_id,))
        return columns.video_out(row) if row else None

    def video_named(self, name: str) -> VideoRow | None:
        """The first video with this file name, id or folder."""
        row = self._row(VIDEO_NAMED, (columns.name_in(name),))
        return columns.video_out(row) if row else None

    def videos(self) -> Iterator[VideoRow]:
        """All videos of the library, in the order in which they were first seen. Streams."""
        sql = "SELECT * FROM videos WHERE number > ? ORDER BY number LIMIT ?"
        for row in self._pages(sql, (), "number"):
            yield columns.video_out(row)

    def pending(self, run_id: int) -> Iterator[VideoRow]:
        """The videos this run chose, in the listing's order, each with the keys it has. Streams.

        Nothing is left out: whether a row's keys are the present ones is for the caller to say,
        first of all by ``complete_key``. A video that a later run chose is no longer this run's.
        """
        sql = "SELECT * FROM videos WHERE run_id = ? AND position > ? ORDER BY position LIMIT ?"
        for row in self._pages(sql, (run_id,), "position"):
            yield columns.video_out(row)

    def endpoint_manner(self, address: str, model: str) -> Manner | None:
        """What an earlier run learned of an endpoint; None where none asked it."""
        sql = "SELECT manner FROM endpoints WHERE address = ? AND model = ?"
        row = self._row(sql, (address, model))
        return columns.from_json(Manner, row["manner"]) if row else None

    def scan(self, video_id: str) -> ScanRow | None:
        """What the decode measured, but for the samples; None where nothing was scanned."""
        row = self._row("SELECT facts, scores, cuts FROM scans WHERE video_id = ?", (video_id,))
        if row is None:
            return None
        scores = columns.scores_out(row["scores"])
        cuts = columns.unpacked(SceneCuts, row["cuts"]) if row["cuts"] else None
        return ScanRow(columns.from_json(Facts, row["facts"]), scores, cuts)

    def samples(self, video_id: str) -> tuple[Sample, ...]:
        """What was measured along the video; empty where nothing was scanned."""
        row = self._row("SELECT samples FROM scans WHERE video_id = ?", (video_id,))
        return columns.unpacked(tuple[Sample, ...], row["samples"]) if row else ()

    def clips(self, video_id: str) -> tuple[ClipRow, ...]:
        """A video's clips in order, each with its answer or its failure; without fingerprints."""
        rows = self._rows(f"{_CLIPS} ORDER BY clips.clip_index", (video_id,))
        return tuple(columns.clip_out(row) for row in rows)

    def clip(self, video_id: str, index: int) -> ClipRow | None:
        """The clip of this number, from 1; None where there is none."""
        row = self._row(f"{_CLIPS} AND clips.clip_index = ?", (video_id, index))
        return columns.clip_out(row) if row else None

    def search(self, query: Query, filters: Filters, limit: int) -> Iterator[FoundRow]:
        """Clips that fit, the best first; without words, those of the newest videos first."""
        with library_errors(self.path):
            return iter(found(self._connection, query, filters, limit))

    def search_near(
        self, query: Query, filters: Filters, near: Nearness, limit: int, *, by_words: bool
    ) -> Iterator[FoundRow]:
        """Clips by meaning, and with ``by_words`` those that have the words too; the best first."""
        with library_errors(self.path):
            rows = found_near(self._connection, query, filters, near, limit, by_words=by_words)
            return iter(rows)

    def distinctive_words(self, video_id: str, index: int | None) -> Query:
        """Any of the words that tell this clip (None: the video as a whole) from others."""
        with library_errors(self.path):
            place = place_of(self._connection, video_id, index)
            return Query() if place is None else distinctive_words(self._connection, place)

    def picture(self, video_id: str, index: int) -> int | None:
        """A number that clips share which show the same; None where no fingerprint was taken."""
        sql = """
            SELECT coalesce(same_as, number) FROM fingerprints
            WHERE video_id = ? AND clip_index = ?
        """
        row = self._row(sql, (video_id, index))
        return int(row[0]) if row else None

    def browse(
        self, query: Query, filters: Filters, sort: Sort, after: str | None, limit: int
    ) -> BrowsedPage:
        """A page of the videos that fit, or of which a clip does; see :func:`browsed`."""
        with library_errors(self.path):
            return browsed(self._connection, query, filters, sort, after, limit)

    def count_browsed(self, query: Query, filters: Filters, most: int = COUNTED) -> int:
        """How many videos fit; one more than ``most`` where there are more."""
        with library_errors(self.path):
            return count_browsed(self._connection, query, filters, most)

    def statuses(self) -> Mapping[Status | None, int]:
        """How many videos stand how; None: no run has finished them."""
        sql = "SELECT status, count(*) AS videos FROM videos GROUP BY status"
        return {row["status"]: row["videos"] for row in self._rows(sql, ())}

    def tags_like(self, tag: str) -> Sequence[str]:
        """Tags that something has, about as long as ``tag`` and beginning as it does, folded."""
        with library_errors(self.path):
            return alike(self._connection, tag)

    def class_names(self) -> Sequence[tuple[str, str]]:
        """Group and name of every class there is, in order."""
        sql = "SELECT class_group, name FROM tags WHERE class_group <> '' ORDER BY 1, 2"
        return [(row["class_group"], row["name"]) for row in self._rows(sql, ())]

    def selected(self, query: Query, filters: Filters) -> Iterator[SelectedRow]:
        """Every begun video of which something fits, in the order first seen. Streams."""
        rows = selected(self._connection, query, filters)
        while True:
            with library_errors(self.path):
                row = next(rows, None)
            if row is None:
                return
            yield row

    def tag_counts(self, limit: int = 1000) -> Sequence[TagCount]:
        """Tags and classes as they hold now, the most frequent first."""
        with library_errors(self.path):
            return counts(self._connection, limit)

    def library_id(self) -> str:
        """Made with the catalog, of letters and digits; a copy of the catalog has the same."""
        return str(self._rows("SELECT id FROM library", ())[0][0])

    def collection(self, tags: Sequence[str]) -> Collection:
        """The library in numbers; ``tags`` are those to be counted by month."""
        with library_errors(self.path):
            return collection(self._connection, tags)

    def revision(self) -> int:
        """The number of the last change of what is shown of any video; 0 where there was none."""
        return int(self._rows("SELECT coalesce(max(revision), 0) FROM changes", ())[0][0])

    def changed_since(self, revision: int) -> Iterator[tuple[str, int]]:
        """Videos that changed after this revision, each with its last, the longest ago first.

        Streams; a video that changes meanwhile comes again.
        """
        sql = """
            SELECT video_id, revision FROM changes WHERE (revision, video_id) > (?, ?)
            ORDER BY revision, video_id LIMIT ?
        """
        behind: tuple[int, str] = (revision, "\U0010ffff")
        while page := self._rows(sql, (*behind, PAGE_ROWS)):
            yield from ((row["video_id"], row["revision"]) for row in page)
            behind = (page[-1]["revision"], page[-1]["video_id"])

    def changed_count(self, revision: int) -> int:
        """How many videos changed after this revision."""
        return int(self._rows("SELECT count(*) FROM changes WHERE revision > ?", (revision,))[0][0])

    def words_like(self, word: str) -> Sequence[str]:
        """Stems of the index that are about as long as ``word`` and begin as it does."""
        with library_errors(self.path):
            return like(self._connection, word)

    def transcript(self, video_id: str) -> Transcript | None:
        """The words heard; None where nobody listened."""
        row = self._row("SELECT language, words FROM transcripts WHERE video_id = ?", (video_id,))
        if row is None:
            return None
        return Transcript(columns.words_out(row["words"]), row["language"])

    def answer(self, key: str) -> Answer | None:
        """The answer kept under this key, whether a clip shows it now or not."""
        row = self._row("SELECT * FROM answers WHERE key = ?", (key,))
        return columns.answer_out(row) if row else None

    def said_often(self, clips: int) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """Models' descriptions that at least so many clips show now, with each of these clips.

        A clip is named by its video and its exact start and end. Nothing is looked up before the
        first is asked for.
        """
        sql = """
            WITH said AS (
                SELECT answers.description, clips.video_id, start_exact, end_exact,
                    count(*) OVER (PARTITION BY answers.description) AS clips
                FROM clips JOIN answers ON answers.key = clips.answer_key
                WHERE requests > 0
            )
            SELECT description, video_id, start_exact, end_exact FROM said WHERE clips >= ?
        """
        for text, video, start, end in self._rows(sql, (clips,)):
            yield text, (video, start, end)

    def counts(self, run_id: int | None = None) -> Counts:
        """Of the whole library, or of the videos that ``run_id`` chose."""
        sql = """
            SELECT count(*), total(status = 'done'), total(status = 'partial'),
                total(status = 'failed')
            FROM videos WHERE ?1 IS NULL OR run_id = ?1
        """
        of_clips = """
            SELECT count(*), total(answer_key IS NOT NULL), total(clips.failure IS NOT NULL)
            FROM videos JOIN clips ON clips.video_id = videos.id
            WHERE ?1 IS NULL OR run_id = ?1
        """
        videos, clips = self._rows(sql, (run_id,))[0], self._rows(of_clips, (run_id,))[0]
        return Counts(*(int(value) for value in (*videos, *clips)))

    def failures(self, run_id: int | None = None) -> Iterator[FailureRow]:
        """What failed and has not succeeded since: videos first, then clips. Streams."""
        of_videos = """
            SELECT number, id, file_name, NULL AS clip_index, failure
            FROM videos
            WHERE (?1 IS NULL OR run_id = ?1) AND failure IS NOT NULL AND number > ?2
            ORDER BY number LIMIT ?3
        """
        of_clips = """
            SELECT number * 1000000 + clip_index AS place, id, file_name, clip_index,
                clips.failure
            FROM videos JOIN clips ON clips.video_id = videos.id
            WHERE (?1 IS NULL OR run_id = ?1) AND clips.failure IS NOT NULL
                AND number >= ?2 / 1000000 AND place > ?2
            ORDER BY number, clip_index LIMIT ?3
        """
        for sql, place in ((of_videos, "number"), (of_clips, "place")):
            for row in self._pages(sql, (run_id,), place):
                yield columns.failure_row_out(row)

    def run(self, run_id: int) -> RunRow | None:
        """The run of this number; None where there is none."""
        row = self._row("SELECT * FROM runs WHERE id = ?", (run_id,))
        return columns.run_out(row) if row else None

    def last_run(self) -> RunRow | None:
        """The run begun last; None where there was none."""
        row = self._row("SELECT * FROM runs ORDER BY id DESC LIMIT 1", ())
        return columns.run_out(row) if row else None

    def spending(self) -> tuple[Spent, ...]:
        """What runs and batches used of models, for each currency; those without a tariff last."""
        totals: dict[str | None, Spent] = {}
        used = "requests, prompt_tokens, completion_tokens, cost, currency"
        sql = f"""
            SELECT {used} FROM runs WHERE requests > 0
            UNION ALL SELECT {used} FROM batches WHERE requests > 0
        """  # noqa: S608 - made of its own constant
        for row in self._rows(sql, ()):
            spent = columns.spent_out(row)
            before = totals.get(spent.currency, Spent(currency=spent.currency))
            totals[spent.currency] = Spent(
                before.requests + spent.requests,
                before.prompt_tokens + spent.prompt_tokens,
                before.completion_tokens + spent.completion_tokens,
                None if spent.cost is None else (before.cost or Decimal(0)) + spent.cost,
                spent.currency,
            )
        return tuple(sorted(totals.values(), key=lambda each: each.currency is None))

    def describing_rate(self) -> DescribingRate | None:
        """How quickly models have described, by the latest run whose answers are kept.

        The catalog tells times to the second; a run within one second counts as a whole one.
        """
        sql = """
            SELECT runs.id, count(*) AS clips, total(end_seconds - start_seconds) AS of_video,
                (julianday(coalesce(ended_at, max(answers.created_at)))
                    - julianday(started_at)) * 86400.0 AS took
            FROM answers JOIN clips ON clips.answer_key = answers.key
                JOIN runs ON answers.created_at BETWEEN started_at AND coalesce(ended_at, '9999')
            WHERE answers.requests > 0
            GROUP BY runs.id ORDER BY runs.id DESC LIMIT 1
        """
        row = self._row(sql, ())
        if row is None or row["took"] is None or row["took"] < 0:
            return None
        return DescribingRate(row["clips"], row["of_video"], max(1.0, row["took"]))

    def mean_answer_tokens(self) -> float | None:
        """Tokens of a model's answer, on average; None where none was counted."""
        sql = """
            SELECT total(completion_tokens) AS tokens, total(requests) AS requests
            FROM answers WHERE completion_tokens IS NOT NULL AND requests > 0
        """
        row = self._row(sql, ())
        return row["tokens"] / row["requests"] if row and row["requests"] else None

    def _rows(self, sql: str, arguments: Sequence[object]) -> list[sqlite3.Row]:
        with library_errors(self.path), closing(self._connection.cursor()) as cursor:
            return cursor.execute(sql, arguments).fetchall()

    def _row(self, sql: str, arguments: Sequence[object]) -> sqlite3.Row | None:
        return next(iter(self._rows(sql, arguments)), None)

    def _pages(self, sql: str, arguments: Sequence[object], place: str) -> Iterator[sqlite3.Row]:
        """``sql`` takes, after ``arguments``, the place to begin behind and the page's length."""
        behind = 0
        while page := self._rows(sql, (*arguments, behind, PAGE_ROWS)):
            yield from page
            behind = page[-1][place]
