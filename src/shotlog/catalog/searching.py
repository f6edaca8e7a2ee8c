"""Looking for clips in the index: one query for words and filters, the marks in another."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing

from shotlog.catalog.words import COLUMNS, CREATE_INDEX, PLACES
from shotlog.queries import BETWEEN_SIGNS, Column, Filters, Query, tag_key
from shotlog.rows import FoundRow, Snippet

RANKED = 10_000
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
_JOINED = f"""
    videos LEFT JOIN clips ON clips.video_id = videos.id
        AND clips.clip_index = {{place}} % {PLACES}
    WHERE videos.number = {{place}} / {PLACES}
"""
_LENGTH = """
    coalesce(clips.end_seconds - clips.start_seconds,
        (SELECT max(end_seconds) FROM clips AS each WHERE each.video_id = videos.id))
"""


def found(
    connection: sqlite3.Connection, query: Query, filters: Filters, limit: int
) -> list[FoundRow]:
    """Clips that fit, the best first; without words, the newest videos' first."""
    if query.groups:
        ranked = _ranked(connection, query, filters, limit)
    else:
        ranked = [(place, 0.0) for place in _by_time(connection, filters, limit)]
    snippets = _snippets(connection, [place for place, _ in ranked], _expression(query, filters))
    # BM25's score falls as clips fit better; ours rises.
    return [
        FoundRow(_video_id(connection, place), place % PLACES or None, -score or 0.0, snippet)
        for (place, score), snippet in zip(ranked, snippets, strict=True)
    ]


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
    parts = [f'(keys : "{tag_key(tag)}")' for tag in filters.tags]
    if query.groups:
        within = [n for each in filters.columns for n in (each, *(["video"] * (each == "name")))]
        only = f"{{{' '.join(within)}}} : " if within else ""
        parts.insert(0, f"({only}({query.expression}))")
    return " AND ".join(parts)


def _of_videos(filters: Filters) -> tuple[str, list[object]]:
    """What the filters say of videos."""
    said: list[tuple[str, Sequence[object]]] = []
    if filters.since is not None:
        said.append(("videos.last_modified >= ?", (filters.since.isoformat(),)))
    if filters.before is not None:
        said.append(("videos.last_modified < ?", (filters.before.isoformat(),)))
    if filters.statuses:
        marks = ", ".join("?" * len(filters.statuses))
        said.append((f"videos.status IN ({marks})", filters.statuses))
    return _joined_with_and(said)


def _conditions(filters: Filters) -> tuple[str, list[object]]:
    """What the filters say but for tags, which the index knows."""
    said: list[tuple[str, Sequence[object]]] = []
    if filters.min_duration_seconds is not None:
        said.append((f"{_LENGTH} >= ?", (filters.min_duration_seconds,)))
    if filters.max_duration_seconds is not None:
        said.append((f"{_LENGTH} <= ?", (filters.max_duration_seconds,)))
    of_videos, values = _of_videos(filters)
    of_clips, more = _joined_with_and(said)
    return of_videos + of_clips, values + more


def _joined_with_and(said: Sequence[tuple[str, Sequence[object]]]) -> tuple[str, list[object]]:
    sql = "".join(f" AND {condition}" for condition, _ in said)
    return sql, [value for _, values in said for value in values]


