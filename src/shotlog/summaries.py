"""What is said of a whole video, from its facts and the answers on its clips. Pure, no model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import groupby

from shotlog.records import Answer, Facts, Scene, Span
from shotlog.wording import clock, listed, spoken_count, spoken_duration

BUILT_IN = "signals"
"""``Answer.model`` of the built-in describer."""

EVENTS = {"black": "goes black", "frozen": "freezes"}
"""Tags of something that happens: one clip is enough for the video to have them."""

LOOKS = {
    "dark": "dark",
    "bright": "bright",
    "static": "still",
    "fast-motion": "in fast motion",
    "fast-cuts": "cut fast",
    "soft": "soft",
    "low-contrast": "low in contrast",
}
"""Tags that describe the look of a stretch, as a sentence puts them."""

CHANGES = {**LOOKS, "silent": "silent", "loud": "loud"}
"""Tags of states whose coming and going is worth a word, what matters most first."""

MOST_CHANGES = 2
"""More would be a list, and the clips have one."""

Answers = Sequence[tuple[Span, Answer]]


def summarize(facts: Facts, scenes: Sequence[Scene], answers: Answers) -> str:
    """A text on the whole video; never empty.

    From the built-in describer's answers: one to three sentences on length, scenes, look and how it
    changes. From a model's: its descriptions in order of time, each with its span, neighbours that
    say the same as one; a single description stands alone.
    """
    if any(answer.model != BUILT_IN for _, answer in answers):
        return _listing(answers)
    opening = _opening(facts, scenes)
    descriptions = {answer.description for _, answer in answers}
    if len(descriptions) == 1:
        return f"{opening}. {descriptions.pop()}"
    changes = _changes(answers, with_sound=facts.audio is not None)
    look = _look(answers, told=changes)
    sound = "; no sound" if facts.audio is None else ""
    states = f" It is {listed(list(changes.values()))}." if changes else ""
    return f"{opening}{look}{sound}.{states}{_events(answers)}"


def video_tags(answers: Answers) -> tuple[str, ...]:
    """The tags of a video, in the order in which its clips bring them up.

    A tag of a state (``dark``, ``silent``) is the video's when it holds for at least half of the
    time described; a tag of an event (:data:`EVENTS`) when any clip has it.
    """
    held = _seconds_by_tag(answers)
    total = sum((span.end - span.start for span, _ in answers), Fraction(0))
    return tuple(tag for tag, seconds in held.items() if tag in EVENTS or seconds * 2 >= total)


def _listing(answers: Answers) -> str:
    """``0:00-0:15 …``, a line a description."""
    told = [
        (span, " ".join(answer.description.split()))
        for span, answer in sorted(answers, key=lambda each: each[0].start)
    ]
    stretches = [list(group) for _, group in groupby(told, key=lambda each: each[1])]
    if len(stretches) == 1:
        return answers[0][1].description.strip()
    return "\n".join(
        f"{clock(float(stretch[0][0].start))}-{clock(float(stretch[-1][0].end))} {stretch[0][1]}"
        for stretch in stretches
    )


def _opening(facts: Facts, scenes: Sequence[Scene]) -> str:
    length = spoken_duration(float(facts.duration_seconds))
    shape = "portrait " if facts.height > facts.width else ""
    return f"A {shape}video of {length} in {spoken_count(max(1, len(scenes)), 'scene')}"


def _look(answers: Answers, *, told: Collection[str]) -> str:
    """What holds for at least half of the time; "mostly" where it does not for all.

    ``told`` are the tags of which a sentence of its own says where they hold.
    """
    tags = [tag for tag in video_tags(answers) if tag in LOOKS and tag not in told]
    if not tags:
        return ""
    always = all(tag in answer.tags for tag in tags for _, answer in answers)
    words = listed([LOOKS[tag] for tag in tags])
    return f", {words}" if always else f", mostly {words}"


def _changes(answers: Answers, *, with_sound: bool) -> dict[str, str]:
    """States that come or go, by tag: ``dark until 0:30``, ``silent from 1:00 to 1:15``.

    A state that comes and goes more than once is left to the clips.
    """
    told = {}
    for tag, word in CHANGES.items():
        runs = _runs(tag, answers)
        having = [index for index, run in enumerate(runs) if tag in run[0][1].tags]
        if len(having) == 1 and len(runs) > 1 and (tag != "silent" or with_sound):
            told[tag] = f"{word} {_when(runs, having[0])}"
    return dict(list(told.items())[:MOST_CHANGES])


def _events(answers: Answers) -> str:
    """``It goes black between 0:15 and 0:30.`` Somewhere in that clip, not all through it."""
    told = []
    for tag, verb in EVENTS.items():
        spans = [span for span, answer in answers if tag in answer.tags]
        if len(spans) == 1:
            start, end = clock(float(spans[0].start)), clock(float(spans[0].end))
            told.append(f"{verb} between {start} and {end}")
        elif spans:
            told.append(f"{verb} in {spoken_count(len(spans), 'clip')}")
    return f" It {listed(told)}." if told else ""


def _runs(tag: str, answers: Answers) -> list[list[tuple[Span, Answer]]]:
    """The answers in order of time, broken where ``tag`` comes or goes."""
    ordered = sorted(answers, key=lambda each: each[0].start)
    return [list(group) for _, group in groupby(ordered, key=lambda each: tag in each[1].tags)]


def _when(runs: list[list[tuple[Span, Answer]]], index: int) -> str:
    start, end = clock(float(runs[index][0][0].start)), clock(float(runs[index][-1][0].end))
    if index == 0:
        return f"until {end}"
    return f"from {start}" if index == len(runs) - 1 else f"from {start} to {end}"


def _seconds_by_tag(answers: Answers) -> dict[str, Fraction]:
    held: dict[str, Fraction] = {}
    for span, answer in answers:
        for tag in dict.fromkeys(answer.tags):
            held[tag] = held.get(tag, Fraction(0)) + span.end - span.start
    return held
