"""Clip files that go with an export."""

from __future__ import annotations

import shutil
from pathlib import Path

from shotlog.errors import from_os_error


def link_or_copy(source: Path, place: Path) -> None:
    """``place`` as a further name of the file, or a copy where the disks do not allow that.

    Raises LibraryError, DiskFullError.
    """
    try:
        place.hardlink_to(source)
    except OSError:
        try:
            shutil.copyfile(source, place)
        except OSError as error:
            raise from_os_error(error, place) from None
