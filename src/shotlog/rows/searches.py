"""What a search or a filter finds, and whose vectors a library has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text in which words were looked for."""

    column: str
    """Where it stands, a word of :data:`shotlog.queries.COLUMNS`."""
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    """Where the words are, in order, half-open, in characters of ``text``."""


FoundBy = Literal["words", "meaning", "both"]
"""How a search came upon a clip."""


@dataclass(frozen=True, slots=True)
class VectorModel:
    """A model whose vectors a library has."""

    number: int
    name: str
    """Fit to be shown."""
    identity: Mapping[str, str]
    """What decides its vectors besides the words."""
    dimensions: int | None = None
    """Numbers of a vector; None until there is one."""
    made: int = 0
    """Vectors so far, those since thrown away counted in."""
    reached: int = 0
    """The revision up to which every clip's words have their vector."""
    requests: int = 0
    tokens: int = 0
    """That were ever sent, as the server counted."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A clip that a search found, or a video of which something is said as a whole."""

    video_id: str
    clip_index: int | None
    """None where the words are the whole video's."""
    score: float
    """Higher is better; only scores of one search compare. 0 where no words were asked for."""
    snippet: Snippet | None
    """The whole of the text that holds most of the words; None where nothing is said."""
    found_by: FoundBy = "words"
    similarity: float | None = None
    """How near its meaning is, the cosine of the vectors, -1..1; None where that was not asked."""


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """A video of which something was asked for."""

    video_id: str
    indexes: tuple[int, ...] | None
    """Of the clips that fit, in order; None where nothing was asked of clips: all of them."""
