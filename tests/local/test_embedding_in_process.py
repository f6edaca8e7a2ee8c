"""Whole embedding models with random weights, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shotlog.embedding import make_embedder
from shotlog.embedding.local.checkpoint import Pooling
from shotlog.embedding.local.embedder import LocalEmbedder
from shotlog.errors import EmbeddingRefusedError
from shotlog.settings import load_settings
from shotlog.testing.tiny_models import EmbedderFamily, make_tiny_embedder

pytestmark = pytest.mark.needs_torch

TEXTS = ["a red car", "two dogs run on the grass beside the water", "x", "红色汽车"]


def embedder_of(folder: Path, **settings: object) -> LocalEmbedder:
    given = {"embedding_model": f"local:{folder}", "local_device": "cpu", **settings}
    made = make_embedder(load_settings(given, environment={}))
    assert isinstance(made, LocalEmbedder)
    return made


@pytest.mark.parametrize(
    ("family", "pooling"),
    [("bert", "mean"), ("bert", "cls"), ("bert", "max"), ("qwen2", "last"), ("qwen2", "mean")],
)
def test_a_text_has_the_same_vector_alone_and_beside_longer_ones(
    family: EmbedderFamily, pooling: Pooling, tmp_path: Path
) -> None:
    embedder = embedder_of(make_tiny_embedder(tmp_path, family, pooling))
    together = embedder.embed(TEXTS).vectors
    alone = np.concatenate([embedder.embed([text]).vectors for text in TEXTS])
    assert np.allclose(together, alone, atol=2e-2)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert (together @ together.T)[~np.eye(len(TEXTS), dtype=bool)].max() < 0.9999


@pytest.mark.parametrize(("family", "pooling"), [("bert", "mean"), ("qwen2", "last")])
def test_vectors_are_those_that_the_model_itself_makes(
    family: EmbedderFamily, pooling: Pooling, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = make_tiny_embedder(tmp_path, family, pooling)
    tokens = AutoTokenizer.from_pretrained(folder)(TEXTS[1], return_tensors="pt")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state[0].numpy()
    expected = hidden.mean(0) if pooling == "mean" else hidden[-1]
    found = embedder_of(folder).embed([TEXTS[1]]).vectors[0]
    assert found @ (expected / np.linalg.norm(expected)) > 0.999


def test_prompts_and_a_layer_behind_the_pooling_count(tmp_path: Path) -> None:
    folder = make_tiny_embedder(tmp_path, "bert", "mean", dense=12)
    prompts = {"prompts": {"query": "find ", "document": ""}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    embedder = embedder_of(folder)
    assert embedder.embed(["find cars"]).vectors.shape == (1, 12)
    assert np.allclose(
        embedder.embed_query("cars"), embedder.embed(["find cars"]).vectors[0], atol=1e-5
    )
    assert embedder_of(folder, embedding_dimensions=8).embed_query("cars").shape == (8,)


def test_weights_that_are_lacking_are_not_made_up(tmp_path: Path) -> None:
    folder = make_tiny_embedder(tmp_path, "bert", "mean")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(EmbeddingRefusedError, match="lacks weights"):
        embedder_of(folder).embed(TEXTS)


def test_a_folder_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    one = embedder_of(make_tiny_embedder(tmp_path / "a" / "m", "bert", "mean"))
    same = embedder_of(make_tiny_embedder(tmp_path / "b" / "m", "bert", "mean"))
    other = embedder_of(make_tiny_embedder(tmp_path / "c" / "m", "qwen2", "last"))
    assert one.identity() == same.identity() != other.identity()
    assert str(tmp_path) not in str(one.identity())
