"""Rules files: what they may say, and what is said of those that may not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.errors import RulesError
from shotlog.rules import read_rules
from shotlog.rules.nodes import Listed, Mapped, Node, nodes_of

RULE = "rules:\n  - tag: a\n    clip:\n      {}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RULE.format("brightnes: 1"), "line 4: there is no field 'brightnes'.*'brightness'"),
        (RULE.format("brightness: dark"), "line 4: brightness: 'dark' is no number"),
        (RULE.format("time_of_day: noon"), "line 4: .*'noon' is none of dawn, day, dusk"),
        (RULE.format("words: /(/"), "line 4: words: .* is no regular expression"),
        (RULE.format("words: []"), "line 4: words: is followed by an empty list"),
        (RULE.format("words: ''"), "line 4: .*an empty text"),
        (RULE.format("audio: maybe"), "line 4: .*'maybe' is neither yes nor no"),
        (RULE.format("size: big"), "line 4: size: 'big' is no size"),
        (RULE.format("class: a"), "line 4: which class a clip has"),
        (RULE.format("any_clip: {tags: a}"), "line 4: any_clip looks at the clips of a video"),
        (RULE.format("motion: 1\n      motion: 2"), "line 5: 'motion' .* after line 4"),
        (RULE.format("any: {motion: 1}"), "line 4: any: is followed by a list of conditions"),
        (RULE.format("&a motion: *a"), "line 4: \\*a points"),
        ("rules:\n  - tag: a\n    clp: {}\n", "line 3: a rule has no 'clp'.*'clip'"),
        ("rules:\n  - tag: a\n", "line 2: a rule has clip: or video:, and this one has neither"),
        ("rules:\n  - tag: a\n    video: {motion: 1}\n", "line 3: motion is a clip's"),
        ("rules:\n  - tag: a\n    priority: 1\n    clip: {motion: 1}", "line 3: a tag has no prio"),
        ("rules:\n  - {tag: a, clip: {motion: 1}}\n" * 2, "line 3: 'rules' stands here a second"),
        (
            "rules:\n  - {tag: a, clip: {motion: 1}}\n  - {tag: a, clip: {motion: 2}}\n",
            "line 3: a second rule is called 'a', after that of line 2",
        ),
        ("rules:\n  - tag: a\n    video: {clips: {of: {motion: 1}}}", "line 3: clips: needs"),
        ("rules:\n  - [\n", "line 3: this is no YAML"),
        ("tag: a\n", "line 1: the file has no 'tag'"),
        ("", "line 1: the file has no rules"),
        ("- tag: a\n  clip: {motion: 1}\n", "line 1: .* here is a list"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=f"(?s)^rules.yaml, {said}"):
        read_rules(text, "rules.yaml")


def test_mistakes_in_several_rules_are_told_at_once() -> None:
    good, bad = "  - {tag: t0, clip: {motion: 1}}\n", "  - {{tag: t{}, clip: {{motoin: 1}}}}\n"
    with pytest.raises(RulesError) as told:
        read_rules("rules:\n" + good + bad.format(1) + bad.format(2), "rules.yaml")
    first, second = told.value.what.splitlines()
    assert first.startswith("rules.yaml, line 3: there is no field 'motoin'. The nearest known")
    assert second.startswith("rules.yaml, line 4: ")
    with pytest.raises(RulesError) as told:
        read_rules("rules:\n" + "".join(map(bad.format, range(13))), "rules.yaml")
    assert len(told.value.what.splitlines()) == 10
    assert told.value.hint.startswith("And in 3 further rules.")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("- tag: a\n  clip: {motion: 1}\n", "Put rules: on a line of its own before the list."),
        ("fire, smoke\n", "It begins with rules: and a list."),
        ("rules:\n  - fire\n", "Say, tag: fire, and below it clip: "),
    ],
)
def test_a_file_of_another_shape_is_told_how_to_begin(text: str, hint: str) -> None:
    with pytest.raises(RulesError) as caught:
        read_rules(text, "rules.yaml")
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"rules": [{"tag": "a",\n "clip": {"motoin": 1}}]}', "line 3: there is no field"),
        ('{"rules": [\n{"tag": "a"\n"clip": 1}]}', "line 3: this is no JSON: a comma or }"),
        ('{"rules": [],\n}', "line 2: this is no JSON: a text in double quotes"),
        ('{"rules": []}\nx', "line 2: this is no JSON: the end of the file"),
        ('{"rules": "', "line 1: this is no JSON"),
        ("[" * 100, "line 1: parts lie more than 40 deep"),
    ],
)
def test_json_is_read_with_lines_too(text: str, said: str) -> None:
    with pytest.raises(RulesError, match=f"^rules.json, {said}"):
        read_rules(text, "rules.json")


@pytest.mark.slow
def test_yaml_too_deep_is_refused() -> None:
    with pytest.raises(RulesError):
        read_rules("[" * 5000, "rules.yaml")


def _plain(node: Node) -> object:
    if isinstance(node, Listed):
        return [_plain(each) for each in node.items]
    return (
        {key.text: _plain(each) for key, each in node.items}
        if isinstance(node, Mapped)
        else (node.text)
    )


VALUES = st.recursive(
    st.text(min_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from([None, 2, "\t"]))
def test_any_json_is_read_as_the_standard_library_reads_it(
    value: object, indent: int | str | None
) -> None:
    assert _plain(nodes_of(json.dumps(value, indent=indent), "a.json")) == value


def test_the_same_rules_in_yaml_and_json_are_the_same() -> None:
    told = {
        "rules": [
            {
                "class": "a",
                "priority": 2,
                "video": {"clips": {"at_least": "50%", "of": {"not": {"words": ["ö", "/b+/"]}}}},
            }
        ]
    }
    yaml = (
        "rules:\n- class: a\n  priority: 2\n"
        "  video: {clips: {at_least: 50%, of: {not: {words: [ö, /b+/]}}}}"
    )
    assert repr(read_rules(json.dumps(told), "a.json").rules[0].condition) == repr(
        read_rules(yaml, "a.yaml").rules[0].condition
    )
