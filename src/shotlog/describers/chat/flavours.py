"""What each kind of model server takes, likes and cannot do: one record each. Pure.

Sources: the servers' released code and documentation (vLLM 0.33, SGLang 0.5.23, Ollama 2026-08,
Alibaba Model Studio 2026); docs/endpoints.md tells the same in words. A server is known by its
address, by who ``GET /v1/models`` says owns its models, and by what lies beside it
(:mod:`shotlog.describers.chat.recognising`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from shotlog.rows import Form, SchemaTold

FlavourName = Literal[
    "vllm",
    "vllm-old",
    "sglang",
    "ollama",
    "llama.cpp",
    "lm-studio",
    "dashscope",
    "pai-eas",
    "openai",
]

FIRST_NEW_VLLM = (0, 18)
"""The first release that reads ``media_io_kwargs`` of a request (vllm-project/vllm #34778)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may hold. None is no limit that is known; bytes are of what is sent."""

    item_bytes: int | None = None
    """Of one picture or one video, in base64."""
    request_bytes: int | None = None
    decode_bytes: int | None = None
    """Of all its frames at three bytes a pixel, in the size they are sent in."""
    min_frames: int = 1
    max_frames: int | None = None
    """Of a list of frames."""
    min_seconds: float = 0.0
    """Of a list of frames, and of a clip."""
    max_images: int | None = None
    max_pixels: int | None = None
    """Of one frame of a video; what is above is thrown away."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """One kind of server. ``ladder``: the forms it may take, what suits it best first."""

    name: FlavourName
    title: str
    ladder: tuple[Form, ...]
    limits: Limits = Limits()
    schema: SchemaTold = "json_schema"
    """How strictly it can be told the form of an answer."""
    tokens_field: str = "max_tokens"
    left_out: frozenset[str] = frozenset()
    """Fields that the model asked does not take."""
    rate: Literal["media_io_kwargs", "beside"] = "media_io_kwargs"
    """Where it reads how many frames a second a video has: in vLLM's field, or in its own part."""
    further: Mapping[str, object] = field(default_factory=dict)
    """Fields of its own that every question carries."""


SCHEMA_LADDER: tuple[SchemaTold, ...] = ("json_schema", "json_object", "words")
"""From the strictest way to tell a schema to the loosest."""


def in_common(flavours: Sequence[Flavour]) -> Flavour:
    """What servers of several kinds behind one model all take; at least one is given."""
    first = flavours[0]
    if len({each.name for each in flavours}) == 1:
        return first
    tightest = {
        name: min(stated, default=None)
        for name in ("item_bytes", "request_bytes", "decode_bytes", "max_frames", "max_images")
        if (stated := [n for e in flavours if (n := getattr(e.limits, name)) is not None])
    }
    return replace(
        first,
        ladder=tuple(form for form in first.ladder if all(form in e.ladder for e in flavours)),
        limits=replace(
            first.limits,
            min_frames=max(each.limits.min_frames for each in flavours),
            min_seconds=max(each.limits.min_seconds for each in flavours),
            **tightest,
        ),
        schema=max((each.schema for each in flavours), key=SCHEMA_LADDER.index),
        further={},
    )


_VLLM_LIMITS = Limits(
    request_bytes=32 * 1024**2,  # VLLM_HTTP_MAX_REQUEST_BODY_SIZE of the Rust front end
    decode_bytes=715_827_880,  # VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES
    min_frames=2,
)

FLAVOURS: Mapping[FlavourName, Flavour] = {
    each.name: each
    for each in (
        Flavour("vllm", "vLLM", ("frames", "clip", "url", "images"), _VLLM_LIMITS),
        Flavour(
            "vllm-old",
            "vLLM",
            # It samples a clip itself, with the right times; of a list of frames it does not learn
            # the rate, and looks at 32 at most.
            ("clip", "frames", "url", "images"),
            replace(_VLLM_LIMITS, max_frames=32),
        ),
        Flavour(
            "sglang",
            "SGLang",
            ("clip", "url", "images"),
            Limits(min_frames=4, max_pixels=768 * 28 * 28),
        ),
        Flavour("ollama", "Ollama", ("images",)),
        Flavour("llama.cpp", "llama.cpp", ("images",)),
        Flavour("lm-studio", "LM Studio", ("images",)),
        Flavour(
            "dashscope",
            "DashScope",
            ("list", "clip", "url", "images"),
            Limits(
                item_bytes=10 * 1024**2,
                request_bytes=20 * 1024**2,  # 16 MiB once decoded, which is 21.3 in base64
                min_frames=4,
                max_frames=512,
                min_seconds=2.0,
                max_images=250,
                max_pixels=655360,
            ),
            schema="json_object",
            rate="beside",
        ),
        Flavour("pai-eas", "PAI-EAS", ("frames", "clip", "images"), _VLLM_LIMITS),
        # Of an unknown server nobody knows whether it heeds a schema or passes it over in silence.
        Flavour("openai", "OpenAI-style server", ("images",), schema="words"),
    )
}

_DASHSCOPE_HOST = re.compile(r"(^|\.|-)dashscope(-[a-z]+)?\.aliyuncs\.com$|\.maas\.aliyuncs\.com$")
_DASHSCOPE_PRIVATE = re.compile(r"^ep-[\w-]+(\.[\w-]+)*\.privatelink\.aliyuncs\.com$")
_SMALL_FRAMES = re.compile(r"^(qwen-vl-plus|qwen2(\.5)?-vl|qvq)")
_LONG_LISTS = re.compile(r"^qwen3-vl-(plus|flash|235b-a22b)|^qwen3\.\d+-(plus|flash)")
_SHORT_LISTS = re.compile(r"^qwen2-vl")
_THINKS_UNASKED = re.compile(r"^qwen3\.\d+-|^qwen3-vl-(plus|flash)")
_HYBRID = re.compile(r"qwen3\.\d", re.IGNORECASE)
"""Models that think unless their chat template is told otherwise; other templates overlook it."""
_TEMPLATED = frozenset({"vllm", "vllm-old", "sglang", "llama.cpp", "pai-eas"})
"""Servers that hand ``chat_template_kwargs`` to the template."""
_KEEPS_SCHEMA = re.compile(r"^qwen3\.\d+-|^qwen3-vl-(plus|flash)")


def flavour_by_address(host: str, path: str) -> FlavourName | None:
    """The kind of server that answers at a well-known address; None where it does not tell.

    Inside a VPC DashScope has a host name of the user's own, but its path is always the same.
    """
    name = host.lower()
    known = _DASHSCOPE_HOST.search(name) or _DASHSCOPE_PRIVATE.search(name)
    return "dashscope" if known or "/compatible-mode" in path else None


def flavour_by_owner(owner: str) -> FlavourName | None:
    """Who fills in ``owned_by`` like this."""
    owners: Mapping[str, FlavourName] = {
        "vllm": "vllm",
        "sglang": "sglang",
        "library": "ollama",
        "llamacpp": "llama.cpp",
        "organization_owner": "lm-studio",
    }
    return owners.get(owner.lower())


def vllm_by_version(version: str) -> FlavourName:
    """New or old, by what ``GET /version`` says; a build of its own number counts as new."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    old = numbers is not None and (0, 0) < (int(numbers[1]), int(numbers[2])) < FIRST_NEW_VLLM
    return "vllm-old" if old else "vllm"


def flavour_for(name: str, model: str, host: str = "") -> Flavour:
    """The record of that name, with what depends on the model and the host; ``openai`` for others.

    DashScope bounds lists and pictures by model (Model Studio, "Visual understanding", 2026).
    """
    found = next((each for each in FLAVOURS.values() if each.name == name), FLAVOURS["openai"])
    if found.name == "openai" and host.endswith("openai.com"):
        return replace(found, tokens_field="max_completion_tokens", schema="json_schema")
    if found.name in _TEMPLATED and _HYBRID.search(model):
        return replace(found, further={"chat_template_kwargs": {"enable_thinking": False}})
    if found.name != "dashscope":
        return found
    limits = found.limits
    if _SMALL_FRAMES.match(model):
        limits = replace(limits, max_pixels=501760)
    if _LONG_LISTS.match(model):
        limits = replace(limits, max_frames=2000)
    if _SHORT_LISTS.match(model):
        limits = replace(limits, max_frames=80)
    thinks = _THINKS_UNASKED.match(model) is not None
    return replace(
        found,
        limits=limits,
        schema="json_schema" if _KEEPS_SCHEMA.match(model) else "json_object",
        further={"enable_thinking": False} if thinks else {},
    )
