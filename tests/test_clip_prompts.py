"""The words that go with a clip."""

from __future__ import annotations

from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from shotlog.errors import SettingError
from shotlog.prompts.clips import (
    ABOVE,
    BELOW,
    FRAMES_NOTE,
    LONGEST_TOLD,
    ClipPlace,
    ClipPrompt,
    Wanted,
    clock_exact,
    frame_label,
    read_template,
    told,
)
from shotlog.records import Span

PLACE = ClipPlace(Span(7, Fraction(15), Fraction(30)), Fraction(125))


def written(folder: Path, text: str) -> Path:
    path = folder / "question.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_frame_has_its_time() -> None:
    assert frame_label(Fraction(3, 2)) == "frame at 1.5 s:"
    assert frame_label(Fraction(1, 3)) == "frame at 0.3 s:"


def test_what_is_of_one_clip_stands_in_the_closing_alone() -> None:
    prompt = ClipPrompt(Wanted(context=True))
    later = ClipPlace(Span(8, Fraction(30), Fraction(45)), Fraction(125), "A dog.", "Hello.")
    assert prompt.opening("Describe.") == prompt.opening("Describe.")
    first, second = (prompt.closing("Describe.", place) for place in (PLACE, later))
    assert "from 0:15 to 0:30" in first
    assert "2 minutes 5 seconds" in first
    assert "described so" not in first
    assert "spoken" not in first
    assert 'described so: "A dog."' in second
    assert '"Hello."' in second
    assert "7" not in first, "a clip's number says nothing of the video"


def test_the_instruction_comes_first_and_keywords_and_language_follow() -> None:
    groups = {"safety": ("helmet", "forklift"), "people": ("guard",), "none": ()}
    wanted = Wanted(keywords=groups, language="de", categories=("Indoor", "Street"))
    opening = ClipPrompt(wanted).opening("  What is dangerous?\n\nBe brief. ")
    assert opening.startswith("What is dangerous?\n\nBe brief.")
    assert "safety (helmet, forklift); people (guard)" in opening
    assert "Write in German (de)." in opening
    assert '"category": one of "Indoor", "Street"' in opening


def test_without_fields_no_json_is_asked_for() -> None:
    prompt = ClipPrompt(Wanted(structured="no"))
    assert prompt.opening("Describe.") == "Describe."
    assert "JSON" not in prompt.closing("Describe.", PLACE)


def test_words_of_others_fill_no_placeholders() -> None:
    prompt = ClipPrompt(Wanted(context=True, keywords={"a": ("$language", "$$", "${fields}")}))
    place = ClipPlace(PLACE.span, None, '$start "$heard"\n---\n$no', "$before ${end}")
    closing = prompt.closing("What costs $5 of ${end}?", place)
    assert "\"$start '$heard' --- $no\"" in closing
    assert '"$before ${end}"' in closing
    opening = prompt.opening("What costs $5 of ${end}?")
    assert opening.startswith("What costs $5 of ${end}?")
    assert "$language, $$, ${fields}" in opening


def test_long_words_of_others_are_cut_at_a_word() -> None:
    text = told("word " * 1000)
    assert len(text) <= LONGEST_TOLD + 2
    assert text.endswith("word …")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (Fraction(15), "0:15"),
        (Fraction(5, 2), "0:02.5"),
        (Fraction(59999, 1000), "1:00"),
        (Fraction(3723), "1:02:03"),
    ],
)
def test_times_are_said_to_a_tenth(seconds: Fraction, text: str) -> None:
    assert clock_exact(seconds) == text


