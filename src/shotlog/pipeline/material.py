"""Which files make up a video, how each is scanned, and how the results become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import urldefrag

from shotlog.media.scan import ScanRequest, ScanResult
from shotlog.media.speech_audio import SoundWanted
from shotlog.pipeline.recipe import Needs, Recipe, whole
from shotlog.quantities import parse_fragment
from shotlog.records import Clip, Facts, GivenClip, Source, Span
from shotlog.rows import ClipRow, VideoRow
from shotlog.segments import GivenSpans, Spans
from shotlog.speech import SoundFile
from shotlog.splitting import SceneCutting


@dataclass(frozen=True, slots=True)
class Material:
    """One file that a video, or a part of it, is read from."""

    source: Source
    """What to fetch."""
    spans: Spans | SceneCutting
    given: tuple[tuple[int, GivenClip], ...] = ()
    """The given clips that lie in it, each with its index; none for a video that is cut."""


def materials_of(video: VideoRow, recipe: Recipe) -> tuple[Material, ...]:
    """The files to fetch: the video itself, or those in which its given clips lie."""
    if not video.source.given_clips:
        return (Material(video.source, recipe.cutting),)
    # A file that is one clip as a whole stands by itself, though it be named for several clips.
    by_file: dict[tuple[str, int | None], list[tuple[int, GivenClip]]] = {}
    for index, given in enumerate(video.source.given_clips, start=1):
        address, fragment = urldefrag(given.url)
        by_file.setdefault((address, None if fragment else index), []).append((index, given))
    return tuple(
        Material(
            Source(public_url=address, url=address, file_name=video.source.file_name),
            _spans_within(clips),
            tuple(clips),
        )
        for (address, _), clips in by_file.items()
    )


def requests_for(
    video: VideoRow,
    recipe: Recipe,
    needs: Needs,
    files: Mapping[str, Path],
    *,
    folder: Path,
    threads: int,
    known: Facts | None = None,
) -> tuple[ScanRequest, ...]:
    """One scan a file. ``files`` says where each material's address was fetched to.

    ``known`` is what was measured before, where nothing but the sound is missing.
    """
    writes_files = recipe.clip_files and not video.source.given_clips
    nothing = GivenSpans(())
    return tuple(
        ScanRequest(
            path=files[material.source.url],
            folder=folder,
            spans=nothing if needs.only_scenes else material.spans,
            clips=recipe.caps_of(video) if writes_files and needs.clips else None,
            frames=None if needs.only_scenes else recipe.frames,
            score_floor=recipe.score_floor,
            threads=threads,
            scenes=recipe.scenes,
            sound=SoundWanted(f"sound_{number}") if needs.sound else None,
            known=known if needs.only_sound else None,
            hardware=recipe.hardware,
        )
        for number, material in enumerate(materials_of(video, recipe), start=1)
    )


def requests_from_clips(
    rows: Sequence[ClipRow], recipe: Recipe, *, library: Path, folder: Path, threads: int
) -> tuple[ScanRequest, ...]:
    """Makes only the model's frames, from the clip files; nothing is fetched or cut again."""
    return tuple(
        ScanRequest(
            path=library / row.clip.video.file,
            folder=folder,
            spans=GivenSpans((whole(row.clip.span.index),)),
            clips=None,
            frames=recipe.frames,
            threads=threads,
        )
        for row in rows
        if row.clip.video is not None
    )


def merged(video: VideoRow, recipe: Recipe, results: Sequence[ScanResult]) -> ScanResult:
    """The results of a video's files as those of one video.

    A given clip that is a file of its own lies where the manifest says, else behind the one before.
    """
    if not video.source.given_clips:
        return results[0]
    parts = []
    place = Fraction(0)
    for material, result in zip(materials_of(video, recipe), results, strict=True):
        given = dict(material.given)
        if urldefrag(material.given[0][1].url).fragment:
            parts.append(_addressed(result, given))
            continue
        index, clip = material.given[0]
        start = clip.start if clip.start is not None else place
        place = start + result.facts.duration_seconds
        parts.append(_moved(result, index, clip, start))
    end = max((clip.span.end for part in parts for clip in part.clips), default=place)
    first = parts[0]
    return ScanResult(
        facts=replace(first.facts, duration_seconds=max(end, first.facts.duration_seconds)),
        scores=tuple(sorted((s for part in parts for s in part.scores), key=lambda s: s.time)),
        samples=tuple(sorted((s for part in parts for s in part.samples), key=lambda s: s.time)),
        clips=tuple(sorted((c for part in parts for c in part.clips), key=lambda c: c.span.index)),
        cuts=tuple(sorted(time for part in parts for time in part.cuts)),
        sound=SoundFile(tuple(each for part in parts for each in part.sound.stretches)),
    )


def _addressed(result: ScanResult, given: Mapping[int, GivenClip]) -> ScanResult:
    clips = tuple(replace(clip, url=given[clip.span.index].url) for clip in result.clips)
    return replace(result, clips=clips)


def _moved(result: ScanResult, index: int, given: GivenClip, start: Fraction) -> ScanResult:
    """A file that is one clip, moved to its place in the video."""
    end = start + result.facts.duration_seconds
    clips = [
        replace(clip, span=Span(index, start, end), url=given.url, video=None)
        for clip in result.clips
    ]
    return replace(
        result,
        scores=tuple(replace(each, time=each.time + start) for each in result.scores),
        samples=tuple(replace(each, time=each.time + start) for each in result.samples),
        clips=tuple(clips),
        cuts=tuple(time + start for time in result.cuts),
        sound=SoundFile(tuple(replace(s, start=s.start + start) for s in result.sound.stretches)),
    )


def _spans_within(clips: Sequence[tuple[int, GivenClip]]) -> GivenSpans:
    spans = [_span_within(index, given) for index, given in clips]
    return GivenSpans(tuple(sorted(spans, key=lambda span: span.start)))


def _span_within(index: int, given: GivenClip) -> Span:
    """The span of a given clip in its own file, by the fragment of its address (#t=START,END)."""
    picked = parse_fragment(given.url)
    if picked is None:
        return whole(index)
    start, end = picked
    return Span(index, start, whole(index).end if end is None else end)


def placed(clip: Clip, folder: str) -> Clip:
    """A clip as the catalog keeps it: paths from the library's folder on."""
    video, frames = clip.video, clip.frames
    return replace(
        clip,
        video=replace(video, file=f"{folder}/{video.file}") if video else None,
        frames=replace(frames, file=f"{folder}/{frames.file}") if frames else None,
        thumb=f"{folder}/{clip.thumb}" if clip.thumb else None,
    )
