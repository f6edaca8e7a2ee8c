"""Looking for clips in the index: one query for words and filters, the marks in another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shotlog.catalog.words import COLUMNS, PLACES
from shotlog.queries import BETWEEN_SIGNS, Column, Filters, Query, tag_key
from shotlog.rows import FoundRow, Snippet

RANKED = 20_000
"""Clips whose rank is worked out for one query; of more that have its words, the newest."""

WEIGHTS: Mapping[str, float] = {
    "name": 4.0,
    "title": 4.0,
    "summary": 1.0,
    "video": 0.3,
    "description": 3.0,
    "objects": 2.0,
    "actions": 2.0,
    "setting": 1.5,
    "text": 2.5,
    "tags": 3.0,
    "transcript": 1.5,
    "keys": 0.0,
}
"""How much a word counts where it stands, in BM25."""

SHOWN: tuple[Column, ...] = (
    *("description", "transcript", "text", "summary", "title", "name", "actions", "objects"),
    *("tags", "setting"),
)
"""Where a snippet is taken from: the first of those that hold most of the words."""

_OPEN, _CLOSE = "\x01", "\x02"
"""Around marked words; the index holds no such sign."""

_RANK = f"bm25(clip_words, {', '.join(str(WEIGHTS[name]) for name in COLUMNS)})"
_MARKED = ", ".join(
    f"highlight(clip_words, {place}, char(1), char(2)) AS {name}"
    for place, name in enumerate(COLUMNS[:-1])
)
_PLAIN = ", ".join(COLUMNS[:-1])
_JOINED = f"""
    JOIN videos ON videos.number = clip_words.rowid / {PLACES}
    LEFT JOIN clips ON clips.video_id = videos.id
        AND clips.clip_index = clip_words.rowid % {PLACES}
"""
_LENGTH = """
    coalesce(clips.end_seconds - clips.start_seconds,
        (SELECT max(end_seconds) FROM clips AS each WHERE each.video_id = videos.id))
"""


def found(
    connection: sqlite3.Connection, query: Query, filters: Filters, limit: int
) -> Iterator[FoundRow]:
    """Clips that fit, the best first; without words, the newest videos' first."""
    if not query.groups:
        for place in _by_time(connection, filters, limit):
            yield _row(connection, place, "", 0.0)
        return
    expression = _expression(query, filters)
    ranked = _ranked(connection, expression, filters, limit, RANKED + 1)
    if ranked is None:
        ranked = _ranked_apart(connection, query, filters, limit)
    for place, score in ranked:
        yield _row(connection, place, expression, score)


def like(connection: sqlite3.Connection, word: str, letters_apart: int = 2) -> Sequence[str]:
    """Words of the index that begin with the same letter and are about as long, as stems."""
    folded = word.casefold()
    first = folded[:1]
    sql = """
        SELECT term FROM clip_vocabulary
        WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ? LIMIT 50000
    """
    bounds = len(folded) - letters_apart, len(folded) + letters_apart
    rows = connection.execute(sql, (first, chr(min(ord(first) + 1, 0x10FFFF)), *bounds))
    return [row[0] for row in rows]


def _expression(query: Query, filters: Filters) -> str:
    names = [name for each in filters.columns for name in (each, *(["video"] * (each == "name")))]
    within = names or COLUMNS[:-1]
    parts = [f"({{{' '.join(within)}}} : ({query.expression}))"] if query.groups else []
    parts += [f'(keys : "{tag_key(tag)}")' for tag in filters.tags]
    return " AND ".join(parts)


def _conditions(filters: Filters) -> tuple[str, list[object]]:
    """What the filters say but for tags, which the index knows."""
    said: list[tuple[str, Sequence[object]]] = []
    if filters.since is not None:
        said.append(("videos.last_modified >= ?", (filters.since.isoformat(),)))
    if filters.before is not None:
        said.append(("videos.last_modified < ?", (filters.before.isoformat(),)))
    if filters.min_duration_seconds is not None:
        said.append((f"{_LENGTH} >= ?", (filters.min_duration_seconds,)))
    if filters.max_duration_seconds is not None:
        said.append((f"{_LENGTH} <= ?", (filters.max_duration_seconds,)))
    if filters.statuses:
        marks = ", ".join("?" * len(filters.statuses))
        said.append((f"videos.status IN ({marks})", filters.statuses))
    sql = "".join(f" AND {condition}" for condition, _ in said)
    return sql, [value for _, values in said for value in values]


