"""The part of the catalog that keeps vectors, and says which clips have them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shotlog import ledger
from shotlog.catalog import signatures
from shotlog.catalog.signatures import BLOCK, Floats
from shotlog.catalog.tags import PLACES
from shotlog.catalog.transactions import Writing
from shotlog.catalog.vectors import (
    SAID,
    STRIDE,
    centre,
    identity_in,
    model_out,
    numbers_of,
    told_in,
)
from shotlog.errors import EmbeddingRefusedError
from shotlog.rows import VectorModel


@dataclass(frozen=True, slots=True)
class Placed:
    """The vectors that a video's words have, by key; 0 stands for the video as a whole."""

    video_id: str
    keys: Mapping[int, str]


class Vectoring(Writing):
    """Each writing method is one transaction; one program writes vectors at a time."""

    def vector_models(self) -> tuple[VectorModel, ...]:
        """The models of which there are vectors."""
        rows = self._rows("SELECT * FROM vector_models WHERE made > 0 ORDER BY number", ())
        return tuple(map(model_out, rows))

    def vector_model(self, identity: Mapping[str, str]) -> VectorModel | None:
        sql = "SELECT * FROM vector_models WHERE identity = ?"
        row = self._row(sql, (identity_in(identity),))
        return model_out(row) if row else None

    def add_vector_model(self, name: str, identity: Mapping[str, str]) -> VectorModel:
        """The model of this identity, new or known."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO vector_models (name, identity) VALUES (?, ?)",
                (name, identity_in(identity)),
            )
        model = self.vector_model(identity)
        assert model is not None  # noqa: S101 - it was just put there
        return model

    def told(self, video_id: str) -> Mapping[int, str]:
        """What is said of each clip, and (0) of the video as a whole; those of which nothing is
        are left out.
        """
        number = self._number(video_id)
        if number is None:
            return {}
        first = number * PLACES
        rows = self._rows(SAID, (first, first + PLACES))
        said = {row["place"] - first: told_in(row) for row in rows}
        return {index: words for index, words in said.items() if words}

    def vectors_kept(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of the keys under which a vector is kept."""
        sql = "SELECT 1 FROM vectors WHERE key = ?"
        return frozenset(key for key in keys if self._row(sql, (bytes.fromhex(key),)))

    def save_vectors(
        self,
        model: VectorModel,
        keys: Sequence[str],
        vectors: Floats,
        *,
        requests: int = 0,
        tokens: int = 0,
    ) -> VectorModel:
        """Keeps new vectors, ``[keys, dimensions]``, for good; returns the model as it is now.

        None of the keys is kept yet. Raises EmbeddingRefusedError for vectors of another length
        than those before.
        """
        if not keys:
            return model
        dimensions = vectors.shape[1]
        if model.dimensions not in (None, dimensions):
            raise EmbeddingRefusedError(
                f"{model.name} now makes vectors of {dimensions} numbers; those that the library "
                f"has of it are of {model.dimensions}.",
                hint="It is another model by the same name: give it another name, or throw the old "
                "vectors away with `shotlog embed --forget`.",
            )
        after = replace(
            model,
            dimensions=dimensions,
            made=model.made + len(keys),
            requests=model.requests + requests,
            tokens=model.tokens + tokens,
        )
        first = model.number * STRIDE + model.made
        packed = signatures.packed(vectors)
        rows = [
            (first + place, bytes.fromhex(key), numbers)
            for place, (key, numbers) in enumerate(zip(keys, packed, strict=True))
        ]
        with self._transaction() as connection:
            connection.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)
            connection.execute(
                "UPDATE vector_models SET dimensions = ?, made = ?, requests = ?, tokens = ?"
                " WHERE number = ?",
                (dimensions, after.made, after.requests, after.tokens, model.number),
            )
            for block in range(model.made // BLOCK, after.made // BLOCK):
                _sign(connection, after, block * BLOCK)
        return after

    def place_vectors(self, model: VectorModel, videos: Iterable[Placed], reached: int) -> None:
        """Says which vectors the clips of these videos have now, in place of those before.

        Keys under which nothing is kept are passed over. ``reached`` is the revision up to which
        everything has its vectors with these.
        """
        low, high = numbers_of(model)
        # The sign keeps SQLite from going by the vectors' numbers, of which there are many more.
        away = (
            "DELETE FROM vector_places"
            " WHERE place >= ? AND place < ? AND +vector >= ? AND +vector < ?"
        )
        put = "INSERT INTO vector_places SELECT number, ? FROM vectors WHERE key = ?"
        with self._transaction() as connection:
            for video in videos:
                number = self._number(video.video_id)
                if number is None:
                    continue
                first = number * PLACES
                connection.execute(away, (first, first + PLACES, low, high))
                connection.executemany(
                    put, [(first + each, bytes.fromhex(key)) for each, key in video.keys.items()]
                )
            connection.execute(
                "UPDATE vector_models SET reached = ? WHERE number = ?", (reached, model.number)
            )

    def forget_vectors(self, model: VectorModel) -> None:
        """Throws a model's vectors away, all of them."""
        low, high = numbers_of(model)
        with self._transaction() as connection:
            for table, column in (
                ("vector_places", "vector"),
                ("vector_signatures", "first"),
                ("vectors", "number"),
            ):
                connection.execute(
                    f"DELETE FROM {table} WHERE {column} >= ? AND {column} < ?",  # noqa: S608
                    (low, high),
                )
            connection.execute("DELETE FROM vector_models WHERE number = ?", (model.number,))

    def vector_of(self, model: VectorModel, video_id: str, index: int | None) -> Floats | None:
        """A clip's vector, or the whole video's; None where it has none, or one of old words."""
        number, told = self._number(video_id), self.told(video_id).get(index or 0)
        if number is None or told is None or model.dimensions is None:
            return None
        key = ledger.vector_key(model.identity, told)
        row = self._row("SELECT numbers FROM vectors WHERE key = ?", (bytes.fromhex(key),))
        if row is None:
            return None
        vector: Floats = signatures.unpacked([row["numbers"]], model.dimensions)[0]
        return vector

    def _number(self, video_id: str) -> int | None:
        row = self._row("SELECT number FROM videos WHERE id = ?", (video_id,))
        return int(row["number"]) if row else None


def _sign(connection: sqlite3.Connection, model: VectorModel, start: int) -> None:
    """The signatures of a block that has just become full."""
    first = model.number * STRIDE + start
    sql = "SELECT numbers FROM vectors WHERE number >= ? AND number < ? ORDER BY number"
    rows = [row["numbers"] for row in connection.execute(sql, (first, first + BLOCK))]
    vectors = signatures.unpacked(rows, model.dimensions or 0)
    if start == 0:
        connection.execute(
            "UPDATE vector_models SET centre = ? WHERE number = ?",
            (signatures.centre_of(vectors).tobytes(), model.number),
        )
    signs = signatures.signed(vectors, centre(connection, model))
    connection.execute("INSERT INTO vector_signatures VALUES (?, ?)", (first, signs))
