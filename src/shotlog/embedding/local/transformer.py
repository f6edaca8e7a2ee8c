"""The transformer itself. Only this module of the part touches torch, whose values are ``Any``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shotlog.describers.local.model import Place
from shotlog.embedding.base import Floats
from shotlog.embedding.local.checkpoint import Dense, Shape
from shotlog.errors import EmbeddingRefusedError

MOST_TOKENS = 8192
"""Of a text; a longer one is cut, also where the model would take more."""


class LocalModel:
    """A loaded model. Not to be used from two threads at once."""

    def __init__(self, folder: Path, shape: Shape, place: Place) -> None:
        """Raises EmbeddingRefusedError where there is no model that can be loaded."""
        import torch
        from transformers import AutoModel, AutoTokenizer

        self.shape = shape
        self._device = place.device
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            self._model, loaded = AutoModel.from_pretrained(
                folder, dtype=getattr(torch, place.dtype), output_loading_info=True
            )
        except (OSError, ValueError, KeyError) as error:
            raise EmbeddingRefusedError(
                f"The model in {folder.name} cannot be loaded ({type(error).__name__}).",
                hint="It needs config.json, *.safetensors and the tokenizer, of a kind that "
                "transformers knows.",
            ) from error
        lacking = [name for name in loaded["missing_keys"] if "pooler" not in name]
        if lacking:
            raise EmbeddingRefusedError(
                f"The model in {folder.name} lacks weights ({len(lacking)}, as {lacking[0]}).",
                hint="Fetch it again; nothing is made up in their place.",
            )
        self._model.eval().to(self._device)
        self._dense = [_dense(each, self._device) for each in shape.dense]
        bounds = (
            shape.most_tokens,
            getattr(self._model.config, "max_position_embeddings", None),
            self._tokenizer.model_max_length,
        )
        self._most = min([MOST_TOKENS, *(each for each in bounds if each)])
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token

    def vectors(self, texts: Sequence[str]) -> Floats:
        """``[texts, dimensions]``, of any length."""
        import torch

        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._most, return_tensors="pt"
        ).to(self._device)
        with torch.inference_mode():
            hidden = self._model(**tokens).last_hidden_state.float()
            pooled = _pooled(hidden, tokens["attention_mask"], self.shape)
            for weight, bias, activation in self._dense:
                pooled = torch.nn.functional.linear(pooled, weight, bias)
                pooled = torch.tanh(pooled) if activation == "Tanh" else pooled
        found: Floats = pooled.cpu().numpy()
        return found


def _pooled(hidden: Any, mask: Any, shape: Shape) -> Any:
    """One vector a text; padding may stand on either side."""
    import torch

    counted = mask.unsqueeze(-1).to(hidden.dtype)
    if shape.pooling == "mean":
        return (hidden * counted).sum(1) / counted.sum(1).clamp(min=1)
    if shape.pooling == "max":
        return hidden.masked_fill(counted == 0, float("-inf")).amax(1)
    places = torch.arange(mask.shape[1], device=mask.device)
    if shape.pooling == "cls":
        at = (mask * (mask.shape[1] - places)).argmax(1)
    else:
        at = (mask * (places + 1)).argmax(1)
    return hidden[torch.arange(len(hidden), device=hidden.device), at]


def _dense(dense: Dense, device: str) -> tuple[Any, Any, str]:
    from safetensors.torch import load_file

    try:
        found = load_file(dense.folder / "model.safetensors")
    except OSError:
        raise EmbeddingRefusedError(
            f"The weights of {dense.folder.name} are missing.", hint="Fetch the model again."
        ) from None
    weight, bias = found["linear.weight"].float().to(device), found.get("linear.bias")
    return weight, None if bias is None else bias.float().to(device), dense.activation
