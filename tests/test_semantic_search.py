"""Libraries made, given vectors and searched by meaning, over real HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import shotlog
from shotlog import api
from shotlog.catalog import FILE_NAME, Catalog
from shotlog.cli.main import main
from shotlog.errors import (
    EmbeddingInterruptedError,
    EmbeddingRefusedError,
    SettingError,
    UsageError,
)
from shotlog.records import Answer, Clip, Source, Span
from shotlog.rows import Edit
from shotlog.testing.embeddings import EmbeddingEndpoint

TEXTS = {
    "street.mp4": ("A red automobile in the rain.", "A dog runs on grass.", "Nothing but fog."),
    "beach.mp4": ("A red car in the sun.", "Children play in the sand.", "A cat sleeps."),
}
MEANT = (("car", "automobile"), ("hound", "dog"), ("kids", "children"))
"""What this model takes for the same."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of two videos of three clips each, described and finished."""
    monkeypatch.chdir(tmp_path)
    library = tmp_path / "log"
    library.mkdir()
    with Catalog.open(library / FILE_NAME) as catalog:
        sources = [Source(f"https://h/{name}", f"https://h/{name}", name) for name in TEXTS]
        run_id = catalog.begin_run({})
        catalog.add_sources(run_id, sources, lambda source: source.id)
        for source in sources:
            clips = [Clip(Span(n, Fraction(15 * (n - 1)), Fraction(15 * n))) for n in (1, 2, 3)]
            catalog.save_clips(source.id, "clips", None, clips)
            for index, text in enumerate(TEXTS[source.file_name], start=1):
                key = f"{source.id}{index}"
                catalog.save_answer(key, source.id, index, Answer(text, "m", ("seen",)))
            catalog.finish_video(source.id, "done")
        catalog.end_run(run_id, "done")
    return library


@pytest.fixture
def server() -> Iterator[EmbeddingEndpoint]:
    with EmbeddingEndpoint(alike=MEANT, dimensions=256) as running:
        yield running


def embed(folder: Path, server: EmbeddingEndpoint) -> shotlog.EmbedReport:
    return shotlog.embed(folder, endpoint=server.url, model="test-vectors")


def opened(folder: Path, server: EmbeddingEndpoint) -> api.Library:
    return shotlog.open(folder, embedding_endpoint=server.url, embedding_model="test-vectors")


