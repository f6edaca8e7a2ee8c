"""The keys that say whether a step is already done. Pure.

A key is a hash of what a step is made from: the key of what comes before it and the settings that
change its result. What the catalog holds under the same key need not be made again. The chain:

    source ─┬─ scan       facts, scene scores, samples
            ├─ scenes     + which detector, how sensitive; none for ffmpeg's
            ├─ clips      + how long, how large, by which encoder
            ├─ frames     + how long, how many, how large
            ├─ sound ──── transcript   + who listened
            └─ answer     + one clip's span, who describes, what was asked, what was shown, its
                            words heard
                └─ text   + who sums up, in which words, all words heard

    a clip's words ── vector   + who makes vectors

So a changed instruction changes answers alone and nothing is cut again; a changed length changes
clips, frames and answers; a source whose size or time changed changes everything. An answer's key
holds no other key than the source's, so an answer is found again however the clips around it came
and went.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction

from shotlog.embedding_texts import TELLING_VERSION
from shotlog.records import GivenClip, Resolution, SceneMethod, Source, Span
from shotlog.segments import Cutting
from shotlog.signed import unsigned
from shotlog.splitting import SceneCutting

KEY_LENGTH = 32
"""Characters of a key, each four bits."""

SCAN_VERSION = 1
"""Raised when facts, scene scores or samples are measured in another way."""

SCENES_VERSION = 1
"""Raised when PySceneDetect's detectors are fed in another way."""

FRAMES_VERSION = 1
"""Raised when the model's frames are made in another way."""

SOUND_VERSION = 1
"""Raised when the sound that is listened to is made in another way."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def key(*parts: str | Mapping[str, object]) -> str:
    """SHA-256 of the parts as canonical JSON, the first :data:`KEY_LENGTH` hex digits.

    The order of the parts matters, the order within a mapping does not. Raises TypeError for what
    JSON has no word for, so that no key hangs on how an object happens to print itself.
    """
    plain = [part if isinstance(part, str) else dict(part) for part in parts]
    return hashlib.sha256(_CANONICAL.encode(plain).encode("ascii")).hexdigest()[:KEY_LENGTH]


def source_key(source: Source, etag: str | None = None) -> str:
    """Which bytes the address stands for: address, size and time.

    An address that was signed for a while counts without what signs it, here and everywhere.

    ``etag`` counts only where the listing states neither size nor time, because a listing is read
    before anything is asked of the server.
    """
    if source.size_bytes is None and source.last_modified is None:
        return key("source", {"address": source.unsigned, "etag": etag})
    modified = source.last_modified.isoformat() if source.last_modified else None
    return key(
        "source",
        {"address": source.unsigned, "size": source.size_bytes, "modified": modified},
    )


def scan_key(source_key: str) -> str:
    """Facts, scene scores and samples: of the source alone.

    No clip setting is in it, and no scene threshold: scenes are cut from the kept scores.
    """
    return key("scan", source_key, {"version": SCAN_VERSION})


def scenes_key(source_key: str, method: SceneMethod) -> str | None:
    """The cuts of a detector; None for ffmpeg's, whose scores belong to the scan."""
    if method.detector == "ffmpeg":
        return None
    return key("scenes", source_key, {**scenes_found(method), "version": SCENES_VERSION})


def scenes_found(method: SceneMethod) -> Mapping[str, object]:
    """How scenes are found."""
    return {"detector": method.detector, "threshold": method.threshold}


def clips_key(
    source_key: str,
    cutting: Cutting | SceneCutting,
    *,
    max_resolution: Resolution,
    max_fps: Fraction,
    encoder_version: int | str,
    given: tuple[GivenClip, ...] = (),
) -> str:
    """The clip files and thumbnails of a video: the cutting, the caps, the encoder."""
    return key(
        "clips",
        source_key,
        {
            **_cut(cutting, given),
            **clip_shown(max_resolution, max_fps),
            "encoder": encoder_version,
        },
    )


def frames_key(
    source_key: str,
    cutting: Cutting | SceneCutting,
    *,
    frame_fps: Fraction,
    frame_max_pixels: int,
    given: tuple[GivenClip, ...] = (),
) -> str:
    """The model's frames of all clips of a video: the cutting, how many a second, how large."""
    return key(
        "frames",
        source_key,
        {
            **_cut(cutting, given),
            **frames_shown(frame_fps, frame_max_pixels),
            "version": FRAMES_VERSION,
        },
    )


def answer_key(
    source_key: str,
    span: Span,
    *,
    describer: Mapping[str, str],
    instruction: str,
    shown: Mapping[str, object],
    given: GivenClip | None = None,
) -> str:
    """One answer: the picture's span, who described it, what was asked and what was shown.

    ``describer`` is its ``identity()``; ``shown`` comes from :func:`frames_shown` or
    :func:`clip_shown`, with the transcript's key where words heard were told. The clip's number is
    not in it: the same span under another number is the same picture, so clips of 15 s, then 10 s,
    then 15 s again ask nothing the third time.
    """
    return key(
        "answer",
        source_key,
        {
            "start": str(span.start),
            "end": str(span.end),
            "describer": dict(describer),
            "instruction": instruction,
            "shown": dict(shown),
            "given": unsigned(given.url) if given else None,
        },
    )


def frames_shown(frame_fps: Fraction, frame_max_pixels: int) -> Mapping[str, object]:
    """What a describer sees that is shown frames."""
    return {"frame_fps": str(frame_fps), "frame_max_pixels": frame_max_pixels}


def clip_shown(max_resolution: Resolution, max_fps: Fraction) -> Mapping[str, object]:
    """What a describer sees that is shown a clip or its address."""
    sides = [max_resolution.long_side, max_resolution.short_side]
    return {"max_resolution": sides, "max_fps": str(max_fps)}


def sound_key(source_key: str) -> str:
    """The sound as it is heard: of the source alone."""
    return key("sound", source_key, {"version": SOUND_VERSION})


def transcript_key(source_key: str, listener: Mapping[str, str]) -> str:
    """The words heard: the sound, and who listened (its ``identity()``)."""
    return key("transcript", sound_key(source_key), listener)


def text_key(answer_keys: tuple[str, ...], recipe: Mapping[str, object]) -> str:
    """A video's description and tags: the answers they were drawn from, and how."""
    return key("text", *answer_keys, recipe)


def complete_key(source_key: str, *steps: str | Mapping[str, object]) -> str:
    """Everything wanted of one video, in one key: kept when all of it was done.

    ``steps`` are the keys of the steps and the settings of the run that show in the video's object
    (instruction, describer, threshold, caps). A video with this key in the catalog needs nothing,
    and is passed over without being loaded.
    """
    return key("complete", source_key, *steps)


def _cut(cutting: Cutting | SceneCutting, given: tuple[GivenClip, ...]) -> dict[str, object]:
    """Given clips lie where they lie; the cutting of the run has no say in them."""
    if given:
        return {
            "given": [[unsigned(each.url), _text(each.start), _text(each.end)] for each in given]
        }
    if isinstance(cutting, SceneCutting):
        return {
            "split": "scenes",
            "longest": str(cutting.longest),
            "shortest": str(cutting.shortest),
            **scenes_found(cutting.method),
            "version": SCENES_VERSION,
        }
    return {"length": str(cutting.length), "overlap": str(cutting.overlap)}


def _text(time: Fraction | None) -> str | None:
    return None if time is None else str(time)


def vector_key(embedder: Mapping[str, str], told: str) -> str:
    """One vector: the words and who made it of them (``identity()``), whatever clip they are of."""
    return key("vector", {"version": TELLING_VERSION, "embedder": dict(embedder)}, told)
