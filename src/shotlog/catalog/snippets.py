"""The texts that a search shows, with the words that it found marked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from shotlog.catalog.word_index import COLUMNS, CREATE_INDEX
from shotlog.queries import BETWEEN_SIGNS, Column
from shotlog.rows import Snippet

SHOWN: tuple[Column, ...] = (
    *("description", "transcript", "text", "summary", "title", "name", "actions", "objects"),
    *("tags", "setting"),
)
"""Where a snippet is taken from: the first of those that hold most of the words."""

_OPEN, _CLOSE = "\x01", "\x02"
"""Around marked words; the index holds no such sign."""

_MARKED = ", ".join(
    f"highlight(clip_words, {place}, char(1), char(2)) AS {name}"
    for place, name in enumerate(COLUMNS)
)


def snippets_of(
    connection: sqlite3.Connection, places: Sequence[int], expression: str
) -> list[Snippet | None]:
    """The texts with their words marked; those of places that have none of them, without marks."""
    with _index_of(connection, places) as few:
        rows = few.execute(f"SELECT rowid, {', '.join(COLUMNS)} FROM clip_words").fetchall()  # noqa: S608
        if expression:
            sql = f"SELECT rowid, {_MARKED} FROM clip_words WHERE clip_words MATCH ?"  # noqa: S608
            rows += few.execute(sql, (expression,)).fetchall()
        texts = {row["rowid"]: _snippet(row) for row in rows}
    return [texts[place] for place in places]


def places_with(
    connection: sqlite3.Connection, places: Sequence[int], expression: str
) -> frozenset[int]:
    """Those of the places whose words fit an expression."""
    with _index_of(connection, places) as few:
        sql = "SELECT rowid FROM clip_words WHERE clip_words MATCH ?"
        return frozenset(row[0] for row in few.execute(sql, (expression,)))


@contextmanager
def _index_of(
    connection: sqlite3.Connection, places: Sequence[int]
) -> Iterator[sqlite3.Connection]:
    """An index that holds these few: the large one would look up a whole query once more for each
    of them.
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
        yield few


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
