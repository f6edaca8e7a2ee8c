"""An OpenAI-style server of vectors, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

from shotlog.embedding import Embedder, make_embedder
from shotlog.embedding.replies import read_vectors
from shotlog.errors import (
    EmbeddingError,
    EmbeddingInterruptedError,
    EmbeddingRefusedError,
    SettingError,
)
from shotlog.model_servers.addresses import embeddings_address
from shotlog.retries import RetryPolicy
from shotlog.settings import load_settings
from shotlog.testing.embeddings import EmbeddingEndpoint


@contextmanager
def embedder_to(server: EmbeddingEndpoint, **given: object) -> Iterator[Embedder]:
    model = given.pop("embedding_model", "test-vectors")
    settings = load_settings(
        {"embedding_endpoint": server.url, "embedding_model": model, **given}, environment={}
    )
    embedder = make_embedder(settings, policy=RetryPolicy(attempts=3, base_seconds=0.001))
    assert embedder is not None
    try:
        yield embedder
    finally:
        embedder.close()


@pytest.mark.parametrize("formats", [("float", "base64"), ("float",), None])
def test_vectors_come_in_the_order_of_the_texts_whatever_the_form(
    formats: tuple[str, ...] | None,
) -> None:
    texts = ["a red car", "a dog in the water", "rød bil 汽车"]
    with EmbeddingEndpoint(formats=formats) as server, embedder_to(server) as embedder:
        got = embedder.embed(texts)
        assert np.allclose(got.vectors, [server.vector(text) for text in texts], atol=1e-6)
        again = len(server.requests)
        embedder.embed(texts)
        assert len(server.requests) == again + 1
    assert got.vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(got.vectors, axis=1), 1.0)
    assert got.tokens == 11


def test_a_server_that_takes_few_texts_is_given_few_from_then_on() -> None:
    texts = [f"text {number}" for number in range(64)]
    with EmbeddingEndpoint(batch=10) as server, embedder_to(server) as embedder:
        got = embedder.embed(texts)
        assert np.allclose(got.vectors, [server.vector(text) for text in texts], atol=1e-6)
        before = len(server.requests)
        embedder.embed(texts)
        assert all(each.status == 200 for each in server.requests[before:])


def test_a_text_that_is_refused_costs_itself_alone() -> None:
    texts = [f"text {number}" for number in range(9)]
    texts[4] = "a bad word"
    with EmbeddingEndpoint() as server, embedder_to(server) as embedder:
        server.refuse("bad")
        got = embedder.embed(texts)
        assert list(got.refused) == [4]
        assert "inappropriate" in got.refused[4]
        assert not got.vectors[4].any()
        assert np.allclose(got.vectors[8], server.vector("text 8"), atol=1e-6)
        before = len(server.requests)
        embedder.embed([f"more {number}" for number in range(64)])
        assert len(server.requests) == before + 1


def test_a_text_that_is_too_long_is_cut() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    with EmbeddingEndpoint(longest=3000) as server, embedder_to(server) as embedder:
        got = embedder.embed([text, "short"])
        assert not got.refused
        assert text.startswith(next(each for each in server.texts if each != "short"))


def test_a_busy_server_is_asked_again() -> None:
    with EmbeddingEndpoint() as server, embedder_to(server) as embedder:
        server.fail(429, retry_after="0")
        server.fail(503)
        assert embedder.embed(["a car"]).vectors.shape == (1, server.dimensions)
        assert [each.status for each in server.requests] == [429, 503, 200]


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [((500, 500, 500), EmbeddingInterruptedError), ((401,), EmbeddingRefusedError)],
)
def test_what_goes_wrong_is_an_error_that_names_the_settings_of_search(
    statuses: tuple[int, ...], kind: type[EmbeddingError]
) -> None:
    with EmbeddingEndpoint() as server, embedder_to(server) as embedder:
        server.fail(*statuses)
        with pytest.raises(EmbeddingError) as caught:
            embedder.embed(["a car"])
        assert len(server.requests) == len(statuses)
    assert type(caught.value) is kind
    assert "QwenVL" not in str(caught.value)


def test_an_unknown_model_is_refused_for_good() -> None:
    with (
        EmbeddingEndpoint() as server,
        embedder_to(server, embedding_model="other") as embedder,
        pytest.raises(EmbeddingRefusedError, match="does not exist"),
    ):
        embedder.embed(["a car"])


def test_the_key_goes_to_the_server_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with EmbeddingEndpoint(key="sk-near") as server:
        with embedder_to(server, embedding_key=" sk-near ") as embedder:
            assert embedder.embed(["a car"]).vectors.any()
            known = str(embedder.identity())
        with (
            embedder_to(server, embedding_key="sk-wrong") as embedder,
            pytest.raises(EmbeddingRefusedError) as caught,
        ):
            embedder.embed(["a car"])
    for text in (known, str(caught.value), caplog.text):
        assert "sk-near" not in text
        assert "sk-wrong" not in text


def test_a_model_that_wants_words_before_its_texts_gets_them() -> None:
    with (
        EmbeddingEndpoint(models=("intfloat/e5-small-v2",)) as server,
        embedder_to(server, embedding_model="intfloat/e5-small-v2") as embedder,
    ):
        embedder.embed(["a car"])
        embedder.embed_query("cars")
        assert server.texts == ["passage: a car", "query: cars"]
        assert embedder.identity()["prompt"] == "passage: "


def test_the_users_words_stand_before_the_texts_in_their_place() -> None:
    with (
        EmbeddingEndpoint(models=("intfloat/e5-small-v2",)) as server,
        embedder_to(
            server,
            embedding_model="intfloat/e5-small-v2",
            embedding_query_prompt="find:",
            embedding_text_prompt="",
        ) as embedder,
    ):
        embedder.embed(["a car"])
        embedder.embed_query("cars")
        assert server.texts == ["a car", "find: cars"]


def test_shorter_vectors_are_asked_for_and_are_others() -> None:
    with (
        EmbeddingEndpoint() as server,
        embedder_to(server) as whole,
        embedder_to(server, embedding_dimensions=16) as short,
    ):
        assert short.embed_query("cars").shape == (16,)
        assert short.identity() != whole.identity()


def test_what_cannot_be_meant_is_told() -> None:
    with pytest.raises(SettingError, match="Where big-vectors makes vectors"):
        make_embedder(load_settings({"embedding_model": "big-vectors"}, environment={}))
    with pytest.raises(SettingError, match="no model"):
        make_embedder(load_settings({"embedding_endpoint": "http://h/v1"}, environment={}))
    assert make_embedder(load_settings({}, environment={})) is None


def _row(numbers: object, index: int = 0) -> dict[str, object]:
    return {"index": index, "embedding": numbers}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [3],
        [_row("no base64!")],
        [_row("AAA=")],
        [_row([])],
        [_row([0.0, 0.0])],
        [_row([1.0, float("nan")])],
        [_row([[1.0], [2.0]])],
        [_row(["one"])],
        [_row([1.0], 1)],
        [_row([1.0]), _row([1.0])],
    ],
)
def test_what_is_no_answer_of_vectors_is_told(data: object) -> None:
    with pytest.raises(EmbeddingRefusedError, match="http://h answered with"):
        read_vectors({"data": data}, 1, "http://h")


def test_vectors_of_several_lengths_are_told() -> None:
    with pytest.raises(EmbeddingRefusedError, match="several lengths"):
        read_vectors({"data": [_row([1.0]), _row([1.0, 2.0], 1)]}, 2, "http://h")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://h", "http://h/v1/embeddings"),
        ("http://h/v1", "http://h/v1/embeddings"),
        ("http://h/v1/embeddings", "http://h/v1/embeddings"),
        ("http://h/compatible-mode/v1", "http://h/compatible-mode/v1/embeddings"),
    ],
)
def test_the_address_may_be_given_as_it_is_shown_anywhere(given: str, address: str) -> None:
    assert str(embeddings_address(httpx.URL(given))) == address
