"""Tar shards, read back with the webdataset package."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webdataset
from made_library import FIELDS, HARM, Made, a_clip, make

from shotlog.errors import LibraryError
from shotlog.exports.training.webdataset import Shards, open_clip


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path / "library")


def samples(shards: Path) -> Iterator[dict[str, Any]]:
    """As a training loop has them."""
    urls = sorted(map(str, shards.glob("*.tar")))
    yield from webdataset.WebDataset(urls, shardshuffle=False).decode()


# webdataset leaves it to the collector to close the tar file.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_sample_is_a_clip_its_text_and_all_that_is_known(made: Made, tmp_path: Path) -> None:
    written = made.export("webdataset", tmp_path / "out")
    first, second = samples(tmp_path / "out")
    assert first["mp4"] == a_clip()
    assert first["txt"] == FIELDS.description
    assert first["json"]["tags"] == ["garden", "planting"]
    assert first["json"]["public_url"] == "https://bucket.example/a b.mp4"
    assert second["json"]["file_name"] == HARM
    assert (written.videos, written.clips) == (2, 2)


def test_what_is_left_out_is_told(made: Made, tmp_path: Path) -> None:
    assert made.export("webdataset", tmp_path / "out").notes == (
        "Left out: 2 clips that have no file in the library; a run with --clips cuts them.",
        "Left out: 2 clips that have a file that is gone; shotlog verify names them.",
        "Left out: 2 clips that have no description; the next run asks for it.",
    )


def test_the_same_library_gives_the_same_bytes(made: Made, tmp_path: Path) -> None:
    for name in ("first", "second"):
        made.export("webdataset", tmp_path / name)
    shard = "shotlog-000000.tar"
    assert (tmp_path / "first" / shard).read_bytes() == (tmp_path / "second" / shard).read_bytes()


def test_a_key_has_no_dot_and_leads_nowhere(made: Made, tmp_path: Path) -> None:
    made.export("webdataset", tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "shotlog-000000.tar") as tar:
        names = tar.getnames()
    assert len(set(names)) == 6
    for name in names:
        key, _, ending = name.partition(".")
        assert ending in ("mp4", "txt", "json")
        assert key.replace("-", "").isalnum()


def test_a_full_shard_is_followed_by_another(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"0" * 100)
    with Shards(tmp_path, most_samples=3, most_bytes=250) as shards:
        for number in range(5):
            with open_clip(clip) as file:
                shards.add(f"key{number}", file, {"txt": b"words"})
        with open_clip(clip) as file:
            shards.add("large", file, {"txt": b"w" * 1000})
    found = [[each["__key__"] for each in samples_of(tmp_path, place)] for place in range(4)]
    assert found == [["key0", "key1"], ["key2", "key3"], ["key4"], ["large"]]
    assert shards.count == 4


def samples_of(folder: Path, place: int) -> list[dict[str, Any]]:
    url = str(folder / f"shotlog-{place:06}.tar")
    return list(webdataset.WebDataset(url, shardshuffle=False))


def test_only_clips_that_fit_are_written(made: Made, tmp_path: Path) -> None:
    written = made.export("webdataset", tmp_path / "out", tags=("nowhere",))
    assert (written.clips, list((tmp_path / "out").glob("*.tar"))) == (0, [])


def test_a_clip_that_cannot_be_read_ends_the_export_and_leaves_the_old_one(
    made: Made, tmp_path: Path
) -> None:
    made.export("webdataset", tmp_path / "out")
    old = (tmp_path / "out" / "shotlog-000000.tar").read_bytes()
    with pytest.raises(LibraryError, match="cannot be read"):
        open_clip(made.folder / "videos")
    clip = next(iter(sorted(made.folder.glob("videos/*/clips/clip_001.mp4"))))
    clip.unlink()
    clip.symlink_to("/etc/passwd")
    with pytest.raises(LibraryError, match="does not lie inside"):
        made.export("webdataset", tmp_path / "out")
    assert (tmp_path / "out" / "shotlog-000000.tar").read_bytes() == old
