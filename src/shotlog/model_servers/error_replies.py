"""What a model server's answer means: the text it gives, or which error of the tree it is. Pure.

One table for every server that is spoken to. By status, unless a code in the body says better:

    400 413 415 422 501, moderation     DescribeRefusedError      never for this clip
    3xx 401 402 403 404 405 410,
    billing, unknown model              EndpointRefusedError      never for any clip
    408 409 425 429 5xx                 DescribeInterruptedError  later, perhaps

Servers word their errors in four shapes (OpenAI's object, a bare string, FastAPI's ``detail``, a
flat object as SGLang and DashScope's own interface send); all are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from shotlog.errors import (
    NOT_AGAIN,
    DescribeError,
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)

QUOTE_LENGTH = 300
"""Characters of a server's own words that a message may repeat."""

BROKEN_OFF = "x-dashscope-partialresponse"
"""DashScope's header on an answer that its own time limit broke off."""

_MODERATION = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "data_inspection_failed",
        "datainspectionfailed",
        "responsibleaipolicyviolation",
    }
)
_BILLING = frozenset(
    {
        "accountoverdue",
        "arrearage",
        "billing_hard_limit_reached",
        "billing_not_active",
        "commoditynotpurchased",
        "insufficient_balance",
        "postpaidbilloverdue",
        "prepaidbilloverdue",
        "allocationquota.freetieronly",
    }
)
_UNKNOWN_MODEL = frozenset(
    {"invalid_model", "model_not_found", "model_not_supported", "modelnotfound"}
)
_BAD_KEY = frozenset({"accessdenied", "invalid_api_key", "invalidapikey"})
_QUOTA = "insufficient_quota"
"""At OpenAI an empty purse; at DashScope tokens a minute, which come back."""

_TOO_LONG = re.compile(
    r"context (length|size)|maximum model length|input length|too (large|long|many)|max bytes|"
    r"at most \d+ (image|video)|decode budget"
)
_NO_SUCH_MODEL = re.compile(
    r"model( \S{1,80})? (does not|doesn't|not) exist|model \S{1,80} (was )?not found|"
    r"no such model|unknown model\b"
)
_SEES_NOTHING = re.compile(
    r"not a multimodal model|image input is not supported|missing data required for image|"
    r"(does not|doesn't) support (image|vision)|at most 0 image"
)
"""Of a model that reads words alone, in whatever form a clip comes."""
_KEPT_FROM_LIST = re.compile(r"scope|permission|not (allowed|authorized|permitted) to list")
_SECRET_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")
_DATA_URL = re.compile(r"(data:\w+/[\w.+-]+;base64,)[\w+/=%-]+")
_KEY_LIKE = re.compile(r"\b(sk-|Bearer\s+)[^\s'\"]+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as the server put it."""

    status: int
    """The HTTP status; of an error that came with 200, the one that its body names, else 500."""
    codes: frozenset[str] = frozenset()
    """The words of its ``code`` and ``type``, in small letters."""
    message: str = ""
    """Its own words, on one line, short, without secrets; may be empty."""


def read_complaint(status: int, body: bytes, secrets: Iterable[str]) -> Complaint:
    """What the server complains of. ``secrets`` are cut out of its words."""
    try:
        found = json.loads(body)
    except ValueError:
        text = body[:4096].decode("utf-8", "replace")
        return Complaint(status, message="" if "<" in text[:200] else quoted(text, secrets))
    if not isinstance(found, dict):
        return Complaint(status)
    inner = found.get("error", found)
    if not isinstance(inner, dict):
        inner = {"message": inner}
    named = inner.get("code")
    if status < 300:
        status = named if isinstance(named, int) and 400 <= named < 600 else 500
    words = next((inner[key] for key in ("message", "detail", "msg") if inner.get(key)), "")
    codes = frozenset(str(inner[key]).lower() for key in ("code", "type") if inner.get(key))
    return Complaint(status, codes, quoted(_text(words), secrets))


def quoted(text: str, secrets: Iterable[str]) -> str:
    """Foreign words made fit for a message: one line, short, no key, no signed address."""
    for secret in secrets:
        text = text.replace(secret, "…") if secret else text
    text = _DATA_URL.sub(r"\1…", _SECRET_QUERY.sub(r"\1?…", _KEY_LIKE.sub(r"\1…", text)))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1] + "…"


