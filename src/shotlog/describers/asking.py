"""One question to a model and what comes back, whoever carries it there.

A describer (:mod:`shotlog.describers.modelled`) decides what is asked and whether the answer will
do; an asker carries the question: over HTTP (:mod:`shotlog.describers.chat.asker`) or to a model
in this process (:mod:`shotlog.describers.local.asker`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from shotlog.describers.checks import EndpointCheck

_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model draws its words."""

    temperature: float = 0.0
    """0 takes the likeliest word each time: the same clip gets the same words."""
    top_p: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown of one clip; each asker takes the form that suits it."""

    jpegs: tuple[bytes, ...] = field(repr=False)
    """Frames in order of time, all of one size."""
    times: tuple[Fraction, ...]
    """Seconds from the clip's start, one a frame, rising."""
    fps: Fraction
    """Frames a second of ``jpegs``."""
    width: int
    height: int
    duration_seconds: Fraction
    clip_path: Path | None = None
    """The clip file on this machine; None where none was written."""
    published_url: str | None = None
    """Where the clip itself is published, without a fragment; None where it is not."""

    def __post_init__(self) -> None:
        if len(self.times) != len(self.jpegs):
            raise ValueError(f"{len(self.times)} times for {len(self.jpegs)} frames")


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """One question. The constant words stand first, so that servers that keep prefixes read
    them once.
    """

    opening: str
    """The same for all clips of a run."""
    closing: str
    """Of this clip alone, behind the pictures; may be empty."""
    max_tokens: int
    shown: Shown | None = None
    """None for a question about words alone."""
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer should keep; the asker tells it to a server that can keep it."""
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said, unjudged."""

    text: str
    """Without thoughts; may be empty."""
    model: str
    """Who answered, by its own word."""
    cut: bool
    """Whether the token limit broke it off."""
    refused: bool = False
    """Whether the server says that it refused (its moderation, or the model's own refusal)."""
    thought: bool = False
    """Whether the model was heard thinking, apart from what it said."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    schema_told: bool = False
    """Whether the server was told the schema."""


class Asker(Protocol):
    """Carries questions to one model, from several threads at once."""

    name: str
    """Short, for logs and keys: ``openai`` or ``local``."""

    @property
    def concurrency(self) -> int:
        """How many questions it would be given now; may change from one moment to the next."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of its model or server, each once; grows while it is asked."""
        ...

    def identity(self) -> Mapping[str, str]:
        """What of it decides answers: protocol and model; never key, address or time-out."""
        ...

    def ask(self, question: ModelQuestion) -> Completion:
        """Asks, and asks again where that may help. Raises DescribeError."""
        ...

    def check(self) -> EndpointCheck:
        """What the model's server says of itself. Raises DescribeError."""
        ...

    def close(self) -> None:
        """Frees what it holds; may be called twice."""
        ...


def without_thoughts(text: str) -> str:
    """The answer alone. Some chat templates open the thought themselves: only its end is seen."""
    return _THOUGHTS.sub("", text).rpartition("</think>")[2].strip()
