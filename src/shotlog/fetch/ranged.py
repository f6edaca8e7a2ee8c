"""A file behind an address, read in pieces where it is looked at: for headers alone."""

from __future__ import annotations

import io
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import httpx

from shotlog.errors import FetchRefusedError
from shotlog.fetch.fetcher import NO_PROXY
from shotlog.fetch.replies import connection_error, shown_address, status_error

PIECE_BYTES = 64 * 1024
"""Read at a time: a header is seldom larger."""

PIECES_KEPT = 64


class RangedFile(io.RawIOBase):
    """Reads ``url`` by ranges. Seekable; a context manager; raises FetchError.

    ``bytes_read`` is what has moved. A server that knows no ranges is refused rather than read
    from end to end.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 20.0) -> None:
        super().__init__()
        self.bytes_read = 0
        self.size_bytes = 0
        self._url = url
        self._place = 0
        self._pieces: dict[int, bytes] = {}
        self._client = httpx.Client(
            headers={"User-Agent": "shotlog", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(timeout_seconds, connect=10.0),
            mounts=NO_PROXY,
            follow_redirects=True,
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._client.close)
            self._piece(0)
            stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size_bytes}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1) -> bytes:
        end = self.size_bytes if size < 0 else min(self.size_bytes, self._place + size)
        found = bytearray()
        while self._place < end:
            number, skipped = divmod(self._place, PIECE_BYTES)
            part = self._piece(number)[skipped : skipped + end - self._place]
            if not part:
                break
            found += part
            self._place += len(part)
        return bytes(found)

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            while len(self._pieces) >= PIECES_KEPT:
                self._pieces.pop(next(iter(self._pieces)))
            self._pieces[number] = self._asked(number * PIECE_BYTES)
        return self._pieces[number]

    def _asked(self, start: int) -> bytes:
        address = shown_address(self._url)
        headers = {"Range": f"bytes={start}-{start + PIECE_BYTES - 1}"}
        try:
            with self._client.stream("GET", self._url, headers=headers) as response:
                if response.status_code != 206:
                    raise self._no_range(response, address)
                data = response.read()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise connection_error(error, address) from None
        self.bytes_read += len(data)
        total = response.headers.get("content-range", "").rpartition("/")[2]
        if not total.isdigit():
            raise FetchRefusedError(
                f"{address} does not say how large the file is.",
                hint="Leave --probe out: the estimate then goes by sizes in the listing.",
            )
        self.size_bytes = int(total)
        return data

    def _no_range(self, response: httpx.Response, address: str) -> Exception:
        if response.status_code != 200:
            return status_error(response, address)
        return FetchRefusedError(
            f"{address} knows no ranges: its header cannot be read alone.",
            hint="Leave --probe out: the estimate then goes by sizes in the listing.",
        )
