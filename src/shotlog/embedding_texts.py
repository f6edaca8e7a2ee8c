"""The words that stand for a clip, or a video as a whole, where they become a vector. Pure."""

from __future__ import annotations

TELLING_VERSION = 1
"""Raised when the same clip is told in other words: then every vector is made anew."""

LONGEST_CHARACTERS = 6000
"""About 1,500 tokens of English; what is heard comes last and is cut first."""


def clip_told(description: str, on_screen_text: str, tags: str, heard: str) -> str:
    """One paragraph for each thing that is known; empty where nothing is said."""
    return _told(
        description,
        ("Text in the picture", on_screen_text),
        ("Tags", tags),
        ("Heard", heard),
    )


def video_told(title: str, summary: str, tags: str) -> str:
    """Of a video as a whole; empty where there is neither a title nor a summary."""
    if not title and not summary:
        return ""
    return _told("\n".join(filter(None, (title, summary))), ("Tags", tags))


def _told(first: str, *named: tuple[str, str]) -> str:
    parts = [first, *(f"{name}: {words}" for name, words in named if words.strip())]
    return "\n".join(part.strip() for part in parts if part.strip())[:LONGEST_CHARACTERS].rstrip()
