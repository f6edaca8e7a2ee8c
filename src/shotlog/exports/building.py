"""From the catalog's rows to the objects that are exported."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePath

from shotlog.exports.objects import (
    DECIMALS,
    ChapterObject,
    ClassObject,
    EditObject,
    ErrorObject,
    EvidenceObject,
    GivenSegmentObject,
    ManifestObject,
    MediaObject,
    RuleTagObject,
    SameObject,
    SceneObject,
    SegmentObject,
    TranscriptObject,
    UsageObject,
    VideoObject,
)
from shotlog.records import Answer, Chapter, Facts, Failure, Source, Status
from shotlog.rows import AppliedSettings, ClipRow, Edit, RuleTag, SameClip, ScanRow, VideoRow
from shotlog.segments import scenes_of
from shotlog.speech import Transcript, heard_in

NOT_DESCRIBED = Failure(
    step="describe",
    code="not_described",
    message="The run ended before this clip was described.",
    hint="Run the same command again.",
    retryable=True,
)

NOT_FINISHED = Failure(
    step="run",
    code="not_finished",
    message="The run ended before this video was finished.",
    hint="Run the same command again.",
    retryable=True,
)


def video_object(
    video: VideoRow,
    scan: ScanRow | None,
    clips: Sequence[ClipRow],
    heard: Transcript | None = None,
) -> VideoObject:
    """All that is known of a video.

    One that no run has finished yet is ``partial`` where there is something to show, else
    ``failed``, and its error says so.
    """
    source, applied = video.source, video.applied
    status: Status = video.status or ("partial" if scan else "failed")
    failure = video.failure if video.status else NOT_FINISHED
    size = source.size_bytes
    if size is None and scan:
        size = scan.facts.size_bytes
    return VideoObject(
        file_name=shown(source.file_name),
        file_size=size,
        last_modified=source.last_modified,
        public_url=shown(source.public_url),
        status=status,
        media=_media(scan.facts) if scan else None,
        scenes=_scenes(scan, applied) if scan and applied else (),
        max_resolution=str(applied.max_resolution) if applied else None,
        max_fps=float(applied.max_fps) if applied else None,
        title=video.title,
        description=video.description_now,
        chapters=tuple(map(_chapter, video.chapters)),
        tags=video.tags_now,
        rule_tags=_rule_tags(video.rule_tags, video.edit),
        classes=_classes(video.rule_tags),
        transcript=TranscriptObject(language=heard.language, text=heard.text) if heard else None,
        segments=_segments(source, clips, heard),
        edit=_edit(video.edit, video.description),
        error=_error(failure),
    )


def manifest_object(video: VideoRow, clips: Sequence[ClipRow]) -> ManifestObject:
    """A video and its clips as ``--json`` takes them.

    Size and time are the listing's alone, so that giving the manifest back names the same source.
    """
    source, applied = video.source, video.applied
    cap = applied.max_resolution if applied else source.max_resolution
    rate = applied.max_fps if applied else source.max_fps
    return ManifestObject(
        file_name=shown(source.file_name),
        file_size=source.size_bytes,
        last_modified=source.last_modified,
        public_url=shown(source.public_url),
        segments=tuple(
            GivenSegmentObject(
                file=_relative(row.clip.video.file) if row.clip.video else None,
                segment_url=segment_url(source, row),
                start_seconds=float(row.clip.span.start),
                end_seconds=float(row.clip.span.end),
            )
            for row in clips
        ),
        max_resolution=str(cap) if cap else None,
        max_fps=float(rate) if rate else None,
    )


def segment_url(source: Source, row: ClipRow) -> str:
    """Plays the clip: where it is published, else a stretch of the source.

    The fragment is that of W3C Media Fragments URI 1.0, in seconds, half-open.
    """
    if row.clip.url is not None:
        return row.clip.url
    span = row.clip.span
    return f"{source.url}#t={trimmed(span.start)},{trimmed(span.end)}"


def trimmed(seconds: Fraction) -> str:
    """``15``, ``7.5``: no exponent, no zeros that say nothing."""
    text = f"{float(seconds):.{DECIMALS}f}"
    return text.rstrip("0").rstrip(".")


def shown(name: str) -> str:
    r"""A name as UTF-8 can hold it; bytes that are no UTF-8 are shown as ``\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode()


def _segments(
    source: Source, clips: Sequence[ClipRow], heard: Transcript | None
) -> tuple[SegmentObject, ...]:
    spans = [(row.clip.span.start, row.clip.span.end) for row in clips]
    words = heard_in(heard.words if heard else (), spans)
    return tuple(_segment(source, row, told) for row, told in zip(clips, words, strict=True))