def test_a_template_of_the_user_is_taken(tmp_path: Path) -> None:
    path = written(
        tmp_path, "$instruction It costs $$5.\n$keywords\n---\nFrom ${start}, $heard.\nBye."
    )
    prompt = ClipPrompt(Wanted(structured="no"), read_template(path))
    assert prompt.opening("Look.") == "Look. It costs $5."
    assert prompt.closing("Look.", PLACE) == "Bye."
    heard = ClipPlace(PLACE.span, None, None, "hi")
    assert prompt.closing("Look.", heard) == "From 0:15, hi.\nBye."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$instruction\n$clip_number", r"line 2: there is no placeholder \$clip_number"),
        ("$instruction\n$start\n---\n", r"line 2: there is no placeholder \$start"),
        ("$instruction\n---\nx\n$nobody", r"line 4: there is no placeholder \$nobody"),
        ("Costs $5", r"line 1: a \$ stands there"),
        ("Ends in $", r"line 1: a \$ stands there"),
        ("  \n", "is empty"),
    ],
)
def test_a_template_with_a_mistake_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, words: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingError, match=words) as caught:
        read_template(path)
    if "empty" not in words:
        assert "$instruction, $keywords" in caught.value.hint
        assert ("$before" in caught.value.hint) is ("nobody" in text)
    assert str(path) in str(caught.value)


def test_a_template_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Größe".encode("latin-1"))
    for name in ("absent.txt", "latin.txt"):
        with pytest.raises(SettingError, match=name):
            read_template(tmp_path / name)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Wanted(context=True), "before"),
        (Wanted(language="en"), "language"),
        (Wanted(keywords={"a": ("b",)}), "keywords"),
    ],
)
def test_a_template_without_a_place_for_what_is_told_is_refused(
    tmp_path: Path, wanted: Wanted, name: str
) -> None:
    template = read_template(written(tmp_path, "$instruction"))
    with pytest.raises(SettingError, match=rf"no \${name}"):
        ClipPrompt(wanted, template)


def test_categories_that_no_question_would_tell_are_refused(tmp_path: Path) -> None:
    bare = Wanted(structured="no", categories=("Loading",))
    with pytest.raises(SettingError, match="Categories"):
        ClipPrompt(bare)
    own = ClipPrompt(bare, read_template(written(tmp_path, "One of $categories: $instruction")))
    assert own.opening("What is it?") == "One of Loading: What is it?"


CHANGES: list[dict[str, Any]] = [
    {"structured": "no"},
    {"structured": "yes"},
    {"language": "en"},
    {"keywords": {"a": ("b",)}},
    {"keywords": {"a": ("c",)}},
    {"keywords": {"z": ("c",)}},
    {"categories": ("x",)},
    {"categories": ("x", "y")},
    {"context": True},
]


def test_everything_that_decides_an_answer_changes_the_identity(tmp_path: Path) -> None:
    own = [
        ClipPrompt(Wanted(), read_template(written(tmp_path, text)))
        for text in ("$instruction", "$instruction!", "$instruction\n---\n", "$instruction\n---\nx")
    ]
    prompts = [ClipPrompt(Wanted(**change)) for change in ({}, *CHANGES)]
    identities = [tuple(sorted(each.identity().items())) for each in (*prompts, *own)]
    assert len(set(identities)) == len(identities) - 1, "only an empty closing changes nothing"
    assert all(len(value) < 40 for identity in identities for _, value in identity)


def test_the_same_template_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    one, two = written(tmp_path, "$instruction"), written(tmp_path / "elsewhere", "$instruction")
    first, second = (ClipPrompt(Wanted(), read_template(path)) for path in (one, two))
    assert first.identity() == second.identity()


def test_the_text_shown_in_the_documents_is_the_very_text_sent() -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "describing.md"
    wanted = Wanted(
        keywords={"safety": ("helmet", "forklift", "spill")},
        language="en",
        context=True,
        categories=("Loading", "Walking", "Other"),
    )
    place = ClipPlace(
        Span(2, Fraction(15), Fraction(30)),
        Fraction(3725),
        "A man in a blue overall opens the gate of a hall.",
        "Mind your head!",
    )
    prompt, instruction = ClipPrompt(wanted), "Describe this video."
    text = page.read_text(encoding="utf-8")
    assert f"```\n{prompt.opening(instruction)}\n```" in text
    assert f"```\n{prompt.closing(instruction, place)}\n```" in text
    template = resources.files("shotlog.prompts") / "templates" / "clip.txt"
    assert f"```\n{template.read_text(encoding='utf-8').strip()}\n```" in text
    assert FRAMES_NOTE in " ".join(text.split())
    assert all(f"`${name}`" in text for name in (*ABOVE, *BELOW))
