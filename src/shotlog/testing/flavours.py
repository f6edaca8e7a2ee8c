"""How strict each kind of model server is, for the fake: its errors, limits and frame rules.

Sources as in docs/endpoints.md. Nothing here is shared with what talks to servers, so that one
cannot repeat the other's mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

FakeName = Literal[
    "openai",
    "vllm",
    "vllm-old",
    "sglang",
    "ollama",
    "llama.cpp",
    "lm-studio",
    "dashscope",
    "pai-eas-vllm",
    "pai-eas-sglang",
]

Style = Literal["nested", "flat", "string", "dashscope"]
"""Of error bodies: OpenAI's object, SGLang's flat one, LM Studio's bare string, or with codes."""

FakeForm = Literal["frames", "list", "clip", "url", "images"]


@dataclass(frozen=True, slots=True)
class Rules:
    """One kind of server."""

    name: FakeName
    owner: str = "test"
    """Who ``GET /v1/models`` says owns its models."""
    beside: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """What lies at further paths."""
    path: str = ""
    """Where all of it lies."""
    style: Style = "nested"
    forms: frozenset[FakeForm] = frozenset({"images"})
    unknown_part: str = "Unknown part type: {kind}"
    schemas: frozenset[str] = frozenset({"json_schema", "json_object"})
    reads_media_io: bool = False
    """Whether ``media_io_kwargs`` of a question count; else 32 frames are looked at."""
    context_length: int | None = None
    """Tokens of question and answer; None is no limit."""
    lists_context: bool = True
    """Whether the list of models says how long their context is."""
    too_long: str = ""
    """Words of a refusal for length, with ``{limit}`` and ``{count}``; empty cuts in silence."""
    least_frames: int = 1
    most_frames: int | None = None
    item_bytes: int | None = None
    body_bytes: int | None = None
    decode_bytes: int | None = None
    streams: bool = False
    """Whether answers come piece by piece, asked or not, as some proxies send them."""
    wants_json_word: bool = False
    """Whether ``json_object`` needs the word in the prompt."""

    def allows_field(self, name: str) -> bool:
        """Whether a field of a question is one that this server knows."""
        return self.name != "dashscope" or name not in ("media_io_kwargs", "mm_processor_kwargs")


_VLLM = Rules(
    "vllm",
    owner="vllm",
    beside={"/version": {"version": "0.33.0"}},
    forms=frozenset({"frames", "clip", "url", "images"}),
    reads_media_io=True,
    too_long="This model's maximum context length is {limit} tokens. However, your request has "
    "{count} input tokens. Please reduce the length of the input messages.",
    body_bytes=32 * 1024**2,
    decode_bytes=715_827_880,
)
_SGLANG = Rules(
    "sglang",
    owner="sglang",
    beside={
        "/get_server_info": {"model_path": "Qwen/Qwen2.5-VL-7B-Instruct", "version": "0.5.23"},
        "/get_model_info": {"model_path": "Qwen/Qwen2.5-VL-7B-Instruct"},
    },
    style="flat",
    forms=frozenset({"clip", "url", "images"}),
    unknown_part="Unsupported content type: {kind}",
    too_long="The input ({count} tokens) is longer than the model's context length "
    "({limit} tokens).",
)
_EAS_PATH = "/api/predict/service"

RULES: Mapping[FakeName, Rules] = {
    each.name: each
    for each in (
        Rules("openai"),
        _VLLM,
        replace(
            _VLLM, name="vllm-old", beside={"/version": {"version": "0.11.0"}}, reads_media_io=False
        ),
        _SGLANG,
        Rules(
            "ollama",
            owner="library",
            beside={"/api/version": {"version": "0.21.0"}},
            unknown_part="invalid message format",
            lists_context=False,
        ),
        Rules(
            "llama.cpp",
            owner="llamacpp",
            beside={
                "/props": {"default_generation_settings": {"n_ctx": 32768}, "build_info": "b7000"}
            },
            unknown_part="unsupported content[].type",
            lists_context=False,
            too_long="the request exceeds the available context size ({limit} tokens), try "
            "increasing it",
        ),
        Rules(
            "lm-studio",
            owner="organization_owner",
            style="string",
            unknown_part="Invalid 'content': 'content' objects must have a 'type' field that is "
            "either 'text' or 'image_url'.",
            schemas=frozenset({"json_schema"}),
            lists_context=False,
            too_long="Trying to keep the first {count} tokens when context the overflows. However, "
            "the model is loaded with context length of only {limit} tokens.",
        ),
        Rules(
            "dashscope",
            owner="system",
            path="/compatible-mode",
            style="dashscope",
            forms=frozenset({"list", "clip", "url", "images"}),
            unknown_part="<400> InternalError.Algo.InvalidParameter: The content type {kind} is "
            "not supported.",
            schemas=frozenset({"json_object"}),
            lists_context=False,
            too_long="<400> InternalError.Algo.InvalidParameter: Range of input length should be "
            "[1, {limit}]",
            least_frames=4,
            most_frames=512,
            item_bytes=10485760,
            body_bytes=64 * 1024**2,
            wants_json_word=True,
        ),
        replace(_VLLM, name="pai-eas-vllm", path=_EAS_PATH),
        replace(_SGLANG, name="pai-eas-sglang", path=_EAS_PATH),
    )
}


def error_body(
    style: Style, status: int, message: str, code: str | None = None
) -> dict[str, object]:
    """An error as servers of that style send it."""
    kinds = {400: "BadRequestError", 401: "Unauthorized", 404: "NotFoundError"}
    kind = kinds.get(status, "InternalServerError")
    if style == "string" or (status == 401 and style in ("nested", "flat")):
        return {"error": message}
    if style == "flat":
        flat = {"message": message, "type": kind, "param": None, "code": status}
        return {"object": "error", **flat}
    if style == "dashscope":
        codes = {401: "invalid_api_key", 404: "model_not_found", 413: "BadRequest.TooLarge"}
        named = code or codes.get(status, "invalid_parameter_error")
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": named}
        return {"error": error, "request_id": "0f3b-test"}
    return {"error": {"message": message, "type": kind, "param": None, "code": code or status}}
