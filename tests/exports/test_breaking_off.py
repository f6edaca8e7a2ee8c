"""An export that breaks off in the middle leaves the one before it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from made_library import make

from shotlog import api
from shotlog.errors import LibraryError
from shotlog.exports import FORMATS, Chosen, Target


def breaking_off(videos: Iterable[Chosen]) -> Iterator[Chosen]:
    """The first of them, and then a catalog that is damaged."""
    yield next(iter(videos))
    raise LibraryError("The catalog is damaged.")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", ["parquet", "webdataset", "hf", "fiftyone"])
def test_the_old_export_stays(name: str, tmp_path: Path) -> None:
    made, out = make(tmp_path / "library"), tmp_path / "out"
    made.export(name, out / name)
    before = contents(out)
    with api.open(made.folder) as library:
        videos = breaking_off(library.chosen())
        with pytest.raises(LibraryError, match="damaged"):
            FORMATS[name].write(videos, Target(out / name, made.folder))
    assert contents(out) == before
    assert [path.name for path in out.iterdir()] == [name]
