"""Clips and videos as two Parquet tables whose columns are those of ``results.json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from shotlog.errors import MissingToolError
from shotlog.exports.objects import SegmentObject, VideoObject
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.tables.arrow_types import COST_PLACES, arrow_field, arrow_fields
from shotlog.storage import atomic_folder

CLIPS_NAME = "clips.parquet"
VIDEOS_NAME = "videos.parquet"

BATCH_CLIPS = 1_000
BATCH_VIDEOS = 100
"""Rows held as Python objects before they become columns; a video's may hold hours of speech."""
GROUP_ROWS = 50_000
GROUP_BYTES = 32 * 2**20
"""A row group ends with the first of both: readers skip whole groups, and hold one in memory."""

_COST = Decimal(1).scaleb(-COST_PLACES)


def write_parquet(videos: Iterable[Chosen], target: Target) -> Written:
    """A folder with both tables, joined by ``video_id``.

    Raises LibraryError, DiskFullError, MissingToolError.
    """
    _pyarrow()
    counted = Counting(videos)
    with atomic_folder(target.place) as folder, ExitStack() as stack:
        clips = stack.enter_context(table_file(folder / CLIPS_NAME, _clip_fields(), BATCH_CLIPS))
        whole = stack.enter_context(table_file(folder / VIDEOS_NAME, _video_fields(), BATCH_VIDEOS))
        for each in counted:
            whole.add(_video_row(each))
            for row in _clip_rows(each):
                clips.add(row)
    return counted.written(target.place)


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingToolError(
            "The format parquet needs pyarrow, which is not installed.",
            hint="Run: pip install 'shotlog[parquet]'",
        ) from None
    return pa


def _clip_fields() -> list[Any]:
    told = "the id of its video, that of the table of videos"
    return [
        arrow_field("video_id", str, told),
        arrow_field("file_name", str, "its video's name in the listing"),
        arrow_field("public_url", str, "its video's address as the listing shows it"),
        *arrow_fields(SegmentObject),
        arrow_field("thumb", str | None, "a picture of it below the library's folder, or null"),
    ]


def _video_fields() -> list[Any]:
    return [
        arrow_field("video_id", str, "the id: the end of the video's folder's name"),
        *arrow_fields(VideoObject, without=("segments",)),
        arrow_field("clip_count", int, "its clips in the table of clips"),
    ]


def _video_row(chosen: Chosen) -> dict[str, Any]:
    row = chosen.video.model_dump(exclude={"segments"})
    row["video_id"], row["clip_count"] = chosen.row.id, len(chosen.clips)
    return _told(row)


def _clip_rows(chosen: Chosen) -> Iterator[dict[str, Any]]:
    video = chosen.video
    of_video = {
        "video_id": chosen.row.id,
        "file_name": video.file_name,
        "public_url": video.public_url,
    }
    for clip, segment in chosen.pairs:
        row = _told(segment.model_dump())
        yield {**row, **of_video, "thumb": clip.clip.thumb}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Evidence is of several kinds, a column of one: text. Money has as many places as fit."""
    for given in (*row["rule_tags"], *row["classes"]):
        for evidence in given["evidence"]:
            evidence["value"] = _text(evidence["value"])
    usage = row.get("usage")
    if usage and usage["cost"] is not None:
        usage["cost"] = usage["cost"].quantize(_COST)
    return row


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else repr(value)


class Table:
    """Takes rows one by one and writes them by the group."""

    def __init__(self, writer: Any, schema: Any, batch_rows: int, group_rows: int) -> None:
        self._writer, self._schema = writer, schema
        self._batch_rows, self._group_rows = batch_rows, group_rows
        self._rows: list[Mapping[str, Any]] = []
        self._batches: list[Any] = []
        self._batched_rows = self._batched_bytes = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= self._batch_rows:
            self._batch()
        if self._batched_rows >= self._group_rows or self._batched_bytes >= GROUP_BYTES:
            self._write()

    def finish(self) -> None:
        self._batch()
        self._write()

    def _batch(self) -> None:
        if self._rows:
            batch = _pyarrow().RecordBatch.from_pylist(self._rows, schema=self._schema)
            self._batches.append(batch)
            self._batched_rows += batch.num_rows
            self._batched_bytes += batch.nbytes
            self._rows = []

    def _write(self) -> None:
        if self._batches:
            table = _pyarrow().Table.from_batches(self._batches)
            self._writer.write_table(table, row_group_size=self._batched_rows)
            self._batches = []
            self._batched_rows = self._batched_bytes = 0


@contextmanager
def table_file(
    path: Path, fields: Iterable[Any], batch_rows: int, group_rows: int = GROUP_ROWS
) -> Iterator[Table]:
    """A Parquet file with these fields; what is not yet written is when the block ends."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema(fields)
    with path.open("xb") as file, ParquetWriter(file, schema, compression="zstd") as writer:
        table = Table(writer, schema, batch_rows, group_rows)
        yield table
        table.finish()
