"""The words that tell a clip from others, for finding clips like it without any model."""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator

from shotlog.catalog.tags import PLACES
from shotlog.queries import BETWEEN_SIGNS, LITTLE_WORDS, SIGNS, Query, Term

MOST_WORDS = 10

COUNTED = 2_000
"""Clips that have a word are counted so far; a word of more tells little anyway."""

CLIPS_A_VIDEO = 10
"""About; counting a million clips would take longer than the rest."""

LOOKED_AT = 60
"""Words of a clip, those said most often."""

_SAID = """
    SELECT title, summary, description, objects, actions, setting, text, tags, transcript
    FROM clip_words WHERE rowid = ?
"""
_WORD = re.compile(r"\w+")


def distinctive_words(connection: sqlite3.Connection, place: int) -> Query:
    """Any of the words that tell most of what is said there; an empty query where none does.

    A word tells more the fewer clips have it and the more often it is said here; one that no other
    clip has finds none.
    """
    row = connection.execute(_SAID, (place,)).fetchone()
    if row is None:
        return Query()
    said = Counter(_words(" ".join(text for text in row if text)))
    (videos,) = connection.execute("SELECT max(number) FROM videos").fetchone()
    clips = CLIPS_A_VIDEO * videos
    weighed = []
    for word, times in said.most_common(LOOKED_AT):
        having = _having(connection, word)
        if having > 1:
            weighed.append((times * math.log(1 + clips / having), word))
    best = sorted(weighed, key=lambda each: -each[0])[:MOST_WORDS]
    return Query((tuple(Term(word) for _, word in best),)) if best else Query()


def place_of(connection: sqlite3.Connection, video_id: str, index: int | None) -> int | None:
    row = connection.execute("SELECT number FROM videos WHERE id = ?", (video_id,)).fetchone()
    return int(row[0]) * PLACES + (index or 0) if row else None


def _words(text: str) -> Iterator[str]:
    """Of scripts without blanks, every two signs that stand together."""
    text = text.replace(BETWEEN_SIGNS, "").casefold()
    for run in SIGNS.findall(text):
        yield from (run[start : start + 2] for start in range(max(1, len(run) - 1)))
    for word in _WORD.findall(SIGNS.sub(" ", text)):
        if len(word) > 1 and word not in LITTLE_WORDS:
            yield word


def _having(connection: sqlite3.Connection, word: str) -> int:
    sql = "SELECT count(*) FROM (SELECT 1 FROM clip_words WHERE clip_words MATCH ? LIMIT ?)"
    (having,) = connection.execute(sql, (Term(word).quoted, COUNTED)).fetchone()
    return int(having)
