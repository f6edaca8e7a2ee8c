"""A bucket that is none: files over real HTTP on 127.0.0.1, with faults on demand.

For tests of shotlog and of programs around it::

    with Bucket({"my holiday.mp4": b"..."}) as bucket:
        bucket.fail("my holiday.mp4", Fault(status=429, retry_after="1"))
        ...  # fetch bucket.url("my holiday.mp4")
        assert [request.status for request in bucket.requests] == [429, 200]
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote, unquote_to_bytes

from shotlog.testing.serving import EndableServer, QuietHandler

FOLDER = "/vids/"
"""The path of every address in a bucket."""

BYTES_MODIFIED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
"""When a file given as bytes was last modified."""

WEB_PAGE = b"<!DOCTYPE html>\n<html><body>Please log in.</body></html>\n"

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the requests of one name, ``times`` times; None: from now on."""

    times: int | None = 1
    status: int | None = None
    """Answered without the file."""
    retry_after: str | None = None
    cut_after_bytes: int | None = None
    """The connection is closed after so many bytes of the body."""
    stall_after_bytes: int | None = None
    """Nothing more comes after so many bytes of the body, until the bucket closes."""
    announce_more_bytes: int = 0
    """Added to the Content-Length, which is then a lie; may be below 0."""
    hide_length: bool = False
    """No Content-Length; the end of the connection is the end of the file."""
    hide_version: bool = False
    """Neither ETag nor Last-Modified."""
    ignore_range: bool = False
    redirect_to: str | None = None
    web_page: bool = False
    """A login page, with status 200."""


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it came, and the status it got."""

    method: str
    name: str
    range: str | None
    if_range: str | None
    status: int


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """One line of what ``rclone lsf`` prints; a directory's name ends in ``/``, its size is -1."""

    name: str
    size_bytes: int
    last_modified: datetime


def user_listing(entries: Iterable[ListingEntry], bucket_url: str) -> str:
    """The CSV that the user's own command makes of a bucket, awk's mangling and all.

    The same as ``rclone lsf --format "pst" … | awk -v bucket_url=… 'BEGIN {print
    "file_name,file_size,last_modified,public_url"} {print $1","$2","$3","bucket_url $1}'``
    where rclone runs in UTC. awk takes its fields between blanks and tabs.
    """
    lines = ["file_name,file_size,last_modified,public_url"]
    for entry in entries:
        time = entry.last_modified.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        row = f"{entry.name};{entry.size_bytes};{time}"
        words = [word for word in re.split(r"[ \t]+", row) if word]
        first, second, third = (*words, "", "")[:3]
        lines.append(f"{first},{second},{third},{bucket_url}{first}")
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a bucket."""

    content: bytes | Path

    @property
    def size_bytes(self) -> int:
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content)

    @property
    def last_modified(self) -> datetime:
        if isinstance(self.content, Path):
            return datetime.fromtimestamp(int(self.content.stat().st_mtime), UTC)
        return BYTES_MODIFIED

    @property
    def etag(self) -> str:
        content = self.content
        if isinstance(content, Path):
            content = f"{self.size_bytes} {content.stat().st_mtime_ns}".encode()
        return f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def open(self) -> BinaryIO:
        if isinstance(self.content, Path):
            return self.content.open("rb")
        return io.BytesIO(self.content)


class Bucket:
    """The server, running while the ``with`` block lasts; used from any thread.

    ``files`` maps names, in any script and with any characters, to bytes or local files; a folder
    stands for all files below it, named by their path from it.
    """

    def __init__(self, files: Mapping[str, bytes | Path] | Path, *, port: int = 0) -> None:
        given = _below(files) if isinstance(files, Path) else files
        self._files = {name: StoredFile(content) for name, content in given.items()}
        self._faults: dict[str, deque[Fault]] = {}
        self._requests: list[SeenRequest] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._server = _Server(port, self)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._server.stop()

    @property
    def prefix(self) -> str:
        """What stands before every name: the listing's ``bucket_url``, the ``--public-url``."""
        return f"http://127.0.0.1:{self._server.port}{FOLDER}"

    def url(self, name: str) -> str:
        """The address of a name, ready to fetch."""
        return self.prefix + quote(name.encode("utf-8", "surrogateescape"), safe="/")

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """In the order in which they were answered."""
        with self._lock:
            return tuple(self._requests)

    @property
    def entries(self) -> tuple[ListingEntry, ...]:
        """What rclone would list of it, by name."""
        with self._lock:
            files = sorted(self._files.items())
        return tuple(
            ListingEntry(name, file.size_bytes, file.last_modified) for name, file in files
        )

    def put(self, name: str, content: bytes | Path) -> None:
        """Adds a file, or puts another in its place."""
        with self._lock:
            self._files[name] = StoredFile(content)

    def remove(self, name: str) -> None:
        with self._lock:
            del self._files[name]

    def fail(self, name: str, *faults: Fault) -> None:
        """What befalls the next requests of ``name``, one fault after the other."""
        with self._lock:
            self._faults.setdefault(name, deque()).extend(faults)

    def file(self, name: str) -> StoredFile | None:
        with self._lock:
            return self._files.get(name)

    def next_fault(self, name: str) -> Fault:
        with self._lock:
            faults = self._faults.get(name)
            if not faults:
                return Fault()
            fault = faults[0]
            if fault.times is not None:
                faults.popleft()
                if fault.times > 1:
                    faults.appendleft(replace(fault, times=fault.times - 1))
            return fault

    def note(self, request: SeenRequest) -> None:
        with self._lock:
            self._requests.append(request)

    def wait_for_end(self) -> None:
        self._ending.wait()


