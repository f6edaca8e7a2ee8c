"""Rules held against a video and its clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shotlog.rows import RuleTag
from shotlog.rules.conditions import Proof
from shotlog.rules.reading import Rule, Rules
from shotlog.rules.subjects import Subject, VideoSubject


@dataclass(frozen=True, slots=True)
class Given:
    """What rules gave to a video, and to its clips by their number; clips without are left out."""

    video: tuple[RuleTag, ...]
    clips: Mapping[int, tuple[RuleTag, ...]]


def apply_rules(rules: Rules, video: VideoSubject) -> Given:
    """Rules on clips come first, then those on the video, each kind in the file's order.

    A rule sees the tags that those before it gave; of the classes of one group the one with the
    highest priority stays, the first of the file among equals. The subjects' tags and classes grow.
    """
    clips = {}
    for_clips = [rule for rule in rules.rules if rule.of == "clip"]
    for clip in video.clips if for_clips else ():
        given = _given(for_clips, clip)
        if given:
            clips[clip.index] = given
            clip.classes = tuple(each.name for each in given if each.group is not None)
    return Given(_given([rule for rule in rules.rules if rule.of == "video"], video), clips)


def _given(rules: Sequence[Rule], subject: Subject) -> tuple[RuleTag, ...]:
    """Tags in the file's order, then one class of each group."""
    tags: list[RuleTag] = []
    classes: dict[str, tuple[int, RuleTag]] = {}
    for rule in rules:
        if rule.group is not None and _is_beaten(rule, classes):
            continue
        if rule.group is None and any(each.name == rule.gives for each in tags):
            continue
        proof = rule.condition.proof(subject)
        if proof is None:
            continue
        given = RuleTag(rule.gives, rule.name, _once(proof), rule.group)
        if rule.group is not None:
            classes[rule.group] = (rule.priority, given)
            continue
        tags.append(given)
        if rule.gives not in subject.tags:
            subject.tags = (*subject.tags, rule.gives)
    return (*tags, *(given for _, given in classes.values()))


def _is_beaten(rule: Rule, classes: Mapping[str, tuple[int, RuleTag]]) -> bool:
    found = classes.get(rule.group or "")
    return found is not None and found[0] >= rule.priority


def _once(proof: Proof) -> Proof:
    return tuple(dict.fromkeys(proof))