def _ranked(
    connection: sqlite3.Connection, query: Query, filters: Filters, limit: int
) -> list[tuple[int, float]]:
    """Places and scores, the best first.

    Where more than :data:`RANKED` fit and there is a choice of words, as many of each choice are
    ranked: a rare word among common ones ("red OR submarine") is found however old its clips are.
    """
    queries: tuple[Query, ...] = (query,)
    if len(query.terms) > len(query.groups):
        expression = _expression(query, filters)
        queries = query.apart() if _more_than(connection, expression, RANKED) else queries
    best: dict[int, float] = {}
    for each in queries:
        expression = _expression(each, filters)
        for place, score in _of_one(connection, expression, filters, limit, RANKED // len(queries)):
            best[place] = min(score, best.get(place, 0.0))
    return sorted(best.items(), key=lambda row: (row[1], row[0]))[:limit]


def _of_one(
    connection: sqlite3.Connection, expression: str, filters: Filters, limit: int, ranked: int
) -> Sequence[tuple[int, float]]:
    """The best of the newest ``ranked``.

    Filters are held against the best first, since most clips pass most filters; only where too few
    of the newest do, against every clip that has the words.
    """
    conditions, values = _conditions(filters)
    best = _best("WHERE", "")
    if not conditions:
        return connection.execute(f"{best} LIMIT ?", (expression, ranked, limit)).fetchall()
    sql = f"""
        SELECT place, score FROM ({best} LIMIT ?)
        WHERE EXISTS (SELECT 1 FROM {_JOINED.format(place="place")}{conditions}) LIMIT ?
    """  # noqa: S608
    bound = (expression, ranked, ranked, *values, limit)
    rows = connection.execute(sql, bound).fetchall()
    if len(rows) >= limit or not _more_than(connection, expression, ranked):
        return rows
    # The numbers of the videos that fit are fewer than the clips to be looked at.
    of_videos, numbers = _of_videos(filters)
    numbered = f"(SELECT number FROM videos WHERE true{of_videos})"  # noqa: S608
    some = f"clip_words.rowid / {PLACES} IN {numbered} AND"
    if of_videos and conditions == of_videos:
        joined, values = f"WHERE {some}", []
    else:
        joined = f"CROSS JOIN {_JOINED.format(place='clip_words.rowid')} AND {some}"
    bound = (*numbers, expression, *values, ranked, limit)
    conditions = conditions if values else ""
    return connection.execute(f"{_best(joined, conditions)} LIMIT ?", bound).fetchall()


def _best(joined: str, conditions: str) -> str:
    """The newest that fit, in the order of their rank."""
    return f"""
        SELECT place, score FROM (
            SELECT clip_words.rowid AS place, {_RANK} AS score
            FROM clip_words {joined} clip_words MATCH ?{conditions}
            ORDER BY clip_words.rowid DESC LIMIT ?
        ) ORDER BY score, place
    """  # noqa: S608 - made of this module's own constants


def _more_than(connection: sqlite3.Connection, expression: str, count: int) -> bool:
    sql = "SELECT count(*) FROM (SELECT 1 FROM clip_words WHERE clip_words MATCH ? LIMIT ?)"
    (found,) = connection.execute(sql, (expression, count + 1)).fetchone()
    return bool(found > count)


def _by_time(connection: sqlite3.Connection, filters: Filters, limit: int) -> list[int]:
    conditions, values = _conditions(filters)
    if filters.tags:
        sql = f"""
            SELECT clip_words.rowid
            FROM clip_words CROSS JOIN {_JOINED.format(place="clip_words.rowid")}
            AND clip_words MATCH ? AND clip_words.rowid % {PLACES}{conditions}
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


def _video_id(connection: sqlite3.Connection, place: int) -> str:
    sql = "SELECT id FROM videos WHERE number = ?"
    (video_id,) = connection.execute(sql, (place // PLACES,)).fetchone()
    return str(video_id)


def _snippets(
    connection: sqlite3.Connection, places: Sequence[int], expression: str
) -> list[Snippet | None]:
    """The texts with their words marked.

    They are marked in an index of their own that holds these few: the large one would look up the
    whole query once more for each of them.
    """
    names = ", ".join(COLUMNS)
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    take = f"SELECT rowid, {names} FROM clip_words WHERE rowid = ?"  # noqa: S608
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as few:
        few.row_factory = sqlite3.Row
        few.execute("BEGIN")
        few.execute(CREATE_INDEX)
        for place in places:
            row = connection.execute(take, (place,)).fetchone()
            few.execute(f"INSERT INTO clip_words (rowid, {names}) VALUES ({marks})", tuple(row))  # noqa: S608
        if expression:
            sql = f"SELECT rowid, {_MARKED} FROM clip_words WHERE clip_words MATCH ?"  # noqa: S608
            rows = few.execute(sql, (expression,)).fetchall()
        else:
            rows = few.execute(f"SELECT rowid, {names} FROM clip_words").fetchall()  # noqa: S608
        texts = {row["rowid"]: _snippet(row) for row in rows}
    return [texts[place] for place in places]


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
