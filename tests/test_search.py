"""Searches of whole libraries, as a person types them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shotlog
from shotlog.cli.main import main
from shotlog.errors import UsageError
from shotlog.rows import Snippet
from shotlog.search import SNIPPET_CHARACTERS, shortened
from shotlog.speech import Transcript, Word, heard_in
from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two videos of a street, two clips each, by the built-in describer."""
    folder = tmp_path_factory.mktemp("holiday")
    recipe = videos.Recipe(160, 120, Fraction(10), 2.0, videos.street, sound=False)
    for name in ("beach.mp4", "market day.mp4"):
        videos.make_video(folder / name, recipe)
    output = tmp_path_factory.mktemp("log")
    shotlog.run(dir=folder, output=output, segment_length=1)
    return output


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    main([str(word) for word in words])
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_hits_are_moments_with_an_address_that_plays_them(library: Path) -> None:
    with shotlog.open(library) as opened:
        hits = [hit for hit in opened.search("silent") if hit.index is not None]
        assert len(hits) == 4
        for hit in hits:
            assert hit.url.endswith(f"#t={hit.start},{hit.end}")
            assert hit.thumb is not None
            assert (library / hit.thumb).is_file()
            assert "silent" in hit.tags
        scores = [hit.score for hit in opened.search("silent")]
        assert all(better >= worse for better, worse in pairwise(scores))


def test_a_name_finds_the_video_first_and_then_its_clips(library: Path) -> None:
    with shotlog.open(library) as opened:
        hits = list(opened.search("market"))
    assert [hit.index for hit in hits] == [None, 1, 2]
    assert (hits[0].start, hits[0].end) == (Fraction(0), Fraction(2))
    assert hits[0].url.endswith("market%20day.mp4")


def test_what_a_model_said_is_found_after_a_run(tmp_path: Path) -> None:
    recipe = videos.Recipe(160, 120, Fraction(10), 1.0, videos.street)
    videos.make_video(tmp_path / "a.mp4", recipe)
    with Endpoint() as endpoint:
        shotlog.run(dir=tmp_path, output="log", public_endpoint=endpoint.url)
    with shotlog.open("log") as opened:
        (video,) = opened.videos()
        text = video.segments[0].description
        assert text is not None
        assert 1 in [hit.index for hit in opened.search(f'"{text}"')]


def test_search_shows_video_time_snippet_and_address(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "search", "sound", library, "--in", "description", "--limit", 1)
    assert "beach.mp4 0:00 – 0:01" in text
    assert "no sound" in text
    assert "beach.mp4#t=0,1" in text