def _segment(source: Source, row: ClipRow, heard: str | None) -> SegmentObject:
    video, answer = row.clip.video, row.answer
    described = row.description_now is not None
    return SegmentObject(
        index=row.clip.span.index,
        start_seconds=float(row.clip.span.start),
        end_seconds=float(row.clip.span.end),
        file=_relative(video.file) if video else None,
        segment_url=segment_url(source, row),
        width=video.width if video else None,
        height=video.height if video else None,
        fps=float(video.rate_fps) if video else None,
        description=row.description_now,
        heard=heard,
        tags=row.tags_now,
        rule_tags=_rule_tags(row.rule_tags, row.edit),
        classes=_classes(row.rule_tags),
        model=answer.model if answer else None,
        fields=answer.fields if answer else None,
        flags=answer.flags if answer else (),
        usage=_usage(answer) if answer and answer.requests else None,
        same_as=_same(row.same_as),
        edit=_edit(row.edit, answer.description if answer else None),
        status="done" if described else "failed",
        error=None if described else _error(row.failure or NOT_DESCRIBED),
    )


def _rule_tags(given: Sequence[RuleTag], edit: Edit) -> tuple[RuleTagObject, ...]:
    """Those that a hand took away are left out."""
    removed = {tag.casefold() for tag in edit.removed}
    return tuple(
        RuleTagObject(name=each.name, rule=each.rule, evidence=_evidence(each))
        for each in given
        if each.group is None and each.name.casefold() not in removed
    )


def _edit(edit: Edit, told: str | None) -> EditObject | None:
    if edit.is_empty:
        return None
    return EditObject(
        description_told=None if edit.description is None else told,
        tags_added=edit.added,
        tags_removed=edit.removed,
        edited_at=edit.edited_at,
    )


def _classes(given: Sequence[RuleTag]) -> tuple[ClassObject, ...]:
    return tuple(
        ClassObject(name=each.name, group=each.group, rule=each.rule, evidence=_evidence(each))
        for each in given
        if each.group is not None
    )


def _evidence(tag: RuleTag) -> tuple[EvidenceObject, ...]:
    return tuple(
        EvidenceObject(
            clip=each.clip,
            field=each.field,
            value=shown(each.value) if isinstance(each.value, str) else each.value,
        )
        for each in tag.evidence
    )


def _chapter(chapter: Chapter) -> ChapterObject:
    return ChapterObject(
        start_seconds=float(chapter.start), end_seconds=float(chapter.end), title=chapter.title
    )


def _usage(answer: Answer) -> UsageObject:
    return UsageObject(
        requests=answer.requests,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        cost=answer.cost,
    )


def _same(same: SameClip | None) -> SameObject | None:
    if same is None:
        return None
    return SameObject(video_id=same.video_id, file_name=shown(same.file_name), index=same.index)


def _scenes(scan: ScanRow, applied: AppliedSettings) -> tuple[SceneObject, ...]:
    return tuple(
        SceneObject(start_seconds=float(scene.start), end_seconds=float(scene.end))
        for scene in scenes_of(scan, applied.scenes)
    )


def _media(facts: Facts) -> MediaObject:
    audio, ratio = facts.audio, facts.sample_aspect_ratio
    return MediaObject(
        duration_seconds=float(facts.duration_seconds),
        width=facts.width,
        height=facts.height,
        fps=float(facts.rate_fps),
        video_codec=facts.video_codec,
        pixel_format=facts.pixel_format,
        rotation_degrees=facts.rotation_degrees,
        mirrored=facts.mirrored,
        has_audio=audio is not None,
        audio_codec=audio.codec if audio else None,
        audio_sample_rate_hz=audio.sample_rate_hz if audio else None,
        audio_channels=audio.channels if audio else None,
        container=facts.container,
        size_bytes=facts.size_bytes,
        frame_count=facts.frame_count,
        coded_width=facts.coded_width,
        coded_height=facts.coded_height,
        sample_aspect_ratio=f"{ratio.numerator}:{ratio.denominator}",
        duration_seconds_declared=_number(facts.duration_seconds_declared),
        fps_declared=_number(facts.rate_fps_declared),
        first_frame_seconds=float(facts.first_frame_seconds),
        color_range=facts.color_range,
        color_matrix=facts.color_matrix,
        color_primaries=facts.color_primaries,
        color_transfer=facts.color_transfer,
        interlaced=facts.interlaced,
        damage=facts.damage,
    )


def _error(failure: Failure | None) -> ErrorObject | None:
    if failure is None:
        return None
    message = f"{failure.message} {failure.hint}".strip()
    return ErrorObject(
        step=failure.step,
        code=failure.code,
        message=shown(message),
        retryable=failure.retryable,
    )


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _relative(file: str) -> str:
    return PurePath(file).as_posix()
