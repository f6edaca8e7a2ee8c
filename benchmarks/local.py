"""Clips a second of a model in this process, against the time of its forward passes alone.

``python -m benchmarks.local [--sizes 2b 7b]``, with the extra ``[local]``. Models have the shapes
of published ones and random weights: what is in them does not change how long a pass takes.
Each clip is 15 s at 2 frames a second, 1008x560, which is 10,800 tokens; each answer has
``--max-tokens`` tokens, for a random model ends none. What is compared is one and the same run: the
wall clock of it, and the sum of what the device spent in forward passes.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from shotlog.describers.asking import ModelQuestion, Shown
from shotlog.describers.local.asker import LocalAsker
from shotlog.describers.local.model import LocalModel, Place
from shotlog.testing.tiny_models import byte_tokenizer
from shotlog.testing.videos import landscape

FRAMES, FPS, WIDTH, HEIGHT = 30, Fraction(2), 1008, 560

_VISION_2B = {"depth": 32, "embed_dim": 1280, "hidden_size": 1536, "num_heads": 16, "mlp_ratio": 4}
_VISION_7B = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "window_size": 112,
    "fullatt_block_indexes": [7, 15, 23, 31],
    "out_hidden_size": 3584,
    "tokens_per_second": 2,
}


@dataclass(frozen=True, slots=True)
class Size:
    """A published model's shape, from its config.json."""

    family: str
    vision: dict[str, Any]
    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    tied: bool
    rope_sections: tuple[int, int, int] = (16, 24, 24)

    def config(self, tokenizer: Any) -> Any:
        """The configuration, with the marks where ``tokenizer`` has them."""
        from transformers import AutoConfig

        rope = {
            "rope_type": "default",
            "rope_theta": 1e6,
            "mrope_section": list(self.rope_sections),
        }
        text = {
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_value_heads,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": 32768,
            "rope_parameters": rope,
            "bos_token_id": None,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        }
        names = ("image_token", "video_token", "vision_start_token", "vision_end_token")
        marks = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
        ids = {
            f"{name}_id": tokenizer.convert_tokens_to_ids(mark)
            for name, mark in zip(names, marks, strict=True)
        }
        return AutoConfig.for_model(
            self.family,
            text_config=text,
            vision_config={**self.vision, "patch_size": 14},
            tie_word_embeddings=self.tied,
            **ids,
        )