def test_search_as_json_is_one_object_a_line(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "sound", str(library), "--json", "--in", "description"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 4
    assert list(found[0]) == [
        *("file_name", "video_id", "title", "status", "index", "start_seconds", "end_seconds"),
        *("url", "thumb", "score", "snippet", "tags", "found_by", "similarity"),
    ]
    assert (found[0]["found_by"], found[0]["similarity"]) == ("words", None)
    snippet = found[0]["snippet"]
    assert [snippet["text"][start:end] for start, end in snippet["marks"]] == ["sound"]


def test_filters_alone_list_clips(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "beach.mp4 0:01 – 0:02" in said(capsys, "search", "", library, "--tag", "silent")
    assert "No clip fits these filters" in said(
        capsys, "search", "", library, "--min-duration", "99"
    )
    assert "Nothing was found" in said(capsys, "search", "", library, "--to", "2001-01-01")
    assert "beach.mp4" in said(capsys, "search", "", library, "--from", "2001-01-01")
    assert "Nothing" in said(capsys, "search", "", library, "--min-duration", "0:02")


def test_a_day_that_is_named_as_the_end_is_taken_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = videos.Recipe(160, 120, Fraction(10), 1.0, videos.street)
    videos.make_video(tmp_path / "a.mp4", recipe)
    modified = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "a.mp4", (modified, modified))
    shotlog.run(dir=tmp_path, output="log")
    assert "a.mp4" in said(
        capsys, "search", "", "log", "--from", "2024-05-06", "--to", "2024-05-06"
    )
    assert "Nothing" in said(capsys, "search", "", "log", "--to", "2024-05-05")
    assert "Nothing" in said(capsys, "search", "", "log", "--to", "2024-05-06T07:08:09Z")


def test_a_tag_that_nothing_has_is_told_with_the_nearest(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "search", "", library, "--tag", "Silnet")
    assert "Nothing has the tag 'Silnet'. Did you mean 'silent'?" in text
    assert "Nothing has the tag '🚗'." in said(capsys, "search", "x", library, "--tag", "🚗")
    assert "Nothing has the tag ''." in said(capsys, "search", "x", library, "--tag", "")


def test_a_class_that_nothing_has_is_told_with_the_nearest(
    library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    classed = shutil.copytree(library, tmp_path / "classed")
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{class: street, group: where, video: {has: description}}]")
    shotlog.tag(classed, rules)
    text = said(capsys, "search", "", classed, "--class", "streat")
    assert "Nothing is classed 'streat'. Did you mean 'street'?" in text
    text = said(capsys, "search", "", classed, "--class", "were=street")
    assert "Nothing is classed 'were=street'. Did you mean 'where=street'?" in text
    text = said(capsys, "search", "", classed, "--class", "Street", "--min-duration", "99")
    assert "No clip fits these filters" in text


def test_what_is_looked_for_may_begin_with_an_unwanted_word(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "search", "-beach sound", library, "--in", "description,name")
    assert "market day.mp4" in text
    assert "beach" not in text


def test_a_clip_that_is_not_there_is_told_by_its_videos_name(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "search", library, "--like", "beach.mp4:9")
    assert "The library has no clip 9 of a video 'beach.mp4'." in text


def test_a_word_that_is_nowhere_is_told_with_the_nearest(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "search", "sound merket", library)
    assert "Nothing was found." in text
    assert "The library has 'merket' nowhere. Did you mean 'market'?" in text


def test_words_that_are_never_together_are_told(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no clip that fits has all" in said(capsys, "search", "beach market", library)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["!!!"], "no word"),
        (["sound", "--in", "colour"], "--in takes description"),
        (["sound", "--status", "good"], "--status takes done"),
        (["sound", "--by", "sense"], "--by takes words, meaning, both, not 'sense'"),
        (["sound", "--from", "soon"], "--from: 'soon' is no time"),
        (["sound", "--min-duration", "long"], "--min-duration: 'long' is no length"),
    ],
)
def test_what_cannot_be_meant_ends_with_1_and_says_why(
    library: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", words[0], str(library), *words[1:]]) == 1
    assert told in " ".join(capsys.readouterr().err.split())


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_any_text_is_looked_for_or_told_and_so_is_what_was_meant(text: str, library: Path) -> None:
    with shotlog.open(library) as opened:
        try:
            hits = list(opened.search(text, limit=2))
            if text.strip() and not hits:
                opened.did_you_mean(text)
        except UsageError:
            return


@settings(deadline=None)
@given(
    before=st.text("ab ", max_size=400),
    word=st.text("xy", min_size=1, max_size=300),
    after=st.text("ab ", max_size=400),
)
def test_a_snippet_is_short_and_marks_the_same_word(before: str, word: str, after: str) -> None:
    whole = Snippet("description", before + word + after, ((len(before), len(before + word)),))
    short = shortened(whole)
    assert len(short.text) <= SNIPPET_CHARACTERS + 2
    ((start, end),) = short.marks
    assert word.startswith(short.text[start:end])
    assert end > start
    assert short.text.strip("…") in whole.text


@given(
    times=st.lists(st.tuples(st.fractions(0, 200, max_denominator=30), st.integers(0, 70))),
    cuts=st.lists(st.fractions(0, 260, max_denominator=30), min_size=2, unique=True).map(sorted),
)
def test_words_heard_in_many_spans_are_those_heard_in_each(
    times: list[tuple[Fraction, int]], cuts: list[Fraction]
) -> None:
    words = tuple(Word(s, s + length, f"w{n}") for n, (s, length) in enumerate(sorted(times)))
    transcript, spans = Transcript(words), list(pairwise(cuts))
    assert list(heard_in(words, spans)) == [transcript.between(*span) for span in spans]
