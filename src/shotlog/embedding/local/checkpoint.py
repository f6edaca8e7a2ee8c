"""What a checkpoint of an embedding model says of itself beside its weights.

The files are those that sentence-transformers writes: ``modules.json`` names the steps behind the
transformer, ``1_Pooling/config.json`` how a text's tokens become one vector.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from shotlog.embedding.prompts import Prompts
from shotlog.errors import EmbeddingRefusedError

Pooling = Literal["mean", "cls", "last", "max"]

_MODES: Mapping[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_max_tokens": "max",
}
_BY_NAME: Mapping[str, Pooling] = {"mean": "mean", "cls": "cls", "lasttoken": "last", "max": "max"}
_TEXT_PROMPTS = ("document", "passage", "text")
_KNOWN_STEPS = ("Transformer", "Pooling", "Dense", "Normalize")
_ACTIVATIONS = ("Identity", "Tanh")


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer behind the pooling."""

    folder: Path
    activation: str
    """``Identity`` or ``Tanh``."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the transformer's tokens become a vector."""

    pooling: Pooling = "mean"
    dense: tuple[Dense, ...] = ()
    most_tokens: int | None = None
    """Of a text; None where only the transformer's own bound counts."""
    prompts: Prompts | None = None
    """None where the files say none."""


def read_shape(folder: Path) -> Shape:
    """Without files of sentence-transformers: the mean of all tokens.

    Raises EmbeddingRefusedError where a step is asked for that is not known here: vectors without
    it would be others.
    """
    steps = _json_of(folder / "modules.json")
    pooling: Pooling = _pooling(folder / "1_Pooling")
    dense = []
    for step in steps if isinstance(steps, list) else []:
        kind, place = str(step.get("type", "")).rpartition(".")[2], str(step.get("path", ""))
        if kind not in _KNOWN_STEPS:
            raise EmbeddingRefusedError(
                f"{folder.name} wants a step {kind!r} behind its transformer, which is not known.",
                hint="Serve it by a program that knows it and give its address, or take another.",
            )
        if kind == "Pooling":
            pooling = _pooling(folder / place)
        if kind == "Dense":
            dense.append(_dense(folder / place))
    said = _json_of(folder / "sentence_bert_config.json")
    most = said.get("max_seq_length") if isinstance(said, dict) else None
    return Shape(pooling, tuple(dense), most if isinstance(most, int) else None, _prompts(folder))


def _pooling(folder: Path) -> Pooling:
    found = _json_of(folder / "config.json")
    if not isinstance(found, dict):
        return "mean"
    named = found.get("pooling_mode")
    if isinstance(named, str) and named in _BY_NAME:
        return _BY_NAME[named]
    chosen = [mode for name, mode in _MODES.items() if found.get(name)]
    wanted = [name for name, value in found.items() if name.startswith("pooling_mode_") and value]
    if found and (len(wanted) != 1 or len(chosen) != 1):
        raise EmbeddingRefusedError(
            f"{folder.parent.name} pools its tokens by {', '.join(wanted) or 'nothing'}.",
            hint="Known are the mean, the first, the last and the highest of tokens, one of them.",
        )
    return chosen[0] if chosen else "mean"


def _dense(folder: Path) -> Dense:
    found = _json_of(folder / "config.json")
    said = str(found.get("activation_function", "")) if isinstance(found, dict) else ""
    activation = said.rpartition(".")[2] or "Identity"
    if activation not in _ACTIVATIONS:
        raise EmbeddingRefusedError(
            f"{folder.parent.name} wants the activation {activation!r}, which is not known.",
            hint=f"Known are {' and '.join(_ACTIVATIONS)}.",
        )
    return Dense(folder, activation)


def _prompts(folder: Path) -> Prompts | None:
    found = _json_of(folder / "config_sentence_transformers.json")
    said = found.get("prompts") if isinstance(found, dict) else None
    if not isinstance(said, dict) or not any(said.values()):
        return None
    text = next((str(said[name]) for name in _TEXT_PROMPTS if said.get(name)), "")
    return Prompts(str(said.get("query") or ""), text)


def _json_of(path: Path) -> Any:
    """An empty object where there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise EmbeddingRefusedError(
            f"{path.parent.name}/{path.name} cannot be read as JSON.",
            hint="Fetch the model's files again.",
        ) from None
