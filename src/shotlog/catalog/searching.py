"""Looking for clips in the index: words and filters in one query."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shotlog.catalog.snippets import snippets_of
from shotlog.catalog.tags import PLACES, class_numbers_of, numbers_of
from shotlog.catalog.word_index import COLUMNS
from shotlog.queries import Filters, Query
from shotlog.rows import FoundRow

RANKED = 10_000
"""Clips whose rank is worked out for one query; of more that have its words, the newest."""

FEW = 5_000
"""A tag that so many clips have, or fewer, is looked up before the words are."""

FEW_VIDEOS = 10
"""One in so many, or fewer, are looked up before the words are."""

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
}
"""How much a word counts where it stands, in BM25."""

_RANK = f"bm25(clip_words, {', '.join(str(WEIGHTS[name]) for name in COLUMNS)})"
JOINED = f"""
    videos LEFT JOIN clips ON clips.video_id = videos.id
        AND clips.clip_index = {{place}} % {PLACES}
    WHERE videos.number = {{place}} / {PLACES}
"""
"""With ``{place}``: the video there, and the clip unless the place is the video's own."""
_HAS_TAG = (
    " AND EXISTS (SELECT 1 FROM clip_tags WHERE tag IN ({numbers}) AND clip_tags.place = {place})"
)
_HAS_CLASS = f"""
    AND EXISTS (SELECT 1 FROM clip_tags WHERE tag IN ({{numbers}})
        AND clip_tags.place IN ({{place}}, {{place}} - {{place}} % {PLACES}))
"""  # noqa: S608 - made of this module's own constants
_LENGTH = """
    coalesce(clips.end_seconds - clips.start_seconds,
        (SELECT max(end_seconds) FROM clips AS each WHERE each.video_id = videos.id))
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a WHERE clause, with the values it takes."""

    sql: str
    """Begins with `` AND``; empty where nothing is asked."""
    values: tuple[object, ...] = ()

    def __add__(self, other: Condition) -> Condition:
        return Condition(self.sql + other.sql, self.values + other.values)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What filters ask, of whom."""

    of_videos: Condition
    of_clips: Condition
    """With ``{place}`` for the clip's place; the joined tables are videos and clips."""
    rarest: int | None
    """Of the tags and classes asked for, the number of the one that least has; None without."""

    def at(self, place: str) -> Condition:
        return self.of_videos + Condition(
            self.of_clips.sql.format(place=place), self.of_clips.values
        )


