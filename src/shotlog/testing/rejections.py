"""The fake server's way to say no."""

from __future__ import annotations

from shotlog.testing.flavours import Style, error_body


class Rejected(Exception):  # noqa: N818 - it is a response in the making, not a fault of this program
    """The question cannot be taken; ``status`` and ``message`` go back in the server's style."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def response(self, style: Style = "nested") -> tuple[int, dict[str, object]]:
        return self.status, error_body(style, self.status, self.message, self.code)