def _below(folder: Path) -> dict[str, Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


class _Server(EndableServer):
    def __init__(self, port: int, bucket: Bucket) -> None:
        super().__init__(port, _Handler)
        self.bucket = bucket


class _Handler(QuietHandler):
    server: _Server

    def do_GET(self) -> None:
        name = self._name()
        fault = self.server.bucket.next_fault(name)
        file = self.server.bucket.file(name)
        if fault.redirect_to is not None:
            self._refuse(302, {"Location": fault.redirect_to})
        elif fault.status is not None:
            self._refuse(
                fault.status, {"Retry-After": fault.retry_after} if fault.retry_after else {}
            )
        elif fault.web_page:
            self._head(200, len(WEB_PAGE), {"Content-Type": "text/html; charset=utf-8"})
            self._send(io.BytesIO(WEB_PAGE), len(WEB_PAGE), Fault())
        elif file is None:
            self._refuse(404, {})
        else:
            self._serve(file, fault)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _name(self) -> str:
        path = unquote_to_bytes(self.path.partition("?")[0].encode("latin-1"))
        return path.decode("utf-8", "surrogateescape").removeprefix(FOLDER)

    def _serve(self, file: StoredFile, fault: Fault) -> None:
        size = file.size_bytes
        headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
        if not fault.hide_version:
            headers["ETag"] = file.etag
            headers["Last-Modified"] = format_datetime(file.last_modified, usegmt=True)
        wanted = None if fault.ignore_range else self._wanted(size, headers)
        if wanted is not None and not wanted:
            self._refuse(416, {"Content-Range": f"bytes */{size}"})
            return
        part = range(size) if wanted is None else wanted
        if wanted is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        length = None if fault.hide_length else len(part) + fault.announce_more_bytes
        self._head(200 if wanted is None else 206, length, headers)
        with file.open() as content:
            content.seek(part.start)
            self._send(content, len(part), fault)

    def _wanted(self, size: int, headers: Mapping[str, str]) -> range | None:
        """The bytes asked for, empty where the file has none of them; None: all of it."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if match is None or not (match[1] or match[2]):
            return None
        condition = self.headers.get("If-Range")
        if condition is not None and condition not in (
            headers.get("ETag"),
            headers.get("Last-Modified"),
        ):
            return None
        if not match[1]:
            return range(max(0, size - int(match[2])), size)
        last = int(match[2]) if match[2] else size - 1
        return range(int(match[1]), min(last + 1, size))

    def _refuse(self, status: int, headers: Mapping[str, str]) -> None:
        self._head(status, 0, headers)

    def _head(self, status: int, length: int | None, headers: Mapping[str, str]) -> None:
        self.server.bucket.note(
            SeenRequest(
                self.command,
                self._name(),
                self.headers.get("Range"),
                self.headers.get("If-Range"),
                status,
            )
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()

    def _send(self, content: BinaryIO, length: int, fault: Fault) -> None:
        if self.command == "HEAD":
            return
        limits = (length, fault.cut_after_bytes, fault.stall_after_bytes)
        left = min(limit for limit in limits if limit is not None)
        while left and (piece := content.read(min(left, CHUNK_BYTES))):
            self.wfile.write(piece)
            left -= len(piece)
        self.wfile.flush()
        if fault.stall_after_bytes is not None:
            self.server.bucket.wait_for_end()
        if fault.cut_after_bytes is not None or fault.announce_more_bytes:
            self.close_connection = True
