"""A library's videos page by page, in an order that a person chose.

A page begins behind the last row of the one before (a keyset), so the thousandth page is as quick
as the first, and what is written meanwhile moves nothing under a reader's eyes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from shotlog.catalog import columns
from shotlog.rows import BrowsedRow

_THUMB = """
    (SELECT thumb FROM clips WHERE clips.video_id = videos.id
        AND clip_index = max(1, (clip_count + 1) / 2))
"""
_DURATION = "(SELECT json_extract(facts, '$.duration_seconds') FROM scans WHERE video_id = id)"


def browsed(
    connection: sqlite3.Connection,
    behind: int | None,
    limit: int,
) -> Sequence[BrowsedRow]:
    """The newest first, behind the video of this number."""
    sql = f"""
        SELECT *, {_THUMB} AS thumb, {_DURATION} AS duration FROM videos
        WHERE number < ? ORDER BY number DESC LIMIT ?
    """  # noqa: S608 - made of this module's own constants
    rows = connection.execute(sql, (2**62 if behind is None else behind, limit))
    return [BrowsedRow(row["number"], columns.video_out(row), None, row["thumb"]) for row in rows]
