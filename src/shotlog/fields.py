"""What a model is asked to fill in of a clip: in JSON schema, in words, and read back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SafetyFlag = Literal["violence", "weapons", "blood", "nudity", "drugs", "self-harm", "hate"]
TimeOfDay = Literal["dawn", "day", "dusk", "night", "unclear"]

OBJECTS_TRIED = 20
"""Opening braces of an answer at which a JSON object is looked for."""

ERRORS_TOLD = 6
"""Of what is wrong with an answer, so many are told to the model that is to mend it."""

FEWEST_SALVAGED = 20
"""Characters of a description that a cut answer must hold to be worth keeping."""


class ClipFields(BaseModel):
    """One clip in fields. A field that the clip says nothing of is empty, never made up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1, description="what happens, in whole sentences")
    actions: tuple[str, ...] = Field(description="what is done, in order, a few words each")
    objects: tuple[str, ...] = Field(description="things that matter")
    people_count: int = Field(ge=0, description="people seen, 0 for none")
    setting: str = Field(description="where it is")
    time_of_day: TimeOfDay = Field(description="by the light")
    on_screen_text: tuple[str, ...] = Field(description="words to be read in the picture")
    camera: str = Field(description="how the camera stands or moves")
    mood: str = Field(description="in a word or two")
    category: str = Field(description="the one that fits best")
    tags: tuple[str, ...] = Field(description="words to find it by, in small letters")
    safety_flags: tuple[SafetyFlag, ...] = Field(description="what some should not see")


LISTS = ("actions", "objects", "on_screen_text", "tags", "safety_flags")
TEXTS = ("description", "setting", "time_of_day", "camera", "mood", "category")

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "time_of_day": get_args(TimeOfDay),
    "safety_flags": get_args(SafetyFlag),
}
_NOTHING = ("", "none", "n/a", "null")
_TIMES = {
    **dict.fromkeys(("daytime", "daylight", "morning", "noon", "midday", "afternoon"), "day"),
    **dict.fromkeys(("nighttime", "night time", "night-time", "midnight"), "night"),
    **dict.fromkeys(("sunrise",), "dawn"),
    **dict.fromkeys(("sunset", "twilight"), "dusk"),
    **dict.fromkeys(
        (*_NOTHING, "unknown", "unclear", "indoor", "indoors", "artificial"), "unclear"
    ),
}
"""Models' words for the time of day."""
_DESCRIPTION = re.compile(r'"description"\s*:\s*"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_SENTENCE_END = re.compile(r"""[.!?。！？…]["'”’」]?(?=\s|$|[^\x00-\u2fff])""")
_WHOLE = re.compile(r"\s*(\d{1,6})(?:\.0+)?\s*")


@dataclass(frozen=True, slots=True)
class FieldsRead:
    """What a model's text holds of the fields asked for."""

    fields: ClipFields | None
    errors: tuple[str, ...] = ()
    """What is wrong, each with the field's name; empty with ``fields``."""
    is_json: bool = False
    """Whether the text is, or was meant to be, JSON."""
    description: str | None = None
    """The description alone, where it could be made out; to the last whole sentence where it was
    cut."""


