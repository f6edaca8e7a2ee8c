"""What a model server is asked, read as strictly as the strictest of them would."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

JPEG_PREFIX = "data:image/jpeg;base64,"
_PLAIN_KEYS = {"video_url", "instruction", "max_resolution", "max_fps"}


class Rejected(Exception):  # noqa: N818 - it is a response in the making, not a fault of this program
    """The question cannot be taken; ``status`` and ``message`` go back as vLLM words them."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> tuple[int, dict[str, object]]:
        if self.status == 401:
            return 401, {"error": self.message}
        kind = "NotFoundError" if self.status == 404 else "BadRequestError"
        error = {"message": self.message, "type": kind, "param": None, "code": self.status}
        return self.status, {"error": error}


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one clip."""

    instruction: str
    """All of its text before the first frame."""
    model: str | None = None
    """None in the plain protocol."""
    frame_count: int = 0
    frames_hash: str = ""
    """Ten characters that stand for the bytes of all frames."""
    labels: tuple[str, ...] = ()
    """The texts between the frames."""
    max_tokens: int | None = None
    temperature: float | None = None
    video_url: str | None = None
    max_resolution: str | None = None
    max_fps: float | None = None

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
                "prompt_tokens": 100 * self.frame_count + len(self.instruction.split()),
                "completion_tokens": words,
                "total_tokens": 100 * self.frame_count + len(self.instruction.split()) + words,
            },
        }


def read_chat(body: bytes, models: Sequence[str]) -> Question:
    """An OpenAI-style chat question. Raises Rejected."""
    found = _object(body)
    model = found.get("model")
    if model not in models:
        raise Rejected(404, f"The model `{model}` does not exist.")
    max_tokens, temperature = found.get("max_tokens"), found.get("temperature")
    if not isinstance(max_tokens, int) or max_tokens < 1:
        raise Rejected(400, f"max_tokens must be a whole number from 1, not {max_tokens!r}.")
    if temperature is not None and not isinstance(temperature, int | float):
        raise Rejected(400, f"temperature must be a number, not {temperature!r}.")
    texts, jpegs = _read_parts(_user_content(found))
    if not texts or not texts[0].strip():
        raise Rejected(400, "The question has no text.")
    return Question(
        instruction=texts[0],
        model=str(model),
        frame_count=len(jpegs),
        frames_hash=hashlib.sha256(b"".join(jpegs)).hexdigest()[:10],
        labels=tuple(texts[1:]),
        max_tokens=max_tokens,
        temperature=temperature,
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


def _read_parts(content: object) -> tuple[list[str], list[bytes]]:
    """The texts and the JPEG pictures; texts that stand together are one."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts: list[str] = []
    jpegs: list[bytes] = []
    for part in parts if isinstance(parts, list) else []:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url" and isinstance(part.get("image_url"), dict):
            jpegs.append(_read_jpeg(part["image_url"].get("url")))
        else:
            raise Rejected(400, f"Unknown part type: {kind}")
    return texts, jpegs


def _read_jpeg(url: object) -> bytes:
    if not isinstance(url, str) or not url.startswith(JPEG_PREFIX):
        raise Rejected(400, "A picture is no JPEG data URL.")
    try:
        data = base64.b64decode(url.removeprefix(JPEG_PREFIX), validate=True)
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            picture.load()
    except (binascii.Error, UnidentifiedImageError, OSError):
        raise Rejected(400, "A picture cannot be decoded as JPEG.") from None
    return data
