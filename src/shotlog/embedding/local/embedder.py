"""An embedding model in this process, by transformers: no server is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from shotlog.describers.local.model import Place, find_place
from shotlog.describers.local.model_files import ModelName, folder_of, parse_name, require_local
from shotlog.embedding.base import Embedded, Floats, normalised
from shotlog.embedding.local.checkpoint import Shape, read_shape
from shotlog.embedding.local.transformer import LocalModel
from shotlog.embedding.prompts import Prompts, chosen
from shotlog.errors import EmbeddingInterruptedError, EmbeddingRefusedError, EndpointRefusedError

TEXTS_AT_A_TIME = 32

VERSION = "1"
"""Raised when the same model and words would come out as another vector."""


class LocalEmbedder:
    """The model named ``local:NAME`` or ``local:FOLDER``, one batch after the other.

    The weights are loaded with the first text.
    """

    name = "local"
    concurrency = 1
    batch = TEXTS_AT_A_TIME

    def __init__(
        self,
        model: str,
        *,
        query_prompt: str | None = None,
        text_prompt: str | None = None,
        dimensions: int | None = None,
        device: str = "auto",
        load: Callable[[Path, Shape, Place], LocalModel] = LocalModel,
    ) -> None:
        """Raises SettingError, MissingToolError."""
        require_local()
        self._name: ModelName = parse_name(model, example="Qwen/Qwen3-Embedding-0.6B")
        self.model = self._name.short
        self._given = query_prompt, text_prompt
        self._dimensions, self._device, self._load = dimensions, device, load
        self._lock = threading.Lock()
        self._loaded: LocalModel | None = None
        self._closed = threading.Event()

    def identity(self) -> Mapping[str, str]:
        dimensions = {"dimensions": str(self._dimensions)} if self._dimensions else {}
        prompt = {"prompt": self._given[1]} if self._given[1] else {}
        with _in_our_words():
            named = self._name.identity()
        return {"embedder": self.name, "version": VERSION, **named, **dimensions, **prompt}

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Raises EmbeddingError."""
        return Embedded(self._vectors(texts, lambda prompts: prompts.text))

    def embed_query(self, text: str) -> Floats:
        vector: Floats = self._vectors([text], lambda prompts: prompts.query)[0]
        return vector

    def close(self) -> None:
        self._closed.set()

    def _vectors(self, texts: Sequence[str], prompt: Callable[[Prompts], str]) -> Floats:
        """Those of like length together, so that little is padded."""
        with self._lock, _in_our_words():
            model = self._model()
            before = prompt(chosen(self.model, *self._given, known=model.shape.prompts))
            order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
            rows: dict[int, Floats] = {}
            for start in range(0, len(order), TEXTS_AT_A_TIME):
                if self._closed.is_set():
                    raise EmbeddingInterruptedError("The model was called off.", hint="Run again.")
                places = order[start : start + TEXTS_AT_A_TIME]
                for place, row in zip(
                    places, model.vectors([before + texts[each] for each in places]), strict=True
                ):
                    rows[place] = row[: self._dimensions]
        return normalised(np.stack([rows[place] for place in range(len(texts))]))

    def _model(self) -> LocalModel:
        if self._loaded is None:
            folder = folder_of(self._name)
            self._loaded = self._load(folder, read_shape(folder), find_place(self._device))
        return self._loaded


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Where models' files are found is told by the part that describes clips."""
    try:
        yield
    except EndpointRefusedError as error:
        raise EmbeddingRefusedError(error.what, hint=error.hint) from error
