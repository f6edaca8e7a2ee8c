"""The end of a run: what it changed becomes vectors, where a model that makes them is named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import shotlog
from shotlog.catalog import FILE_NAME
from shotlog.errors import SettingError
from shotlog.testing import videos
from shotlog.testing.embeddings import EmbeddingEndpoint


@pytest.fixture
def films(tmp_path: Path) -> Path:
    recipe = videos.Recipe(160, 120, Fraction(10), 2.0, videos.street, sound=False)
    (tmp_path / "films").mkdir()
    videos.make_video(tmp_path / "films" / "beach.mp4", recipe)
    return tmp_path / "films"


def run(films: Path, server: EmbeddingEndpoint) -> shotlog.RunReport:
    return shotlog.run(
        dir=films,
        output=films.parent / "log",
        segment_length=1,
        embedding_endpoint=server.url,
        embedding_model="test-vectors",
        embedding_key="sk-near",
    )


def test_a_run_makes_vectors_of_what_it_changed_and_of_nothing_else(films: Path) -> None:
    with EmbeddingEndpoint(key="sk-near") as server:
        assert run(films, server).progress.texts_embedded == len(server.texts) == 2
        assert run(films, server).progress.texts_embedded == 0
        assert len(server.requests) == 1
        assert b"sk-near" not in (films.parent / "log" / FILE_NAME).read_bytes()
        with shotlog.open(
            films.parent / "log",
            embedding_endpoint=server.url,
            embedding_model="test-vectors",
            embedding_key="sk-near",
        ) as library:
            assert all(hit.similarity for hit in library.search("grey", by="meaning"))


def test_an_endpoint_that_refuses_costs_a_note_and_never_the_run(films: Path) -> None:
    with EmbeddingEndpoint(key="sk-other") as server:
        report = run(films, server)
        assert report.status == "done"
        (note,) = [each for each in report.progress.notes if "Vectors" in each]
        assert "Incorrect API key" in note
        assert "sk-" not in note
    with EmbeddingEndpoint(key="sk-near") as server:
        assert run(films, server).progress.texts_embedded == 2


def test_a_model_without_an_address_is_told_before_anything_is_done(films: Path) -> None:
    with pytest.raises(SettingError, match="Where test-vectors makes vectors is not said"):
        shotlog.run(dir=films, output=films.parent / "log", embedding_model="test-vectors")
    assert not (films.parent / "log").exists()
