"""The formats of ``shotlog export``, each a function from chosen videos to a file or a folder."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shotlog.errors import UsageError
from shotlog.exports.editors.edl import write_edl
from shotlog.exports.editors.otio import write_otio
from shotlog.exports.fiftyone.dataset import write_fiftyone
from shotlog.exports.html.page import write_html
from shotlog.exports.json import write_json, write_jsonl
from shotlog.exports.selection import Chosen, Target, Written
from shotlog.exports.subtitles import write_srt, write_webvtt
from shotlog.exports.tables.csv import write_csv
from shotlog.exports.tables.parquet import write_parquet
from shotlog.exports.training.hf import write_hf
from shotlog.exports.training.sidecars import write_sidecars
from shotlog.exports.training.webdataset import write_webdataset


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    name: str
    about: str
    """Half a sentence for help and docs."""
    default: str
    """The name of what is written, where no other is given; a folder's ends with a slash."""
    write: Callable[[Iterable[Chosen], Target], Written]
    """Whole or not at all. Holds one video at a time. Raises LibraryError, DiskFullError,
    MissingToolError where a package is not installed."""
    folder: str = "exports"
    """Of the library, where it is written if no other place is given."""


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("json", "one list, as results.json", "export.json", write_json),
        Format("jsonl", "one object a line", "export.jsonl", write_jsonl),
        Format("csv", "tables of clips and of videos", "csv/", write_csv),
        Format("parquet", "typed tables of clips and of videos", "parquet/", write_parquet),
        Format("sidecars", "a text beside each clip file", "videos/", write_sidecars, folder=""),
        Format("webdataset", "clips and texts in tar shards", "webdataset/", write_webdataset),
        Format("hf", "a folder that Hugging Face datasets loads", "hf/", write_hf),
        Format("fiftyone", "a dataset that FiftyOne imports", "fiftyone/", write_fiftyone),
        Format("webvtt", "subtitles for browsers", "webvtt/", write_webvtt),
        Format("srt", "subtitles for every player", "srt/", write_srt),
        Format("otio", "timelines for video editors", "otio/", write_otio),
        Format("edl", "the same as lists of cuts", "edl/", write_edl),
        Format("html", "one page that a browser shows by itself", "export.html", write_html),
    )
}
"""By name, in the order shown."""

ELSEWHERE: Mapping[str, str] = {"mongodb": "Library.export_mongodb"}
"""Forms of export that write no file, with what does them."""


def format_named(name: str) -> Format:
    """Raises UsageError for an unknown name."""
    known = FORMATS.get(name)
    if name in ELSEWHERE:
        raise UsageError(f"{name} is no file.", hint=f"{ELSEWHERE[name]} sends documents there.")
    if known is None:
        names = (*FORMATS, *ELSEWHERE)
        near = difflib.get_close_matches(name.lower(), names, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"There is no format {name!r}.", hint=f"{meant}There are {', '.join(names)}."
        )
    return known
