"""An OpenAI-style endpoint: words go to ``POST …/v1/embeddings``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shotlog.embedding.base import Embedded, Floats
from shotlog.embedding.prompts import Prompts
from shotlog.embedding.replies import read_vectors
from shotlog.errors import (
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EmbeddingError,
    EmbeddingInterruptedError,
    EmbeddingRefusedError,
    EndpointRefusedError,
)
from shotlog.gate.spending import Load
from shotlog.model_servers.addresses import embeddings_address, shown
from shotlog.model_servers.error_replies import is_too_much
from shotlog.model_servers.server import ModelServer
from shotlog.model_servers.usage import used_in
from shotlog.retries import RetryPolicy
from shotlog.visual_tokens import text_tokens

TEXTS_AT_A_TIME = 64
"""In one request; a server that takes fewer is found out (DashScope 10, TEI 32)."""

REQUESTS_AT_A_TIME = 4

SHORTEST_CHARACTERS = 200
"""A text that a server finds too long is halved down to this, and no further."""

EMBEDDING_POLICY = RetryPolicy(attempts=6, base_seconds=1.0, cap_seconds=60.0)
QUERY_POLICY = RetryPolicy(attempts=2, base_seconds=0.3, cap_seconds=0.3)
"""Somebody waits: who looks for something is given what words find instead."""

FORMATS: tuple[Mapping[str, str], ...] = (
    {"encoding_format": "base64"},
    {"encoding_format": "float"},
    {},
)
"""How vectors are asked for, the shortest first; a server that refuses one gets the next."""


@dataclass(frozen=True, slots=True)
class _Got:
    vectors: Floats | None
    """None where the one text was refused."""
    requests: int
    tokens: int = 0
    refused: str = ""


class EndpointEmbedder:
    """Has a server turn texts into vectors, many at a time."""

    name = "openai"
    concurrency = REQUESTS_AT_A_TIME
    batch = TEXTS_AT_A_TIME

    def __init__(
        self,
        server: ModelServer,
        *,
        model: str,
        prompts: Prompts | None = None,
        dimensions: int | None = None,
    ) -> None:
        self.model = model
        self._server, self._dimensions = server, dimensions
        self._prompts = prompts or Prompts()
        # Threads that start together may each find these out; they find the same.
        self._format = 0
        self._most = TEXTS_AT_A_TIME

    def identity(self) -> Mapping[str, str]:
        dimensions = {"dimensions": str(self._dimensions)} if self._dimensions else {}
        prompt = {"prompt": self._prompts.text} if self._prompts.text else {}
        return {"embedder": self.name, "model": self.model, **dimensions, **prompt}

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Raises EmbeddingError where no text can be had; one that is refused costs itself."""
        told = [self._prompts.text + text for text in texts]
        got: list[_Got] = []
        try:
            start = 0
            while start < len(told):
                part = told[start : start + self._most]
                got += self._part(part)
                start += len(part)
        except DescribeError as error:
            raise _as_embedding_error(error) from None
        return _joined(got, shown(self._server.url))

    def embed_query(self, text: str) -> Floats:
        try:
            found = self._part([self._prompts.query + text])[0]
        except DescribeError as error:
            raise _as_embedding_error(error) from None
        if found.vectors is None:
            raise EmbeddingError(found.refused, hint="Look for other words, or --by words.")
        vector: Floats = found.vectors[0]
        return vector

    def close(self) -> None:
        self._server.close()

    def _part(self, texts: list[str]) -> list[_Got]:
        """One request, or as many as it takes until the server takes all. Raises DescribeError."""
        try:
            return [self._asked(texts)]
        except DescribeRefusedError as error:
            if len(texts) > 1:
                return self._halves(texts)
            shorter = texts[0][: len(texts[0]) // 2]
            if is_too_much(error.status, error.said) and len(shorter) >= SHORTEST_CHARACTERS:
                return self._part([shorter])
            return [_Got(None, 1, refused=error.what)]

    def _halves(self, texts: list[str]) -> list[_Got]:
        """A refusal does not say whether it was for the number of texts, or for one of them."""
        half = (len(texts) + 1) // 2
        got = [each for part in (texts[:half], texts[half:]) for each in self._part(part)]
        if len(got) == 2 and all(each.vectors is not None for each in got):
            self._most = min(self._most, half)
        return got

    def _asked(self, texts: list[str]) -> _Got:
        """Steps down where the server refuses the form of vectors, and remembers it."""
        form = self._format
        requests = 0
        while True:
            requests += 1
            try:
                found = self._server.post(
                    embeddings_address, self._question(texts, form), _load(texts)
                )
                break
            except DescribeRefusedError as error:
                if form + 1 == len(FORMATS) or not _is_of_the_form(error):
                    raise
                form += 1
        self._format = form
        used = used_in(found)
        vectors = read_vectors(found, len(texts), shown(self._server.url))
        return _Got(vectors, requests, used.prompt_tokens if used else 0)

    def _question(self, texts: list[str], form: int) -> dict[str, object]:
        dimensions = {"dimensions": self._dimensions} if self._dimensions else {}
        return {"model": self.model, "input": texts, **FORMATS[form], **dimensions}


def _load(texts: Sequence[str]) -> Load:
    return Load(sum(map(text_tokens, texts)))


def _is_of_the_form(error: DescribeRefusedError) -> bool:
    said = error.said.lower()
    return "encoding_format" in said or "encoding format" in said or "base64" in said


def _joined(got: Sequence[_Got], address: str) -> Embedded:
    widths = {each.vectors.shape[1] for each in got if each.vectors is not None}
    if len(widths) > 1:
        raise EmbeddingRefusedError(
            f"{address} answered with vectors of several lengths: "
            f"{', '.join(map(str, sorted(widths)))}.",
            hint="Ask one model alone behind EmbeddingEndpoint.",
        )
    width = widths.pop() if widths else 0
    rows: list[Floats] = []
    refused: dict[int, str] = {}
    place = 0
    for each in got:
        if each.vectors is None:
            refused[place] = each.refused
            rows.append(np.zeros((1, width), np.float32))
        else:
            rows.append(each.vectors)
        place += len(rows[-1])
    vectors = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
    requests, tokens = sum(each.requests for each in got), sum(each.tokens for each in got)
    return Embedded(vectors, refused, requests, tokens)


def _as_embedding_error(error: DescribeError) -> EmbeddingError:
    """The same for whoever gave the settings of search: other places are to be looked at."""
    if isinstance(error, EndpointRefusedError):
        return EmbeddingRefusedError(
            error.what,
            hint="Check EmbeddingEndpoint, EmbeddingModel and EmbeddingAccessKey (or "
            "SHOTLOG_EMBEDDING_KEY) in section [Search], and the bill there.",
        )
    if isinstance(error, DescribeInterruptedError):
        return EmbeddingInterruptedError(
            error.what, hint="Run `shotlog embed` again later; what has a vector is not sent again."
        )
    return EmbeddingError(error.what, hint="The server's words say why.")