def _ranked(
    connection: sqlite3.Connection, expression: str, filters: Filters, limit: int, at_most: int
) -> list[tuple[int, float]] | None:
    """Places and scores, the best first; None where ``at_most`` or more fit."""
    conditions, values = _conditions(filters)
    joined = _JOINED if conditions else ""
    fitting = f"FROM clip_words {joined} WHERE clip_words MATCH ?{conditions}"
    counted = f"SELECT count(*) FROM (SELECT 1 {fitting} LIMIT ?)"  # noqa: S608
    (count,) = connection.execute(counted, (expression, *values, at_most)).fetchone()
    if count >= at_most:
        return None
    sql = f"SELECT clip_words.rowid, {_RANK} AS score {fitting} ORDER BY score, 1 LIMIT ?"
    return connection.execute(sql, (expression, *values, limit)).fetchall()


def _ranked_apart(
    connection: sqlite3.Connection, query: Query, filters: Filters, limit: int
) -> list[tuple[int, float]]:
    """The same where very many fit: the newest of them, of each choice of words as many.

    So a rare word among common ones ("red OR submarine") is found however old its clips are.
    """
    conditions, values = _conditions(filters)
    joined = _JOINED if conditions else ""
    queries = query.apart()
    sql = f"""
        SELECT place, score FROM (
            SELECT clip_words.rowid AS place, {_RANK} AS score
            FROM clip_words {joined} WHERE clip_words MATCH ?{conditions}
            ORDER BY clip_words.rowid DESC LIMIT ?
        ) ORDER BY score, place LIMIT ?
    """  # noqa: S608 - made of this module's own constants
    best: dict[int, float] = {}
    for each in queries:
        bound = (_expression(each, filters), *values, RANKED // len(queries), limit)
        for place, score in connection.execute(sql, bound):
            best[place] = min(score, best.get(place, 0.0))
    return sorted(best.items(), key=lambda row: (row[1], row[0]))[:limit]


def _by_time(connection: sqlite3.Connection, filters: Filters, limit: int) -> Iterable[int]:
    conditions, values = _conditions(filters)
    if filters.tags:
        sql = f"""
            SELECT clip_words.rowid FROM clip_words {_JOINED}
            WHERE clip_words MATCH ?{conditions}
            ORDER BY videos.last_modified DESC, videos.number DESC, 1 LIMIT ?
        """  # noqa: S608
        values = [_expression(Query(), filters), *values]
    else:
        sql = f"""
            SELECT videos.number * {PLACES} + clips.clip_index
            FROM videos CROSS JOIN clips ON clips.video_id = videos.id
            WHERE true{conditions}
            ORDER BY videos.last_modified DESC, videos.number DESC, clips.clip_index LIMIT ?
        """  # noqa: S608
    return [row[0] for row in connection.execute(sql, (*values, limit))]


def _row(connection: sqlite3.Connection, place: int, expression: str, score: float) -> FoundRow:
    """``score`` is BM25's, which falls as clips fit better; ours rises."""
    if expression:
        sql = f"SELECT {_MARKED} FROM clip_words WHERE clip_words MATCH ? AND rowid = ?"  # noqa: S608
        row = connection.execute(sql, (expression, place)).fetchone()
    else:
        sql = f"SELECT {_PLAIN} FROM clip_words WHERE rowid = ?"  # noqa: S608
        row = connection.execute(sql, (place,)).fetchone()
    (video_id,) = connection.execute(
        "SELECT id FROM videos WHERE number = ?", (place // PLACES,)
    ).fetchone()
    return FoundRow(video_id, place % PLACES or None, -score, _snippet(row))


def _snippet(row: sqlite3.Row) -> Snippet | None:
    texts = {name: _unmarked(name, row[name] or "") for name in SHOWN}
    if row["video"]:
        texts["name"] = _unmarked("name", row["video"])
    filled = [snippet for snippet in texts.values() if snippet.text]
    return max(filled, key=lambda snippet: len(_words_of(snippet)), default=None)


def _words_of(snippet: Snippet) -> set[str]:
    return {snippet.text[start:end].casefold() for start, end in snippet.marks}


def _unmarked(column: Column, marked: str) -> Snippet:
    """Text as people read it, and where its marks were; neighbours with one blank are apart."""
    text, marks, start = "", [], 0
    for part in marked.replace(BETWEEN_SIGNS, "").replace(_OPEN, f"{_CLOSE}{_OPEN}").split(_CLOSE):
        if part.startswith(_OPEN):
            start = len(text)
            text += part[1:]
            marks.append((start, len(text)))
        else:
            text += part
    return Snippet(column, text, tuple(marks))
