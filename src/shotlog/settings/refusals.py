"""What is wrong with a setting's value, in the project's own words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

_IN_WORDS = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "it is no whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "it is no number"),
    **dict.fromkeys(("decimal_parsing", "decimal_type"), "it is no number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "write yes or no"),
    "string_too_short": "it must not be empty",
}

_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}


def reason_of(kind: str, context: Mapping[str, Any], said: str, value: object) -> str:
    """Why a value will not do, from one of pydantic's findings: its type, context and message."""
    if kind == "literal_error":
        return _choices(re.findall(r"'([^']*)'", str(context.get("expected"))), value)
    if kind in _IN_WORDS:
        return _IN_WORDS[kind]
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"it must be {words} {context.get(key)}"
    return said.removeprefix("Value error, ")


def _choices(choices: list[str], value: object) -> str:
    *others, last = choices
    listed = f"{', '.join(others)} or {last}" if others else last
    folded = {each.lower(): each for each in choices}
    near = difflib.get_close_matches(str(value).strip().lower(), folded, n=1, cutoff=0.6)
    return f"write {listed}" + (f"; the nearest is {folded[near[0]]}" if near else "")
