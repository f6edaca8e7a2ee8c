"""Asks a model in this process: frames are handed over as they are, no server and no files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shotlog.describers.asking import Completion, ModelQuestion, without_thoughts
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.local.batching import Batcher, called_off
from shotlog.describers.local.model import (
    LocalModel,
    Place,
    Prepared,
    Written,
    find_place,
    read_config,
)
from shotlog.describers.local.model_files import ModelName, folder_of, parse_name, require_local

BATCHES_AT_HAND = 3
"""One at work, one whose frames are being read, one to choose from."""


class LocalAsker:
    """Asks the model named ``local:NAME`` or ``local:FOLDER``, a batch at a time.

    The weights are loaded with the first question. Raises SettingError, MissingToolError.
    """

    name = "local"
    notes = ()

    def __init__(
        self,
        model: str,
        *,
        batch: int = 4,
        device: str = "auto",
        dtype: str | None = None,
        concurrency: int = 0,
        load: Callable[[Path, Place], LocalModel] = LocalModel,
    ) -> None:
        """``dtype`` is chosen by the hardware where it is None; ``concurrency`` by ``batch``."""
        require_local()
        self.concurrency = concurrency or BATCHES_AT_HAND * batch
        self._name: ModelName = parse_name(model)
        self._device, self._dtype, self._load = device, dtype, load
        self._model: LocalModel | None = None
        self._loading = threading.Lock()
        self._closed = False
        self._batcher: Batcher[Prepared, Written] = Batcher(self._write, most=batch)

    @property
    def batch(self) -> int:
        """Clips that are looked at together; fewer than asked for where memory ran out."""
        return self._batcher.most

    def identity(self) -> Mapping[str, str]:
        """Protocol and model. Not where it runs and in which numbers: that changes a word here and
        there, not what an answer is worth, and a library may move from a laptop to a GPU.
        """
        return {"protocol": self.name, **self._name.identity()}

    def ask(self, question: ModelQuestion) -> Completion:
        """The model's words, drawn with others' in one batch. Raises DescribeError."""
        written = self._batcher.ask(lambda: self._loaded().prepare(question), _kind)
        return Completion(
            text=without_thoughts(written.text),
            model=self._name.short,
            cut=written.cut,
            prompt_tokens=written.prompt_tokens,
            completion_tokens=written.completion_tokens,
        )

    def check(self) -> EndpointCheck:
        """Where the model would run; its weights are not loaded. Raises DescribeError."""
        place = self._place()
        config = read_config(folder_of(self._name, weights=False))
        return EndpointCheck(
            protocol=self.name,
            address=f"{config.model_type} on {place}",
            model=self._name.short,
        )

    def close(self) -> None:
        """Stops the writing under way and frees the memory; may be called twice."""
        self._closed = True
        if self._model is not None:
            self._model.stop()
        self._batcher.close()
        self._model = None

    def _loaded(self) -> LocalModel:
        with self._loading:
            if self._closed:
                raise called_off()
            if self._model is None:
                self._model = self._load(folder_of(self._name), self._place())
            return self._model

    def _place(self) -> Place:
        place = find_place(self._device)
        return Place(place.device, self._dtype or place.dtype, place.hardware)

    def _write(self, batch: Sequence[Prepared]) -> list[Written]:
        model = self._loaded()
        written = model.write(batch)
        if model.stopped():
            raise called_off()
        return written


def _kind(asked: Prepared) -> object:
    """Questions alike share a batch. One with a seed is drawn alone, so that nobody else's words
    change what it draws.
    """
    sampling = asked.sampling
    return object() if sampling.temperature > 0 and sampling.seed is not None else sampling
