"""The catalog of a library, ``DIR/shotlog.db``: one writer, any number of readers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from shotlog import ledger
from shotlog.catalog import columns
from shotlog.catalog.batches import BatchCatalog
from shotlog.catalog.browsing import keep_measures
from shotlog.catalog.connection import connect, library_errors
from shotlog.catalog.fingerprints import replace_fingerprints
from shotlog.catalog.forgetting import FORGET, HEAR_AGAIN
from shotlog.catalog.runs import Running
from shotlog.catalog.summaries import link_text, save_text
from shotlog.catalog.tagging import Tagging
from shotlog.catalog.transactions import now
from shotlog.catalog.vectoring import Vectoring
from shotlog.catalog.word_index import (
    index_answer,
    index_answers,
    index_clips,
    index_heard,
    index_renamed,
    index_video,
)
from shotlog.records import (
    Answer,
    Clip,
    Facts,
    Failure,
    Sample,
    SceneCuts,
    SceneScore,
    Source,
    Status,
    VideoText,
)
from shotlog.rows import AppliedSettings, Manner, Step
from shotlog.speech import Transcript, Word

BATCH_ROWS = 2000
"""Rows of a listing written in one transaction."""

# A listing that says less than the one before (no size, no time) does not make a source another
# one; whatever it does say must agree.
_SAME = (
    "((excluded.size_bytes IS NULL OR size_bytes IS excluded.size_bytes)"
    " AND (excluded.last_modified IS NULL OR last_modified IS excluded.last_modified))"
)

_ADD_SOURCE = f"""
    INSERT INTO videos ({columns.SOURCE_COLUMNS}, source_key, folder, run_id, position)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        source_key = CASE WHEN {_SAME} THEN source_key ELSE excluded.source_key END,
        etag = CASE WHEN {_SAME} THEN etag END,
        size_bytes = CASE WHEN {_SAME} THEN size_bytes ELSE excluded.size_bytes END,
        last_modified = CASE WHEN {_SAME} THEN last_modified ELSE excluded.last_modified END,
        file_name = excluded.file_name,
        public_url = excluded.public_url,
        url = excluded.url,
        max_long_side = excluded.max_long_side,
        max_short_side = excluded.max_short_side,
        max_fps = excluded.max_fps,
        given_clips = excluded.given_clips,
        further = excluded.further,
        position = CASE WHEN run_id = excluded.run_id THEN position ELSE excluded.position END,
        run_id = excluded.run_id
"""  # noqa: S608 - made of this module's own constants

_ADD_CLIP = """
    INSERT INTO clips (video_id, clip_index, start_exact, end_exact, start_seconds, end_seconds,
        url, file, thumb, frames)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_ADD_ANSWER = """
    INSERT INTO answers (key, video_id, description, model, tags, prompt_tokens,
        completion_tokens, evidence, fields, flags, requests, cost, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET description = excluded.description, model = excluded.model,
        tags = excluded.tags, prompt_tokens = excluded.prompt_tokens,
        completion_tokens = excluded.completion_tokens, evidence = excluded.evidence,
        fields = excluded.fields, flags = excluded.flags, requests = excluded.requests,
        cost = excluded.cost, created_at = excluded.created_at
"""

_IS_THERE = "SELECT 1 FROM videos WHERE id = ?"

# How an earlier run ended says nothing of a video that this one has begun to change.
_UNFINISHED = "UPDATE videos SET status = NULL, failure = NULL, complete_key = NULL WHERE id = ?"


