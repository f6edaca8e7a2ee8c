"""A text beside each clip file, as trainers of video models take them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from shotlog.errors import from_os_error
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.training import own_texts
from shotlog.exports.training.clip_files import DescribedFile, DescribedFiles
from shotlog.exports.training.hardlinks import link_or_copy
from shotlog.exports.training.own_texts import KEPT_NAME, read_kept
from shotlog.storage import atomic_folder
from shotlog.wording import one_line

CAPTION_ENDING = ".txt"
METADATA_NAME = "metadata.jsonl"


def write_sidecars(videos: Iterable[Chosen], target: Target) -> Written:
    """``clip_001.txt`` beside ``clip_001.mp4`` in the library, or both in a folder of their own.

    In the library each text is written whole or not at all, texts of an earlier export that no
    longer fit are removed, and one that somebody else wrote or changed is never touched. Another
    folder is written whole or not at all. Raises LibraryError, DiskFullError.
    """
    counted = Counting(videos)
    if target.place.resolve() == (target.library / "videos").resolve():
        return _beside(counted, target)
    return _apart(counted, target)


def _apart(videos: Counting, target: Target) -> Written:
    files = DescribedFiles(target.library)
    with atomic_folder(target.place) as folder, (folder / METADATA_NAME).open("xb") as metadata:
        for each in videos:
            for file in files.of(each):
                name = f"{each.row.folder}_{file.path.name}"
                link_or_copy(file.path, folder / name)
                (folder / name).with_suffix(CAPTION_ENDING).write_text(_caption(file), "utf-8")
                line = json.dumps(_metadata(name, each, file), ensure_ascii=False)
                metadata.write(line.encode() + b"\n")
    return Written(target.place, videos.videos, files.found, files.notes())


def _caption(file: DescribedFile) -> str:
    """The description in one line."""
    return " ".join(one_line(file.description).split())


def _metadata(name: str, chosen: Chosen, file: DescribedFile) -> dict[str, object]:
    segment = file.segment
    return {
        "file_name": name,
        "caption": _caption(file),
        "tags": list(segment.tags),
        "video": chosen.video.file_name,
        "clip": segment.index,
        "start_seconds": segment.start_seconds,
        "end_seconds": segment.end_seconds,
        "width": segment.width,
        "height": segment.height,
        "fps": segment.fps,
    }


def _beside(videos: Counting, target: Target) -> Written:
    files, written = DescribedFiles(target.library), 0
    foreign: list[str] = []
    token = secrets.token_hex(8)

    def update(clips: Path, wanted: Mapping[str, str]) -> int:
        updated = own_texts.update(clips, wanted, token)
        foreign.extend(f"{clips.parent.name}/clips/{name}" for name in updated.foreign)
        return updated.written

    try:
        for each in videos:
            clips = target.place / each.row.folder / "clips"
            wanted = {
                file.path.with_suffix(CAPTION_ENDING).name: _caption(file)
                for file in files.of(each)
                if file.path.parent == clips.resolve()
            }
            if wanted or (clips / KEPT_NAME).is_file():
                written += update(clips, wanted)
        for kept in target.place.glob(f"*/clips/{KEPT_NAME}"):
            if read_kept(kept.parent).token != token:
                update(kept.parent, {})
    except OSError as error:
        raise from_os_error(error, target.place) from None
    return Written(target.place, videos.videos, written, (*files.notes(), *_untouched(foreign)))


def _untouched(foreign: Sequence[str]) -> Iterator[str]:
    """What is said of the texts that are not ours to change."""
    if foreign:
        yield (
            "Texts that somebody else wrote or changed, left as they are: "
            f"{len(foreign)}, {foreign[0]} the first."
        )
