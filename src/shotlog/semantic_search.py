"""Whether a library can be searched by meaning, and near to what."""

from __future__ import annotations

from typing import Literal, get_args

from shotlog.catalog import Catalog
from shotlog.catalog.hybrid_search import Nearness
from shotlog.embedding import QUERY_POLICY, QUERY_SECONDS, Embedder, make_embedder
from shotlog.errors import EmbeddingError, EmbeddingRefusedError, UsageError
from shotlog.queries import Filters, Query, spoken
from shotlog.rows import VectorModel
from shotlog.settings import Settings

By = Literal["words", "meaning", "both"]
"""How clips are looked for."""
BY: tuple[By, ...] = get_args(By)


class Meaning:
    """Turns what is looked for into a vector of the model whose vectors the library has."""

    def __init__(self, catalog: Catalog, settings: Settings | None) -> None:
        """Without settings nobody can be asked, and only clips like clips are found."""
        self._catalog, self._settings = catalog, settings
        self._embedder: Embedder | None = None

    def close(self) -> None:
        """May be called twice."""
        if self._embedder is not None:
            self._embedder.close()

    def near(
        self, text: str, query: Query, filters: Filters, by: By | None
    ) -> tuple[Nearness | None, str | None]:
        """What clips should be near to, and why it is words alone, in a sentence for people.

        Neither where nothing is looked for, or words alone are asked for, or the library has no
        vectors. Where ``by`` insists on meaning, UsageError and EmbeddingError are raised in place
        of the sentence.
        """
        check_by(by, filters)
        if by == "words" or not query.groups or (by is None and filters.columns):
            return None, None
        models = self._catalog.vector_models()
        if not models:
            if by is None:
                return None, None
            raise UsageError(
                "The library has no vectors, so it cannot be searched by meaning.",
                hint="`shotlog embed --endpoint URL --model NAME` makes them.",
            )
        try:
            return self._asked(spoken(text), models), None
        except (UsageError, EmbeddingError) as error:
            if by is not None:
                raise
            what_to_do = error.hint if isinstance(error, UsageError) else ""
            return None, f"Looked for by words alone. {error.what} {what_to_do}".rstrip()

    def near_clip(self, video_id: str, index: int | None) -> Nearness | None:
        """The clip's own vector, or the whole video's; None where it has none."""
        for model in sorted(self._catalog.vector_models(), key=self._is_asked, reverse=True):
            vector = self._catalog.vector_of(model, video_id, index)
            if vector is not None:
                return Nearness(model, vector)
        return None

    def _is_asked(self, model: VectorModel) -> tuple[bool, int]:
        """The model of the settings before others, then the one that made most."""
        try:
            embedder = self._maker()
        except UsageError:
            return False, model.made
        return embedder is not None and dict(embedder.identity()) == model.identity, model.made

    def _asked(self, text: str, models: tuple[VectorModel, ...]) -> Nearness:
        """Raises UsageError, EmbeddingError."""
        embedder = self._maker()
        have = " and ".join(sorted({model.name for model in models}))
        if embedder is None:
            raise UsageError(
                f"The library has vectors by {have}.",
                hint="Set EmbeddingEndpoint and EmbeddingModel in section [Search] to search by "
                "meaning too.",
            )
        model = self._catalog.vector_model(embedder.identity())
        if model is None or model.dimensions is None:
            raise UsageError(
                f"The library has vectors by {have}, and none by {embedder.model} as it is set.",
                hint="`shotlog embed` makes them.",
            )
        vector = embedder.embed_query(text)
        if len(vector) != model.dimensions:
            raise EmbeddingRefusedError(
                f"{model.name} now makes vectors of {len(vector)} numbers; those that the library "
                f"has of it are of {model.dimensions}.",
                hint="Name the model that made them, or make all anew: `shotlog embed --forget`, "
                "then `shotlog embed`.",
            )
        return Nearness(model, vector)

    def _maker(self) -> Embedder | None:
        if self._embedder is None and self._settings is not None:
            self._embedder = make_embedder(
                self._settings, policy=QUERY_POLICY, timeout_seconds=QUERY_SECONDS
            )
        return self._embedder


def by_named(word: str | None) -> By | None:
    """The way that a word names. Raises UsageError for a word that names none."""
    for way in BY:
        if word == way:
            return way
    if word is not None:
        raise UsageError(f"--by takes {', '.join(BY)}, not {word!r}.")
    return None


def check_by(by: By | None, filters: Filters) -> None:
    """Raises UsageError for a word that is none, and for meaning that is looked for in columns."""
    by_named(by)
    if by in ("meaning", "both") and filters.columns:
        raise UsageError(
            "A clip's meaning is that of all its words: it cannot be looked for in some of them.",
            hint="Leave --in out, or give --by words.",
        )
