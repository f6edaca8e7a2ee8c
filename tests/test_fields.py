"""What models make of the fields that they are asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shotlog.fields import ClipFields, fields_in_words, fields_schema, read_fields

WHOLE: dict[str, Any] = {
    "description": "A man in a helmet drives a forklift through a hall.",
    "actions": ["drives", "stops at a gate"],
    "objects": ["forklift", "pallet"],
    "people_count": 1,
    "setting": "warehouse",
    "time_of_day": "unclear",
    "on_screen_text": ["EXIT", "Gate 4"],
    "camera": "fixed",
    "mood": "calm",
    "category": "Indoor",
    "tags": ["forklift", "warehouse"],
    "safety_flags": [],
}
TEXT = json.dumps(WHOLE)


def read(text: str, **changed: Any) -> ClipFields:
    found = read_fields(text or json.dumps({**WHOLE, **changed}))
    assert found.errors == ()
    assert found.fields is not None
    return found.fields


def test_whole_fields_are_read_as_they_stand() -> None:
    assert read(TEXT).model_dump(mode="json") == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```\nI hope this helps!",
        f"Here is the description:\n\n{TEXT}",
        f"The set {{a, b}} is no object. {TEXT} That was it.",
        f"[{TEXT}]",
        json.dumps(WHOLE, indent=4),
        json.dumps({**WHOLE, "timestamp": "0:15"}),
        json.dumps({"result": "ok"}) + TEXT,
        TEXT.replace("hall.", "hall.\nThen"),
    ],
    ids=lambda text: text[:24],
)
def test_what_stands_around_the_object_does_no_harm(text: str) -> None:
    assert read(text).people_count == 1


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("people_count", "2", 2),
        ("people_count", 2.0, 2),
        ("actions", None, ()),
        ("objects", "a chair", ("a chair",)),
        ("objects", ["chair", "", "chair ", "none"], ("chair",)),
        ("on_screen_text", [2024, "None"], ("2024", "None")),
        ("tags", "Street, #Night", ("street", "night")),
        ("safety_flags", ["None"], ()),
        ("safety_flags", ["Violence"], ("violence",)),
        ("time_of_day", "Night", "night"),
        ("time_of_day", "daytime", "day"),
        ("time_of_day", None, "unclear"),
        ("mood", None, ""),
        ("camera", " pans left ", "pans left"),
    ],
)
def test_a_value_is_taken_as_it_was_meant(name: str, given: Any, kept: Any) -> None:
    assert getattr(read("", **{name: given}), name) == kept


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("people_count", "several"),
        ("people_count", -1),
        ("people_count", None),
        ("people_count", True),
        ("people_count", 1.5),
        ("actions", [{"what": "runs"}]),
        ("actions", {"first": "runs"}),
        ("time_of_day", "half past nine"),
        ("safety_flags", ["boredom"]),
        ("description", ""),
        ("description", 5),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_names_the_field(name: str, given: Any) -> None:
    found = read_fields(json.dumps({**WHOLE, name: given}))
    assert found.fields is None
    assert any(error.startswith(name) for error in found.errors)
    assert found.is_json


def test_a_missing_field_is_an_error_and_the_description_is_left() -> None:
    less = {name: value for name, value in WHOLE.items() if name != "mood"}
    found = read_fields(json.dumps(less))
    assert (found.fields, found.description) == (None, WHOLE["description"])
    assert found.errors == ("mood: Field required",)


def test_errors_hold_nothing_of_the_answer_and_are_few() -> None:
    found = read_fields(json.dumps({name: {"secret": "xyzzy"} for name in WHOLE}))
    assert "xyzzy" not in str(found.errors)
    assert len(found.errors) == 6


@pytest.mark.parametrize(
    ("category", "kept"), [("street", "Street"), ("INDOOR", "Indoor"), ("beach", None)]
)
def test_a_category_is_one_of_the_users(category: str, kept: str | None) -> None:
    found = read_fields(json.dumps({**WHOLE, "category": category}), ("Indoor", "Street"))
    assert (found.fields.category if found.fields else None) == kept
    assert bool(found.errors) is (kept is None)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        (TEXT[:200], WHOLE["description"]),
        (
            '{"description": "A dog runs over a lawn. It barks. Then it',
            "A dog runs over a lawn. It barks.",
        ),
        ('{"description": "A dog runs over a lawn and', "A dog runs over a lawn and"),
        (
            '{"description": "一只狗在草地上奔跑，旁边有一个男孩在追它。然后它停',
            "一只狗在草地上奔跑，旁边有一个男孩在追它。",
        ),
        (
            '```json\n{"description": "A \\"big\\" dog runs over a lawn.", "act',
            'A "big" dog runs over a lawn.',
        ),
        ('{"description": "A dog runs over a lawn.\\u00', "A dog runs over a lawn."),
        ('{"description": "A do', None),
        ('{"actions": ["runs", "ba', None),
    ],
)
def test_half_an_object_gives_its_description_where_it_holds_one(
    text: str, description: str | None
) -> None:
    found = read_fields(text)
    assert (found.fields, found.is_json, found.description) == (None, True, description)


@pytest.mark.parametrize(
    "text", ["A dog runs.", "", "A set {a, b} on a board.", "[1, 2]", '"hello"']
)
def test_plain_words_are_no_json(text: str) -> None:
    found = read_fields(text)
    assert (found.fields, found.is_json, found.description) == (None, False, None)


def test_a_trailing_comma_is_no_json_and_is_left_to_repair() -> None:
    found = read_fields(TEXT.replace("[]}", "[],}"))
    assert (found.fields, found.is_json) == (None, True)
    assert found.description == WHOLE["description"]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "{" * 100_000, "{" + "9" * 5000]
)
def test_an_answer_that_means_harm_is_just_no_answer(text: str) -> None:
    assert read_fields(text).fields is None


def test_the_schema_asks_for_every_field_and_knows_no_bounds_that_servers_refuse() -> None:
    schema = fields_schema(("Indoor", "Street"))
    assert schema["required"] == list(ClipFields.model_fields)
    assert schema["required"][0] == "description"
    assert schema["properties"]["category"]["enum"] == ["Indoor", "Street"]
    text = json.dumps(schema)
    assert not any(word in text for word in ("minLength", "minimum", "$ref", "title"))


def test_the_words_name_every_field_and_json() -> None:
    words = fields_in_words(("Indoor",))
    assert all(f'"{name}": ' in words for name in ClipFields.model_fields)
    assert "JSON" in words
    assert 'one of "Indoor"' in words
