"""What is worth saying of one clip's measurements: each word with the number that backs it. Pure.

The thresholds are the whole judgement; they stand first, each with its unit and what lies beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shotlog.records import Signals
from shotlog.wording import short_number, spoken_count, spoken_seconds

VERSION = "1"
"""Raised with every change of the thresholds or the words."""

WHOLE_SHARE = 0.9
"""Share of the clip from which a state holds "throughout": a fade at either end still fits."""
MOST_SHARE = 0.5
"""Share of the clip from which a black stretch is the main thing, and means tell little."""
NOTABLE_SECONDS = 1.0
"""A shorter black or silent stretch is a cut or a breath."""
FREEZE_SECONDS = 2.0
"""Shorter standstills are held frames of animation or a calm moment."""
SILENCE_SHARE = 0.25
"""Share of the clip; pauses in speech are less."""

VERY_DARK_BRIGHTNESS = 0.10
"""Mean luma, 0..1; below this hardly anything is to be seen."""
DARK_BRIGHTNESS = 0.25
"""Mean luma, 0..1; night shots and dim rooms lie below."""
BRIGHT_BRIGHTNESS = 0.70
"""Mean luma, 0..1; snow, slides and white rooms lie above."""
FLAT_CONTRAST = 0.05
"""Standard deviation of luma, 0..0.5; fog and plain cards lie below, and are not called soft."""
SOFT_DETAIL = 0.012
"""Sharpness over contrast. Sharp video of all kinds lies above 0.024; blurred over 2 of 320 pixels,
the same lies below 0.012, whatever it shows."""
SHARP_DETAIL = 0.05
"""The same; fine detail all over the picture lies above."""

STILL_SHARE = 0.85
"""Share of the time that is not black; a tripod without a subject, a slide, a screen."""
SLIDES_SHARE = 0.75
"""The same for a slideshow, whose changes of slide count as motion."""
SLIDES_SHOTS = 3
"""Fewer stills with cuts between are just still shots."""
LITTLE_MOTION = 0.02
"""Mean luma change between samples, 0..1; a talking head lies below."""
FAST_MOTION = 0.08
"""The same; quick pans, sports and hand-held runs lie above. A flat picture only fades."""
QUICK_SHOTS_PER_MINUTE = 30.0
"""A shot every two seconds: trailers, music videos."""
QUICK_SHOTS = 4
"""Fewer shots have no pace."""

LOUD_DB = -14.0
"""RMS below full scale; denser than broadcast speech and music (about -23)."""
QUIET_DB = -40.0
"""The same; room tone and far-off voices lie below."""

MAIN_COLOR_SHARE = 0.50
"""Share of the picture; the few colours that cover half of it are what it mostly is."""
FURTHER_COLOR_SHARE = 0.20
"""Share of the picture; a colour beside the main one is named from here on."""
COLORS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth saying, and the measurement that backs it."""

    words: str
    """As they stand in the sentence; empty where only the tag counts."""
    measured: str
    tag: str = ""
    extent: Literal["whole", "most", "part"] = "whole"
    """How much of the clip it holds for."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in one clip, by subject; None where nothing is worth saying."""

    shots: Finding
    black: Finding | None = None
    frozen: Finding | None = None
    motion: Finding | None = None
    light: Finding | None = None
    focus: Finding | None = None
    colors: tuple[Finding, ...] = ()
    sound: Finding | None = None
    shape: Finding | None = None

    def __iter__(self) -> Iterator[Finding]:
        """All of them, what matters most first."""
        picture = (self.black, self.frozen, self.shots, self.motion, self.light, self.focus)
        rest = (*self.colors, self.sound, self.shape)
        yield from (each for each in (*picture, *rest) if each is not None)


def find(signals: Signals) -> Findings:
    """All that is worth saying of a clip.

    A picture that is black has no other looks; one that is mostly black has no mean worth telling.
    """
    black, sound, shape = _black(signals), _sound(signals), _shape(signals)
    slides = _slideshow(signals)
    shots = slides or _shots(signals)
    if black is not None and black.extent == "whole":
        return Findings(_shots(signals), black, sound=sound, shape=shape)
    frozen = None if slides else _frozen(signals)
    motion = None if slides else _motion(signals)
    if black is not None and black.extent == "most":
        return Findings(shots, black, frozen, motion, sound=sound, shape=shape)
    light = _light(signals)
    return Findings(
        shots=shots,
        black=black,
        frozen=frozen,
        motion=motion,
        light=light,
        focus=_focus(signals),
        colors=_colors(signals, dark=light is not None and light.tag == "dark"),
        sound=sound,
        shape=shape,
    )


def _black(signals: Signals) -> Finding | None:
    share = _share(signals.black_seconds, signals)
    measured = f"black for {_part(signals.black_seconds, signals)}"
    if share >= WHOLE_SHARE:
        return Finding("black", measured, "black")
    if signals.black_seconds < NOTABLE_SECONDS:
        return None
    if share >= MOST_SHARE:
        return Finding(measured, measured, "black", extent="most")
    words = f"black for {spoken_seconds(signals.black_seconds)}"
    return Finding(words, measured, "black", extent="part")


def _frozen(signals: Signals) -> Finding | None:
    """Black stretches stand still too: only a longer standstill is one of its own."""
    if signals.frozen_seconds < FREEZE_SECONDS or signals.frozen_seconds <= signals.black_seconds:
        return None
    measured = f"no pixel changed for {_part(signals.frozen_seconds, signals)}"
    if _share(signals.frozen_seconds, signals) >= WHOLE_SHARE:
        return Finding("frozen", measured, "frozen")
    words = f"frozen for {spoken_seconds(signals.frozen_seconds)}"
    return Finding(words, measured, "frozen", extent="part")


