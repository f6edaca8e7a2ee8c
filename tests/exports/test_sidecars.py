"""Texts beside clips: in the library, and in a folder of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exported_material import HOSTILE, a_clip, a_video

from shotlog.errors import LibraryError
from shotlog.exports import Chosen, Target, Written, format_named
from shotlog.exports.training import own_texts
from shotlog.storage import folder_name


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with two clip files of one video."""
    for index in (1, 2):
        path = tmp_path / "log" / "videos" / FOLDER / "clips" / f"clip_{index:03}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"clip %d" % index)
    return tmp_path / "log"


FOLDER = folder_name("beach.mp4", a_video().row.id)


def beach(*told: str | None) -> Chosen:
    """The video, of which the first clips are told so."""
    clips = [
        a_clip(index, 15 * index - 15, 15 * index, text, FOLDER)
        for index, text in enumerate(told, 1)
    ]
    return a_video(*clips, clip_count=2)


def write(library: Path, *videos: Chosen, out: Path | None = None) -> Written:
    return format_named("sidecars").write(videos, Target(out or library / "videos", library))


def texts(library: Path) -> dict[str, str]:
    folder = library / "videos" / FOLDER / "clips"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}


def test_a_text_lies_beside_its_clip_in_one_line_and_holds_the_description_alone(
    library: Path,
) -> None:
    told = write(library, beach("Waves,\n slow and  grey.\n", "Äpfel 🌳"))
    assert texts(library) == {"clip_001.txt": "Waves, slow and grey.", "clip_002.txt": "Äpfel 🌳"}
    assert (told.videos, told.clips, told.notes) == (1, 2, ())


def test_clips_without_file_or_description_are_left_out_and_told(library: Path) -> None:
    told = write(library, beach("Waves.", None), a_video(a_clip(1, 0, 15, "Sea."), name="b.mp4"))
    assert list(texts(library)) == ["clip_001.txt"]
    assert told.clips == 1
    assert told.notes == (
        "Left out: 1 clip that has no file in the library; a run with --clips cuts them.",
        "Left out: 1 clip that has no description; the next run asks for it.",
    )


def test_texts_that_no_longer_fit_are_removed_and_others_renewed(library: Path) -> None:
    write(library, beach("Waves.", "A gull."))
    write(library, beach("Big waves."))
    assert texts(library) == {"clip_001.txt": "Big waves."}
    write(library)
    assert texts(library) == {}
    assert sorted(path.name for path in (library / "videos" / FOLDER / "clips").iterdir()) == [
        *("clip_001.mp4", "clip_002.mp4"),
    ]


def test_a_text_that_somebody_wrote_or_changed_is_never_touched(library: Path) -> None:
    clips = library / "videos" / FOLDER / "clips"
    (clips / "clip_002.txt").write_text("by hand")
    first = write(library, beach("Waves.", "A gull."))
    assert first.notes == (
        "Texts that somebody else wrote or changed, left as they are: 1, "
        f"{FOLDER}/clips/clip_002.txt the first.",
    )
    (clips / "clip_001.txt").write_text("mended")
    for told in (write(library, beach("Big waves.")), write(library)):
        assert told.clips == 0
        assert texts(library) == {"clip_001.txt": "mended", "clip_002.txt": "by hand"}


def test_a_text_that_is_as_it_should_be_becomes_ours(library: Path) -> None:
    (library / "videos" / FOLDER / "clips" / "clip_001.txt").write_text("Waves.")
    write(library, beach("Waves."))
    write(library, beach("Big waves."))
    assert texts(library) == {"clip_001.txt": "Big waves."}


def test_an_export_stopped_halfway_knows_its_texts_the_next_time(library: Path) -> None:
    clips = library / "videos" / FOLDER / "clips"
    write(library, beach("Waves.", "A gull."))
    wanted = {"clip_002.txt": "A gull.", "clip_001.txt": "Big waves.", "none/clip_003.txt": "Sand."}
    with pytest.raises(LibraryError):
        own_texts.update(clips, wanted, "token")
    assert texts(library) == {"clip_001.txt": "Big waves.", "clip_002.txt": "A gull."}
    assert write(library, beach("Huge waves.", "Two gulls.")).notes == ()
    assert texts(library) == {"clip_001.txt": "Huge waves.", "clip_002.txt": "Two gulls."}


def test_a_folder_of_its_own_holds_clips_texts_and_a_table(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "train"
    told = write(library, beach("Waves.", "A gull."), out=out)
    assert told.clips == 2
    name = f"{FOLDER}_clip_001"
    assert (out / f"{name}.txt").read_text() == "Waves."
    assert (out / f"{name}.mp4").samefile(library / "videos" / FOLDER / "clips" / "clip_001.mp4")
    lines = (out / "metadata.jsonl").read_text("utf-8").splitlines()
    first = json.loads(lines[0])
    assert (first["file_name"], first["caption"]) == (f"{name}.mp4", "Waves.")
    assert (first["clip"], first["end_seconds"], first["fps"]) == (1, 15.0, 25.0)
    assert texts(library) == {}


def test_words_that_mean_harm_stay_words(library: Path, tmp_path: Path) -> None:
    folder = a_video(name=HOSTILE).row.folder
    file = library / "videos" / folder / "clips" / "clip_001.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"clip")
    video = a_video(a_clip(1, 0, 15, HOSTILE, folder), name=HOSTILE)
    write(library, video)
    (text,) = file.parent.glob("*.txt")
    assert len(text.read_text("utf-8").splitlines()) == 1
    write(library, video, out=tmp_path / "train")
    assert len(list((tmp_path / "train").glob("*.mp4"))) == 1
    assert len((tmp_path / "train" / "metadata.jsonl").read_bytes().split(b"\n")) == 2


def test_a_clip_file_outside_the_library_is_not_taken(library: Path, tmp_path: Path) -> None:
    video = a_video(a_clip(1, 0, 15, "Waves.", "../../../outside"))
    with pytest.raises(LibraryError, match="does not lie inside"):
        write(library, video, out=tmp_path / "train")
    assert not (tmp_path / "train").exists()