class Catalog(Tagging, BatchCatalog, Vectoring, Running):
    """A catalog open for writing (by the thread that opened it) or for reading only.

    Each writing method is one transaction: once it returned, a kill loses nothing of it. All raise
    LibraryError where the file cannot be used, DiskFullError where there is no room.
    """

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Opens ``path``, for a writer making it or bringing it up to date where needed."""
        return cls(connect(path, read_only=read_only), path)

    def close(self) -> None:
        """May be called twice."""
        with library_errors(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def save_endpoint_manner(self, address: str, model: str, manner: Manner) -> None:
        """Keeps how an endpoint wants to be spoken to; ``address`` must hold no secret."""
        sql = "INSERT OR REPLACE INTO endpoints VALUES (?, ?, ?, ?)"
        self._write(sql, address, model, columns.to_json(Manner, manner), now())

    def add_sources(
        self,
        run_id: int,
        sources: Iterable[Source],
        folder_of: Callable[[Source], str],
    ) -> int:
        """Makes the sources this run's choice, in this order; returns how many it has now.

        A new one is added, with ``folder_of`` naming its folder for good; a known one is brought
        up to date, and gets another source key where the listing states another size or time.
        """
        last = "SELECT coalesce(max(position), 0) FROM videos WHERE run_id = ?"
        position = self._rows(last, (run_id,))[0][0]
        remaining = iter(sources)
        while batch := list(islice(remaining, BATCH_ROWS)):
            rows = [
                (
                    *columns.source_in(source),
                    ledger.source_key(source),
                    folder_of(source),
                    run_id,
                    position + place,
                )
                for place, source in enumerate(batch, start=1)
            ]
            with self._transaction() as connection:
                connection.executemany(_ADD_SOURCE, rows)
                index_renamed(connection, run_id, position)
            position += len(batch)
        return int(self._rows("SELECT count(*) FROM videos WHERE run_id = ?", (run_id,))[0][0])

    def save_etag(self, video_id: str, etag: str | None) -> str:
        """What the server calls the source's bytes; returns the source key that follows from it.

        It changes the key only of a source of which the listing states neither size nor time.
        """
        video = self.video(video_id)
        if video is None:
            raise KeyError(video_id)
        source_key = ledger.source_key(video.source, etag)
        self._write(
            "UPDATE videos SET etag = ?, source_key = ? WHERE id = ?", etag, source_key, video_id
        )
        return source_key

    def save_scan(
        self,
        video_id: str,
        key: str,
        facts: Facts,
        scores: tuple[SceneScore, ...],
        samples: tuple[Sample, ...],
    ) -> None:
        """What the decode measured, in place of what was measured before."""
        measured = (
            columns.to_json(Facts, facts),
            columns.packed(tuple[SceneScore, ...], scores),
            columns.packed(tuple[Sample, ...], samples),
        )
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO scans (video_id, facts, scores, samples)"
                " VALUES (?, ?, ?, ?)",
                (video_id, *measured),
            )
            connection.execute("UPDATE videos SET scan_key = ? WHERE id = ?", (key, video_id))
            keep_measures(connection, video_id, facts)
            connection.execute(_UNFINISHED, (video_id,))

    def save_scenes(self, video_id: str, key: str | None, cuts: SceneCuts | None) -> None:
        """The cuts of a detector other than ffmpeg's, in place of those before; the scan is there.

        Without ``cuts``, scenes come from the scan's scores alone.
        """
        stored = columns.packed(SceneCuts, cuts) if cuts else None
        with self._transaction() as connection:
            connection.execute("UPDATE scans SET cuts = ? WHERE video_id = ?", (stored, video_id))
            connection.execute("UPDATE videos SET scenes_key = ? WHERE id = ?", (key, video_id))
            connection.execute(_UNFINISHED, (video_id,))

    def save_clips(
        self,
        video_id: str,
        clips_key: str | None,
        frames_key: str | None,
        clips: Iterable[Clip],
    ) -> None:
        """A video's clips, in place of those before; a key is None where that part was not made.

        The new clips show no answers yet: :meth:`link_answers` finds those that are kept.
        """
        clips = list(clips)
        rows = [columns.clip_in(video_id, clip) for clip in clips]
        with self._transaction() as connection:
            connection.execute("DELETE FROM clips WHERE video_id = ?", (video_id,))
            connection.executemany(_ADD_CLIP, rows)
            replace_fingerprints(connection, video_id, clips)
            connection.execute(
                "UPDATE videos SET clips_key = ?, frames_key = ?, clip_count = ? WHERE id = ?",
                (clips_key, frames_key, len(rows), video_id),
            )
            connection.execute(_UNFINISHED, (video_id,))
            index_clips(connection, video_id)

    def save_transcript(self, video_id: str, key: str, transcript: Transcript) -> None:
        """The words heard, in place of those before; ``key`` is the ledger's transcript key."""
        words = tuple(replace(each, text=columns.words_in(each.text)) for each in transcript.words)
        stored = columns.packed(tuple[Word, ...], words)
        text = Transcript(words).text
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO transcripts (video_id, key, language, text, words)"
                " VALUES (?, ?, ?, ?, ?)",
                (video_id, key, transcript.language, text, stored),
            )
            connection.execute("UPDATE videos SET sound_key = ? WHERE id = ?", (key, video_id))
            connection.execute(_UNFINISHED, (video_id,))
            index_heard(connection, video_id)

    def forget_transcript(self, video_id: str) -> None:
        """The words heard are another sound's: the source has changed."""
        with self._transaction() as connection:
            for statement in HEAR_AGAIN:
                connection.execute(statement, (video_id,))
            index_heard(connection, video_id)

    def link_answers(self, video_id: str, keys: Mapping[int, str]) -> tuple[int, ...]:
        """Lets each clip show the answer kept under its key (by clip index), and no other.

        Returns the indexes of the clips for which none is kept: those are to be described, and
        until :meth:`finish_video` the video counts as unfinished.
        """
        link = """
            UPDATE clips SET
                answer_key = (SELECT key FROM answers WHERE key = ?1),
                failure = CASE WHEN EXISTS (SELECT 1 FROM answers WHERE key = ?1)
                    THEN NULL ELSE failure END
            WHERE video_id = ?2 AND clip_index = ?3
        """
        without = (
            "SELECT clip_index FROM clips WHERE video_id = ? AND answer_key IS NULL"
            " ORDER BY clip_index"
        )
        with self._transaction() as connection:
            connection.executemany(link, [(key, video_id, index) for index, key in keys.items()])
            index_answers(connection, video_id, keys)
            missing = connection.execute(without, (video_id,)).fetchall()
            if missing:
                connection.execute(_UNFINISHED, (video_id,))
        return tuple(row[0] for row in missing)

    def save_answer(self, key: str, video_id: str, index: int, answer: Answer) -> None:
        """Keeps the answer under its key for good, and lets the clip show it."""
        with self._transaction() as connection:
            connection.execute(_ADD_ANSWER, (key, video_id, *columns.answer_in(answer), now()))
            connection.execute(
                "UPDATE clips SET answer_key = ?, failure = NULL, attempts = 0"
                " WHERE video_id = ? AND clip_index = ?",
                (key, video_id, index),
            )
            index_answer(connection, key)

    def save_clip_failure(
        self, video_id: str, index: int, failure: Failure, key: str | None = None
    ) -> None:
        """Why this clip has no answer; an answer to an earlier question is shown no longer.

        ``key`` is the question's, by which a refusal for good is known again.
        """
        if failure.for_good:
            failure = replace(failure, question_key=key)
        with self._transaction() as connection:
            sql = (
                "UPDATE clips SET answer_key = NULL, failure = ?, attempts = attempts + 1"
                " WHERE video_id = ? AND clip_index = ?"
            )
            connection.execute(sql, (columns.failure_in(failure), video_id, index))
            index_answers(connection, video_id, (index,))

    def save_video_failure(self, video_id: str, failure: Failure) -> None:
        """The video failed as a whole; what it had before stays, and the next run tries again."""
        self.finish_video(video_id, "failed", failure=failure)

    def save_video_text(
        self, video_id: str, key: str, text: VideoText, *, keep: bool = False
    ) -> None:
        """What is said of a whole video; ``key`` is the ledger's text key.

        With ``keep`` it stays under its key for good, for :meth:`link_video_text`.
        """
        with self._transaction() as connection:
            save_text(connection, video_id, key, text, keep=keep)
            index_video(connection, video_id)

    def link_video_text(self, video_id: str, key: str) -> bool:
        """Lets a video show the text kept under this key; whether one is."""
        with self._transaction() as connection:
            is_there = link_text(connection, video_id, key)
            index_video(connection, video_id)
            return is_there

    def finish_video(
        self,
        video_id: str,
        status: Status,
        *,
        complete_key: str | None = None,
        applied: AppliedSettings | None = None,
        failure: Failure | None = None,
    ) -> None:
        """How far the video came. ``complete_key`` only where nothing is missing.

        ``applied`` without a value leaves what is there; ``failure`` without one clears it.
        """
        shown = columns.to_json(AppliedSettings, applied) if applied else None
        with self._transaction() as connection:
            connection.execute(
                "UPDATE videos SET status = ?, complete_key = ?, failure = ?,"
                " applied = coalesce(?, applied) WHERE id = ?",
                (status, complete_key, columns.failure_in(failure), shown, video_id),
            )
            index_video(connection, video_id)

    def forget(self, step: Step, video_ids: Iterable[str]) -> None:
        """Lets the next run do a step of these videos again, and what hangs on it.

        Scanning comes before all; the model's frames before its answers; answers before summary
        and tags. On clip files nothing hangs. Forgotten answers are deleted, those to other
        questions too. Everything else stays to be seen until it is replaced. Videos that are not
        there are passed over.
        """
        remaining = iter(video_ids)
        while batch := [(video_id,) for video_id in islice(remaining, BATCH_ROWS)]:
            with self._transaction() as connection:
                for statement in FORGET[step]:
                    connection.executemany(statement, batch)
                for (video_id,) in batch:
                    if connection.execute(_IS_THERE, (video_id,)).fetchone():
                        index_answers(connection, video_id)
                        index_heard(connection, video_id)
