"""What the documents say is what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from shotlog import errors
from shotlog.cli.main import app
from shotlog.settings import Settings, environment_name

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def commands() -> dict[str, Any]:
    """Every command by the words that call it, those of a sub-app too."""
    group: Any = typer.main.get_command(app)
    return dict(_within(group, ""))


def _within(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _within(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def options(name: str) -> list[Any]:
    return [each for each in commands()[name].params if each.param_type_name == "option"]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_documented(name: str) -> None:
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    assert f"## shotlog {name}" in text
    section = text.partition(f"## shotlog {name}\n")[2].partition("\n## ")[0]
    for option in options(name):
        for spelling in option.opts:
            assert f"`{spelling}" in section, f"{spelling} of {name} is not documented"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_has_a_help_text(name: str) -> None:
    for option in options(name):
        assert option.help, option.name


@pytest.mark.parametrize(
    "name", sorted(set(Settings.model_fields) - {"keywords", "endpoint_names"})
)
def test_every_setting_is_documented(name: str) -> None:
    info = Settings.model_fields[name]
    place = info.json_schema_extra
    assert isinstance(place, dict)
    row = rf"\| `\[{place['section']}\] {place['key']}` \| `{environment_name(name)}` \|"
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert re.search(row, text), f"{name} has no row in docs/settings.md"
    assert str(info.description) in text


def all_errors(root: type[errors.ShotlogError]) -> list[type[errors.ShotlogError]]:
    return [root, *(each for child in root.__subclasses__() for each in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(errors.ShotlogError)[1:], ids=lambda kind: kind.code)
def test_every_error_is_documented(kind: type[errors.ShotlogError]) -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert f"| `{kind.code}` |" in text
    assert kind.__name__ in (errors.__doc__ or ""), "the tree at the top of errors.py lacks it"


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_version_stands_in_the_changelog() -> None:
    from shotlog import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
