"""The indexes of a collection of videos, and of one of clips."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from shotlog.exports.mongodb.failures import LOGIN_FAILED, UNAUTHORIZED

log = logging.getLogger("shotlog.mongodb")

WORDS = "words"
NO_OVERRIDE = "text_language"
"""No document has it. MongoDB's own choice, ``language``, would be read of a transcript, and a
document whose language it does not know would be refused."""

_CONFLICTS = (85, 86)


@dataclass(frozen=True, slots=True)
class Indexes:
    """What is looked for in a collection."""

    order: Sequence[tuple[str, int]]
    """One index of several fields: how shotlog itself asks."""
    fields: Sequence[str]
    """An index each."""
    texts: Sequence[str]
    """One index of their words; a collection can have no second one."""

    @property
    def models(self) -> Sequence[IndexModel]:
        words = IndexModel(
            [(field, "text") for field in self.texts],
            name=WORDS,
            default_language="english",
            language_override=NO_OVERRIDE,
        )
        return [IndexModel(list(self.order)), *map(IndexModel, self.fields), words]


OF_VIDEOS = Indexes(
    order=(("library", 1), ("schema_version", 1), ("revision", 1), ("_id", 1)),
    fields=(
        *("file_name", "status", "last_modified", "tags", "classes.name"),
        *("segments.tags", "segments.classes.name"),
    ),
    texts=("title", "description", "segments.description"),
)
OF_CLIPS = Indexes(
    order=(("video_id", 1), ("index", 1)),
    fields=("file_name", "tags", "classes.name"),
    texts=("description",),
)


def make_indexes(collection: Collection[Any], indexes: Indexes) -> tuple[str, ...]:
    """Makes those that are not there; returns what a person should know, a sentence each.

    One after the other, so that one that the server will not have costs no other. Raises
    PyMongoError.
    """
    notes = [_made_index(collection, each) for each in indexes.models]
    return tuple(dict.fromkeys(filter(None, notes)))


def _made_index(collection: Collection[Any], index: IndexModel) -> str | None:
    """Makes it where it is not there; returns a note where the server will not have it."""
    wanted = index.document
    is_text = wanted["name"] == WORDS
    try:
        collection.create_indexes([index])
    except OperationFailure as error:
        if error.code == LOGIN_FAILED:
            raise
        name = "index of words" if is_text else f"index {wanted['name']}"
        log.info("no %s in %s: error %s", name, collection.full_name, error.code)
        if error.code == UNAUTHORIZED:
            return "Indexes were not made: the user may not. Searches there will be slow."
        if error.code in _CONFLICTS:
            return f"The {name} was left as it is there: it was made in another way."
        return f"The server has made no {name} (error {error.code})."
    return None
