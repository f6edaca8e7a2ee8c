"""A value that keeps a JSON schema, for a fake that must answer in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def instance_of(schema: Mapping[str, Any], text: str) -> Any:
    """The least value of that shape; every free string is ``text``."""
    choices = schema.get("enum")
    if choices:
        return choices[0]
    kind = schema.get("type")
    if kind == "object":
        return {
            name: instance_of(inner, text) for name, inner in schema.get("properties", {}).items()
        }
    if kind == "array":
        return []
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    if kind == "boolean":
        return False
    return text
