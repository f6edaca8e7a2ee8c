"""One download: what is asked of the server, and what is made of its answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import Self

import httpx

from shotlog.errors import (
    FetchError,
    FetchInterruptedError,
    FetchRefusedError,
    SizeMismatchError,
)
from shotlog.fetch.partial import Partial, Version
from shotlog.fetch.replies import (
    agrees,
    check_listed,
    connection_error,
    continues,
    is_encoded,
    may_redirect,
    refuse_web_page,
    shown_address,
    status_error,
    total_beyond,
    version_of,
)
from shotlog.records import Source

REPORT_BYTES = 1024 * 1024

log = logging.getLogger("shotlog.fetch")


class Tally:
    """Counts bytes that come, and tells of them at most every :data:`REPORT_BYTES`."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self.total_bytes = 0
        self._told_bytes = 0
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tell(1)

    def add(self, count: int) -> None:
        """So many bytes more have come."""
        self.total_bytes += count
        self._tell(REPORT_BYTES)

    def _tell(self, least_bytes: int) -> None:
        untold_bytes = self.total_bytes - self._told_bytes
        if untold_bytes >= least_bytes:
            self._told_bytes = self.total_bytes
            self._progress(untold_bytes)


class Transfer:
    """Fills a partial file, over as many attempts as its caller grants."""

    def __init__(
        self,
        client: httpx.Client,
        source: Source,
        partial: Partial,
        progress: Callable[[int], None],
        stop: threading.Event,
        redirects: int,
    ) -> None:
        self.address = shown_address(source.url)
        self._client = client
        self._source = source
        self._partial = partial
        self._progress = progress
        self._stop = stop
        self._redirects = redirects
        self._announced_bytes: int | None = None
        self._unlisted_bytes: int | None = None
        """The size announced, where the listing says another one."""
        self._plain = True

    def attempt(self) -> Version:
        """Asks for what is missing and takes it in; afterwards the partial file is whole.

        If the server announces another size than the listing's, nothing is taken in:
        ``check_sizes`` then raises. Raises FetchError, LibraryError.
        """
        self._check_stop()
        version = self._partial.version()
        have_bytes = self._partial.length_bytes if version is not None else 0
        try:
            if version is not None and version.validator is not None and have_bytes:
                return self._go_on(version, version.validator, have_bytes)
            with closing(self._answer({})) as response:
                return self._from_the_start(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise self._broken_off(connection_error(error, self.address)) from None
        except FetchRefusedError:
            self._partial.discard()
            raise

    def check_sizes(self) -> None:
        """Raises SizeMismatchError unless listing, announcement and file have one size."""
        listed = self._source.size_bytes
        try:
            check_listed(listed, self._unlisted_bytes, self.address)
            real = self._partial.length_bytes
            if self._announced_bytes not in (None, real):
                raise SizeMismatchError(
                    f"{self.address} announced {self._announced_bytes} bytes and has {real}.",
                    hint="The server is at fault; run again later, or upload the file again.",
                )
            # What a listing counts of a file that is sent packed, it does not say.
            check_listed(listed, real if self._plain else None, self.address)
        except SizeMismatchError:
            self._partial.discard()
            raise

    def _go_on(self, version: Version, validator: str, have_bytes: int) -> Version:
        log.debug("going on with %s at byte %d", self.address, have_bytes)
        self._announced_bytes = version.total_bytes
        asked = {"Range": f"bytes={have_bytes}-", "If-Range": validator}
        with closing(self._answer(asked)) as response:
            if response.status_code == 206 and continues(response, version, have_bytes):
                return self._take_in(response, version)
            if response.status_code == 416 and total_beyond(response) in (None, have_bytes):
                return version
            if response.status_code in (206, 416):
                self._partial.discard()
                raise FetchInterruptedError(
                    f"{self.address} has another file than the one begun.",
                    hint="It changes while it is fetched: run again once its upload is done.",
                )
            return self._from_the_start(response)

    def _from_the_start(self, response: httpx.Response) -> Version:
        if response.status_code != 200:
            raise status_error(response, self.address)
        version = version_of(response)
        self._announced_bytes = version.total_bytes
        self._plain = not is_encoded(response)
        self._partial.begin(version, resumable=self._plain)
        return self._take_in(response, version, is_start=True)

    def _take_in(
        self, response: httpx.Response, version: Version, *, is_start: bool = False
    ) -> Version:
        """Appends the body; a connection may end early without being called broken."""
        announced = version.total_bytes
        if announced is not None and not agrees(self._source.size_bytes, announced):
            refuse_web_page(response, next(response.iter_bytes(), b""), self.address)
            self._unlisted_bytes = announced
            return version
        with self._partial.appending() as append, Tally(self._progress) as tally:
            for piece in response.iter_bytes():
                self._check_stop()
                if is_start and not tally.total_bytes:
                    refuse_web_page(response, piece, self.address)
                append(piece)
                tally.add(len(piece))
        if announced is not None and self._partial.length_bytes < announced:
            raise self._broken_off(connection_error(httpx.ReadError(""), self.address))
        return version

    def _broken_off(self, error: FetchError) -> FetchError:
        """The same error, with how far the download came."""
        have_bytes = self._partial.length_bytes
        if not have_bytes or not isinstance(error, FetchInterruptedError):
            return error
        whole = "an unknown number" if self._announced_bytes is None else self._announced_bytes
        return FetchInterruptedError(
            f"{error.what} {have_bytes} of {whole} bytes have come.", hint=error.hint
        )

    def _answer(self, headers: dict[str, str]) -> httpx.Response:
        """The answer at the end of all redirects, its body still to come; the caller closes it."""
        request = self._client.build_request("GET", self._source.url, headers=headers)
        for _ in range(self._redirects + 1):
            response = self._sent(request)
            if response.next_request is None:
                return response
            response.close()
            self._check_redirect(request.url, response.next_request.url)
            request = response.next_request
        raise FetchRefusedError(
            f"{self.address} redirects more than {self._redirects} times.",
            hint="List the address of the file itself.",
        )

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request, stream=True)
        except httpx.InvalidURL:
            raise FetchRefusedError(
                f"{shown_address(request.url)} redirects to what is no address.",
                hint="List the address of the file itself.",
            ) from None

    def _check_redirect(self, origin: httpx.URL, target: httpx.URL) -> None:
        log.debug("%s redirects to %s", shown_address(origin), shown_address(target))
        if may_redirect(origin, target):
            return
        raise FetchRefusedError(
            f"{shown_address(origin)} redirects to {shown_address(target)}, which is not followed: "
            f"{origin.scheme}:// may lead to https:// and not to {target.scheme}://.",
            hint="List the address of the file itself.",
        )

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise FetchInterruptedError(
                f"The download of {self.address} was stopped.",
                hint="Run the same command again: it goes on where it stopped.",
            )
