"""A form as a browser sends it."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import HTTPException, Request


async def fields_of(request: Request, longest_bytes: int) -> dict[str, str]:
    """Its fields; of one named twice the last. Raises HTTPException where it is longer."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest_bytes:
            raise HTTPException(413, "The form is too long.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
