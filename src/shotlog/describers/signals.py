"""The built-in describer: no model; says in one or two plain sentences what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from shotlog.describers.base import ClipToDescribe, Place
from shotlog.describers.checks import EndpointCheck
from shotlog.describers.signal_findings import VERSION, Finding, Findings, find
from shotlog.records import Answer, Signals
from shotlog.wording import capitalized, listed


class SignalsDescriber:
    """Needs no model, no network and no time."""

    name = "signals"
    needs_frames = False
    concurrency = 1

    def __init__(self, *, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes

    def identity(self) -> Mapping[str, str]:
        """The version of thresholds and words; the instruction is not heeded."""
        return {"protocol": self.name, "model": "", "version": VERSION}

    def describe(self, clip: ClipToDescribe) -> Answer:
        return describe_signals(clip.signals)

    def check(self) -> EndpointCheck:
        return EndpointCheck(protocol=self.name, model=self.name)

    def remember(self, said: Iterable[tuple[str, Place]]) -> None:
        """Clips that measure alike are rightly described alike."""

    def close(self) -> None:
        """There is nothing to free."""


def describe_signals(signals: Signals) -> Answer:
    """One or two sentences, tags, and for each word and tag the measurement behind it."""
    findings = find(signals)
    description = _sentences(findings)
    said = set(re.findall(r"[\w.-]+", description.lower()))
    evidence: dict[str, str] = {}
    for each in findings:
        if each.words and said.issuperset(each.words.lower().split()):
            evidence[each.words] = each.measured
        if each.tag:
            evidence[each.tag] = each.measured
    return Answer(
        description=description,
        model=SignalsDescriber.name,
        tags=tags_of(signals),
        evidence=tuple(evidence.items()),
    )


def tags_of(signals: Signals) -> tuple[str, ...]:
    """What was measured as tags, for a clip that a model describes too."""
    return tuple(dict.fromkeys(each.tag for each in find(signals) if each.tag))


def _sentences(findings: Findings) -> str:
    """First what matters most: blackness, then standstill, then the shots and their look."""
    black, sound = findings.black, findings.sound
    parts_only = [each for each in (black, findings.frozen, sound) if _extent(each) == "part"]
    events = f" It is {listed([each.words for each in parts_only if each])}." if parts_only else ""
    sounds = f"; {sound.words}" if sound is not None and sound.extent == "whole" else ""
    if _extent(black) == "whole":
        if sound is not None and sound.words == "silent":
            return "Black and silent throughout."
        return f"Black throughout{sounds}.{events}"
    picture = _picture(findings)
    if black is not None and black.extent == "most":
        picture = f"{black.words}, otherwise {picture}"
    return f"{capitalized(picture)}{sounds}.{events}"


def _picture(findings: Findings) -> str:
    look = (findings.light, findings.focus)
    adjectives = " and ".join(each.words for each in look if each is not None)
    colors = listed([each.words for each in findings.colors])
    palette = f"mostly {colors}" if colors else ""
    return ", ".join(filter(None, (_subject(findings), adjectives, palette)))


def _subject(findings: Findings) -> str:
    shots, motion = findings.shots, findings.motion
    if _extent(findings.frozen) == "whole":
        return "a frozen picture"
    if shots.tag == "slideshow":
        return f"a slideshow of {shots.words}"
    if motion is None:
        return shots.words
    if motion.tag == "static":
        number, noun = shots.words.split(" ", 1)
        return f"{number} {motion.words} {noun}"
    return f"{shots.words} {motion.words}"


def _extent(finding: Finding | None) -> str:
    return finding.extent if finding is not None else ""
