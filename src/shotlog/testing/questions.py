"""What a model server is asked, read as strictly as the strictest of them would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotlog.testing.flavours import RULES, FakeForm, Rules
from shotlog.testing.parts import PartReader, Pictures
from shotlog.testing.rejections import Rejected

__all__ = ["Question", "Rejected", "read_chat", "read_plain"]

_PLAIN_KEYS = {"video_url", "instruction", "max_resolution", "max_fps"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one clip."""

    instruction: str
    """All of its text before the first frame."""
    model: str | None = None
    """None in the plain protocol."""
    frame_count: int = 0
    """JPEGs that were sent."""
    frames_hash: str = ""
    """Ten characters that stand for the bytes of all pictures, or of the clip."""
    jpegs: tuple[bytes, ...] = field(default=(), repr=False)
    """The pictures, for whoever answers; not kept with the request."""
    labels: tuple[str, ...] = ()
    """The texts between and behind the frames."""
    max_tokens: int | None = None
    temperature: float | None = None
    video_url: str | None = None
    max_resolution: str | None = None
    max_fps: float | None = None
    form: FakeForm | None = None
    """How the clip came; None for a question about words alone."""
    frames_seen: int = 0
    """How many frames the model was given."""
    fps: float | None = None
    """The rate of them that it was told."""
    schema: Mapping[str, Any] | None = None
    """The JSON schema that an answer must keep; None where the server was told none."""
    json_only: bool = False
    """Whether an answer must be a JSON object."""
    prompt_tokens: int = 0

    @property
    def is_of_a_whole(self) -> bool:
        """Whether it asks for the summary of a video, in words alone, and not about a clip."""
        return self.frame_count == 0 and self.video_url is None and "first_clip" in self.instruction

    def response(self, text: str) -> dict[str, object]:
        """The response that carries ``text``."""
        if self.model is None:
            return {"description": text}
        words = len(text.split())
        return {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": words,
                "total_tokens": self.prompt_tokens + words,
            },
        }

    def streamed(self, text: str) -> bytes:
        """The same in pieces, as ``text/event-stream`` carries them."""
        whole = self.response(text)
        frame = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "model": self.model}
        deltas = [text[start : start + 7] for start in range(0, len(text), 7)]
        pieces: list[dict[str, object]] = [
            {**frame, "choices": [{"index": 0, "delta": {"content": d}, "finish_reason": None}]}
            for d in deltas
        ]
        pieces.append({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        pieces.append({**frame, "choices": [], "usage": whole["usage"]})
        lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
        return "".join((": begun\n\n", *lines, "data: [DONE]\n\n")).encode()


def read_chat(
    body: bytes,
    models: Sequence[str],
    rules: Rules = RULES["openai"],
) -> Question:
    """An OpenAI-style chat question. Raises Rejected."""
    if rules.body_bytes is not None and len(body) > rules.body_bytes:
        raise Rejected(413, "The request body is too large.")
    found = _object(body)
    model = found.get("model")
    if model not in models:
        raise Rejected(404, f"The model `{model}` does not exist.")
    unknown = [name for name in found if not rules.allows_field(name)]
    if unknown:
        raise Rejected(400, f"Unknown field {unknown[0]}.")
    max_tokens, temperature = found.get("max_tokens"), found.get("temperature")
    if not isinstance(max_tokens, int) or max_tokens < 1:
        raise Rejected(400, f"max_tokens must be a whole number from 1, not {max_tokens!r}.")
    if temperature is not None and not isinstance(temperature, int | float):
        raise Rejected(400, f"temperature must be a number, not {temperature!r}.")
    reader = PartReader(rules, found, 32 if "qwen3" in str(model).lower() else 28)
    texts = _read_parts(_user_content(found), reader)
    if not texts or not texts[0].strip():
        raise Rejected(400, "The question has no text.")
    schema, json_only = _told(found, rules, " ".join(texts))
    count = _prompt_tokens(rules, texts, reader.pictures)
    context_length = rules.context_length
    if context_length is not None and rules.too_long and count + max_tokens > context_length:
        raise Rejected(400, rules.too_long.format(limit=context_length, count=count))
    pictures = reader.pictures
    return Question(
        instruction=texts[0],
        model=str(model),
        frame_count=0 if pictures.form == "clip" else len(pictures.sent),
        frames_hash=pictures.hash,
        jpegs=() if pictures.form == "clip" else tuple(pictures.sent),
        labels=tuple(texts[1:]),
        max_tokens=max_tokens,
        temperature=temperature,
        video_url=pictures.url,
        form=pictures.form,
        frames_seen=pictures.frames_seen,
        fps=pictures.fps,
        schema=schema,
        json_only=json_only,
        prompt_tokens=min(count, context_length or count),
    )


def read_plain(body: bytes) -> Question:
    """A question of the plain protocol. Raises Rejected."""
    found = _object(body)
    if set(found) != _PLAIN_KEYS:
        raise Rejected(422, f"wanted {sorted(_PLAIN_KEYS)}, got {sorted(found)}")
    texts = {key: found[key] for key in ("video_url", "instruction", "max_resolution")}
    for key, text in texts.items():
        if not isinstance(text, str) or not text:
            raise Rejected(422, f"{key} must be a text, not {text!r}")
    max_fps = found["max_fps"]
    if not isinstance(max_fps, int | float) or max_fps <= 0:
        raise Rejected(422, f"max_fps must be a number above 0, not {max_fps!r}")
    return Question(
        instruction=str(texts["instruction"]),
        video_url=str(texts["video_url"]),
        max_resolution=str(texts["max_resolution"]),
        max_fps=max_fps,
    )


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Rejected(400, "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Rejected(400, "The body is no JSON object.")
    return found


def _user_content(found: Mapping[str, object]) -> object:
    messages = found.get("messages")
    users = [
        message.get("content")
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict) and message.get("role") == "user"
    ]
    if not users:
        raise Rejected(400, "messages holds nothing from the user.")
    return users[-1]


def _read_parts(content: object, reader: PartReader) -> list[str]:
    """The texts, in order; whatever else there is goes to the reader."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts: list[str] = []
    for part in parts if isinstance(parts, list) else []:
        if not isinstance(part, dict):
            raise Rejected(400, "A part of the content is no object.")
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            reader.read(part)
    return texts


def _told(
    found: Mapping[str, object], rules: Rules, words: str
) -> tuple[Mapping[str, Any] | None, bool]:
    """The schema an answer must keep, and whether it must be JSON. Raises Rejected."""
    wanted = found.get("response_format")
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if rules.name == "openai" or kind in (None, "text") or not isinstance(wanted, dict):
        return None, False
    if kind not in rules.schemas:
        raise Rejected(400, f"'response_format.type' must be one of {sorted(rules.schemas)}")
    if kind == "json_object":
        if rules.wants_json_word and "json" not in words.lower():
            raise Rejected(400, "'messages' must contain the word 'json' to use 'response_format'")
        return None, True
    named = wanted.get("json_schema")
    schema = named.get("schema") if isinstance(named, dict) and named.get("name") else None
    if not isinstance(schema, dict):
        raise Rejected(400, "response_format.json_schema needs a name and a schema")
    return schema, True


def _prompt_tokens(rules: Rules, texts: Sequence[str], pictures: Pictures) -> int:
    if rules.name == "openai":
        return 100 * len(pictures.sent) + len(texts[0].split())
    return sum(len(text.split()) for text in texts) + 20 + pictures.tokens
