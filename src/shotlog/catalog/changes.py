"""Which videos have changed since when: every change of what is shown of one makes a revision.

SQL triggers keep it, so that no way of writing can forget to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TABLES = (
    """
    CREATE TABLE changes (
        video_id TEXT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
        revision INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX changes_in_order ON changes (revision, video_id)",
)

# Not OR REPLACE: within a trigger the policy of the statement that fired it would hold instead.
_AGAIN = "ON CONFLICT (video_id) DO UPDATE SET revision = excluded.revision"
_NEXT = "(SELECT coalesce(max(revision), 0) + 1 FROM changes)"

_SHOWN: Mapping[str, Sequence[str]] = {
    "videos": (
        *("file_name", "public_url", "url", "size_bytes", "last_modified", "max_long_side"),
        *("max_fps", "scan_key", "applied", "status", "failure", "description", "tags", "title"),
        *("chapters", "rule_tags", "edit"),
    ),
    "clips": ("url", "file", "thumb", "answer_key", "failure", "rule_tags"),
    "answers": ("description", "model", "tags", "fields", "flags", "requests", "cost"),
    "scans": ("facts", "scores", "cuts"),
}
"""Columns of which a change is one of what is shown."""

_VIDEO_OF = {"videos": "NEW.id", "clips": "NEW.video_id", "scans": "NEW.video_id"}


def _trigger(name: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {when} BEGIN {body}; END"


def _changed(video: str) -> str:
    return f"INSERT INTO changes VALUES ({video}, {_NEXT}) {_AGAIN}"  # noqa: S608


def _on_update(table: str) -> str:
    shown = _SHOWN[table]
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in shown)
    body = (
        _changed(_VIDEO_OF[table])
        if table in _VIDEO_OF
        else f"INSERT INTO changes SELECT DISTINCT video_id, {_NEXT}"  # noqa: S608
        f" FROM clips WHERE answer_key = NEW.key {_AGAIN}"
    )
    when = f"UPDATE OF {', '.join(shown)} ON {table} WHEN {differs}"
    return _trigger(f"{table}_changed", when, body)


CREATE = (
    *_TABLES,
    *map(_on_update, _SHOWN),
    _trigger("videos_added", "INSERT ON videos", _changed("NEW.id")),
    *(
        _trigger(f"{table}_{word}", f"{event} ON {table}", _changed(f"{row}.video_id"))
        for table in ("clips", "scans", "transcripts", "clip_edits")
        for word, event, row in (("added", "INSERT", "NEW"), ("removed", "DELETE", "OLD"))
    ),
    "INSERT INTO changes SELECT id, number FROM videos",
)
