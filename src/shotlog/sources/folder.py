"""``--dir FOLDER``: every video file below a folder of this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shotlog.errors import ListingError
from shotlog.records import ListingReport, SkippedRow, Source
from shotlog.sources.endings import is_video_name
from shotlog.sources.intake import Intake, empty_file

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LIBRARY_MARK = "shotlog.db"
LIBRARY_FOLDERS = frozenset({"videos", "sources"})
"""What shotlog itself wrote beside a catalog is no footage."""


def read_folder(path: Path, *, report: ListingReport) -> Iterator[Source]:
    """The video files below ``path``, folder by folder, sorted by name.

    Links are followed, each folder is read once. A row's number counts the files. Size and time are
    the file's; the address is its ``file://`` one. Raises ListingError if the folder cannot be
    read, or holds no video.
    """
    _require_folder(path)
    root = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's own links
    intake = Intake(report, shown=str(path), local=True)
    any_video = False
    number = 0
    for number, file in enumerate(_files(root, intake), 1):
        found = _source(number, file, root)
        if isinstance(found, Source):
            any_video = True
            yield found
        else:
            intake.leave_out(found)
    if not number:
        raise ListingError(f"The folder {path} holds no file.", hint="Check the path of --dir.")
    if not any_video:
        intake.require_a_video()


def _require_folder(path: Path) -> None:
    try:
        os.scandir(path).close()
    except OSError as error:
        raise ListingError(
            f"The folder {path} cannot be read: {error.strerror}.",
            hint="Check the path given with --dir, and its permissions.",
        ) from None


def _files(root: Path, intake: Intake) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        reason = f"the folder cannot be read: {error.strerror}."
        name = _shown_name(Path(str(error.filename)), root)
        intake.leave_out(SkippedRow(0, "bad", name, reason, "Check its permissions."))

    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, onerror=unreadable, followlinks=True):
        own = LIBRARY_FOLDERS if LIBRARY_MARK in files else frozenset[str]()
        folders[:] = [each for each in sorted(folders) if each not in own]
        at = Path(folder).stat()
        if (at.st_dev, at.st_ino) in seen:
            folders.clear()
            continue
        seen.add((at.st_dev, at.st_ino))
        yield from (Path(folder, each) for each in sorted(files))


def _source(number: int, file: Path, root: Path) -> Source | SkippedRow:
    name = _shown_name(file, root)
    if not is_video_name(name):
        return SkippedRow(number, "not_video", name)
    try:
        facts = file.stat()
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}."
        return SkippedRow(number, "bad", name, reason, "Check what it links to.")
    if not stat.S_ISREG(facts.st_mode):
        return SkippedRow(number, "not_video", name)
    if not facts.st_size:
        return empty_file(number, name)
    address = file.as_uri()
    return Source(address, address, name, facts.st_size, _time(facts.st_mtime_ns))


def _time(nanoseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return None


def _shown_name(file: Path, root: Path) -> str:
    """The path below the root; bytes that are no UTF-8 are shown as ``�``."""
    relative = file.relative_to(root) if file.is_relative_to(root) else file
    return os.fsencode(relative.as_posix()).decode("utf-8", "replace")
