"""Finds, for every clip, an earlier clip of the library that shows the same picture.

A clip is compared only with those that share some of its bands, so the work for one clip does not
grow with the library but with what looks alike in it; a clip that was found to be a copy gets no
bands and is in nobody's way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from shotlog.records import Clip
from shotlog.sameness import DURATION_SECONDS, SAME, bands, difference

BANDS_SHARED = 2
"""Copies share at least three of eight in the tests; clips of one fixed camera seldom share two."""

MOST_COMPARED = 256
"""Candidates looked at for one clip, those that share the most bands first."""

_CANDIDATES = """
    SELECT fingerprints.number, pictures
    FROM (
        SELECT number, count(*) AS shared FROM fingerprint_bands
        WHERE band IN (?, ?, ?, ?, ?, ?, ?, ?) GROUP BY number HAVING shared >= ?
    ) JOIN fingerprints USING (number)
    WHERE abs(duration_seconds - ?) <= ? AND fingerprints.number <> ?
    ORDER BY shared DESC, fingerprints.number LIMIT ?
"""


def replace_fingerprints(
    connection: sqlite3.Connection, video_id: str, clips: Iterable[Clip]
) -> None:
    """The fingerprints of a video's clips, in place of those before, each with what it is like.

    A clip that comes without one keeps that of the clip which had its number and length. Clips of
    other videos that were copies of these are looked up anew. Within the caller's transaction.
    """
    orphans = connection.execute(
        "SELECT copy.number, copy.duration_seconds, copy.pictures"
        " FROM fingerprints AS copy JOIN fingerprints AS first ON first.number = copy.same_as"
        " WHERE first.video_id = ?1 AND copy.video_id <> ?1 ORDER BY copy.number",
        (video_id,),
    ).fetchall()
    kept = {
        (row[0], row[1]): row[2]
        for row in connection.execute(
            "SELECT clip_index, duration_seconds, pictures FROM fingerprints WHERE video_id = ?",
            (video_id,),
        )
    }
    connection.execute("DELETE FROM fingerprints WHERE video_id = ?", (video_id,))
    for clip in clips:
        duration = float(clip.span.end - clip.span.start)
        pictures = clip.fingerprint or kept.get((clip.span.index, duration))
        if pictures is None:
            continue
        added = connection.execute(
            "INSERT INTO fingerprints (video_id, clip_index, duration_seconds, pictures)"
            " VALUES (?, ?, ?, ?)",
            (video_id, clip.span.index, duration, pictures),
        )
        _mark(connection, int(added.lastrowid or 0), duration, pictures)
    for number, duration, pictures in orphans:
        _mark(connection, number, duration, pictures)


def _mark(
    connection: sqlite3.Connection, number: int, duration_seconds: float, pictures: bytes
) -> None:
    """Notes what clip the one of this number is like; one that is like none can be found."""
    words = bands(pictures)
    rows = connection.execute(
        _CANDIDATES,
        (*words, BANDS_SHARED, duration_seconds, DURATION_SECONDS, number, MOST_COMPARED),
    )
    alike = (row[0] for row in rows if difference(pictures, row[1]) <= SAME)
    first = min(alike, default=None)
    connection.execute("UPDATE fingerprints SET same_as = ? WHERE number = ?", (first, number))
    if first is None:
        connection.executemany(
            "INSERT OR IGNORE INTO fingerprint_bands (band, number) VALUES (?, ?)",
            [(word, number) for word in words],
        )
