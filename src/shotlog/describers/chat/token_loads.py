"""How many tokens a question to a model may take. Pure."""

from __future__ import annotations

from shotlog.describers.asking import ModelQuestion
from shotlog.gate.spending import Load
from shotlog.visual_tokens import (
    FRAMES_A_GROUP,
    QWEN2_5_VL,
    WORDS_OF_A_CHAT,
    WORDS_OF_A_FRAME,
    family_of,
    text_tokens,
    visual_tokens,
)


def load_of(question: ModelQuestion, model: str) -> Load:
    """The most that the question may take, by the formula of the model's family.

    Each frame counts as a picture of its own, which is twice what a video takes.
    """
    text = text_tokens(question.opening) + text_tokens(question.closing) + WORDS_OF_A_CHAT
    if question.schema is not None:
        text += text_tokens(str(question.schema))
    shown = question.shown
    if shown is not None and shown.jpegs:
        count = len(shown.jpegs)
        family = family_of(model) or QWEN2_5_VL
        text += WORDS_OF_A_FRAME * count
        text += count * visual_tokens(family, FRAMES_A_GROUP, shown.width, shown.height)
    return Load(text, question.max_tokens)
