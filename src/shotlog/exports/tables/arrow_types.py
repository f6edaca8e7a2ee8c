"""The published objects' fields as Arrow's types, so that a table has them by the same names.

Each column carries its description, as the JSON schema does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

COST_PLACES = 12
"""Decimals of money: a price for a million tokens may itself be a fraction of a cent."""

_DIGITS = 28


def arrow_fields(model: type[BaseModel], without: Collection[str] = ()) -> list[Any]:
    """The fields of an object, in order. Needs pyarrow."""
    return [
        arrow_field(name, info.annotation, info.description or "")
        for name, info in model.model_fields.items()
        if name not in without
    ]


def arrow_field(name: str, kind: Any, description: str) -> Any:
    """One field; it may be null where ``kind`` allows None."""
    import pyarrow as pa

    kinds, nullable = _alternatives(kind)
    about = {"description": description} if description else None
    return pa.field(name, _type(kinds), nullable=nullable, metadata=about)


def _alternatives(kind: Any) -> tuple[list[Any], bool]:
    """What a value may be beside None, and whether it may be that."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) not in (Union, UnionType):
        return [kind], False
    kinds = [each for each in get_args(kind) if each is not NoneType]
    return kinds, len(kinds) < len(get_args(kind))


def _type(kinds: list[Any]) -> Any:
    """Several kinds in one column are text."""
    import pyarrow as pa

    kind: Any = kinds[0] if len(kinds) == 1 else str
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(kind) is Literal:
        kind = type(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return pa.list_(arrow_field("element", get_args(kind)[0], ""))
    if issubclass(kind, BaseModel):
        return pa.struct(arrow_fields(kind))
    simple = {
        str: pa.string(),
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        datetime: pa.timestamp("us", tz="UTC"),
        Decimal: pa.decimal128(_DIGITS, COST_PLACES),
    }
    return simple[kind]
