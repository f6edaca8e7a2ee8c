"""What each step is forgotten by, so that the next run does it again."""

from __future__ import annotations

from collections.abc import Mapping

from shotlog.rows import Step

_ASK_AGAIN = (
    "DELETE FROM answers WHERE video_id = ?",
    "UPDATE clips SET failure = NULL, attempts = 0 WHERE video_id = ?",
)
_SCAN_AGAIN = (
    "UPDATE videos SET scan_key = NULL, clips_key = NULL, frames_key = NULL, scenes_key = NULL"
    " WHERE id = ?"
)
HEAR_AGAIN = (
    "DELETE FROM transcripts WHERE video_id = ?",
    "UPDATE videos SET sound_key = NULL WHERE id = ?",
)
_RETELL = (
    "DELETE FROM texts WHERE video_id = ?",
    "UPDATE videos SET text_key = NULL, complete_key = NULL WHERE id = ?",
)

FORGET: Mapping[Step, tuple[str, ...]] = {
    "fetch": (
        *_ASK_AGAIN,
        *HEAR_AGAIN,
        _SCAN_AGAIN,
        *_RETELL,
    ),
    "scan": (
        *_ASK_AGAIN,
        *HEAR_AGAIN,
        _SCAN_AGAIN,
        *_RETELL,
    ),
    "clips": ("UPDATE videos SET clips_key = NULL, complete_key = NULL WHERE id = ?",),
    "frames": (*_ASK_AGAIN, "UPDATE videos SET frames_key = NULL WHERE id = ?", *_RETELL),
    "hear": (*HEAR_AGAIN, *_RETELL),
    "describe": (*_ASK_AGAIN, *_RETELL),
    "summarize": _RETELL,
    # A video with such a clip is not complete: it is looked at again as it is.
    "refused": (
        "UPDATE clips SET failure = NULL, attempts = 0 WHERE video_id = ? AND answer_key IS NULL",
    ),
    "tag": _RETELL,
}
"""What each step is forgotten by; ids are bound to every statement."""
