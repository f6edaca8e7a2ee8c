"""What is said of a setting that will not do: in words of our own, with what would."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from shotlog.errors import SettingError
from shotlog.settings import Settings, load_settings


def refusal(
    tmp_path: Path, *, options: dict[str, object] | None = None, ini: str = ""
) -> SettingError:
    file = tmp_path / "config.ini"
    file.write_text(ini, encoding="utf-8")
    with pytest.raises(SettingError) as caught:
        load_settings(options or {}, file=file, environment={})
    return caught.value


def choices_of(annotation: object) -> tuple[str, ...]:
    """Of a setting that is a choice, with or without None."""
    if get_origin(annotation) is Literal:
        return tuple(str(each) for each in get_args(annotation))
    return tuple(word for part in get_args(annotation) for word in choices_of(part))


CHOICES = {
    name: found
    for name, info in Settings.model_fields.items()
    if (found := choices_of(info.annotation))
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_that_is_none_is_told_with_all_that_are(name: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, options={name: "foo"}).what
    *others, last = CHOICES[name]
    option = "--" + name.replace("_", "-")
    assert said == f"{option}: the value 'foo' will not do: write {', '.join(others)} or {last}."


def test_the_nearest_choice_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, options={"split": "scene"}).what
    assert said.endswith("write length or scenes; the nearest is scenes.")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("max_requests", "many", "it is no whole number"),
        ("max_requests", "-1", "it must be at least 0"),
        ("workers", "5000", "it must be at most 1024"),
        ("tokens_per_minute", "1.5", "it is no whole number"),
        ("max_cost", "much", "it is no number"),
        ("max_cost", "-1", "it must be at least 0"),
        ("scene_threshold", "2", "it must be at most 1.0"),
        ("scene_threshold", "x", "it is no number"),
        ("clips", "perhaps", "write yes or no"),
        ("instruction", "", "it must not be empty"),
        ("segment_length", "x", "'x' is no number; write 12, 29.97 or 30000/1001"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_plain_words(
    name: str, value: str, reason: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, options={name: value}).what
    assert said.endswith(f"will not do: {reason}.")


@pytest.mark.parametrize(
    ("ini", "nearest"),
    [
        ("[QwenVL]\nAcessKey = x", "[QwenVL] AccessKey"),
        ("[Hearing]\nAcessKey = x", "[Hearing] AccessKey"),
        ("[Qwen]\nModel = x", "[QwenVL] Model"),
        ("[Processing]\nSegmentLenght = 3", "[Processing] SegmentLength"),
    ],
)
def test_a_key_that_several_sections_have_is_looked_for_in_the_likeliest(
    ini: str, nearest: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, ini=ini).hint == f"The nearest known one is {nearest}."


def test_a_program_that_says_what_the_command_says_is_told_the_setting(tmp_path: Path) -> None:
    assert refusal(tmp_path, options={"endpoint": "http://h"}).hint.endswith("'public_endpoint'.")
    assert refusal(tmp_path, options={"hear": "local"}).hint.endswith("'hearing'.")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("en", "en"),
        ("pt-BR", "pt-BR"),
        ("German", "German"),
        ("deutsch", "de"),
        ("Français", "fr"),
        ("中文", "zh"),
        ("Danish", "Danish"),
        (" da ", "da"),
    ],
)
def test_a_language_is_taken_by_its_code_or_either_of_its_names(given: str, kept: str) -> None:
    assert load_settings({"language": given}, environment={}).language == kept


def test_whoever_listens_is_told_the_code_of_a_language() -> None:
    for given in ("German", "deutsch", "de"):
        assert load_settings({"hearing_language": given}, environment={}).hearing_language == "de"


@pytest.mark.parametrize("word", ["deutsh", "12345", "x", "the same as before"])
def test_a_language_that_nobody_knows_is_refused(word: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, options={"language": word}).what
    assert f"--language: the value '{word}' will not do: it is no language that is known" in said
    assert ("The nearest known one is deutsch." in said) == (word == "deutsh")
