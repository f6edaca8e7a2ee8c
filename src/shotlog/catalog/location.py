"""Where the catalog of a library lies."""

from __future__ import annotations

from pathlib import Path

from shotlog.errors import LibraryError

FILE_NAME = "shotlog.db"


def catalog_in(
    folder: Path, hint: str = "Name the folder that was given to shotlog run as --output."
) -> Path:
    """The catalog of the library in ``folder``. Raises LibraryError where there is none."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise LibraryError(
            f"There is no shotlog library in {folder}: {FILE_NAME} is missing.", hint=hint
        )
    return path
