"""The library's files: written whole or not at all, under names that no listing can choose."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from shotlog.errors import LibraryError, from_os_error

LOCK_NAME = ".lock"
LOCK_TRIES = 5
LOCK_WAIT_SECONDS = 0.05
"""Between tries: whoever only asks whether a run goes holds the lock for a moment."""

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a disk says that keeps none."""

NAME_BYTES = 60
"""The longest readable part of a folder's name; file systems end at 255 bytes."""

log = logging.getLogger("shotlog.storage")


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends without an exception.

    Otherwise ``path`` stays as it was and nothing is left. Raises LibraryError, DiskFullError.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # Only errors of opening and renaming carry a name; another one's belongs to the block.
        if error.filename not in (None, str(temporary)):
            raise
        raise from_os_error(error, path) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


MADE_HERE = ".shotlog-export"
"""Lies in a folder that an export made, so that the next one may take its place."""


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``path`` when the block ends without an exception.

    Otherwise ``path`` stays as it was and nothing is left. A folder that holds something and that
    was not made here is never replaced. Raises LibraryError, DiskFullError.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise LibraryError(
            f"{path} is no folder; this export is one.", hint="Choose another name with --out."
        )
    if path.exists() and any(path.iterdir()) and not (path / MADE_HERE).is_file():
        raise LibraryError(
            f"{path} holds files that no export of shotlog made.",
            hint="Choose another name with --out, or empty the folder.",
        )
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.mkdir(parents=True)
        (temporary / MADE_HERE).touch()
        yield temporary
        _replace_folder(path, temporary)
    except OSError as error:
        named = str(error.filename or "")
        if named and not named.startswith(str(temporary)):
            raise
        raise from_os_error(error, path) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace_folder(path: Path, new: Path) -> None:
    old = path.with_name(f".{secrets.token_hex(8)}.tmp")
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def folder_name(file_name: str, video_id: str) -> str:
    """``<name>-<id>``: the listing's name as far as it is safe in a path, then what tells it apart.

    Letters, digits and their marks stay, in any script; every run of other characters becomes
    one ``-``. The id at its end keeps the name from being empty, ``..`` or a reserved one.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", file_name))[-1]
    stem, dot, _ = base.rpartition(".")
    kept = "".join(_kept_or_blank(letter) for letter in (stem if dot else base))
    readable = "-".join(kept.split()).lstrip("-")
    while len(readable.encode()) > NAME_BYTES:
        readable = readable[:-1]
    return f"{readable.strip('-') or 'video'}-{video_id}"


def _kept_or_blank(letter: str) -> str:
    return letter if unicodedata.category(letter)[0] in "LMN" else " "


def inside(root: Path, relative: str) -> Path:
    """The file that a stored relative path means, with symbolic links resolved.

    Raises LibraryError if it lies outside ``root``.
    """
    try:
        path = (root / relative).resolve()
        if path.is_relative_to(root.resolve()):
            return path
    except (OSError, RuntimeError, ValueError) as error:
        log.debug("%r below %s: %s", relative, root, type(error).__name__)
    raise LibraryError(
        f"The library names a file {relative!r}, which does not lie inside {root}.",
        hint="Its catalog was changed by something else; run again with a new --output.",
    )


def make_folder(folder: Path) -> Path:
    """The folder, made with those above it where it is missing.

    Raises LibraryError, DiskFullError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error, folder) from None
    return folder


def prepare_library(folder: Path) -> Path:
    """Makes the library's folder where it is missing, and checks that files can be written there.

    Raises LibraryError, DiskFullError.
    """
    if folder.exists() and not folder.is_dir():
        raise LibraryError(
            f"{folder} is a file; the library needs a folder.",
            hint="Choose another --output, or move the file away.",
        )
    probe = folder / f".{secrets.token_hex(8)}.tmp"
    make_folder(folder)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise from_os_error(error, folder) from None
    return folder


@contextlib.contextmanager
def run_lock(folder: Path, *, pause: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Keeps every other run out of the library while the block lasts.

    The lock is the kernel's (flock), so that a killed run leaves none behind; the file stays.
    ``pause`` waits so many seconds between tries. Raises LibraryError, naming the process that
    holds it.
    """
    path = folder / LOCK_NAME
    try:
        file = path.open("a+", encoding="ascii", errors="replace")
    except OSError as error:
        raise from_os_error(error, path) from None
    with file:
        _lock(file, folder, pause)
        with contextlib.suppress(OSError):
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield


def is_running(folder: Path) -> bool | None:
    """Whether a run, or another command that writes, has the library in its hands.

    It is asked of the lock, so a killed process has not. None where the disk keeps no locks.
    """
    try:
        with (folder / LOCK_NAME).open("rb") as file:
            # Held for no longer than the asking takes; a run that begins then tries again.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        return None if error.errno in NO_LOCKS else False
    return False


def _lock(file: TextIO, folder: Path, pause: Callable[[float], object]) -> None:
    try:
        _lock_patiently(file, pause)
    except BlockingIOError:
        file.seek(0)
        holder = file.read(20).strip()
        who = f"process {holder}" if holder.isdigit() else "another process"
        raise LibraryError(
            f"Another run is writing to {folder}: {who}.",
            hint="Wait for it to end, or choose another --output.",
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise from_os_error(error, folder / LOCK_NAME) from None
        log.warning("%s lies on a disk without locks: start no second run there.", folder)


def _lock_patiently(file: TextIO, pause: Callable[[float], object]) -> None:
    for _ in range(LOCK_TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        pause(LOCK_WAIT_SECONDS)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