def found(
    connection: sqlite3.Connection, query: Query, filters: Filters, limit: int
) -> list[FoundRow]:
    """Clips that fit, the best first; without words, the newest videos' first."""
    conditions = conditions_of(connection, filters)
    if conditions is None:
        return []
    if query.groups:
        ranked = ranked_by_words(connection, query, filters, conditions, limit)
    else:
        ranked = [(place, 0.0) for place in _by_time(connection, conditions, limit)]
    snippets = snippets_of(
        connection, [place for place, _ in ranked], expression_of(query, filters)
    )
    # BM25's score falls as clips fit better; ours rises.
    return [
        FoundRow(video_id_of(connection, place), place % PLACES or None, -score or 0.0, snippet)
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


def expression_of(query: Query, filters: Filters) -> str:
    """The query in FTS5's language; empty without words."""
    if not query.groups:
        return ""
    within = [n for each in filters.columns for n in (each, *(["video"] * (each == "name")))]
    only = f"{{{' '.join(within)}}} : " if within else ""
    return f"{only}({query.expression})"


def conditions_of(connection: sqlite3.Connection, filters: Filters) -> Conditions | None:
    """What the filters ask; None where a tag or class is asked for that nothing has."""
    of_clips = Condition("")
    if filters.min_duration_seconds is not None:
        of_clips += Condition(f" AND {_LENGTH} >= ?", (filters.min_duration_seconds,))
    if filters.max_duration_seconds is not None:
        of_clips += Condition(f" AND {_LENGTH} <= ?", (filters.max_duration_seconds,))
    if filters.whole is not None:
        of_clips += Condition(f" AND {{place}} % {PLACES} {'=' if filters.whole else '<>'} 0")
    asked = [
        *((numbers_of(connection, tag), _HAS_TAG) for tag in filters.tags),
        *((class_numbers_of(connection, named), _HAS_CLASS) for named in filters.classes),
    ]
    for numbers, has in asked:
        if not numbers:
            return None
        of_clips += Condition(has.replace("{numbers}", ", ".join(map(str, numbers))))
    tags = [numbers[0] for numbers, has in asked if has is _HAS_TAG]
    rarest = min(tags, key=lambda number: _places(connection, number), default=None)
    return Conditions(_of_videos(filters), of_clips, rarest)


def _of_videos(filters: Filters) -> Condition:
    asked = Condition("")
    if filters.since is not None:
        asked += Condition(" AND videos.last_modified >= ?", (filters.since.isoformat(),))
    if filters.before is not None:
        asked += Condition(" AND videos.last_modified < ?", (filters.before.isoformat(),))
    if filters.statuses:
        marks = ", ".join("?" * len(filters.statuses))
        asked += Condition(f" AND videos.status IN ({marks})", filters.statuses)
    return asked


def _places(connection: sqlite3.Connection, tag: int) -> int:
    """How many have this tag, as far as it matters."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM clip_tags WHERE tag = ? LIMIT ?)"
    (places,) = connection.execute(sql, (tag, FEW + 1)).fetchone()
    return int(places)


def ranked_by_words(
    connection: sqlite3.Connection,
    query: Query,
    filters: Filters,
    conditions: Conditions,
    limit: int,
) -> list[tuple[int, float]]:
    """Places and scores, the best first.

    Where more than :data:`RANKED` fit and there is a choice of words, as many of each choice are
    ranked: a rare word among common ones ("red OR submarine") is found however old its clips are.
    """
    queries: tuple[Query, ...] = (query,)
    if len(query.terms) > len(query.groups):
        many = _more_than(connection, expression_of(query, filters), RANKED)
        queries = query.apart() if many else queries
    best: dict[int, float] = {}
    for each in queries:
        expression = expression_of(each, filters)
        ranked = RANKED // len(queries)
        for place, score in _of_one(connection, expression, conditions, limit, ranked):
            best[place] = min(score, best.get(place, 0.0))
    return sorted(best.items(), key=lambda row: (row[1], row[0]))[:limit]


def _of_one(
    connection: sqlite3.Connection,
    expression: str,
    conditions: Conditions,
    limit: int,
    ranked: int,
) -> Sequence[tuple[int, float]]:
    """The best of the newest ``ranked``.

    Filters are held against the best first, since most clips pass most filters; against every clip
    that has the words only where too few of the newest do, or few can.
    """
    best = _best("WHERE", "")
    asked = conditions.at("hit.place")
    if not asked.sql:
        return connection.execute(f"{best} LIMIT ?", (expression, ranked, limit)).fetchall()
    if _few_pass(connection, conditions):
        return _of_all(connection, expression, conditions, limit, ranked)
    sql = f"""
        SELECT place, score FROM ({best} LIMIT ?) AS hit
        WHERE EXISTS (SELECT 1 FROM {JOINED.format(place="hit.place")}{asked.sql}) LIMIT ?
    """  # noqa: S608
    bound = (expression, ranked, ranked, *asked.values, limit)
    rows = connection.execute(sql, bound).fetchall()
    if len(rows) >= limit or not _more_than(connection, expression, ranked):
        return rows
    return _of_all(connection, expression, conditions, limit, ranked)


def _few_pass(connection: sqlite3.Connection, conditions: Conditions) -> bool:
    """Whether it is known before any word is looked up."""
    if conditions.rarest is not None and _places(connection, conditions.rarest) <= FEW:
        return True
    asked = conditions.of_videos
    if not asked.sql:
        return False
    (videos,) = connection.execute("SELECT coalesce(max(number), 0) FROM videos").fetchone()
    few = videos // FEW_VIDEOS
    sql = f"SELECT count(*) FROM (SELECT 1 FROM videos WHERE true{asked.sql} LIMIT ?)"  # noqa: S608
    (passing,) = connection.execute(sql, (*asked.values, few + 1)).fetchone()
    return bool(passing <= few)


def _of_all(
    connection: sqlite3.Connection,
    expression: str,
    conditions: Conditions,
    limit: int,
    ranked: int,
) -> Sequence[tuple[int, float]]:
    """Where few pass the filters, it is begun with these few: they are less than have the words."""
    of_videos, asked = conditions.of_videos, conditions.at("clip_words.rowid")
    joined = f"CROSS JOIN {JOINED.format(place='clip_words.rowid')} AND"
    before: tuple[object, ...] = ()
    if conditions.rarest is not None and _places(connection, conditions.rarest) <= FEW:
        joined += " clip_words.rowid IN (SELECT place FROM clip_tags WHERE tag = ?) AND"
        before = (conditions.rarest,)
    elif of_videos.sql:
        passing = f"FROM videos WHERE true{of_videos.sql})"
        # Videos of a month stand together: bounds spare going through all that has the words.
        some = f"""
            clip_words.rowid >= (SELECT min(number) * {PLACES} {passing}
            AND clip_words.rowid < (SELECT (max(number) + 1) * {PLACES} {passing}
            AND clip_words.rowid / {PLACES} IN (SELECT number {passing} AND
        """
        only_videos = not conditions.of_clips.sql
        joined = f"WHERE {some}" if only_videos else f"{joined} {some}"
        asked = Condition("") if only_videos else asked
        before = 3 * of_videos.values
    bound = (*before, expression, *asked.values, ranked, limit)
    return connection.execute(f"{_best(joined, asked.sql)} LIMIT ?", bound).fetchall()


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


def _by_time(connection: sqlite3.Connection, conditions: Conditions, limit: int) -> list[int]:
    """Clips of the newest videos first; a tag that few have is gone through from its own end."""
    place = f"videos.number * {PLACES} + clips.clip_index"
    start = "videos CROSS JOIN clips ON clips.video_id = videos.id WHERE true"
    bound: tuple[object, ...] = ()
    if conditions.rarest is not None and _places(connection, conditions.rarest) <= FEW:
        start = f"""
            clip_tags CROSS JOIN videos ON videos.number = clip_tags.place / {PLACES}
            CROSS JOIN clips ON clips.video_id = videos.id
                AND clips.clip_index = clip_tags.place % {PLACES}
            WHERE clip_tags.tag = ?
        """
        bound = (conditions.rarest,)
    asked = conditions.at(f"({place})")
    sql = f"""
        SELECT {place} FROM {start}{asked.sql}
        ORDER BY videos.last_modified DESC, videos.number DESC, clips.clip_index LIMIT ?
    """  # noqa: S608
    return [row[0] for row in connection.execute(sql, (*bound, *asked.values, limit))]


def video_id_of(connection: sqlite3.Connection, place: int) -> str:
    sql = "SELECT id FROM videos WHERE number = ?"
    (video_id,) = connection.execute(sql, (place // PLACES,)).fetchone()
    return str(video_id)
