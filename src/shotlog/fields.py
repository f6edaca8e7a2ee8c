"""What a model is asked to fill in of a clip, and how that is said in JSON schema. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SafetyFlag = Literal["violence", "weapons", "blood", "nudity", "drugs", "self-harm", "hate"]


class ClipFields(BaseModel):
    """One clip in fields. A field that the clip says nothing of is empty, never made up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1, description="what happens, in whole sentences")
    actions: tuple[str, ...] = Field(description="what is done, in order, a few words each")
    objects: tuple[str, ...] = Field(description="things that matter")
    people_count: int = Field(ge=0, description="people seen, 0 for none")
    setting: str = Field(description="where it is")
    time_of_day: Literal["dawn", "day", "dusk", "night", "unclear"] = Field(
        description="by the light"
    )
    on_screen_text: tuple[str, ...] = Field(description="words to be read in the picture")
    camera: str = Field(description="how the camera stands or moves")
    mood: str = Field(description="in a word or two")
    category: str = Field(description="the one that fits best")
    tags: tuple[str, ...] = Field(description="words to find it by, in small letters")
    safety_flags: tuple[SafetyFlag, ...] = Field(description="what some should not see")


def fields_schema(categories: Sequence[str] = ()) -> dict[str, Any]:
    """The JSON schema of an answer, as servers take it: every field required, no other allowed.

    ``categories``, where there are any, are all that ``category`` may be.
    """
    properties: dict[str, Any] = {}
    for name, schema in ClipFields.model_json_schema()["properties"].items():
        schema.pop("title", None)
        properties[name] = schema
    if categories:
        properties["category"]["enum"] = list(categories)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
