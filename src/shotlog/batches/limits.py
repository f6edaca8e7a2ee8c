"""How much a batch file may hold, and where its questions go. Pure.

Sources: Alibaba Model Studio, "OpenAI compatible - Batch", 2026; OpenAI, "Batch API", 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

from shotlog.describers.chat.flavours import FlavourName

DRY_RUN_MODEL = "batch-test-model"
"""DashScope's model that checks a batch and answers nothing real, at no cost."""

CHAT_DOOR = "/v1/chat/completions"
DRY_RUN_DOOR = "/v1/chat/ds-test"


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one file may hold."""

    lines: int = 50_000
    file_bytes: int = 200_000_000
    line_bytes: int | None = None
    """Of one line with its line end; None is no limit but the file's."""

    @property
    def longest_line_bytes(self) -> int:
        return self.file_bytes if self.line_bytes is None else min(self.line_bytes, self.file_bytes)


def limits_for(flavour: FlavourName, model: str) -> BatchLimits:
    """What a server of that kind takes; OpenAI's own limits where nothing else is known."""
    if model == DRY_RUN_MODEL:
        return BatchLimits(lines=100, file_bytes=1_000_000, line_bytes=1_000_000)
    if flavour == "dashscope":
        return BatchLimits(file_bytes=500_000_000, line_bytes=6_000_000)
    return BatchLimits()


def door_of(model: str) -> str:
    """The path that every line of a file for ``model`` names."""
    return DRY_RUN_DOOR if model == DRY_RUN_MODEL else CHAT_DOOR
