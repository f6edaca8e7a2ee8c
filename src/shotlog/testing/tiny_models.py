"""Tiny Qwen-VL models, and models of vectors, with random weights: whole checkpoints of half a
megabyte.

What they write is nonsense, and follows from every frame and word they are shown. For tests
of whatever loads and runs such a model; needs the extra ``[local]``. Everything is made on the
spot and nothing is fetched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

Family = Literal["qwen2_vl", "qwen2_5_vl", "qwen3_vl"]
FAMILIES: tuple[Family, ...] = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")

EmbedderFamily = Literal["bert", "qwen2"]
"""One that reads both ways, and one that reads forwards."""

PADDING, END = "<|endoftext|>", "<|im_end|>"
MARKS = (
    PADDING,
    "<|im_start|>",
    END,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""What the published checkpoints' templates do with one turn."""

CONTEXT_TOKENS = 8192

_TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": CONTEXT_TOKENS,
    "initializer_range": 0.5,
}
_VISION: dict[Family, dict[str, Any]] = {
    "qwen2_vl": {"embed_dim": 32, "hidden_size": 32, "mlp_ratio": 2, "patch_size": 14},
    "qwen2_5_vl": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "patch_size": 14,
        "window_size": 56,
        "fullatt_block_indexes": [1],
        "out_hidden_size": 32,
        "tokens_per_second": 2,
    },
    "qwen3_vl": {
        "hidden_size": 32,
        "intermediate_size": 64,
        "patch_size": 16,
        "out_hidden_size": 32,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    },
}


def make_tiny_model(folder: Path, family: Family, *, seed: int = 0, ends: bool = True) -> Path:
    """Writes a checkpoint into ``folder`` and returns it; the same seed makes the same weights.

    Its vocabulary is the 256 bytes and :data:`MARKS`. Without ``ends`` it never ends an answer by
    itself, so that none is empty.
    """
    import torch
    from transformers import AutoModelForImageTextToText

    tokenizer = byte_tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_config(_config(family, tokenizer))
    _let_it_write_letters(model, tokenizer, ends=ends)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    rules = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": type(model).__name__.replace("ForConditionalGeneration", "Processor"),
        "patch_size": _VISION[family]["patch_size"],
        "temporal_patch_size": 2,
        "merge_size": 2,
        "size": {"shortest_edge": 3136, "longest_edge": 12_845_056},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(rules), encoding="utf-8")
    return folder


def make_tiny_embedder(
    folder: Path,
    family: EmbedderFamily,
    pooling: Literal["mean", "cls", "last", "max"],
    *,
    dense: int | None = None,
) -> Path:
    """Writes a model of vectors of 32 numbers into ``folder``, as sentence-transformers would.

    With ``dense`` a layer behind it makes vectors of so many numbers.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = byte_tokenizer()
    tokenizer.model_max_length = 256
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    shape = {**_TEXT, "vocab_size": len(tokenizer), "max_position_embeddings": 256}
    AutoModel.from_config(AutoConfig.for_model(family, **shape)).save_pretrained(folder)
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling")]
    if dense is not None:
        kinds.append(("Dense", "2_Dense"))
        (folder / "2_Dense").mkdir()
        layer = torch.nn.Linear(32, dense)
        weights = {f"linear.{name}": value for name, value in layer.state_dict().items()}
        save_file(weights, folder / "2_Dense" / "model.safetensors")
        said = {"activation_function": "torch.nn.modules.linear.Identity"}
        (folder / "2_Dense" / "config.json").write_text(json.dumps(said), encoding="utf-8")
    steps = [{"type": f"sentence_transformers.models.{kind}", "path": p} for kind, p in kinds]
    (folder / "modules.json").write_text(json.dumps(steps), encoding="utf-8")
    (folder / "1_Pooling").mkdir()
    names = {"mean": "mean_tokens", "cls": "cls_token", "last": "lasttoken", "max": "max_tokens"}
    mode = {f"pooling_mode_{name}": kind == pooling for kind, name in names.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(mode), encoding="utf-8")
    return folder


def _let_it_write_letters(model: Any, tokenizer: Any, *, ends: bool) -> None:
    """Of all it could write only small letters, the blank and the end score above nothing."""
    import torch

    letters = [*map(chr, range(ord("a"), ord("z") + 1)), "Ġ"]
    if ends:
        letters.append(tokenizer.eos_token)
    kept = torch.zeros(len(tokenizer), 1)
    kept[tokenizer.convert_tokens_to_ids(letters)] = 1
    with torch.no_grad():
        model.lm_head.weight.mul_(kept)


def byte_tokenizer() -> Any:
    """A tokenizer of the 256 bytes and :data:`MARKS`, with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE({letter: n for n, letter in enumerate(letters)}, []))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        eos_token=END,
        pad_token=PADDING,
        additional_special_tokens=list(MARKS),
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _config(family: Family, tokenizer: Any) -> Any:
    from transformers import AutoConfig

    text: dict[str, Any] = {**_TEXT, **_rope(family), "vocab_size": len(tokenizer)}
    if family == "qwen3_vl":
        text["head_dim"] = 16
    marks = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    return AutoConfig.for_model(
        family,
        text_config={
            **text,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={"depth": 2, "num_heads": 2, "initializer_range": 0.5, **_VISION[family]},
        tie_word_embeddings=False,
        **{name: tokenizer.convert_tokens_to_ids(mark) for name, mark in marks.items()},
    )


def _rope(family: Family) -> dict[str, Any]:
    """transformers 4 and 5 have different names for how positions are told."""
    from transformers import __version__

    rope: dict[str, Any] = {"rope_type": "default", "mrope_section": [2, 3, 3]}
    if family == "qwen3_vl":
        rope["mrope_interleaved"] = True
    if __version__.startswith("4."):
        return {"rope_theta": 1e6, "rope_scaling": rope}
    return {"rope_parameters": {**rope, "rope_theta": 1e6}}
