"""What a describer is shown of a video's clips, and what is added to its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from shotlog.catalog import Catalog
from shotlog.describers import ClipToDescribe
from shotlog.describers.signals import describe_signals
from shotlog.exports import segment_url
from shotlog.measures import signals_of
from shotlog.pipeline.recipe import Recipe
from shotlog.records import Answer
from shotlog.rows import ClipRow, ScanRow, VideoRow
from shotlog.segments import scenes_of
from shotlog.speech import Transcript


@dataclass(frozen=True, slots=True)
class ShownFrom:
    """Where clips are looked up."""

    catalog: Catalog
    library: Path
    recipe: Recipe
    frame_fps: Fraction


def shown_clips(
    place: ShownFrom,
    video: VideoRow,
    scan: ScanRow,
    rows: Mapping[int, ClipRow],
    transcript: Transcript | None,
) -> Mapping[int, ClipToDescribe]:
    """Each of ``rows``, by clip index, as a describer is shown it; no file is read yet.

    ``transcript`` holds the words heard in the video, where the describer is told them.
    """
    recipe, library = place.recipe, place.library
    samples = place.catalog.samples(video.id)
    scenes = scenes_of(scan, recipe.scenes)
    caps = recipe.caps_of(video)
    found = {}
    for index, row in rows.items():
        clip = row.clip
        found[index] = ClipToDescribe(
            video_id=video.id,
            span=clip.span,
            instruction=recipe.instruction,
            url=segment_url(video.source, row),
            signals=signals_of(clip.span, scan.facts, scenes, samples),
            max_resolution=caps.max_resolution,
            max_fps=float(caps.max_fps),
            frames=clip.frames,
            frames_path=library / clip.frames.file if clip.frames else None,
            frame_fps=place.frame_fps,
            clip_path=library / clip.video.file if clip.video else None,
            published_url=clip.url if clip.url and "#" not in clip.url else None,
            video_seconds=scan.facts.duration_seconds,
            heard=transcript.between(clip.span.start, clip.span.end) if transcript else None,
        )
    return found


def answer_keys(
    recipe: Recipe, video: VideoRow, rows: Iterable[ClipRow], transcript: Transcript | None
) -> dict[int, str]:
    """The keys under which the clips' answers are kept, by clip index."""
    keys = {}
    for row in rows:
        span = row.clip.span
        heard = transcript.between(span.start, span.end) if transcript else None
        keys[span.index] = recipe.answer_key(video, span, heard)
    return keys


def tagged(answer: Answer, clip: ClipToDescribe) -> Answer:
    """A model's answer with the measured tags; the built-in describer has them already."""
    measured = describe_signals(clip.signals)
    missing = tuple(tag for tag in measured.tags if tag not in answer.tags)
    backed = tuple(each for each in measured.evidence if each[0] in missing)
    return replace(answer, tags=answer.tags + missing, evidence=answer.evidence + backed)
