"""Rules in whole runs, and over a library that is there."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from running import clip_times, count, results, shotlog, small_video

import shotlog as library
from shotlog.testing.endpoint import Endpoint

RULES = """
rules:
  - tag: first
    clip: {start: 0, words: "/./"}
  - class: short
    video: {duration: "< 1:00", any_clip: {tags: first}}
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    small_video(folder / "film.mp4", 4.0)
    return folder


def rules(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def run(films: Path, tmp_path: Path, **given: Any) -> library.RunReport:
    return library.run(dir=films, output=tmp_path / "log", segment_length=2, **given)


def film(tmp_path: Path) -> dict[str, Any]:
    return results(tmp_path / "log")["film.mp4"]


def test_a_run_gives_tags_and_classes_with_their_evidence(films: Path, tmp_path: Path) -> None:
    run(films, tmp_path, rules=rules(tmp_path, RULES))
    found = film(tmp_path)
    (given,) = found["classes"]
    assert (given["name"], given["group"], given["rule"]) == ("short", "class", "short")
    assert given["evidence"][0] == {"clip": None, "field": "duration", "value": 4.0}
    assert [each["name"] for each in found["segments"][0]["rule_tags"]] == ["first"]
    assert "first" in found["segments"][0]["tags"]
    assert found["segments"][1]["rule_tags"] == []
    (own,) = (tmp_path / "log").glob("videos/*/video.json")
    assert json.loads(own.read_text()) == found


def test_other_rules_tag_again_in_the_next_run_and_do_nothing_else(
    films: Path, tmp_path: Path
) -> None:
    with Endpoint() as endpoint:
        model = {"public_endpoint": endpoint.url}
        path = rules(tmp_path, RULES)
        run(films, tmp_path, rules=path, **model)
        asked, clips = len(endpoint.requests), clip_times(tmp_path / "log")
        rules(tmp_path, RULES.replace("short", "brief"))
        report = run(films, tmp_path, rules=path, **model)
        assert (report.progress.videos_unchanged, report.progress.videos_retagged) == (1, 1)
        assert clip_times(tmp_path / "log") == clips
        assert film(tmp_path)["classes"][0]["name"] == "brief"
        assert run(films, tmp_path, rules=path, **model).progress.videos_retagged == 0
        run(films, tmp_path, **model)
        assert film(tmp_path)["classes"][0]["name"] == "brief", "no rules take nothing away"
        assert not [each for each in endpoint.requests[asked:] if each.question]


@pytest.mark.slow
def test_tag_says_what_changed_and_replaces_only_what_rules_gave(
    films: Path, tmp_path: Path
) -> None:
    run(films, tmp_path)
    log, before = tmp_path / "log", film(tmp_path)
    path = rules(tmp_path, RULES)
    tried = shotlog("tag", log, "--rules", path, "--dry-run").stdout
    assert "would be changed" in tried
    assert film(tmp_path) == before
    said = shotlog("tag", log, "--rules", path).stdout
    assert "  clip 1: + first  rule first:" in said
    assert "  + class: short  rule short: duration 4" in said
    assert "1 video, 2 clips: 1 video changed; 2 tags and classes given, 0 taken" in said
    assert film(tmp_path)["classes"][0]["name"] == "short"
    shown = shotlog("show", log, "film.mp4").stdout
    assert "class: short (rule short): duration 4" in shown
    assert "0 videos changed" in shotlog("tag", log, "--rules", path).stdout
    said = shotlog("tag", log, "--rules", rules(tmp_path, "rules: []")).stdout
    assert "- class: short" in said
    assert film(tmp_path) == before


def test_tag_measures_what_an_older_library_lacks(films: Path, tmp_path: Path) -> None:
    run(films, tmp_path)
    connection = sqlite3.connect(tmp_path / "log" / "shotlog.db")
    with connection:
        connection.execute("UPDATE clips SET measured = NULL")
    connection.close()
    path = rules(tmp_path, "rules: [{tag: seen, clip: {brightness: '>= 0', shot_count: 1}}]")
    report = library.tag(tmp_path / "log", path)
    assert (report.clips, report.added) == (2, 2)
    assert count(tmp_path / "log", "SELECT count(*) FROM clips WHERE measured IS NOT NULL") == 2


def test_a_wrong_rules_file_ends_the_run_before_it_begins(films: Path, tmp_path: Path) -> None:
    path = rules(tmp_path, RULES.replace("duration", "duratoin"))
    ended = shotlog("run", "--dir", films, "--output", tmp_path / "log", "--rules", path)
    assert ended.returncode == 1
    assert "line 6: there is no field 'duratoin'" in ended.stderr
    assert not (tmp_path / "log").exists()


def test_tag_without_rules_says_how_to_name_them(tmp_path: Path) -> None:
    ended = shotlog("tag", tmp_path)
    assert ended.returncode == 1
    assert "Give --rules FILE" in ended.stderr
