"""The shape of a document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from shotlog.exports import results_schema
from shotlog.exports.mongodb.documents import SCHEMA_VERSION

SHAPE_OF_VERSION = (1, "d11346c5a42f")


def objects(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from schema["$defs"].items()


def test_no_name_of_a_field_comes_from_outside() -> None:
    for name, each in objects(results_schema()):
        assert each["additionalProperties"] is False, name
        assert not any("." in field or "$" in field for field in each["properties"]), name


def test_documents_of_another_shape_have_another_version() -> None:
    """Raise SCHEMA_VERSION and put both down here: else what is there already stays as it was."""
    names = sorted(
        f"{name}.{field}"
        for name, each in objects(results_schema())
        for field in each["properties"]
    )
    digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
    assert (SCHEMA_VERSION, digest) == SHAPE_OF_VERSION
