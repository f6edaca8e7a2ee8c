"""Carries one question to a server in the form it takes, and learns from what it refuses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from shotlog.describers.asking import Completion, ModelQuestion, Shown
from shotlog.describers.chat.fallbacks import Course, context_in, most_images_in, names_the_form
from shotlog.describers.chat.fitting import Plan, Room, fitted, tokens_of
from shotlog.describers.chat.flavours import SCHEMA_LADDER, Flavour, Limits
from shotlog.describers.chat.forms import Dress, body_of, words_of_schema
from shotlog.errors import DescribeRefusedError
from shotlog.rows import Form, Manner, SchemaTold
from shotlog.visual_tokens import Family

TEMPLATE_TOKENS = 256
"""Of the chat template, its system prompt and the marks around pictures."""

Post = Callable[[ModelQuestion, dict[str, object]], Completion]
"""Posts a question's body and reads the completion. Raises DescribeError."""

log = logging.getLogger("shotlog.describers")


@dataclass(frozen=True, slots=True)
class Carrying:
    """What is known of an endpoint, and so how it is asked."""

    model: str
    flavour: Flavour
    family: Family | None
    manner: Manner
    proven: frozenset[Form] = frozenset()
    """Forms that have been taken before: a refusal of one is about the clip, if not said so."""


def carry(question: ModelQuestion, carrying: Carrying, post: Post) -> tuple[Completion, Course]:
    """The answer, and the course that led to it. Raises DescribeError.

    Where the server refuses the question in every way it can be put, its first refusal is raised.
    """
    course = _begun(question, carrying)
    room = _room(question, carrying)
    while True:
        try:
            fitting = _fitting(question, course.dress.form, room)
            said = post(fitting, _body(fitting, course.dress, carrying.model))
        except DescribeRefusedError as error:
            changed = course.another_way(error)
            if changed == "nothing":
                raise (course.first or error) from None
            if changed == "size":
                room = _less(question, room, course, error)
        else:
            # In words alone the model was told, and may not keep it: the server knows nothing.
            told = question.schema is not None and course.dress.schema != "words"
            course.frame_tokens = _frame_tokens(fitting, course.dress.form, room)
            return replace(said, schema_told=told), course


def _frame_tokens(sent: ModelQuestion, form: Form, room: Room) -> int | None:
    """Of its frames by the formula; None where that says nothing of what the server counts."""
    shown = sent.shown
    if shown is None or form in ("clip", "url"):
        return None
    return tokens_of(Plan(len(shown.jpegs), shown.width, shown.height), form, room)


def packed(question: ModelQuestion, carrying: Carrying) -> tuple[ModelQuestion, dict[str, object]]:
    """The question with its pictures fitted, and its body: as it would be sent first.

    Nothing is sent. Raises DescribeRefusedError where nothing of the clip can be put in any form.
    """
    course = _begun(question, carrying)
    fitting = _fitting(question, course.dress.form, _room(question, carrying))
    return fitting, _body(fitting, course.dress, carrying.model)


def learned_from(carrying: Carrying, course: Course, question: ModelQuestion) -> Carrying:
    """What an answered question taught: the form and the schema that were taken, and the limits."""
    manner = carrying.manner
    if (
        course.refused
        and course.refused[0][0].form == manner.form
        and _is_lasting(carrying, course)
    ):
        refused = tuple(each for each, _ in course.refused)
        log.info("clips travel as %s from now on: %s", course.dress.form, refused[0].words)
        manner = replace(
            manner, form=course.dress.form, refused=manner.refused + refused, token_check=""
        )
    lower = SCHEMA_LADDER.index(course.dress.schema) > SCHEMA_LADDER.index(manner.schema)
    if question.schema is not None and lower:
        manner = replace(manner, schema=course.dress.schema)
    manner = replace(
        manner,
        context_length=course.context_length or manner.context_length,
        frame_limit=course.frame_limit or manner.frame_limit,
    )
    taken = frozenset() if question.shown is None else frozenset({course.dress.form})
    flavour = replace(
        carrying.flavour, tokens_field=course.dress.tokens_field, left_out=course.dress.left_out
    )
    return replace(carrying, flavour=flavour, manner=manner, proven=carrying.proven | taken)


