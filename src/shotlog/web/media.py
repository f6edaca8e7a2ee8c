"""Clips and thumbnails of the library over HTTP: whole, in part, or not sent anew (RFC 9110)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import Headers

from shotlog.errors import LibraryError
from shotlog.storage import inside
from shotlog.web.library_access import Door

CHUNK_BYTES = 256 * 1024

TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
"""What is served, by its ending; nothing else is."""

CACHED = {".mp4": "private, no-cache", ".jpg": "private, max-age=60"}
"""A page of thumbnails is looked at again and again; a clip must fit the page that plays it."""

_SERVED = re.compile(r"videos/[^/]+/(?:clips|thumbs)/[^/]+")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of a file it is."""

    size_bytes: int
    modified_ns: int

    @property
    def etag(self) -> str:
        told = f"{self.size_bytes} {self.modified_ns}".encode()
        return f'"{hashlib.sha256(told).hexdigest()[:32]}"'

    @property
    def last_modified(self) -> datetime:
        return datetime.fromtimestamp(self.modified_ns // 10**9, UTC)


@router.get("/media/{path:path}")
@router.head("/media/{path:path}")
def media(shelf: Door, request: Request, path: str) -> Response:
    """A clip's file or a thumbnail."""
    file = _file(shelf.folder, path)
    try:
        status = file.stat()
    except OSError:
        raise _missing() from None
    version = Version(status.st_size, status.st_mtime_ns)
    headers = {
        "ETag": version.etag,
        "Last-Modified": format_datetime(version.last_modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": CACHED[file.suffix],
    }
    if is_known(request.headers, version):
        return Response(status_code=304, headers=headers)
    part = wanted_part(request.headers, version)
    if part is not None and not part:
        headers["Content-Range"] = f"bytes */{version.size_bytes}"
        return Response(status_code=416, headers=headers)
    sent = range(version.size_bytes) if part is None else part
    headers["Content-Length"] = str(len(sent))
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{version.size_bytes}"
    body = iter(()) if request.method == "HEAD" else _bytes(file, sent)
    kind = TYPES[file.suffix]
    return StreamingResponse(body, 200 if part is None else 206, headers, media_type=kind)


def is_known(headers: Headers, version: Version) -> bool:
    """Whether the client has this state already."""
    tags = headers.get("if-none-match")
    if tags is not None:
        given = {each.strip().removeprefix("W/") for each in tags.split(",")}
        return "*" in given or version.etag in given
    since = _time(headers.get("if-modified-since"))
    return since is not None and version.last_modified <= since


def wanted_part(headers: Headers, version: Version) -> range | None:
    """The bytes asked for, empty where the file has none of them; None: all of it.

    Several ranges in one request are answered with the whole, as RFC 9110 (14.2) allows.
    """
    match = re.fullmatch(r"bytes=\s*(\d*)-(\d*)\s*", headers.get("range", ""), re.ASCII)
    if match is None or not (match[1] or match[2]):
        return None
    condition = headers.get("if-range")
    if condition not in (None, version.etag) and _time(condition) != version.last_modified:
        return None
    size = version.size_bytes
    first, last = (_bounded(digits) for digits in match.groups())
    if first is None:
        return range(max(0, size - (last or 0)), size)
    if last is not None and last < first:
        return None
    return range(min(first, size), size if last is None else min(last + 1, size))


def _bounded(digits: str) -> int | None:
    """A number of bytes; Python refuses to read thousands of digits, and no file is so long."""
    return int(digits[:19]) if digits else None


def _file(folder: Path, path: str) -> Path:
    """The file behind an address; of the library's own, with links resolved, and no other."""
    if not _SERVED.fullmatch(path) or "\0" in path:
        raise _missing()
    try:
        file = inside(folder, path)
    except LibraryError:
        raise _missing() from None
    if file.suffix not in TYPES or not file.is_file():
        raise _missing()
    return file


def _missing() -> HTTPException:
    return HTTPException(404, "The library has no such file.")


def _time(text: str | None) -> datetime | None:
    """None where it is no date; one without a zone is none (RFC 9110)."""
    try:
        read = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return read if read is not None and read.tzinfo is not None else None


def _bytes(file: Path, part: range) -> Iterator[bytes]:
    with file.open("rb") as content:
        content.seek(part.start, os.SEEK_SET)
        left = len(part)
        while left > 0 and (chunk := content.read(min(left, CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
