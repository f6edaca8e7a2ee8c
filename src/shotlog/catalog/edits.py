"""What people say by hand, kept apart from what was told.

A clip's edit belongs to its exact stretch of the video: it outlives new answers and new cuts, and
shows again once there is a clip of that stretch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from shotlog.catalog import columns
from shotlog.catalog.transactions import Writing
from shotlog.catalog.word_index import index_answers, index_video
from shotlog.errors import EditedMeanwhileError
from shotlog.rows import Edit

_TAKE_BACK = "DELETE FROM clip_edits WHERE video_id = ? AND start_exact = ? AND end_exact = ?"


class Editing(Writing):
    """Each writing method is one transaction; it may stand beside a run's own."""

    def edits(self, video_id: str) -> Iterator[tuple[Fraction, Fraction, Edit]]:
        """The edits of a video's clips, by their stretch; also those that no clip shows now."""
        sql = "SELECT * FROM clip_edits WHERE video_id = ? ORDER BY rowid"
        for row in self._rows(sql, (video_id,)):
            span = Fraction(row["start_exact"]), Fraction(row["end_exact"])
            yield (*span, columns.edit_out(row["edit"]))

    def save_video_edit(self, video_id: str, edit: Edit, *, seen: str | None = None) -> None:
        """What a person says of a video as a whole, in place of before; an empty one takes it back.

        With ``seen``, only where its ``edit_version`` is still this one. Raises KeyError for an
        unknown video, EditedMeanwhileError.
        """
        with self._transaction() as connection:
            video = self.video(video_id)
            if video is None:
                raise KeyError(video_id)
            _check(video.edit_version, seen)
            kept = columns.edit_in(_dated(edit))
            connection.execute("UPDATE videos SET edit = ? WHERE id = ?", (kept, video_id))
            index_video(connection, video_id)

    def save_clip_edit(
        self, video_id: str, index: int, edit: Edit, *, seen: str | None = None
    ) -> None:
        """The same of a clip, named by its number now. Raises KeyError where there is none."""
        with self._transaction() as connection:
            clip = self.clip(video_id, index)
            if clip is None:
                raise KeyError(index)
            _check(clip.edit_version, seen)
            key = video_id, str(clip.clip.span.start), str(clip.clip.span.end)
            connection.execute(_TAKE_BACK, key)
            if not edit.is_empty:
                kept = columns.edit_in(_dated(edit))
                connection.execute("INSERT INTO clip_edits VALUES (?, ?, ?, ?)", (*key, kept))
            index_answers(connection, video_id, (index,))


def _check(version: str, seen: str | None) -> None:
    if seen is not None and seen != version:
        raise EditedMeanwhileError(
            "Somebody else has edited this since you looked at it, or it was cut anew; "
            "nothing was written.",
            hint="Look at it as it is now, and edit it again.",
        )


def _dated(edit: Edit) -> Edit:
    return replace(edit, edited_at=edit.edited_at or datetime.now(UTC))