def _slideshow(signals: Signals) -> Finding | None:
    still, count = _still_share(signals), signals.shot_count
    if still < SLIDES_SHARE or count < SLIDES_SHOTS:
        return None
    measured = (
        f"shot_count {count} >= {SLIDES_SHOTS}, "
        f"still for {still:.2f} of the time >= {SLIDES_SHARE:g}"
    )
    return Finding(spoken_count(count, "still picture"), measured, "slideshow")


def _shots(signals: Signals) -> Finding:
    count = max(1, signals.shot_count)
    pace = 60 * _share(count, signals)
    if count >= QUICK_SHOTS and pace >= QUICK_SHOTS_PER_MINUTE:
        measured = f"{pace:.0f} shots a minute >= {QUICK_SHOTS_PER_MINUTE:g}"
        return Finding(spoken_count(count, "quick shot"), measured, "fast-cuts")
    return Finding(spoken_count(count, "shot"), f"shot_count {count}")


def _motion(signals: Signals) -> Finding | None:
    still = _still_share(signals)
    if still >= STILL_SHARE:
        return Finding("still", f"still for {still:.2f} of the time >= {STILL_SHARE:g}", "static")
    if signals.motion >= FAST_MOTION and signals.contrast >= FLAT_CONTRAST:
        measured = f"motion {signals.motion:.3f} >= {FAST_MOTION:g}"
        return Finding("with fast motion", measured, "fast-motion")
    if signals.motion < LITTLE_MOTION:
        return Finding("with little motion", f"motion {signals.motion:.3f} < {LITTLE_MOTION:g}")
    return None


def _light(signals: Signals) -> Finding | None:
    level = signals.brightness
    if level < VERY_DARK_BRIGHTNESS:
        return Finding("very dark", f"brightness {level:.2f} < {VERY_DARK_BRIGHTNESS:g}", "dark")
    if level < DARK_BRIGHTNESS:
        return Finding("dark", f"brightness {level:.2f} < {DARK_BRIGHTNESS:g}", "dark")
    if level > BRIGHT_BRIGHTNESS:
        return Finding("bright", f"brightness {level:.2f} > {BRIGHT_BRIGHTNESS:g}", "bright")
    return None


def _focus(signals: Signals) -> Finding | None:
    if signals.contrast < FLAT_CONTRAST:
        measured = f"contrast {signals.contrast:.3f} < {FLAT_CONTRAST:g}"
        return Finding("low in contrast", measured, "low-contrast")
    detail = signals.sharpness / signals.contrast
    measured = f"sharpness {signals.sharpness:.4f} over contrast {signals.contrast:.3f}"
    if detail < SOFT_DETAIL:
        return Finding("soft", f"{measured} is {detail:.3f} < {SOFT_DETAIL:g}", "soft")
    if detail >= SHARP_DETAIL:
        return Finding("sharp", f"{measured} is {detail:.3f} >= {SHARP_DETAIL:g}")
    return None


def _colors(signals: Signals, *, dark: bool) -> tuple[Finding, ...]:
    """The few that the picture mostly is; that a dark one is black goes without saying."""
    main = signals.colors[:1]
    further = tuple(each for each in signals.colors[1:] if each[1] >= FURTHER_COLOR_SHARE)
    named = (*main, *further)[:COLORS_NAMED]
    if sum(share for _, share in named) < MAIN_COLOR_SHARE:
        return ()
    if dark and named[0][0] == "black":
        return ()
    return tuple(
        Finding(name, f"{share:.2f} of the picture")
        for name, share in named
        if not (dark and name == "black")
    )


def _sound(signals: Signals) -> Finding | None:
    if not signals.has_audio:
        return Finding("no sound", "no audio track", "silent")
    share = _share(signals.silent_seconds, signals)
    measured = f"below -60 dB for {_part(signals.silent_seconds, signals)}"
    if share >= WHOLE_SHARE:
        return Finding("silent", measured, "silent")
    if share >= SILENCE_SHARE and signals.silent_seconds >= NOTABLE_SECONDS:
        words = f"silent for {spoken_seconds(signals.silent_seconds)}"
        return Finding(words, measured, extent="part")
    return _loudness(signals.loudness_db)


def _loudness(loudness_db: float | None) -> Finding | None:
    if loudness_db is None:
        return None
    if loudness_db > LOUD_DB:
        return Finding("loud sound", f"loudness {loudness_db:.0f} dB > {LOUD_DB:g} dB", "loud")
    if loudness_db < QUIET_DB:
        return Finding("quiet sound", f"loudness {loudness_db:.0f} dB < {QUIET_DB:g} dB", "quiet")
    return None


def _shape(signals: Signals) -> Finding | None:
    return Finding("", "height > width", "portrait") if signals.portrait else None


def _part(seconds: float, signals: Signals) -> str:
    return f"{short_number(seconds)} of {spoken_seconds(signals.duration_seconds)}"


def _still_share(signals: Signals) -> float:
    """Of the time that is not black: nothing moves in black, and that says nothing."""
    shown = signals.duration_seconds - signals.black_seconds
    return max(0.0, signals.still_seconds - signals.black_seconds) / shown if shown > 0 else 0.0


def _share(part: float, signals: Signals) -> float:
    """Of the clip's length; of a clip without length, nothing."""
    return part / signals.duration_seconds if signals.duration_seconds > 0 else 0.0
