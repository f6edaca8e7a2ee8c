"""The JSON files: their exact bytes, their schema, and that they are whole or not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from shotlog import exports
from shotlog.catalog import Catalog
from shotlog.catalog.tagging import Retagged
from shotlog.errors import LibraryError
from shotlog.records import (
    Answer,
    AudioFacts,
    Clip,
    ClipFile,
    Facts,
    Failure,
    Resolution,
    SceneScore,
    Source,
    Span,
    VideoText,
)
from shotlog.rows import AppliedSettings, ClipRow, Evidence, RuleTag, ScanRow, VideoRow
from shotlog.speech import Transcript, Word

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "output.md"

SOURCE = Source(
    public_url="https://bucket.example/vids/my, holiday.mov",
    url="https://bucket.example/vids/my%2C%20holiday.mov",
    file_name="my, holiday.mov",
    size_bytes=12345678,
    last_modified=datetime(2026, 11, 23, 11, 48, 57, tzinfo=UTC),
)
FACTS = Facts(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    video_codec="hevc",
    pixel_format="yuv420p10le",
    width=1080,
    height=1920,
    coded_width=1920,
    coded_height=1080,
    sample_aspect_ratio=Fraction(1),
    rotation_degrees=90,
    mirrored=False,
    duration_seconds=Fraction(673, 30),
    duration_seconds_declared=None,
    first_frame_seconds=Fraction(1, 30),
    frame_count=673,
    rate_fps=Fraction(30),
    rate_fps_declared=Fraction(30000, 1001),
    color_range="limited",
    color_matrix="bt709",
    color_primaries="bt709",
    color_transfer="bt709",
    audio=AudioFacts("aac", 44100, 2),
    size_bytes=12345678,
)
SCAN = ScanRow(FACTS, (SceneScore(Fraction(301, 30), 0.45), SceneScore(Fraction(15), 0.25)))
FOLDER = f"my-holiday-{SOURCE.id}"
VIDEO = VideoRow(
    id=SOURCE.id,
    source=SOURCE,
    source_key="source",
    etag=None,
    folder=FOLDER,
    scan_key="scan",
    clips_key="clips",
    frames_key=None,
    scenes_key=None,
    text_key="text",
    complete_key=None,
    clip_count=2,
    applied=AppliedSettings(Resolution(1280, 720), Fraction(30), 0.3),
    status="partial",
    failure=None,
    description="A garden, then a wall “in\u2028red”.",
    tags=("garden", "portrait"),
    rules_key="rules",
    rule_tags=(
        RuleTag("planting", "planting", (Evidence(None, "clips", "1 of 2"),)),
        RuleTag("outdoors", "gardens", (Evidence(1, "description", "tree"),), "class"),
    ),
)
HEARD = Transcript(
    (
        Word(Fraction(29, 2), Fraction(149, 10), "Dig"),
        Word(Fraction(149, 10), Fraction(154, 10), "deeper."),
    ),
    "en",
)
CLIPS = (
    ClipRow(
        video_id=SOURCE.id,
        clip=Clip(
            Span(1, Fraction(0), Fraction(15)),
            video=ClipFile(
                f"videos/{FOLDER}/clips/clip_001.mp4", 720, 1280, 450, Fraction(15), 2222222
            ),
        ),
        answer_key="answer",
        answer=Answer("A man plants a tree. 🌳", "qwen3-vl-8b", ("garden",)),
        failure=None,
        attempts=0,
        rule_tags=(
            RuleTag(
                "planting",
                "planting",
                (Evidence(1, "people_count", 1.0), Evidence(1, "objects", None)),
            ),
        ),
    ),
    ClipRow(
        video_id=SOURCE.id,
        clip=Clip(Span(2, Fraction(15), Fraction(673, 30))),
        answer_key=None,
        answer=None,
        failure=Failure(
            "describe", "describe_interrupted", "No answer in 300 s.", "Run it again.", True
        ),
        attempts=3,
    ),
)


@dataclass
class Shelf:
    """A catalog in memory, which may break in the middle."""

    rows: dict[str, tuple[VideoRow, ScanRow | None, tuple[ClipRow, ...]]] = field(
        default_factory=dict
    )
    breaks: bool = False

    def video(self, video_id: str) -> VideoRow | None:
        return self.rows[video_id][0] if video_id in self.rows else None

    def videos(self) -> Iterator[VideoRow]:
        for video, _, _ in self.rows.values():
            yield video
        if self.breaks:
            raise LibraryError("The catalog is damaged.")

    def scan(self, video_id: str) -> ScanRow | None:
        return self.rows[video_id][1]

    def clips(self, video_id: str) -> tuple[ClipRow, ...]:
        return self.rows[video_id][2]

    def transcript(self, video_id: str) -> Transcript | None:
        return HEARD if video_id == VIDEO.id else None


FULL = Shelf({VIDEO.id: (VIDEO, SCAN, CLIPS)})
UNREAD = replace(
    VIDEO,
    scan_key=None,
    clip_count=0,
    applied=None,
    status=None,
    description=None,
    tags=(),
)


def test_results_are_these_very_bytes(tmp_path: Path) -> None:
    written = exports.write_results(FULL, tmp_path)
    assert written == tmp_path / "results.json"
    assert written.read_bytes() == (HERE / "golden_results.json").read_bytes()


def test_the_manifest_is_these_very_bytes(tmp_path: Path) -> None:
    written = exports.write_manifest_with_segments(FULL, tmp_path)
    assert written == tmp_path / "videos_with_segments.json"
    assert written.read_bytes() == (HERE / "golden_manifest.json").read_bytes()


def test_a_videos_own_file_holds_the_same_object(tmp_path: Path) -> None:
    exports.write_results(FULL, tmp_path)
    written = exports.write_video(FULL, VIDEO.id, tmp_path)
    assert written == tmp_path / "videos" / FOLDER / "video.json"
    assert [json.loads(written.read_text("utf-8"))] == json.loads(
        (tmp_path / "results.json").read_text("utf-8")
    )


def test_an_unknown_video_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        exports.write_video(FULL, "unknown", tmp_path)


def test_an_empty_library_gives_empty_lists(tmp_path: Path) -> None:
    assert json.loads(exports.write_results(Shelf(), tmp_path).read_text()) == []
    assert json.loads(exports.write_manifest_with_segments(Shelf(), tmp_path).read_text()) == []


def test_what_is_written_is_what_the_models_allow(tmp_path: Path) -> None:
    for write, model in (
        (exports.write_results, exports.VideoObject),
        (exports.write_manifest_with_segments, exports.ManifestObject),
    ):
        text = write(FULL, tmp_path).read_bytes()
        TypeAdapter(list[model]).validate_json(text, strict=True)  # type: ignore[valid-type]


def test_the_schema_asks_for_every_field_and_allows_no_other() -> None:
    for schema in (exports.results_schema(), exports.manifest_schema()):
        for definition in schema["$defs"].values():
            assert set(definition["required"]) == set(definition["properties"])
            assert definition["additionalProperties"] is False


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    old = exports.write_results(FULL, tmp_path).read_bytes()
    with pytest.raises(LibraryError):
        exports.write_results(Shelf(FULL.rows, breaks=True), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_bytes() == old


def test_a_video_no_run_has_begun_is_in_the_manifest_alone(tmp_path: Path) -> None:
    shelf = Shelf({VIDEO.id: (UNREAD, None, ())})
    assert json.loads(exports.write_results(shelf, tmp_path).read_text()) == []
    (entry,) = json.loads(exports.write_manifest_with_segments(shelf, tmp_path).read_text())
    assert entry["segments"] == []
    assert entry["max_resolution"] is None


def test_a_video_that_a_killed_run_left_says_so() -> None:
    begun = exports.video_object(replace(UNREAD, scan_key="scan"), SCAN, ())
    assert begun.status == "partial"
    assert begun.error is not None
    assert begun.error.code == "not_finished"
    assert begun.error.retryable


def test_a_failed_video_has_its_error_and_no_media() -> None:
    failure = Failure("fetch", "fetch_refused", "The server said 404.", "Check the address.")
    failed = exports.video_object(replace(UNREAD, status="failed", failure=failure), None, ())
    assert (failed.status, failed.media, failed.scenes, failed.segments) == ("failed", None, (), ())
    assert failed.error is not None
    assert failed.error.message == "The server said 404. Check the address."


def test_a_clip_whose_turn_never_came_has_a_status_and_an_error() -> None:
    waiting = replace(CLIPS[1], failure=None)
    (segment,) = exports.video_object(VIDEO, SCAN, [waiting]).segments
    assert (segment.status, segment.description, segment.model) == ("failed", None, None)
    assert segment.error is not None
    assert segment.error.code == "not_described"


def test_scenes_follow_the_threshold_of_the_run_without_another_scan() -> None:
    assert VIDEO.applied is not None
    lower = replace(VIDEO, applied=replace(VIDEO.applied, scene_threshold=0.2))
    assert len(exports.video_object(VIDEO, SCAN, ()).scenes) == 2
    assert len(exports.video_object(lower, SCAN, ()).scenes) == 3


def test_a_published_clip_is_played_where_it_is_published() -> None:
    published = replace(CLIPS[0], clip=replace(CLIPS[0].clip, url="https://cdn.example/1.mp4"))
    assert exports.segment_url(SOURCE, published) == "https://cdn.example/1.mp4"


@pytest.mark.parametrize(
    ("start", "end", "fragment"),
    [
        (Fraction(0), Fraction(15), "#t=0,15"),
        (Fraction(15, 2), Fraction(100), "#t=7.5,100"),
        (Fraction(30), Fraction(1001, 30), "#t=30,33.366667"),
        (Fraction(1, 1000000), Fraction(36000), "#t=0.000001,36000"),
    ],
)
def test_an_unpublished_clip_is_a_stretch_of_the_source(
    start: Fraction, end: Fraction, fragment: str
) -> None:
    row = replace(CLIPS[0], clip=Clip(Span(1, start, end)))
    assert exports.segment_url(SOURCE, row) == SOURCE.url + fragment


def test_a_listing_without_sizes_gets_the_measured_one_in_the_results_alone() -> None:
    bare = replace(VIDEO, source=replace(SOURCE, size_bytes=None))
    assert exports.video_object(bare, SCAN, ()).file_size == 12345678
    assert exports.manifest_object(bare, ()).file_size is None


def test_a_name_that_is_no_utf_8_is_shown_escaped(tmp_path: Path) -> None:
    strange = replace(VIDEO, source=replace(SOURCE, file_name="caf\udce9.mp4"))
    written = exports.write_results(Shelf({VIDEO.id: (strange, SCAN, CLIPS)}), tmp_path)
    assert json.loads(written.read_bytes())[0]["file_name"] == "caf\\udce9.mp4"


def test_a_real_catalog_is_exported(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        catalog.add_sources(catalog.begin_run({}), [SOURCE], lambda _: FOLDER)
        catalog.save_scan(VIDEO.id, "scan", FACTS, SCAN.scores, ())
        catalog.save_clips(VIDEO.id, "clips", None, [row.clip for row in CLIPS])
        assert CLIPS[0].answer is not None
        assert CLIPS[1].failure is not None
        catalog.save_answer("answer", VIDEO.id, 1, CLIPS[0].answer)
        catalog.save_clip_failure(VIDEO.id, 2, CLIPS[1].failure)
        catalog.save_video_text(VIDEO.id, "text", VideoText(VIDEO.description or "", VIDEO.tags))
        catalog.save_transcript(VIDEO.id, "words", HEARD)
        catalog.finish_video(VIDEO.id, "partial", applied=VIDEO.applied)
        clip_tags = {1: CLIPS[0].rule_tags}
        catalog.save_rule_tags([Retagged(VIDEO.id, "rules", VIDEO.rule_tags, clip_tags)])
        written = exports.write_results(catalog, tmp_path)
    assert written.read_bytes() == (HERE / "golden_results.json").read_bytes()


def models() -> list[type[BaseModel]]:
    return [
        exports.VideoObject,
        exports.MediaObject,
        exports.SceneObject,
        exports.SegmentObject,
        exports.RuleTagObject,
        exports.ClassObject,
        exports.EvidenceObject,
        exports.ErrorObject,
        exports.ManifestObject,
        exports.GivenSegmentObject,
    ]


@pytest.mark.parametrize("model", models())
def test_every_field_is_explained_in_the_docs_and_in_the_schema(model: type[BaseModel]) -> None:
    named = set(re.findall(r"`([a-z_]+)`", DOCS.read_text("utf-8")))
    assert set(model.model_fields) <= named
    assert all(info.description for info in model.model_fields.values())
