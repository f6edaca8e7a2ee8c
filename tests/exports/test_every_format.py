"""What holds of every format: filters, wholeness, names that mean harm, what importing pulls in."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from exported_material import HOSTILE, a_clip, a_video

import shotlog
from shotlog.cli.main import main
from shotlog.errors import LibraryError, UsageError
from shotlog.exports import FORMATS, Chosen, Target
from shotlog.testing import videos

WHOLE = sorted(name for name, each in FORMATS.items() if each.folder == "exports")
"""Those that write a place of their own."""


def contents(place: Path) -> dict[str, bytes]:
    """Every file of an export."""
    if place.is_file():
        return {place.name: place.read_bytes()}
    files = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def place_of(name: str, folder: Path) -> Path:
    return folder / FORMATS[name].default


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two videos, two clips each, by the built-in describer."""
    folder = tmp_path_factory.mktemp("holiday")
    for name, paint in (("beach.mp4", videos.landscape), ("market day.mp4", videos.street)):
        recipe = videos.Recipe(160, 120, Fraction(10), 2.0, paint, sound=False)
        videos.make_video(folder / name, recipe)
    output = tmp_path_factory.mktemp("log")
    shotlog.run(dir=folder, output=output, segment_length=1)
    return output


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_takes_the_filters_of_the_search(
    name: str, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path(FORMATS[name].default)
    options = ["--query", "market -beach", "--in", "name", "--out", str(place)]
    assert main(["export", name, str(library), *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 video, 2 clips in ")
    together = b"".join(contents(place).values()) + repr(sorted(contents(place))).encode()
    assert b"beach" not in together


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_export_of_nothing_is_still_one(name: str, library: Path) -> None:
    place = Path(FORMATS[name].default)
    with shotlog.open(library) as opened:
        told = opened.export(name, place, tags=("nowhere",))
    assert (told.videos, told.clips) == (0, 0)
    assert place.exists()


@pytest.mark.parametrize("name", WHOLE)
def test_without_a_place_an_export_lies_in_the_library(name: str, library: Path) -> None:
    with shotlog.open(library) as opened:
        told = opened.export(name)
    assert told.place == library / "exports" / FORMATS[name].default
    assert told.place.exists()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_export_that_breaks_off_leaves_the_old_one_and_nothing_else(
    name: str, library: Path, tmp_path: Path
) -> None:
    place = place_of(name, tmp_path / "out")
    place.parent.mkdir()
    with shotlog.open(library) as opened:
        opened.export(name, place)
        before = contents(place)

        def breaking() -> Iterator[Chosen]:
            yield next(opened.chosen())
            raise LibraryError("The catalog is damaged.")

        with pytest.raises(LibraryError, match="damaged"):
            FORMATS[name].write(breaking(), Target(place, library))
    assert contents(place) == before
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_same_library_gives_the_same_bytes(name: str, library: Path, tmp_path: Path) -> None:
    with shotlog.open(library) as opened:
        found = [
            contents(opened.export(name, tmp_path / each / FORMATS[name].default).place)
            for each in ("one", "two")
        ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_name_that_means_harm_writes_nowhere_else(name: str, tmp_path: Path) -> None:
    place = place_of(name, tmp_path / "out")
    place.parent.mkdir()
    video = a_video(a_clip(1, 0, 15, HOSTILE), name="../../" + HOSTILE, title=HOSTILE)
    FORMATS[name].write([video], Target(place, tmp_path / "log"))
    assert list(place.parent.iterdir()) == [place]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_the_folder_one_is_in_may_be_named_by_its_dot(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main(["export", "csv", str(library), "--out", "."]) == 0
    assert (tmp_path / "here" / "clips.csv").is_file()


def test_a_place_below_a_file_is_said_to_be_none(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["export", "json", str(library), "--out", str(tmp_path / "file" / "a.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_format_that_is_not_there_names_the_nearest(library: Path) -> None:
    with shotlog.open(library) as opened, pytest.raises(UsageError, match="Did you mean csv"):
        opened.export("cvs")
