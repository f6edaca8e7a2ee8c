"""A thorough look at an endpoint, for ``shotlog doctor``: what it is and what it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from shotlog.describers.asking import Completion, ModelQuestion
from shotlog.describers.chat.fallbacks import blamed
from shotlog.describers.chat.flavours import SCHEMA_LADDER
from shotlog.describers.chat.probing import Seen
from shotlog.errors import DescribeRefusedError
from shotlog.rows import Manner, SchemaTold

SCHEMA_TOKENS = 64

_SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "green", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}

AskPlain = Callable[[ModelQuestion, SchemaTold], Completion]


@dataclass(frozen=True, slots=True)
class Examination:
    """All that could be found out about an endpoint."""

    address: str
    title: str
    """What software answers, as people call it."""
    models: tuple[str, ...]
    model: str
    """The one that was asked."""
    manner: Manner
    seen: Seen
    """Whether it looks at the frames it was sent, as ``manner.token_check`` says in words."""
    schema_kept: bool
    """Whether an answer kept the schema it was told."""
    latency_seconds: float
    """From asking for the models to the whole list."""
    answer_seconds: float
    """From the tiny clip to the answer."""


def schema_taken(ask: AskPlain, strictest: SchemaTold) -> tuple[SchemaTold, bool]:
    """How strictly a schema can be told, and whether it was kept. Raises DescribeError."""
    question = ModelQuestion("Name a colour.", "", SCHEMA_TOKENS, schema=_SCHEMA)
    for told in SCHEMA_LADDER[SCHEMA_LADDER.index(strictest) :]:
        try:
            return told, _keeps(ask(question, told).text)
        except DescribeRefusedError as error:
            if told == "words" or blamed(error, told) == "nothing":
                raise
    raise AssertionError("a schema can always be told in words")


def _keeps(text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) == {"colour"}
