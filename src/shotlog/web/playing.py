"""What the player plays: the clips that lie here, or the source where a person asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shotlog.web.objects import PlayObject

_WEB_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)(?=[/?#]|$)",
    re.ASCII | re.IGNORECASE,
)
"""Of names in other scripts only the form that DNS takes, and no user or password."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch that one file plays."""

    start_seconds: float
    end_seconds: float
    media: str
    """An address."""
    index: int | None
    """Of the clip; None for the source."""


@dataclass(frozen=True, slots=True)
class Playing:
    """Pieces in order, and from where they come."""

    pieces: tuple[Piece, ...]
    origins: tuple[str, ...] = ()
    """Other sites that the page may play from; none unless a person asked for it."""
    is_source: bool = False
    source_host: str | None = None
    """Where the source may be played from; None where it cannot be."""


def playing_clips(clips: Sequence[PlayObject], source: Playing) -> Playing:
    """The clips' own files; nothing leaves this machine."""
    pieces = tuple(
        Piece(each.start_seconds, each.end_seconds, each.media, each.index)
        for each in clips
        if each.media
    )
    return Playing(pieces, source_host=source.source_host)


def playing_source(url: str, seconds: float) -> Playing:
    """The source of this length at its own address, where that is one on the web."""
    parts = _web_address(url)
    if parts is None or seconds <= 0:
        return Playing((), is_source=True)
    scheme, host = parts
    return Playing(
        (Piece(0.0, seconds, url, None),),
        origins=(f"{scheme}://{host}",),
        is_source=True,
        source_host=host,
    )


def _web_address(url: str) -> tuple[str, str] | None:
    """Scheme and host as a content security policy can name them; None for anything else."""
    match = _WEB_ADDRESS.match(url)
    return (match["scheme"].lower(), match["host"].lower()) if match else None
