"""shotlog turns a listing of videos into a searchable shot log.

``shotlog.run(csv="videos.csv")`` makes one, ``shotlog.open("processed_videos")`` reads it.
Importing this package starts nothing and loads nothing heavy; the first use of a name does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Choice",
    "EmbedReport",
    "Estimate",
    "Filters",
    "Hit",
    "Library",
    "Origin",
    "RunReport",
    "Settings",
    "TagReport",
    "embed",
    "estimate",
    "open",
    "process",
    "run",
    "tag",
]

if TYPE_CHECKING:
    from shotlog.api import (
        Choice,
        EmbedReport,
        Estimate,
        Filters,
        Hit,
        Library,
        Origin,
        RunReport,
        Settings,
        TagReport,
        embed,
        estimate,
        open,  # noqa: A004
        process,
        run,
        tag,
    )


def __getattr__(name: str) -> Any:
    if name in __all__:
        from shotlog import api

        return getattr(api, name)
    raise AttributeError(f"module 'shotlog' has no attribute {name!r}")
