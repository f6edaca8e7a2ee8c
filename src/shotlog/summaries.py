"""What is said of a whole video, from its facts and the answers on its clips. Pure, no model."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from shotlog.overlaps import own_parts, without_repeats
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
    say the same as one; a single description stands alone. What clips share (``--overlap``) is told
    once: each speaks for its own time, and says nothing that the clip before has said.
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
    own = _in_own_time(answers)
    held = _seconds_by_tag(own)
    total = sum((span.end - span.start for span, _ in own), Fraction(0))
    return tuple(tag for tag, seconds in held.items() if tag in EVENTS or seconds * 2 >= total)


def _listing(answers: Answers) -> str:
    """``0:00-0:15 …``, a line a description."""
    stretches: list[tuple[Fraction, Fraction, str]] = []
    for start, end, text in _told_once(answers):
        same = stretches and (not text or text == stretches[-1][2])
        if same:
            stretches[-1] = (stretches[-1][0], end, stretches[-1][2])
        else:
            stretches.append((start, end, text))
    if len(stretches) == 1:
        return min(answers, key=lambda each: each[0].start)[1].description.strip()
    return "\n".join(
        f"{clock(float(start))}-{clock(float(end))} {text}" for start, end, text in stretches
    )


def _told_once(answers: Answers) -> Iterator[tuple[Fraction, Fraction, str]]:
    """Each clip's own time, and what it says beyond the clip before that it shares picture with.

    Descriptions that are the same word for word are left for the caller to join.
    """
    before: tuple[Fraction, str] | None = None
    for whole, own in zip(_in_order(answers), _in_own_time(answers), strict=True):
        text = " ".join(whole[1].description.split())
        shared = before is not None and before[0] > whole[0].start and before[1] != text
        told = without_repeats(text, before[1]) if before is not None and shared else text
        yield own[0].start, own[0].end, told
        before = whole[0].end, text


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
        seen = _seen([span for span, answer in _in_order(answers) if tag in answer.tags])
        if len(seen) == 1:
            start, end = clock(float(seen[0][0])), clock(float(seen[0][1]))
            told.append(f"{verb} between {start} and {end}")
        elif seen:
            told.append(f"{verb} in {spoken_count(len(seen), 'clip')}")
    return f" It {listed(told)}." if told else ""


def _seen(spans: Sequence[Span]) -> list[tuple[Fraction, Fraction]]:
    """Where an event lies that these clips show; two that share picture show one, in what they
    share.
    """
    found: list[tuple[Fraction, Fraction]] = []
    for span in spans:
        if found and span.start < found[-1][1]:
            found[-1] = (span.start, min(span.end, found[-1][1]))
        else:
            found.append((span.start, span.end))
    return found


def _runs(tag: str, answers: Answers) -> list[list[tuple[Span, Answer]]]:
    """The answers in order of time, broken where ``tag`` comes or goes."""
    ordered = _in_own_time(answers)
    return [list(group) for _, group in groupby(ordered, key=lambda each: tag in each[1].tags)]


def _in_order(answers: Answers) -> list[tuple[Span, Answer]]:
    return sorted(answers, key=lambda each: each[0].start)


def _in_own_time(answers: Answers) -> list[tuple[Span, Answer]]:
    """In order of time, each without what is the next clip's too."""
    ordered = _in_order(answers)
    parts = own_parts([span for span, _ in ordered])
    return [
        (Span(span.index, start, end), answer)
        for (span, answer), (start, end) in zip(ordered, parts, strict=True)
    ]


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
