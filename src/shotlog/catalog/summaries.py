"""What is said of whole videos; what a model said is kept under its key for good."""

from __future__ import annotations

import sqlite3

from shotlog.catalog import columns
from shotlog.records import VideoText

_SHOW = """
    UPDATE videos SET text_key = ?, description = ?, tags = ?, title = ?, chapters = ?
    WHERE id = ?
"""

_KEEP = """
    INSERT OR REPLACE INTO texts (key, description, tags, title, chapters, video_id)
    VALUES (?, ?, ?, ?, ?, ?)
"""

_KEPT = "SELECT key, description, tags, title, chapters FROM texts WHERE key = ? AND video_id = ?"


def save_text(
    connection: sqlite3.Connection, video_id: str, key: str, text: VideoText, *, keep: bool
) -> None:
    """Lets the video show it, and with ``keep`` has it ready for :func:`link_text`."""
    values = (
        key,
        columns.words_in(text.description),
        columns.to_json(tuple[str, ...], tuple(map(columns.words_in, text.tags))),
        columns.words_in(text.title) if text.title else None,
        columns.chapters_in(text.chapters),
        video_id,
    )
    connection.execute(_SHOW, values)
    if keep:
        connection.execute(_KEEP, values)


def link_text(connection: sqlite3.Connection, video_id: str, key: str) -> bool:
    """Lets the video show what is kept under ``key``; whether anything is."""
    kept = connection.execute(_KEPT, (key, video_id)).fetchone()
    if kept is None:
        return False
    connection.execute(_SHOW, (*kept, video_id))
    return True
