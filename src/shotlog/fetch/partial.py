"""The part of a file that has come so far, and what is known of the whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shotlog.errors import DiskFullError, LibraryError, from_os_error
from shotlog.records import Source
from shotlog.signed import unsigned

OpenPart = Callable[[Path, str], IO[bytes]]
"""Opens the partial file; the mode is ``ab``."""


def open_part(path: Path, mode: str) -> IO[bytes]:
    """The file itself; tests open one on a disk that is full."""
    return open(path, mode)  # noqa: PTH123 - Path.open has no type for a mode in a variable


@dataclass(frozen=True, slots=True)
class Version:
    """Which file an address served, as far as the answer's headers say."""

    etag: str | None = None
    last_modified: str | None = None
    """As the header has it."""
    total_bytes: int | None = None

    @property
    def validator(self) -> str | None:
        """What If-Range may hold: a strong ETag or else the date (RFC 9110, 13.1.5)."""
        if self.etag is not None and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


class Partial:
    """``<id>.part`` with its note ``<id>.part.json``, which becomes ``<id>.source`` when whole.

    The note says of which version the part is, so that another run can go on with it. All methods
    raise LibraryError or DiskFullError; a full disk gets the part's bytes back.
    """

    def __init__(self, source: Source, folder: Path, opened: OpenPart = open_part) -> None:
        self.whole_path = folder / f"{source.id}.source"
        self._path = folder / f"{source.id}.part"
        self._note_path = folder / f"{source.id}.part.json"
        # A signed address is a secret: the note knows it by its hash alone, without the signature.
        address = unsigned(source.url).encode("utf-8", "surrogatepass")
        self._address = hashlib.sha256(address).hexdigest()
        self._opened = opened

    @property
    def length_bytes(self) -> int:
        """How much of it has come; 0 where nothing has."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def version(self) -> Version | None:
        """Of which file the part is; None where that is not known, so that it is worth nothing."""
        try:
            note = json.loads(self._note_path.read_bytes())
            if note["address"] != self._address:
                return None
            return Version(note["etag"], note["last_modified"], note["total_bytes"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, version: Version, *, resumable: bool) -> None:
        """Empties the part; what comes now is of ``version``."""
        with self._noticing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._note_path.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
            if resumable and version.validator is not None:
                note = {
                    "address": self._address,
                    "etag": version.etag,
                    "last_modified": version.last_modified,
                    "total_bytes": version.total_bytes,
                }
                self._note_path.write_text(json.dumps(note), encoding="utf-8")

    @contextlib.contextmanager
    def appending(self) -> Iterator[Callable[[bytes], object]]:
        """What to call with each further piece; on the disk when the block ends."""
        with self._noticing(), self._opened(self._path, "ab") as file:
            yield file.write

    def finish(self) -> Path:
        """Makes the part the whole file."""
        with self._noticing():
            if not self._path.exists():
                self._path.touch()
            with self._path.open("rb") as file:
                os.fsync(file.fileno())
            self._path.replace(self.whole_path)
            self._note_path.unlink(missing_ok=True)
        return self.whole_path

    def discard(self) -> None:
        """Forgets what has come so far."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._note_path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> LibraryError:
        found = from_os_error(error, self._path)
        if isinstance(found, DiskFullError) and self.length_bytes:
            self.discard()
        return found
