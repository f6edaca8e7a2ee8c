"""What checkpoints of embedding models say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shotlog.embedding.local.checkpoint import Dense, Shape, read_shape
from shotlog.embedding.prompts import Prompts, chosen, prompts_of
from shotlog.errors import EmbeddingRefusedError

MODULES = "sentence_transformers.models."


def write(folder: Path, name: str, found: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found), encoding="utf-8")


def test_without_files_of_its_own_the_mean_of_all_tokens_is_taken(tmp_path: Path) -> None:
    assert read_shape(tmp_path) == Shape()


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_mean_tokens": True, "word_embedding_dimension": 8}, "mean"),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "last"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode": "lasttoken"}, "last"),
    ],
)
def test_tokens_are_joined_as_the_model_says(
    said: dict[str, object], pooling: str, tmp_path: Path
) -> None:
    write(tmp_path, "1_Pooling/config.json", said)
    assert read_shape(tmp_path).pooling == pooling


def test_everything_that_a_whole_model_says_is_read(tmp_path: Path) -> None:
    kinds = ("Transformer", "Pooling", "Dense", "Normalize")
    paths = ("", "1_Pooling", "2_Dense", "3_Normalize")
    modules = [
        {"type": MODULES + kind, "path": path} for kind, path in zip(kinds, paths, strict=True)
    ]
    write(tmp_path, "modules.json", modules)
    write(tmp_path, "1_Pooling/config.json", {"pooling_mode_cls_token": True})
    write(tmp_path, "2_Dense/config.json", {"activation_function": "torch.nn.modules.Tanh"})
    write(tmp_path, "sentence_bert_config.json", {"max_seq_length": 256})
    prompts = {"prompts": {"query": "Q: ", "document": "D: "}}
    write(tmp_path, "config_sentence_transformers.json", prompts)
    assert read_shape(tmp_path) == Shape(
        "cls", (Dense(tmp_path / "2_Dense", "Tanh"),), 256, Prompts("Q: ", "D: ")
    )


@pytest.mark.parametrize(
    ("name", "found", "told"),
    [
        ("modules.json", [{"type": MODULES + "WeightedLayerPooling", "path": "1"}], "Weighted"),
        ("1_Pooling/config.json", {"pooling_mode_weightedmean_tokens": True}, "weightedmean"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
            "cls_token, pooling_mode_mean",
        ),
    ],
)
def test_a_step_that_is_not_known_is_refused(
    name: str, found: object, told: str, tmp_path: Path
) -> None:
    write(tmp_path, name, found)
    with pytest.raises(EmbeddingRefusedError, match=told):
        read_shape(tmp_path)


def test_a_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("{", encoding="utf-8")
    with pytest.raises(EmbeddingRefusedError, match=r"modules\.json"):
        read_shape(tmp_path)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("intfloat/multilingual-e5-small", "query: "),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: "),
        ("qwen3-embedding:0.6b", "Instruct: "),
        ("nomic-embed-text:latest", "search_query: "),
        ("text-embedding-3-small", ""),
        ("BAAI/bge-m3", ""),
        ("BAAI/bge-small-en-v1.5", "Represent "),
        ("google/embeddinggemma-300m", "task: search result | query: "),
    ],
)
def test_models_that_want_words_before_a_query_are_known_by_their_names(
    model: str, query: str
) -> None:
    assert prompts_of(model).query.startswith(query)
    assert bool(prompts_of(model).query) == bool(query)


def test_the_users_words_win_over_the_models_and_these_over_its_names() -> None:
    own = Prompts("own: ", "text: ")
    assert chosen("e5-small", None, None, own) == own
    assert chosen("e5-small", "", "mine:", own) == Prompts("", "mine: ")