def fields_schema(categories: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON schema of an answer, as servers take it: every field required, no other allowed.

    ``categories``, where there are any, are all that ``category`` may be. Bounds that not every
    server's grammar knows (``minLength``, ``minimum``) are left out; answers are checked here.
    """
    properties: dict[str, Any] = {}
    for name, schema in ClipFields.model_json_schema()["properties"].items():
        properties[name] = {
            key: value
            for key, value in schema.items()
            if key not in ("title", "minLength", "minimum")
        }
    if categories:
        properties["category"]["enum"] = list(categories)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def fields_in_words(categories: Sequence[str] = ()) -> str:
    """The same for a model whose server is told no schema."""
    lines = [
        "Answer with one JSON object and nothing else. It has exactly these fields, in this order:"
    ]
    choices = {**_CHOICES, **({"category": tuple(categories)} if categories else {})}
    for name, info in ClipFields.model_fields.items():
        kind = "list of texts" if name in LISTS else "text"
        if name == "people_count":
            kind = "whole number"
        elif name in choices:
            words = ", ".join(json.dumps(word, ensure_ascii=False) for word in choices[name])
            kind = f"list of any of {words}" if name in LISTS else f"one of {words}"
        lines.append(f'"{name}": {kind}; {info.description}')
    lines.append('What the clip says nothing of stays empty, [] or ""; nothing is made up.')
    return "\n".join(lines)


def read_fields(text: str, categories: Sequence[str] = ()) -> FieldsRead:
    """The fields in a model's answer, checked.

    Taken as they are meant: a code fence or words around the object, null for an empty list, a
    number as text, a choice in other letters, fields that nobody asked for. All else is an error.
    """
    found = next(_objects(text), None)
    if found is None:
        meant = text.lstrip(" \n`").startswith(("{", "json")) or _DESCRIPTION.search(text)
        return FieldsRead(
            None,
            ("the text holds no whole JSON object",),
            is_json=bool(meant),
            description=_salvaged(text),
        )
    given = {name: _meant(name, found[name]) for name in ClipFields.model_fields if name in found}
    errors: list[str] = []
    if categories and isinstance(given.get("category"), str):
        by_letters = {each.casefold(): each for each in categories}
        chosen = by_letters.get(given["category"].casefold())
        if chosen is None:
            errors.append(f"category: must be one of {', '.join(categories)}")
        given["category"] = chosen or given["category"]
    try:
        fields = ClipFields.model_validate(given, strict=True)
    except ValidationError as error:
        found_errors = error.errors(include_url=False, include_context=False, include_input=False)
        errors += [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found_errors]
    else:
        if not errors:
            return FieldsRead(fields, is_json=True, description=fields.description)
    description = given.get("description")
    usable = isinstance(description, str) and bool(description)
    return FieldsRead(
        None,
        tuple(errors[:ERRORS_TOLD]),
        is_json=True,
        description=description if usable else None,
    )


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in ``text`` that name a field, the outermost first."""
    decoder = json.JSONDecoder(strict=False)
    for place in [match.start() for match in re.finditer(r"\{", text)][:OBJECTS_TRIED]:
        try:
            found, _ = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and not ClipFields.model_fields.keys().isdisjoint(found):
            yield found


def _salvaged(text: str) -> str | None:
    """The description in half a JSON object; to its last whole sentence where it was cut itself."""
    match = _DESCRIPTION.search(text)
    if match is None:
        return None
    raw, closed = match.groups()
    # A cut may have left half an escape behind.
    raw = raw if closed else re.sub(r"\\(?:u[0-9a-fA-F]{0,3})?$", "", raw)
    try:
        said = str(json.JSONDecoder(strict=False).decode(f'"{raw}"')).strip()
    except ValueError:
        return None
    if not closed:
        ends = [found.end() for found in _SENTENCE_END.finditer(said)]
        said = said[: ends[-1]] if ends else said
    return said if len(said) >= FEWEST_SALVAGED or (closed and said) else None


def _meant(name: str, value: object) -> Any:
    """``value`` of a field in the form that it should have had, where that is plain to see."""
    if name == "people_count":
        return _whole(value)
    if name in LISTS:
        return _list(name, value)
    if value is None:
        value = ""
    if not isinstance(value, str):
        return value
    word = value.strip()
    if name == "time_of_day":
        return _TIMES.get(word.casefold(), word.casefold())
    return word


def _whole(value: object) -> object:
    match = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        return int(match.group(1))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return int(value)
    return value


def _list(name: str, value: object) -> object:
    if value is None:
        return ()
    if isinstance(value, str):
        value = re.split(r"[,;]", value) if name in ("tags", "safety_flags") else [value]
    if not isinstance(value, list):
        return value
    items = [_item(name, item) for item in value]
    kept = [item for item in items if not (isinstance(item, str) and item in _NOTHING)]
    if all(isinstance(item, str) for item in kept):
        return tuple(dict.fromkeys(kept))
    return tuple(kept)


def _item(name: str, value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool) and name == "on_screen_text":
        return str(value)
    if not isinstance(value, str):
        return value
    word = value.strip()
    if name in ("tags", "safety_flags"):
        return word.casefold().lstrip("#")
    # "None" is a word that may be read in a picture, and no object.
    return "" if word.casefold() in _NOTHING and name != "on_screen_text" else word