SIZES = {
    "tiny": Size(
        "qwen2_vl",
        {"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2},
        *(32, 64, 1, 2, 1, 264),
        tied=False,
        rope_sections=(2, 3, 3),
    ),
    "2b": Size("qwen2_vl", _VISION_2B, 1536, 8960, 28, 12, 2, 151_936, tied=True),
    "7b": Size("qwen2_5_vl", _VISION_7B, 3584, 18_944, 28, 28, 4, 152_064, tied=False),
}
"""Qwen2-VL-2B and Qwen2.5-VL-7B; ``tiny`` shows in a minute that this works."""


@dataclass
class ForwardClock:
    """Adds up what a model's forward passes take on its device.

    Pictures may be looked at inside the pass over the words or before it; either counts once.
    """

    on_gpu: bool
    depth: int = 0
    began: list[Any] = field(default_factory=list)
    ended: list[Any] = field(default_factory=list)

    def watch(self, model: Any) -> None:
        for each in (model, model.model.visual):
            each.register_forward_pre_hook(self._enter)
            each.register_forward_hook(self._leave)

    def reset(self) -> None:
        self.began.clear()
        self.ended.clear()

    def seconds(self) -> float:
        pairs = zip(self.began, self.ended, strict=True)
        if not self.on_gpu:
            return float(sum(end - begin for begin, end in pairs))
        import torch

        torch.cuda.synchronize()
        return float(sum(begin.elapsed_time(end) for begin, end in pairs)) / 1000

    def _enter(self, *_: Any) -> None:
        if self.depth == 0:
            self.began.append(self._now())
        self.depth += 1

    def _leave(self, *_: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.ended.append(self._now())

    def _now(self) -> Any:
        if not self.on_gpu:
            return time.perf_counter()
        import torch

        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


@dataclass(frozen=True, slots=True)
class Measured:
    """One size at one batch."""

    size: str
    batch: int
    batch_at_end: int
    """Smaller than ``batch`` where the memory did not hold it."""
    place: str
    clips: int
    max_tokens: int
    wall_seconds: float
    forward_seconds: float

    @property
    def clips_a_second(self) -> float:
        return self.clips / self.wall_seconds

    @property
    def forward_share(self) -> float:
        """Of the wall clock; 1 means that nothing but the model takes time."""
        return self.forward_seconds / self.wall_seconds

    def line(self) -> str:
        return (
            f"| {self.size} | {self.batch_at_end} | {self.place} | {self.clips_a_second:.3f} "
            f"| {self.clips / self.forward_seconds:.3f} | {self.forward_share:.1%} |"
        )


def random_model(clock: ForwardClock) -> Callable[[Path, Place], Any]:
    """Makes the model that a folder's config.json tells of, right on its device."""

    def made(folder: Path, place: Place) -> Any:
        import torch
        from transformers import AutoConfig, AutoModelForImageTextToText

        torch.manual_seed(0)
        with torch.device(place.device):
            model = AutoModelForImageTextToText.from_config(
                AutoConfig.from_pretrained(folder), dtype=getattr(torch, place.dtype)
            )
        clock.watch(model)
        return model.eval()

    return made


def measure(name: str, batch: int, clips: int, max_tokens: int, device: str) -> Measured:
    """Asks about ``clips`` clips after one batch to warm up."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        tokenizer = byte_tokenizer()
        tokenizer.save_pretrained(folder)
        SIZES[name].config(tokenizer).save_pretrained(folder)
        places: list[Place] = []
        clocks: list[ForwardClock] = []

        def load(where: Path, place: Place) -> LocalModel:
            places.append(place)
            clocks.append(ForwardClock(place.device == "cuda"))
            return LocalModel(where, place, weights=random_model(clocks[0]))

        asker = LocalAsker(f"local:{folder}", batch=batch, device=device, load=load)
        questions = [_question(number, max_tokens) for number in range(clips)]
        with ThreadPoolExecutor(asker.concurrency) as pool:
            list(pool.map(asker.ask, questions[:batch]))
            clocks[0].reset()
            began = time.perf_counter()
            list(pool.map(asker.ask, questions))
            wall_seconds = time.perf_counter() - began
        measured = Measured(
            size=name,
            batch=batch,
            batch_at_end=asker.batch,
            place=str(places[0]),
            clips=clips,
            max_tokens=max_tokens,
            wall_seconds=wall_seconds,
            forward_seconds=clocks[0].seconds(),
        )
        asker.close()
    return measured


def _question(number: int, max_tokens: int) -> ModelQuestion:
    """Each clip has its own time of the same film."""
    jpegs = []
    for frame in range(FRAMES):
        file = io.BytesIO()
        picture = landscape(number + frame / float(FPS), WIDTH, HEIGHT)
        Image.fromarray(picture).save(file, "JPEG", quality=90)
        jpegs.append(file.getvalue())
    shown = Shown(
        jpegs=tuple(jpegs),
        times=tuple(frame / FPS for frame in range(FRAMES)),
        fps=FPS,
        width=WIDTH,
        height=HEIGHT,
        duration_seconds=FRAMES / FPS,
    )
    return ModelQuestion("Describe this video.", "", max_tokens, shown)


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    print("| size | batch | where | clips/s | clips/s of the passes alone | share of the passes |")
    print("|---|---|---|---|---|---|")
    found = []
    for name in given.sizes:
        for batch in given.batch:
            found.append(measure(name, batch, given.clips, given.max_tokens, given.device))
            print(found[-1].line(), flush=True)
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in found], indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["2b", "7b"])
    parser.add_argument("--batch", nargs="+", type=int, default=[4], help="clips at a time")
    parser.add_argument("--clips", type=int, default=32, help="clips of each measurement")
    parser.add_argument("--max-tokens", type=int, default=128, help="tokens of each answer")
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--json", type=Path, help="where the figures are written too")
    return parser


if __name__ == "__main__":
    main()
