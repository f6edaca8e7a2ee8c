"""The JSON manifest: a list of videos, each with its own caps and with clips already cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from shotlog.errors import ListingError, RowError
from shotlog.quantities import parse_fragment, parse_number, parse_resolution
from shotlog.records import GivenClip, ListingReport, Resolution, SkippedRow, Source
from shotlog.sources.addresses import fetchable
from shotlog.sources.columns import Columns, columns_by_title
from shotlog.sources.intake import Intake, Row, bad_row, shown_text
from shotlog.sources.json_items import array_items
from shotlog.sources.lsjson import text_of
from shotlog.sources.text import opened, shown, text_blocks

VIDEOS_KEY = "videos"

_OWN_KEYS = frozenset({"segments", "max_resolution", "max_fps"})
_SPAN = re.compile(r"#t=[\d.]*(,[\d.]+)?$")


def read_manifest(path: Path, *, report: ListingReport) -> Iterator[Source]:
    """The videos of a manifest, each once; ``-`` is standard input. One entry is held at a time.

    A row's number counts the entries. A clip's ``file`` counts only where it is relative and stays
    in the manifest's folder; ``file://`` addresses are admitted. Raises ListingError if the file
    is no manifest, or no entry can be used.
    """
    name = shown(path)
    intake = Intake(report, shown=name, local=True)
    with opened(path) as stream:
        items = array_items(text_blocks(stream, name), name, key=VIDEOS_KEY)
        for entry, item in enumerate(items, 1):
            if entry == 1:
                _require_manifest(item, name)
            found = _source(entry, item, path.parent, intake)
            if isinstance(found, Source):
                yield found
            else:
                intake.leave_out(found)
    intake.require_a_video()


def write_manifest(sources: Iterable[Source], stream: BinaryIO) -> int:
    """Writes the manifest of these videos as they come; returns how many there were."""
    count = 0
    stream.write(b"[")
    for count, source in enumerate(sources, 1):
        text = json.dumps(_entry(source), ensure_ascii=False, indent=2)
        indented = text.replace("\n", "\n  ")
        stream.write(f"{',' if count > 1 else ''}\n  {indented}".encode())
    stream.write(b"\n]\n")
    return count


def _entry(source: Source) -> dict[str, object]:
    time = source.last_modified
    return {
        "file_name": source.file_name,
        "file_size": source.size_bytes,
        "last_modified": time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None,
        "public_url": source.public_url,
        "segments": [_segment(clip) for clip in source.given_clips],
        "max_resolution": str(source.max_resolution) if source.max_resolution else None,
        "max_fps": float(source.max_fps) if source.max_fps else None,
    }


def _segment(clip: GivenClip) -> dict[str, object]:
    return {
        "segment_url": clip.url,
        "start_seconds": None if clip.start is None else float(clip.start),
        "end_seconds": None if clip.end is None else float(clip.end),
    }


def _require_manifest(item: object, name: str) -> None:
    if isinstance(item, dict) and "Path" in item and "public_url" not in item:
        raise ListingError(
            f"{name} is what `rclone lsjson` prints, and no manifest.",
            hint="Give it with --csv, and what stands before the names with --public-url.",
        )


def _source(entry: int, item: object, folder: Path, intake: Intake) -> Source | SkippedRow:
    if not isinstance(item, dict):
        what = f"entry {entry} is no object with file_name and public_url."
        return SkippedRow(entry, "bad", shown_text(text_of(item)[:80]), what)
    row = _row(entry, item)
    try:
        clips = _given_clips(entry, item.get("segments"), row.address, folder)
        resolution = _resolution(entry, item.get("max_resolution"))
        rate = _rate(entry, item.get("max_fps"))
    except RowError as error:
        return bad_row(entry, row.name, error)
    found = intake.judge(row)
    if isinstance(found, SkippedRow) or not (clips or resolution or rate):
        return found
    return replace(found, given_clips=clips, max_resolution=resolution, max_fps=rate)


def _row(entry: int, item: Mapping[str, object]) -> Row:
    """The entry's columns, under any of their accepted titles; null is a thing not said."""
    titles = [key for key in item if key not in _OWN_KEYS]
    cells = ["" if item[key] is None else text_of(item[key]) for key in titles]
    columns = columns_by_title(titles)
    name, size, modified, address = _cells(columns, cells)
    further = tuple(
        (shown_text(title), shown_text(cells[place])) for title, place in columns.further
    )
    return Row(entry, name, size, modified, address.strip(), further)


