"""The body of a question: one clip in the form that a server takes. Pure; batch files use it too.

    frames   one video of JPEGs joined by commas; vLLM reads rate and count beside it
    list     DashScope's list of JPEGs with their rate
    clip     the clip's MP4 inline
    url      the address where the clip is published
    images   a picture each, with its time before it; every server takes these

The constant words stand first, so that servers that keep prefixes read them once.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from shotlog.describers.asking import ModelQuestion, Shown
from shotlog.prompts.clips import FRAMES_NOTE, frame_label
from shotlog.rows import Form, SchemaTold

Part = dict[str, object]

IMAGE_PREFIX = "data:image/jpeg;base64,"
FRAMES_PREFIX = "data:video/jpeg;base64,"
CLIP_PREFIX = "data:video/mp4;base64,"

SCHEMA_NOTE = (
    "Answer with one JSON object and nothing else. It must keep this JSON schema: {schema}"
)
"""For servers that cannot be told a schema; those that keep JSON want the word in the prompt."""

TIMES_NOTE = "The frames of the video were taken at these seconds of it: {times}."
"""Where frames are not evenly spaced, which a rate alone would hide."""

SCHEMA_NAME = "clip"

_AS_VIDEO_URL: tuple[Form, ...] = ("frames", "clip", "url")

_EVEN = Fraction(1, 4)
"""Frames are evenly spaced where no gap differs from the mean by more than this part of it."""


@dataclass(frozen=True, slots=True)
class Dress:
    """How a question is put to one server."""

    form: Form = "images"
    schema: SchemaTold = "words"
    """How the question's schema is told, where it has one."""
    tokens_field: str = "max_tokens"
    left_out: frozenset[str] = frozenset()
    """Fields on drawing words that the model does not take; it draws as it likes."""
    rate_beside: bool = False
    """Whether a video's rate stands in its part (DashScope), not in vLLM's ``media_io_kwargs``."""
    further: Mapping[str, object] = field(default_factory=dict)
    """Fields of the server's own."""


def body_of(
    question: ModelQuestion, model: str, dress: Dress, *, clip: bytes | None = None
) -> dict[str, object]:
    """What is posted to ``…/chat/completions``.

    The question's pictures must fit already (:mod:`shotlog.describers.chat.fitting`). ``clip``
    is the MP4, for the form of that name. Raises ValueError where the form's material is missing.
    """
    sampling = question.sampling
    body: dict[str, object] = {
        "model": model,
        "messages": [{"role": "user", "content": list(_parts(question, dress, clip))}],
        dress.tokens_field: question.max_tokens,
        "stream": False,
    }
    further = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "frequency_penalty": sampling.frequency_penalty,
        "seed": sampling.seed,
    }
    body |= {
        name: value
        for name, value in further.items()
        if value is not None and name not in dress.left_out
    }
    body |= dress.further
    shown = question.shown
    if shown is not None and dress.form in _AS_VIDEO_URL and not dress.rate_beside:
        # Both, always: one alone brings the other's default back, which is 32 frames.
        rate = {"num_frames": -1, "fps": number(shown.fps)}
        body["media_io_kwargs"] = {"video": rate}
    if question.schema is not None and dress.schema != "words":
        body["response_format"] = _response_format(question.schema, dress.schema)
    return body


def words_of_schema(schema: Mapping[str, object]) -> str:
    """A schema told in the prompt."""
    return SCHEMA_NOTE.format(schema=json.dumps(schema, ensure_ascii=False))


def is_even(shown: Shown) -> bool:
    """Whether the frames stand at equal distances, so that a rate tells their times."""
    gaps = [later - earlier for earlier, later in pairwise(shown.times)]
    mean = sum(gaps, Fraction(0)) / len(gaps) if gaps else Fraction(0)
    return all(abs(gap - mean) <= mean * _EVEN for gap in gaps)


def number(value: Fraction) -> int | float:
    """A rate as JSON takes it."""
    return value.numerator if value.denominator == 1 else round(float(value), 4)


def _response_format(schema: Mapping[str, object], told: SchemaTold) -> dict[str, object]:
    if told == "json_object":
        return {"type": "json_object"}
    named = {"name": SCHEMA_NAME, "schema": dict(schema), "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _parts(question: ModelQuestion, dress: Dress, clip: bytes | None) -> Iterator[Part]:
    shown = question.shown
    opening = [question.opening]
    if question.schema is not None and dress.schema != "json_schema":
        opening.append(words_of_schema(question.schema))
    if shown is not None and dress.form == "images":
        opening.append(FRAMES_NOTE)
    yield _text("\n\n".join(opening))
    if shown is not None:
        yield from _pictures(shown, dress, clip)
    if question.closing:
        yield _text(question.closing)


def _pictures(shown: Shown, dress: Dress, clip: bytes | None) -> Iterator[Part]:
    form = dress.form
    if form == "images":
        for time_seconds, jpeg in zip(shown.times, shown.jpegs, strict=True):
            yield _text(frame_label(time_seconds))
            yield {"type": "image_url", "image_url": {"url": IMAGE_PREFIX + _base64(jpeg)}}
        return
    if form == "list":
        urls = [IMAGE_PREFIX + _base64(jpeg) for jpeg in shown.jpegs]
        yield {"type": "video", "video": urls, "fps": number(shown.fps)}
    else:
        rate = {"fps": number(shown.fps)} if dress.rate_beside else {}
        yield {"type": "video_url", "video_url": {"url": _video_url(shown, form, clip)}, **rate}
    if form in ("frames", "list") and not is_even(shown):
        times = ", ".join(f"{float(each):.1f}" for each in shown.times)
        yield _text(TIMES_NOTE.format(times=times))


def _video_url(shown: Shown, form: Form, clip: bytes | None) -> str:
    if form == "frames":
        return FRAMES_PREFIX + ",".join(map(_base64, shown.jpegs))
    if form == "clip" and clip is not None:
        return CLIP_PREFIX + _base64(clip)
    if form == "url" and shown.published_url is not None:
        return shown.published_url
    raise ValueError(f"there is no material for the form {form}")


def _text(words: str) -> Part:
    return {"type": "text", "text": words}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