def error_from_complaint(
    complaint: Complaint,
    *,
    address: str,
    retry_after_seconds: float | None = None,
    purse_is_openai: bool = False,
) -> DescribeError:
    """The error a complaint is. ``address`` is fit to be shown."""
    said = f': "{complaint.message}"' if complaint.message else ""
    what = f"{address} answered {complaint.status}{said}."
    if _MODERATION & complaint.codes:
        return DescribeRefusedError(
            what,
            hint=f"Its moderation refuses this clip; another endpoint may take it. {NOT_AGAIN}",
            for_good=True,
        )
    hint = _endpoint_hint(complaint, purse_is_openai)
    if hint:
        return EndpointRefusedError(what, hint=hint)
    if complaint.status in (408, 409, 425, 429) or (
        complaint.status >= 500 and complaint.status != 501
    ):
        return DescribeInterruptedError(
            what,
            hint="Run again later; only the clips without an answer are asked for.",
            retry_after_seconds=retry_after_seconds,
        )
    return DescribeRefusedError(
        what, hint=_clip_hint(complaint), status=complaint.status, said=complaint.message
    )


def is_kept_from_list(complaint: Complaint) -> bool:
    """Whether the key is only kept from the list of models, and may ask questions all the same.

    Keys with few rights are; what a server answers to a wrong key is told apart where it can be.
    """
    if complaint.status == 400:
        return True
    if _BILLING & complaint.codes or _bad_key(complaint.codes):
        return False
    if complaint.status == 403:
        return True
    words = " ".join((*complaint.codes, complaint.message)).lower()
    return complaint.status == 401 and _KEPT_FROM_LIST.search(words) is not None


def is_too_much(status: int | None, words: str) -> bool:
    """Whether less of the same might be taken."""
    return status == 413 or _TOO_LONG.search(words.lower()) is not None


def _endpoint_hint(complaint: Complaint, purse_is_openai: bool) -> str:
    """What to do where no clip will ever be described; empty where some may."""
    codes, status = complaint.codes, complaint.status
    words = complaint.message.lower()
    if _BILLING & codes or status == 402 or (purse_is_openai and _QUOTA in codes):
        return "Settle the bill or the plan of the endpoint's account, then run again."
    if hint := _model_hint(codes, status, words):
        return hint
    if status in (401, 403) or _bad_key(codes):
        return (
            "Check the key: SHOTLOG_ACCESS_KEY in the environment, "
            "or AccessKey in section [QwenVL] of config.ini."
        )
    if status in (404, 405, 410):
        return "Check the path of --endpoint, and Protocol in section [QwenVL] of config.ini."
    if status < 400:
        return "Check --endpoint: a model server answers itself and sends nobody elsewhere."
    return ""


def _model_hint(codes: frozenset[str], status: int, words: str) -> str:
    """What to do where another model must be named; empty where that is no help."""
    if status not in (401, 403, 429) and _SEES_NOTHING.search(words):
        return (
            "Give with --model one that sees pictures; llama.cpp needs the vision part of its "
            "model too (--mmproj)."
        )
    unknown = (status == 404 and "model" in words) or (
        status in (400, 422) and _NO_SUCH_MODEL.search(words)
    )
    if _UNKNOWN_MODEL & codes or unknown:
        return "Give with --model a name that the endpoint lists; `shotlog doctor` shows them."
    return ""


def _bad_key(codes: frozenset[str]) -> bool:
    return any(code in _BAD_KEY or code.startswith("accessdenied.") for code in codes)


def _clip_hint(complaint: Complaint) -> str:
    if is_too_much(complaint.status, complaint.message):
        return "Send less: lower FrameFPS or FrameMaxPixels in section [QwenVL] of config.ini."
    return "The server will not take this clip as it is sent; its words say why."


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