def seen(hits: Iterator[shotlog.Hit]) -> list[tuple[str, int | None]]:
    return [(hit.file_name, hit.index) for hit in hits]


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[str, str]:
    main([str(word) for word in words])
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_every_text_is_sent_once_however_often_it_is_run(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    report = embed(folder, server)
    assert (report.videos, report.made, report.known, report.refused) == (2, 6, 0, 0)
    assert report.tokens == sum(len(text.split()) for text in server.texts)
    assert "A red car in the sun.\nTags: seen" in server.texts
    assert embed(folder, server).videos == 0
    with shotlog.open(folder) as library:
        (video, *_) = library.rows()
    api.edit(folder, video.id, Edit("A blue van."), index=3)
    again = embed(folder, server)
    assert (again.videos, again.made, again.known) == (1, 1, 2)
    api.edit(folder, video.id, Edit(), index=3)
    assert embed(folder, server).made == 0
    assert len(server.texts) == 7


def test_clips_are_found_by_what_they_mean(folder: Path, server: EmbeddingEndpoint) -> None:
    embed(folder, server)
    with opened(folder, server) as library:
        (first, *_) = library.search("hound", by="meaning")
        assert (first.file_name, first.index, first.found_by) == ("street.mp4", 2, "meaning")
        assert first.similarity is not None
        assert first.snippet is not None
        assert first.snippet.text == "A dog runs on grass."
        both = list(library.search("red car"))
    assert [hit.found_by for hit in both[:2]] == ["both", "meaning"]
    assert [(hit.file_name, hit.index) for hit in both[:2]] == [("beach.mp4", 1), ("street.mp4", 1)]
    assert both[0].snippet is not None
    assert [both[0].snippet.text[a:b] for a, b in both[0].snippet.marks] == ["red", "car"]


def test_filters_phrases_and_unwanted_words_hold_for_meaning_too(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    embed(folder, server)
    with opened(folder, server) as library:
        assert ("beach.mp4", 1) not in seen(library.search("automobile -sun"))
        assert seen(library.search('automobile "red car"', by="meaning")) == [("beach.mp4", 1)]
        assert seen(library.search("car", by="meaning", tags=("none",))) == []
        assert len(seen(library.search("car", by="meaning", tags=("seen",), limit=3))) == 3
        assert seen(library.search("car", columns=("description",))) == [("beach.mp4", 1)]
        with pytest.raises(UsageError, match="all its words"):
            library.search("car", columns=("description",), by="meaning")
        assert seen(library.search("hound", by="words")) == []


def test_an_endpoint_that_is_away_costs_a_note_and_words_are_found(
    folder: Path, server: EmbeddingEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    embed(folder, server)
    notes: list[str] = []
    with opened(folder, server) as library:
        server.fail(500, 500)
        assert seen(library.search("car", on_note=notes.append)) == [("beach.mp4", 1)]
        server.fail(500, 500)
        with pytest.raises(EmbeddingInterruptedError):
            library.search("car", by="both")
    assert len(notes) == 1
    assert notes[0].startswith("Looked for by words alone. http://127.0.0.1")
    out, err = said(capsys, "search", "car", folder, "--json")
    assert [json.loads(line)["found_by"] for line in out.splitlines()] == ["words"]
    assert "The library has vectors by test-vectors." in err


def test_meaning_that_cannot_be_had_is_told(folder: Path, server: EmbeddingEndpoint) -> None:
    with opened(folder, server) as library:
        assert seen(library.search("car")) == [("beach.mp4", 1)]
        with pytest.raises(UsageError, match="no vectors"):
            library.search("car", by="meaning")
    embed(folder, server)
    with (
        shotlog.open(folder, embedding_endpoint=server.url, embedding_model="other") as library,
        pytest.raises(UsageError, match="none by other"),
    ):
        library.search("car", by="meaning")
    with shotlog.open(folder) as library, pytest.raises(UsageError, match="by test-vectors"):
        library.search("car", by="meaning")
    assert all(each.texts != ("car",) for each in server.requests)


def test_a_model_whose_vectors_have_another_length_now_is_told(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    embed(folder, server)
    with EmbeddingEndpoint(dimensions=32) as other:
        with opened(folder, other) as library:
            with pytest.raises(EmbeddingRefusedError, match="of 32 numbers"):
                library.search("car", by="meaning")
            assert seen(library.search("car")) == [("beach.mp4", 1)]
        with shotlog.open(folder) as library:
            (video, *_) = library.rows()
        api.edit(folder, video.id, Edit("A blue van."), index=3)
        with pytest.raises(EmbeddingRefusedError, match="--forget"):
            embed(folder, other)


def test_clips_like_a_clip_are_found_by_meaning_without_asking_anybody(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    embed(folder, server)
    asked = len(server.requests)
    with shotlog.open(folder) as library:
        street = library.find("street.mp4")
        assert street is not None
        (likest, *_) = hits = list(library.similar(street.id, 1))
        assert (likest.file_name, likest.index, likest.found_by) == ("beach.mp4", 1, "meaning")
        assert ("street.mp4", 1) not in [(hit.file_name, hit.index) for hit in hits]
        assert len(list(library.similar(street.id, 1, limit=2))) == 2
        with pytest.raises(UsageError, match="no clip 9"):
            library.similar(street.id, 9)
    assert len(server.requests) == asked


def test_clips_like_a_clip_are_found_by_its_distinctive_words_without_vectors(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shotlog.open(folder) as library:
        street = library.find("street.mp4")
        assert street is not None
        (likest, *_) = library.similar(street.id, 1)
        assert (likest.file_name, likest.index, likest.found_by) == ("beach.mp4", 1, "words")
        with pytest.raises(UsageError, match="no vector"):
            library.similar(street.id, 1, by="meaning")
    out, _ = said(capsys, "search", "", folder, "--like", "street.mp4:1", "--limit", 1)
    assert "beach.mp4" in out
    for words, told in (("nobody.mp4:1", "no video"), ("street.mp4:9", "no clip 9")):
        assert told in said(capsys, "search", "", folder, "--like", words)[1]
    assert "street.mp4" in said(capsys, "search", folder, "--like", "street.mp4:1")[0]
    assert "one of the two" in said(capsys, "search", "car", folder, "--like", "street.mp4:1")[1]


def test_copies_of_a_picture_are_shown_only_where_they_are_wanted(folder: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, 8 * 16 * 16, np.uint8).tobytes()
    with Catalog.open(folder / FILE_NAME) as catalog:
        for video in list(catalog.videos()):
            clips = [replace(row.clip, fingerprint=picture) for row in catalog.clips(video.id)[:1]]
            clips += [row.clip for row in catalog.clips(video.id)[1:]]
            catalog.save_clips(video.id, "clips", None, clips)
            catalog.link_answers(video.id, {n: f"{video.id}{n}" for n in (1, 2, 3)})
    with shotlog.open(folder) as library:
        street = library.find("street.mp4")
        assert street is not None
        assert ("beach.mp4", 1) not in seen(library.similar(street.id, 1))
        assert ("beach.mp4", 1) in seen(library.similar(street.id, 1, copies=True))


def test_what_was_made_before_a_failure_is_not_asked_for_again(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    server.fail(401)
    with pytest.raises(EmbeddingRefusedError):
        embed(folder, server)
    with opened(folder, server) as library, pytest.raises(UsageError, match="no vectors"):
        library.search("car", by="meaning")
    server.refuse("fog")
    report = embed(folder, server)
    assert (report.made, report.refused) == (5, 1)
    assert "inappropriate" in report.reasons[0]
    assert len(server.texts) == len(set(server.texts)) == 5


def test_an_interrupted_making_goes_on_where_it_was(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    stop = threading.Event()
    stop.set()
    report = shotlog.embed(folder, endpoint=server.url, model="test-vectors", stop=stop)
    assert report.interrupted
    assert not server.texts
    assert embed(folder, server).made == 6


def test_an_interrupted_command_finishes_what_is_on_its_way_and_ends_with_130(
    folder: Path, server: EmbeddingEndpoint
) -> None:
    server.hold()
    command = [sys.executable, "-m", "shotlog", "embed", str(folder)]
    command += ["--endpoint", server.url, "--model", "test-vectors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: bool(server.requests))
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert "Finishing what is in hand" in process.stdout.readline()
        server.release()
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "6 vectors made" in rest
    assert embed(folder, server).made == 0
    assert len(server.texts) == 6


def wait_for(happened: Callable[[], bool]) -> None:
    while not happened():
        time.sleep(0.01)


def test_embed_as_a_command(
    folder: Path,
    server: EmbeddingEndpoint,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOTLOG_EMBEDDING_ENDPOINT", server.url)
    assert "no model" in said(capsys, "embed", folder)[1]
    monkeypatch.setenv("SHOTLOG_EMBEDDING_MODEL", "test-vectors")
    out, _ = said(capsys, "embed", folder)
    assert out.startswith("2 videos: 6 vectors made, 0 there before; 1 request,")
    out, _ = said(capsys, "search", "kids", folder)
    assert "beach.mp4  0:15 – 0:30  [seen]  by meaning" in out
    assert "6 vectors thrown away" in said(capsys, "embed", folder, "--forget")[0]
    assert "no shotlog library" in said(capsys, "embed", "elsewhere")[1]


def test_doctor_tells_what_the_model_of_vectors_makes(
    folder: Path,
    server: EmbeddingEndpoint,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOTLOG_EMBEDDING_ENDPOINT", server.url)
    monkeypatch.setenv("SHOTLOG_EMBEDDING_MODEL", "test-vectors")
    assert "test-vectors makes 256 numbers" in said(capsys, "doctor")[0]
    server.fail(401)
    assert main(["doctor"]) == 1
    assert "EmbeddingAccessKey" in " ".join(capsys.readouterr().out.split())


def test_a_model_that_is_not_said_where_to_find_is_told(folder: Path) -> None:
    with pytest.raises(SettingError, match="is not said"):
        shotlog.embed(folder, model="test-vectors")