def _cells(columns: Columns, cells: list[str]) -> tuple[str, str, str, str]:
    places = (columns.name, columns.size, columns.modified, columns.address)
    name, size, modified, address = ("" if each is None else cells[each] for each in places)
    return name, size, modified, address


def _resolution(entry: int, value: object) -> Resolution | None:
    if value in (None, ""):
        return None
    try:
        return parse_resolution(text_of(value))
    except ValueError as error:
        raise RowError(f"max_resolution: {error.args[0]}.", line=entry) from None


def _rate(entry: int, value: object) -> Fraction | None:
    if value in (None, ""):
        return None
    rate = _number(value)
    if rate is None or rate <= 0:
        raise RowError(f"max_fps is {text_of(value)[:40]}; it is a number above 0.", line=entry)
    return rate


def _number(value: object) -> Fraction | None:
    """An exact number from a JSON number or a text of one; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return parse_number(str(value))
    except ValueError:
        return None


def _given_clips(entry: int, segments: object, address: str, folder: Path) -> tuple[GivenClip, ...]:
    if not segments:
        return ()
    if not isinstance(segments, list):
        raise RowError("segments is no list.", line=entry, hint="It is [] where there are none.")
    return tuple(
        _given_clip(entry, place, segment, address, folder)
        for place, segment in enumerate(segments, 1)
    )


def _given_clip(entry: int, place: int, segment: object, address: str, folder: Path) -> GivenClip:
    if isinstance(segment, str):
        segment = {"segment_url" if "://" in segment else "file": segment}
    if not isinstance(segment, dict):
        raise RowError(f"segment {place} is neither an object nor an address.", line=entry)
    start, end = (_seconds(entry, place, segment, key) for key in ("start_seconds", "end_seconds"))
    if start is None or end is None:
        start = end = None
    elif not 0 <= start < end:
        raise RowError(
            f"segment {place} runs from {float(start):g} to {float(end):g} seconds.",
            line=entry,
            hint="A clip begins at 0 or later and ends after it begins.",
        )
    url = _own_file(segment.get("file"), folder) or _clip_address(entry, place, segment, address)
    return GivenClip(url, start, end)


def _seconds(entry: int, place: int, segment: Mapping[str, object], key: str) -> Fraction | None:
    value = segment.get(key)
    if value in (None, ""):
        return None
    seconds = _number(value)
    if seconds is None:
        raise RowError(f"{key} of segment {place} is no number of seconds.", line=entry)
    return seconds


def _own_file(file: object, folder: Path) -> str | None:
    """The ``file://`` address of a clip beside the manifest; None where the entry does not count.

    It must be relative by the rules of every system, and lie within the folder once all links and
    ``..`` are followed.
    """
    if not isinstance(file, str) or not file or "\0" in file or "\\" in file:
        return None
    if PurePosixPath(file).is_absolute() or PureWindowsPath(file).drive:
        return None
    try:
        root = folder.resolve()
        path = (root / file).resolve()
        inside = path.is_relative_to(root) and path.is_file()
    except (OSError, RuntimeError, ValueError):
        return None
    return path.as_uri() if inside else None


def _clip_address(entry: int, place: int, segment: Mapping[str, object], address: str) -> str:
    """``segment_url``, ready to fetch. Of this machine's files it may name the video itself."""
    value = segment.get("segment_url")
    if not isinstance(value, str) or not value.strip():
        raise RowError(
            f"segment {place} has no clip that can be read: no segment_url, and no file that lies "
            "in the manifest's folder.",
            line=entry,
            hint="Put the manifest back beside its clips, or empty segments to cut them anew.",
        )
    bare, span = value.strip(), ""
    if match := _SPAN.search(bare):
        bare, span = bare[: match.start()], match[0]
    try:
        parse_fragment(span)
    except ValueError as error:
        raise RowError(
            f"segment {place}: {error}.",
            line=entry,
            hint="Write the clip's stretch of its file as, say, #t=15,30.",
        ) from None
    try:
        own = address and bare in (address, fetchable(address, local=True))
        return fetchable(bare, line=entry, local=bool(own)) + span
    except RowError as error:
        raise RowError(f"segment {place}: {error.what}", line=entry, hint=error.hint) from None
