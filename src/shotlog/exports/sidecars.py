"""A text beside each clip file, as trainers of video models take them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shotlog.errors import from_os_error
from shotlog.exports import own_texts
from shotlog.exports.chosen import Chosen, Counting, Target, Written
from shotlog.exports.files import link_or_copy
from shotlog.exports.objects import SegmentObject
from shotlog.exports.own_texts import KEPT_NAME, read_kept
from shotlog.exports.spelling import one_line
from shotlog.storage import atomic_folder, inside

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


@dataclass
class _LeftOut:
    """Clips that have no text, and why."""

    no_file: int = 0
    no_description: int = 0
    foreign: list[str] = field(default_factory=list)
    """Texts that are not ours to change."""

    def notes(self) -> Iterator[str]:
        if self.no_file:
            yield f"Clips without a file, left out: {self.no_file}. A run with --clips cuts them."
        if self.no_description:
            yield f"Clips without a description, left out: {self.no_description}."
        if self.foreign:
            yield (
                "Texts that somebody else wrote or changed, left as they are: "
                f"{len(self.foreign)}, {self.foreign[0]} the first."
            )


def _captioned(
    chosen: Chosen, library: Path, left_out: _LeftOut
) -> Iterator[tuple[Path, SegmentObject, str]]:
    """The clips that have a file and a description: the file, the clip, its text in one line."""
    for row, segment in chosen.pairs:
        text = " ".join(one_line(row.description_now or "").split())
        path = inside(library, row.clip.video.file) if row.clip.video else None
        if path is None or not path.is_file():
            left_out.no_file += 1
        elif not text:
            left_out.no_description += 1
        else:
            yield path, segment, text


def _apart(videos: Counting, target: Target) -> Written:
    left_out, written = _LeftOut(), 0
    with atomic_folder(target.place) as folder, (folder / METADATA_NAME).open("xb") as metadata:
        for each in videos:
            for path, segment, text in _captioned(each, target.library, left_out):
                name = f"{each.row.folder}_{path.name}"
                link_or_copy(path, folder / name)
                (folder / name).with_suffix(CAPTION_ENDING).write_text(text, "utf-8")
                line = json.dumps(_metadata(name, each, segment, text), ensure_ascii=False)
                metadata.write(line.encode() + b"\n")
                written += 1
    return Written(target.place, videos.videos, written, tuple(left_out.notes()))


def _metadata(name: str, chosen: Chosen, segment: SegmentObject, text: str) -> dict[str, object]:
    return {
        "file_name": name,
        "caption": text,
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
    left_out, written = _LeftOut(), 0
    token = secrets.token_hex(8)

    def update(clips: Path, wanted: Mapping[str, str]) -> int:
        updated = own_texts.update(clips, wanted, token)
        left_out.foreign += [f"{clips.parent.name}/clips/{name}" for name in updated.foreign]
        return updated.written

    try:
        for each in videos:
            clips = target.place / each.row.folder / "clips"
            wanted = {
                path.with_suffix(CAPTION_ENDING).name: text
                for path, _, text in _captioned(each, target.library, left_out)
                if path.parent == clips.resolve()
            }
            if wanted or (clips / KEPT_NAME).is_file():
                written += update(clips, wanted)
        for kept in target.place.glob(f"*/clips/{KEPT_NAME}"):
            if read_kept(kept.parent).token != token:
                update(kept.parent, {})
    except OSError as error:
        raise from_os_error(error, target.place) from None
    return Written(target.place, videos.videos, written, tuple(left_out.notes()))
