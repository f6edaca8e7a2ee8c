"""Tries a server with a tiny clip: which form it takes, and whether it looks at what it is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shotlog.describers.asking import Completion, ModelQuestion
from shotlog.describers.chat.fallbacks import blamed, words_of
from shotlog.describers.chat.fitting import LABEL_TOKENS, Plan, Room, tokens_of
from shotlog.describers.chat.flavours import Flavour
from shotlog.describers.chat.pictures import TINY_SIDE, tiny_frames
from shotlog.errors import DescribeRefusedError
from shotlog.rows import Form, RefusedForm
from shotlog.visual_tokens import Family

FEW = 4
MANY = 40
"""More than the 32 frames at which a vLLM that was not told otherwise stops looking."""

PROBE_WORDS = "What colour is this? Answer in one word."
PROBE_TOKENS = 8

TOLERANCE = 0.05
"""Of the formula's tokens: how servers round sides to whole tokens."""
WORD_TOKENS = 200
"""The question, the chat template and its system prompt take no more."""
OVERLOOKED = 0.25
"""With less than this part of the formula's tokens the pictures never came to the model."""

log = logging.getLogger("shotlog.describers")

AskTiny = Callable[[ModelQuestion, Form], Completion]
Seen = Literal["all", "fewer", "more", "none", "unknown"]

OTHER_FRAMES: frozenset[Seen] = frozenset({"fewer", "more", "none"})
"""What is worth a word to the user."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What trying a server showed."""

    form: Form
    refused: tuple[RefusedForm, ...] = ()
    token_check: str = ""
    frame_limit: int | None = None
    seen: Seen = "unknown"
    taken: bool = True
    """Whether it was tried, and the server took it; else it is the only one left."""


def tiny_question(frame_count: int = FEW) -> ModelQuestion:
    return ModelQuestion(PROBE_WORDS, "", PROBE_TOKENS, shown=tiny_frames(frame_count))


def settle(
    ask: AskTiny, flavour: Flavour, family: Family | None, *, thorough: bool = False
) -> Settled:
    """The first form of the ladder that the server takes and looks at.

    A ladder's last rung is taken untried, unless the look is ``thorough``. Raises DescribeError:
    when every form was refused, the refusal of the last one.
    """
    refused: list[RefusedForm] = []
    # What is published somewhere cannot be tried: the probe publishes nothing.
    forms = [form for form in flavour.ladder if form != "url"]
    room = Room(flavour.limits, family)
    for form in forms:
        last = form == forms[-1]
        if last and not thorough:
            return Settled(form, tuple(refused), taken=False)
        try:
            said = ask(tiny_question(), form)
        except DescribeRefusedError as error:
            if last or blamed(error, "words") == "nothing":
                raise
            refused.append(RefusedForm(form, words_of(error)))
            log.info("a clip as %s was refused: %s", form, words_of(error))
            continue
        seen = looked_at(said.prompt_tokens, FEW, form, room)
        if seen == "none" and not last:
            refused.append(
                RefusedForm(form, f"took it and saw nothing ({said.prompt_tokens} tokens)")
            )
            continue
        settled = Settled(form, tuple(refused), _told(said, FEW, seen, form, room), None, seen)
        if form != "frames" or seen != "all":
            return settled
        return _with_many(ask, settled, said, room)
    raise AssertionError("every ladder ends in a form that can be tried")


def looked_at(prompt_tokens: int | None, frame_count: int, form: Form, room: Room) -> Seen:
    """Whether a count of tokens is that of the frames sent, words around them allowed for."""
    with_labels = tokens_of(Plan(frame_count, TINY_SIDE, TINY_SIDE), form, room)
    if prompt_tokens is None or with_labels is None:
        return "unknown"
    bare = _bare_tokens(frame_count, form, room)
    if prompt_tokens < bare * OVERLOOKED:
        return "none"
    if prompt_tokens < bare * (1 - TOLERANCE):
        return "fewer"
    return "more" if prompt_tokens > with_labels * (1 + TOLERANCE) + WORD_TOKENS else "all"


def _with_many(ask: AskTiny, settled: Settled, few: Completion, room: Room) -> Settled:
    """The same with a longer list, which shows whether frames are dropped without a word."""
    try:
        many = ask(tiny_question(MANY), settled.form)
    except DescribeRefusedError as error:
        if blamed(error, "words") == "size":
            # Its context is too short to try this in; real questions are made to fit.
            return settled
        check = f"{MANY} frames were refused: {words_of(error)}"
        return Settled(settled.form, settled.refused, check, MANY // 2, "all")
    seen = looked_at(many.prompt_tokens, MANY, settled.form, room)
    told = _told(many, MANY, seen, settled.form, room)
    if seen != "fewer":
        return Settled(settled.form, settled.refused, told, None, seen)
    each = _bare_tokens(FEW, settled.form, room) / FEW
    more = ((many.prompt_tokens or 0) - (few.prompt_tokens or 0)) / max(1.0, each)
    limit = max(FEW, int(FEW + more + 0.5) // 2 * 2)
    return Settled(settled.form, settled.refused, told, limit, seen)


def _bare_tokens(frame_count: int, form: Form, room: Room) -> int:
    """By the formula, without the words beside frames; 0 for an unknown family."""
    groups = frame_count if form == "images" else (frame_count + 1) // 2
    with_labels = tokens_of(Plan(frame_count, TINY_SIDE, TINY_SIDE), form, room)
    return 0 if with_labels is None else with_labels - LABEL_TOKENS * groups


def _told(said: Completion, frame_count: int, seen: Seen, form: Form, room: Room) -> str:
    if said.prompt_tokens is None:
        return "the server counts no tokens"
    expected = tokens_of(Plan(frame_count, TINY_SIDE, TINY_SIDE), form, room)
    if expected is None:
        return (
            f"{said.prompt_tokens} tokens for {frame_count} frames; the model's family is not known"
        )
    verdict = {
        "all": "as the formula says",
        "fewer": "fewer frames than were sent",
        "more": "more, or larger, frames than were sent",
        "none": "no frames at all",
    }[seen]
    return (
        f"{said.prompt_tokens} tokens for {frame_count} frames, about {expected} by the formula: "
        f"{verdict}"
    )
