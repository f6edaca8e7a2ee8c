"""Every example in the README and the documents is one that works."""

from __future__ import annotations

import re
import shlex
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from shotlog.cli.main import main
from shotlog.records import ListingReport
from shotlog.rules import read_rules
from shotlog.settings import load_settings
from shotlog.sources import read_listing, read_manifest
from shotlog.testing import videos

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, text) of every fenced block in that language."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += [
            (page.name, each) for each in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        ]
    return found


def command_lines() -> list[str]:
    lines = []
    for _, text in blocks("sh"):
        joined = text.replace("\\\n", " ")
        lines += [line for line in joined.splitlines() if line.startswith("shotlog ")]
    return sorted(set(lines))


@pytest.mark.parametrize("line", command_lines())
def test_every_command_line_shown_is_one_the_program_takes(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line, comments=True)[1:]
    assert main([*words, "--help"]) == 0
    assert "Usage: shotlog" in capsys.readouterr().out


@pytest.mark.parametrize(("page", "text"), blocks("ini"))
def test_every_settings_file_shown_is_one_that_can_be_read(
    page: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.ini"
    path.write_text(text, encoding="utf-8")
    assert load_settings({}, file=path)


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_every_manifest_entry_shown_is_one_that_can_be_read(
    page: str, text: str, tmp_path: Path
) -> None:
    if page != "listings.md":
        pytest.skip("no manifest")
    path = tmp_path / "videos.json"
    path.write_text(f"[{text}]", encoding="utf-8")
    (source,) = read_manifest(path, report=ListingReport())
    assert source.public_url == "https://mybucket.online/vids/a.mp4"


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_every_rules_file_shown_is_one_that_can_be_read(page: str, text: str) -> None:
    assert read_rules(text, page).rules


def test_the_python_example_of_the_readme_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "holiday").mkdir()
    recipe = videos.Recipe(160, 120, Fraction(10), 1.0, videos.street)
    videos.make_video(tmp_path / "holiday" / "beach.mp4", recipe)
    (example,) = [text for page, text in blocks("python") if page == "README.md"]
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own words
    assert capsys.readouterr().out.startswith("beach.mp4 ")


def test_the_listing_that_the_readme_makes_with_rclone_is_read(rclone: str, tmp_path: Path) -> None:
    (tmp_path / "vids").mkdir()
    (tmp_path / "vids" / "my film, cut; 100%.mp4").write_bytes(b"12345")
    command = [rclone, "lsf", "--csv", "--format", "pst", str(tmp_path / "vids")]
    made = subprocess.run(command, capture_output=True, check=True)
    listing = tmp_path / "videos.csv"
    listing.write_bytes(made.stdout)
    prefix = "https://mybucket.online/vids/"
    (source,) = read_listing(listing, public_url=prefix, report=ListingReport())
    assert (source.file_name, source.size_bytes) == ("my film, cut; 100%.mp4", 5)
    assert source.url == prefix + "my%20film%2C%20cut%3B%20100%25.mp4"
