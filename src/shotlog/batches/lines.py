"""The lines of batch files, written and read. Pure.

Results come in several shapes: OpenAI and DashScope put answers and errors in two files, with the
error in ``error`` or in ``response.body``; ``vllm run-batch`` puts both in one, with the error one
level deeper.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shotlog.model_servers.error_replies import Complaint, read_complaint

_OVER = frozenset({"batch_expired", "batch_cancelled"})
"""Codes of lines that were never asked, since the batch had ended."""
_TIMED_OUT = 408


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question."""

    key: str
    """Its custom id."""
    digest: str
    """Stands for the line, to know it again."""
    completion: Mapping[str, object] | None
    """A chat completion; None where there is a complaint instead."""
    complaint: Complaint | None


def request_line(key: str, body: Mapping[str, object], door: str) -> bytes:
    """One question as OpenAI's batch files hold it, with its line end."""
    # Whoever answers a file streams nothing; some refuse the word.
    asked = {name: value for name, value in body.items() if name != "stream"}
    line = {"custom_id": key, "method": "POST", "url": door, "body": asked}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_result(raw: bytes, secrets: Iterable[str] = ()) -> Result | None:
    """What a line of a result or error file says; None where it says nothing of a question."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    key, response, error = found.get("custom_id"), found.get("response"), found.get("error")
    if not isinstance(key, str) or not key:
        return None
    digest = hashlib.sha256(raw.strip()).hexdigest()[:16]
    response = response if isinstance(response, dict) else {}
    body, status = response.get("body"), response.get("status_code")
    status = status if isinstance(status, int) else 200
    if error or status >= 300 or not isinstance(body, dict) or body.get("error"):
        return Result(key, digest, None, _complaint(status, error or body, secrets))
    return Result(key, digest, body, None)


def _complaint(status: int, said: object, secrets: Iterable[str]) -> Complaint:
    if not said:
        said = {"message": "neither an answer nor an error"} if status < 300 else {}
    if isinstance(said, str):
        said = {"message": said}
    complaint = read_complaint(status, json.dumps(said).encode(), secrets)
    if _OVER & complaint.codes:
        return Complaint(_TIMED_OUT, complaint.codes, complaint.message)
    return complaint
