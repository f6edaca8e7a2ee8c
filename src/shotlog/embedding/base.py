"""What every embedder is: something that turns words into vectors, near where they mean alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of some texts, in their order."""

    vectors: Floats
    """``[texts, dimensions]``, each of length 1; zeros where a text was refused."""
    refused: Mapping[int, str] = field(default_factory=dict)
    """Why a text has none, by its place from 0, in words fit to be shown."""
    requests: int = 0
    tokens: int = 0
    """As the server counted; 0 where nobody counts."""


class Embedder(Protocol):
    """Turns texts into vectors, from several threads at once."""

    name: str
    """Short, for logs: ``openai`` or ``local``."""
    model: str
    """The model's name, fit to be shown."""
    concurrency: int
    """How many batches it can be given at a time."""
    batch: int
    """Texts it is best given at once."""

    def identity(self) -> Mapping[str, str]:
        """What decides its vectors besides the words; never the key, address or time-out.

        Vectors of one identity compare with each other, and with no others.
        """
        ...

    def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of texts of the library, none of them empty. Raises EmbeddingError."""
        ...

    def embed_query(self, text: str) -> Floats:
        """The vector, ``[dimensions]``, of what a person looks for. Raises EmbeddingError."""
        ...

    def close(self) -> None:
        """Calls off what is under way and frees what it holds; may be called twice."""
        ...


def normalised(vectors: Floats) -> Floats:
    """Each row made 1 long; a row of zeros stays.

    In double precision between: numbers below the root of the smallest float would vanish.
    """
    wide = vectors.astype(np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return (wide / np.where(length > 0, length, 1.0)[:, None]).astype(np.float32)
