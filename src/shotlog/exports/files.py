"""Clip files that go with an export."""

from __future__ import annotations

import shutil
from pathlib import Path


def link_or_copy(source: Path, place: Path) -> None:
    """``place`` as a further name of the file, or a copy where the disks do not allow that."""
    try:
        place.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, place)
