"""Brings a source's file here: whole, or with a reason why not."""

from __future__ import annotations

import contextlib
import logging
import random as chance
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

from shotlog.errors import FetchRefusedError
from shotlog.fetch.partial import OpenPart, Partial, open_part
from shotlog.fetch.replies import agrees, check_listed
from shotlog.fetch.transfer import Transfer
from shotlog.records import Source
from shotlog.retries import Random, RetryPolicy, Sleep, retrying

NO_PROXY = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""A proxy of the environment knows no way to this machine."""

log = logging.getLogger("shotlog.fetch")


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """How patient a download is."""

    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    """The longest silence; a download that goes on may take as long as it needs."""
    redirects: int = 10
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    progress_bytes: int = 64 * 1024
    """So many new bytes count as progress, after which the attempts are counted anew."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file on this machine."""

    path: Path
    size_bytes: int
    etag: str | None = None
    last_modified: str | None = None
    """The header as it came."""
    borrowed: bool = False
    """Whether it is the user's own file, which nobody may delete."""
    was_here: bool = False
    """Whether an earlier fetch left it: then no server was asked, and its ETag is not known."""


class Fetcher:
    """Fetches files, from several threads at once, over one pool of connections."""

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        sleep: Sleep | None = None,
        random: Random = chance.uniform,
        opened: OpenPart = open_part,
    ) -> None:
        self._settings = settings or FetchSettings()
        self._sleep = sleep
        self._random = random
        self._opened = opened
        self._client = httpx.Client(
            headers={"User-Agent": "shotlog", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(
                self._settings.read_seconds, connect=self._settings.connect_seconds, pool=None
            ),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            mounts=NO_PROXY,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the connections; may be called twice."""
        self._client.close()

    def fetch(
        self,
        source: Source,
        folder: Path,
        *,
        progress: Callable[[int], None],
        stop: threading.Event,
    ) -> Fetched:
        """The source's file as ``<folder>/<source.id>.source``.

        One that lies there whole, with the size listed, is taken as it is. A part left by an
        earlier try is gone on with if the server still has the same version. ``progress`` is
        called, at most every MiB, with the number of bytes that have come since the call before;
        bytes that come again count again. ``stop`` ends the download; its part is kept. A local
        file (``file://``) is borrowed where it lies.

        Raises FetchRefusedError, FetchInterruptedError, SizeMismatchError; LibraryError and
        DiskFullError where the folder cannot be written.
        """
        if source.url[:5].lower() == "file:":
            return _borrowed(source)
        partial = Partial(source, folder, self._opened)
        kept = _kept(partial.whole_path, source)
        if kept is not None:
            return kept
        transfer = Transfer(self._client, source, partial, progress, stop, self._settings.redirects)
        began = time.monotonic()
        version = retrying(
            transfer.attempt,
            self._settings.policy,
            stop=stop,
            sleep=self._sleep,
            random=self._random,
            progressed=_Watermark(partial, self._settings.progress_bytes).rose,
        )
        transfer.check_sizes()
        size_bytes = partial.length_bytes
        path = partial.finish()
        log.info(
            "fetched %s: %d bytes in %.1f s",
            transfer.address,
            size_bytes,
            time.monotonic() - began,
        )
        return Fetched(path, size_bytes, version.etag, version.last_modified)


class _Watermark:
    """Tells whether a download got further than ever before, by enough to matter."""

    def __init__(self, partial: Partial, step_bytes: int) -> None:
        self._partial = partial
        self._step_bytes = step_bytes
        self._highest_bytes = partial.length_bytes

    def rose(self) -> bool:
        length = self._partial.length_bytes
        if length < self._highest_bytes + self._step_bytes:
            return False
        self._highest_bytes = length
        return True


def _kept(path: Path, source: Source) -> Fetched | None:
    """The file of an earlier fetch; only whole ones bear its name."""
    with contextlib.suppress(OSError):
        size_bytes = path.stat().st_size
        if agrees(source.size_bytes, size_bytes):
            log.debug("%s lies in %s already", source.id, path.parent)
            return Fetched(path, size_bytes, was_here=True)
    return None


def _borrowed(source: Source) -> Fetched:
    """The local file that a ``file://`` address names. Raises FetchRefusedError if there is none.

    A size listed otherwise raises SizeMismatchError.
    """
    address = source.url
    try:
        parts = urlsplit(address)
        path = Path(url2pathname(parts.path))
    except ValueError:
        raise _unreadable(address, "no name of a file") from None
    if parts.netloc.lower() not in ("", "localhost"):
        raise FetchRefusedError(
            f"{address} names a file of another machine, {parts.netloc!r}.",
            hint="Write a local file as file:///folder/name.mp4.",
        )
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, 2)
    except OSError as error:
        raise _unreadable(address, error.strerror or type(error).__name__) from None
    except ValueError:
        raise _unreadable(address, "no name of a file") from None
    check_listed(source.size_bytes, size_bytes, address)
    return Fetched(path, size_bytes, borrowed=True)


def _unreadable(address: str, reason: str) -> FetchRefusedError:
    return FetchRefusedError(
        f"{address} cannot be read: {reason}.", hint="Check that the file is there."
    )