def _is_lasting(carrying: Carrying, course: Course) -> bool:
    """Whether the refusals were of forms, so that no further clip need be sent in them."""
    return all(
        refused.form not in carrying.proven or names_the_form(error)
        for refused, error in course.refused
    )


def dressed(flavour: Flavour, form: Form, schema: SchemaTold = "words") -> Dress:
    """A form as a server of this kind reads it."""
    return Dress(
        form=form,
        schema=schema,
        tokens_field=flavour.tokens_field,
        left_out=flavour.left_out,
        rate_beside=flavour.rate == "beside",
        further=flavour.further,
    )


def possible(form: Form, shown: Shown, limits: Limits) -> bool:
    """Whether there is material for the form, of a size that the server takes."""
    if form == "url":
        return (shown.published_url or "").startswith(("http://", "https://"))
    if form != "clip":
        return bool(shown.jpegs)
    if shown.clip_path is None or shown.duration_seconds < limits.min_seconds:
        return False
    try:
        sent_bytes = shown.clip_path.stat().st_size * 4 / 3
    except OSError:
        return False
    bounds = (limits.item_bytes, limits.request_bytes)
    return all(bound is None or sent_bytes < bound * 0.99 for bound in bounds)


def _begun(question: ModelQuestion, carrying: Carrying) -> Course:
    flavour, manner, shown = carrying.flavour, carrying.manner, question.shown
    dress = dressed(flavour, manner.form, manner.schema)
    if shown is None:
        return Course(dress, [])
    ladder = flavour.ladder[flavour.ladder.index(manner.form) :]
    forms = [form for form in ladder if possible(form, shown, flavour.limits)]
    if not forms:
        raise DescribeRefusedError(
            f"There is nothing of the clip that could be sent as {manner.form}.",
            hint="Set Send = auto in section [QwenVL] of config.ini, or run with --clips.",
        )
    return Course(replace(dress, form=forms[0]), forms[1:])


def _room(question: ModelQuestion, carrying: Carrying) -> Room:
    length = carrying.manner.context_length
    return Room(
        limits=carrying.flavour.limits,
        family=carrying.family,
        tokens=None if length is None else max(1, length - _words(question)),
        frame_limit=carrying.manner.frame_limit,
    )


def _words(question: ModelQuestion) -> int:
    """Tokens that words and answer take at most: two letters a token, for any language."""
    letters = len(question.opening) + len(question.closing)
    if question.schema is not None:
        letters += len(words_of_schema(question.schema))
    return letters // 2 + question.max_tokens + TEMPLATE_TOKENS


def _less(question: ModelQuestion, room: Room, course: Course, error: DescribeRefusedError) -> Room:
    """Room for less than was refused: as much as the server's words say, or half of the frames."""
    length, images = context_in(error), most_images_in(error)
    if length is not None and room.family is not None and course.context_length is None:
        course.context_length = length
        return replace(room, tokens=max(1, length - _words(question)))
    if images is not None:
        course.frame_limit = images
        return replace(room, frame_limit=images)
    count = len(question.shown.jpegs) if question.shown else 0
    return replace(room, frame_limit=max(1, min(room.frame_limit or count, count) // 2))


def _fitting(question: ModelQuestion, form: Form, room: Room) -> ModelQuestion:
    if question.shown is None or form in ("clip", "url"):
        return question
    return replace(question, shown=fitted(question.shown, form, room))


def _body(question: ModelQuestion, dress: Dress, model: str) -> dict[str, object]:
    shown = question.shown
    clip = _clip(shown) if shown is not None and dress.form == "clip" else None
    return body_of(question, model, dress, clip=clip)


def _clip(shown: Shown) -> bytes | None:
    if shown.clip_path is None:
        return None
    try:
        return shown.clip_path.read_bytes()
    except OSError as error:
        raise DescribeRefusedError(
            f"The clip's file cannot be read: {error.strerror}.",
            hint="Run again with --redo clips to make it anew.",
        ) from None
