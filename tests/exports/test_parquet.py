"""Parquet tables, read back with pyarrow."""

from __future__ import annotations

import sys
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_library import HARM, WHEN, Made, make

from shotlog import api, exports
from shotlog.errors import MissingToolError
from shotlog.exports.tables import parquet
from shotlog.exports.tables.arrow_types import arrow_field


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make(tmp_path / "library")


@pytest.fixture
def tables(made: Made, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    written = made.export("parquet", tmp_path / "out")
    assert (written.videos, written.clips) == (2, 8)
    return {name: rows(tmp_path / "out" / f"{name}.parquet") for name in ("clips", "videos")}


def rows(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


def plain(value: Any) -> Any:
    """As JSON tells it."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def test_the_tables_hold_what_the_results_hold(
    tables: dict[str, list[dict[str, Any]]],
    made: Made,
) -> None:
    with api.open(made.folder) as library:
        videos = list(library.videos())
    clips = iter(tables["clips"])
    for row, video in zip(tables["videos"], videos, strict=True):
        for name, value in plain(video.model_dump(exclude={"segments", "classes"})).items():
            assert row[name] == value, name
        assert row["clip_count"] == len(video.segments)
        for segment in video.segments:
            clip = next(clips)
            assert clip["video_id"] == row["video_id"]
            told = plain(segment.model_dump(exclude={"rule_tags", "classes", "usage"}))
            assert {name: clip[name] for name in told} == told
    assert next(clips, None) is None


def test_evidence_of_any_kind_is_text(tables: dict[str, list[dict[str, Any]]]) -> None:
    (tag,) = tables["clips"][0]["rule_tags"]
    assert [each["value"] for each in tag["evidence"]] == ["1.0", None, "false"]
    assert [each["name"] for each in tables["clips"][0]["classes"]] == ["outdoors"]


def test_money_is_an_exact_number_of_twelve_places(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert tables["clips"][0]["usage"]["cost"] == Decimal("0.000123456789")


def test_times_are_in_utc(tables: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    assert [row["last_modified"] for row in tables["videos"]] == [None, WHEN]
    kind = pq.read_schema(tmp_path / "out" / "videos.parquet").field("last_modified").type
    assert kind == pa.timestamp("us", tz=str(UTC))


def test_a_name_that_means_harm_is_a_name(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert tables["videos"][1]["file_name"] == HARM
    assert tables["clips"][3]["description"] == HARM


def test_every_published_field_is_a_column_with_its_description(
    tables: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    for name, model, without in (
        ("clips", exports.SegmentObject, set()),
        ("videos", exports.VideoObject, {"segments"}),
    ):
        schema = pq.read_schema(tmp_path / "out" / f"{name}.parquet")
        for column, info in model.model_fields.items():
            if column not in without:
                about = schema.field(column).metadata[b"description"].decode()
                assert about == info.description


def test_a_column_is_null_only_where_the_field_may_be(
    tables: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    schema = pq.read_schema(tmp_path / "out" / "clips.parquet")
    assert not schema.field("start_seconds").nullable
    assert not schema.field("tags").type.value_field.nullable
    assert schema.field("description").nullable
    assert schema.field("start_seconds").type == pa.float64()


def test_row_groups_end_where_they_are_full(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    fields = [arrow_field("number", int, "a number")]
    with parquet.table_file(path, fields, batch_rows=2, group_rows=4) as table:
        for number in range(9):
            table.add({"number": number})
    found = pq.ParquetFile(path)
    assert [found.metadata.row_group(place).num_rows for place in range(3)] == [4, 4, 1]
    assert found.read().column("number").to_pylist() == list(range(9))


def test_only_clips_that_fit_are_written(made: Made, tmp_path: Path) -> None:
    written = made.export("parquet", tmp_path / "out", tags=("planting",))
    assert written.clips == 2
    assert [row["index"] for row in rows(tmp_path / "out" / "clips.parquet")] == [1, 1]
    assert [row["clip_count"] for row in rows(tmp_path / "out" / "videos.parquet")] == [1, 1]


def test_nothing_that_fits_gives_empty_tables(made: Made, tmp_path: Path) -> None:
    made.export("parquet", tmp_path / "out", tags=("nowhere",))
    assert rows(tmp_path / "out" / "clips.parquet") == rows(tmp_path / "out" / "videos.parquet")


def test_without_pyarrow_it_is_said_what_to_install(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingToolError, match=r"pip install 'shotlog\[parquet\]'"):
        made.export("parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()
