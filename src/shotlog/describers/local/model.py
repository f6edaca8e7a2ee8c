"""A Qwen-VL model in this process, by transformers: loading it, and letting it write.

Only this module touches torch. The values of torch and transformers are ``Any``: neither need be
installed where shotlog is checked.
"""

from __future__ import annotations

import copy
import inspect
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from shotlog.describers.asking import ModelQuestion, Sampling, Shown
from shotlog.describers.local.batching import BatchTooLargeError
from shotlog.describers.local.generation_steps import CountPenalty, Endings
from shotlog.describers.local.model_files import FAMILIES, chat_template, read_rules
from shotlog.describers.local.pixels import Grid, Pixels, frames_of, patches_of
from shotlog.describers.local.prompts import (
    Marks,
    group_times,
    messages_of,
    with_places,
    with_timed_places,
)
from shotlog.errors import DescribeRefusedError, EndpointRefusedError

log = logging.getLogger("shotlog.describers")

ROOM_FOR_WORDS = 2048
"""Tokens of the context that pictures leave free for instruction, context and times."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model runs and in which numbers it counts."""

    device: str
    """``cuda`` or ``cpu``."""
    dtype: str
    """``bfloat16`` or ``float32``."""
    hardware: str
    """The device's name, for people."""

    def __str__(self) -> str:
        return f"{self.device} ({self.hardware}) in {self.dtype}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question as the model reads it."""

    tokens: Sequence[int] = field(repr=False)
    max_tokens: int
    sampling: Sampling
    patches: Pixels | None = field(default=None, repr=False)
    grid: Grid = (0, 0, 0)
    group_seconds: float = 0.0
    """From one group of frames to the next."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote."""

    text: str
    cut: bool
    prompt_tokens: int
    completion_tokens: int
    """The mark at the end counted in, as servers count it."""


def find_place(wanted: str) -> Place:
    """``auto`` takes a GPU where torch sees one.

    bfloat16 where the hardware multiplies it, else float32: emulated bfloat16 is many times slower,
    and float16 overflows in these models. Raises EndpointRefusedError where ``cuda`` is not there.
    """
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise EndpointRefusedError(
            f"[Local] Device is cuda, and torch {torch.__version__} sees no GPU.",
            hint="Set Device = cpu, or install a torch build that fits the GPU's driver.",
        )
    if wanted != "cpu" and torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return Place("cuda", "bfloat16" if fast else "float32", torch.cuda.get_device_name())
    can: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    fast = any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    cores = f"{torch.get_num_threads()} threads"
    return Place("cpu", "bfloat16" if fast else "float32", cores)


def read_config(folder: Path) -> Any:
    """The checkpoint's configuration. Raises EndpointRefusedError where it is no Qwen-VL's."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise _unusable(
            folder, f"its config.json cannot be used ({type(error).__name__})"
        ) from None
    if config.model_type not in FAMILIES:
        raise _unusable(folder, f"it is a {config.model_type} model")
    return config


class LocalModel:
    """One model with its tokenizer. Writing is for one thread; preparing for any."""

    def __init__(
        self, folder: Path, place: Place, *, weights: Callable[[Path, Place], Any] | None = None
    ) -> None:
        """``weights`` makes the model; without it those in ``folder`` are loaded.

        Raises EndpointRefusedError where they cannot be used.
        """
        self._config = read_config(folder)
        self._rules = read_rules(
            folder, self._config.model_type, self._config.vision_config.to_dict()
        )
        self._place = place
        self._tokenizer = _tokenizer(folder)
        self._model = (weights or load_weights)(folder, place)
        self._takes = frozenset(inspect.signature(self._model.forward).parameters)
        self._stop = threading.Event()
        word = self._tokenizer.convert_ids_to_tokens
        self._marks = Marks(
            start=word(self._config.vision_start_token_id),
            place=word(self._config.video_token_id),
            end=word(self._config.vision_end_token_id),
        )

    def stop(self) -> None:
        """Ends the writing under way at the next token."""
        self._stop.set()

    def prepare(self, question: ModelQuestion) -> Prepared:
        """The question in tokens and patches. Raises DescribeRefusedError where it is too long."""
        patches: Pixels | None = None
        grid, group_seconds = (0, 0, 0), 0.0
        text = self._tokenizer.apply_chat_template(
            messages_of(question), tokenize=False, add_generation_prompt=True
        )
        shown = question.shown
        if shown is not None:
            patches, grid = self._looked_at(shown, question.max_tokens)
            group_seconds = float(self._rules.group / shown.fps)
            text = self._placed(text, grid, shown)
        tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(tokens) + question.max_tokens > self._context:
            raise DescribeRefusedError(
                f"The question takes {len(tokens)} tokens and its answer {question.max_tokens}; "
                f"the model has room for {self._context}.",
                hint="Lower FrameFPS, FrameMaxPixels or MaxTokens in section [QwenVL] of "
                "config.ini, or cut shorter clips.",
            )
        return Prepared(
            tokens, question.max_tokens, question.sampling, patches, grid, group_seconds
        )

    def write(self, batch: Sequence[Prepared]) -> list[Written]:
        """Answers all of one sampling together. Raises BatchTooLargeError."""
        import torch

        try:
            with torch.inference_mode():
                return self._written(batch)
        except torch.OutOfMemoryError:
            pass
        # Only here, where no frame of the failed try holds its tensors any more.
        torch.cuda.empty_cache()
        raise BatchTooLargeError

    def stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def _context(self) -> int:
        return int(self._config.get_text_config().max_position_embeddings)

    def _looked_at(self, shown: Shown, max_tokens: int) -> tuple[Pixels, Grid]:
        room = self._context - max_tokens - min(ROOM_FOR_WORDS, self._context // 4)
        rules = self._rules.within(max(room, 1), len(shown.jpegs))
        width, height = rules.size_of(len(shown.jpegs), shown.width, shown.height)
        return patches_of(frames_of(shown.jpegs, width, height), rules)

    def _placed(self, text: str, grid: Grid, shown: Shown) -> str:
        if text.count(self._marks.place) != 1:
            raise EndpointRefusedError(
                f"The model's chat template has {text.count(self._marks.place)} places for one "
                "video.",
                hint="Fetch the model's files again, or take a published checkpoint.",
            )
        if not self._config.model_type.startswith("qwen3"):
            return with_places(text, grid, self._rules.merge, self._marks)
        times = group_times(shown.times, self._rules.group)
        return with_timed_places(text, grid, self._rules.merge, self._marks, times)

    def _written(self, batch: Sequence[Prepared]) -> list[Written]:
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        inputs = self._inputs(batch)
        sampling, width = batch[0].sampling, inputs["input_ids"].shape[1]
        limits = torch.tensor([each.max_tokens for each in batch], device=self._place.device)
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        penalties = LogitsProcessorList()
        if sampling.frequency_penalty:
            penalties.append(CountPenalty(sampling.frequency_penalty, width))
        sequences = self._model.generate(
            **inputs,
            generation_config=self._generation(sampling, max(each.max_tokens for each in batch)),
            stopping_criteria=StoppingCriteriaList([Endings(limits, width, self._stop)]),
            logits_processor=penalties,
        )
        rows = sequences[:, width:].tolist()
        return [self._read(row, each) for row, each in zip(rows, batch, strict=True)]

    def _inputs(self, batch: Sequence[Prepared]) -> dict[str, Any]:
        """Tokens padded on the left, so that all answers begin at one place."""
        import torch

        width = max(len(each.tokens) for each in batch)
        tokens = np.full((len(batch), width), self._padding, np.int64)
        mask = np.zeros((len(batch), width), np.int64)
        for row, each in enumerate(batch):
            tokens[row, width - len(each.tokens) :] = each.tokens
            mask[row, width - len(each.tokens) :] = 1
        inputs: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask}
        if "mm_token_type_ids" in self._takes:
            # transformers 5 wants to be told where pictures are (2 is video); 4 refuses it.
            inputs["mm_token_type_ids"] = (tokens == self._config.video_token_id) * 2
        seen = [each for each in batch if each.patches is not None]
        if seen:
            inputs["video_grid_thw"] = np.array([each.grid for each in seen], np.int64)
        inputs = {
            name: torch.from_numpy(array).to(self._place.device) for name, array in inputs.items()
        }
        if seen:
            inputs["pixel_values_videos"] = torch.cat(
                [self.pixels(each.patches) for each in seen if each.patches is not None]
            )
            if "second_per_grid_ts" in self._takes:
                inputs["second_per_grid_ts"] = [each.group_seconds for each in seen]
        return inputs

    def pixels(self, patches: Pixels) -> Any:
        """The patches about zero, as the model was trained; made on its device, from bytes."""
        import torch

        device = self._place.device
        values = torch.from_numpy(patches).to(device).view(len(patches), 3, -1).float()
        mean = torch.tensor(self._rules.mean, device=device).view(3, 1)
        deviation = torch.tensor(self._rules.deviation, device=device).view(3, 1)
        values = values.div_(255).sub_(mean).div_(deviation)
        return values.view(len(patches), -1).to(self._model.dtype)

    def _generation(self, sampling: Sampling, max_tokens: int) -> Any:
        """The checkpoint's own settings, such as its repetition penalty, but for the sampling."""
        drawn = sampling.temperature > 0
        config = copy.deepcopy(self._model.generation_config)
        config.update(
            max_length=None,
            max_new_tokens=max_tokens,
            do_sample=drawn,
            temperature=sampling.temperature if drawn else None,
            top_p=sampling.top_p if drawn else None,
            top_k=config.top_k if drawn else None,
            eos_token_id=self._ends,
            pad_token_id=self._padding,
        )
        return config

    @property
    def _ends(self) -> list[int]:
        """The tokens that end an answer."""
        said = self._model.generation_config.eos_token_id
        ends = said if isinstance(said, list) else [said]
        return sorted({each for each in (*ends, self._tokenizer.eos_token_id) if each is not None})

    @property
    def _padding(self) -> int:
        padding = self._tokenizer.pad_token_id
        return int(self._ends[0] if padding is None else padding)

    def _read(self, row: list[int], asked: Prepared) -> Written:
        own = row[: asked.max_tokens]
        end = next((number for number, token in enumerate(own) if token in self._ends), None)
        words = own if end is None else own[:end]
        return Written(
            text=self._tokenizer.decode(words, skip_special_tokens=True),
            cut=end is None,
            prompt_tokens=len(asked.tokens),
            completion_tokens=len(own) if end is None else end + 1,
        )


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise _unusable(folder, f"its tokenizer cannot be read ({type(error).__name__})") from None
    if tokenizer.chat_template is None:
        tokenizer.chat_template = chat_template(folder)
    if tokenizer.chat_template is None:
        raise _unusable(folder, "its tokenizer has no chat template")
    return tokenizer


def load_weights(folder: Path, place: Place) -> Any:
    """The checkpoint's model on its device. Raises EndpointRefusedError."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText

    try:
        with _no_bars():
            model, found = AutoModelForImageTextToText.from_pretrained(
                folder, dtype=getattr(torch, place.dtype), output_loading_info=True
            )
        if found["missing_keys"]:
            raise _unusable(folder, f"{len(found['missing_keys'])} of its weights are missing")
        model = model.to(place.device)
    except torch.OutOfMemoryError:
        raise _unusable(folder, f"it does not fit into the memory of {place.hardware}") from None
    except ImportError:
        raise EndpointRefusedError(
            f"transformers {version('transformers')} cannot be used with what is installed beside "
            f"torch {torch.__version__}.",
            hint="Most often a torchvision that was compiled for another torch is in the way: "
            "pip uninstall torchvision (it is not needed here).",
        ) from None
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise _unusable(folder, f"its weights cannot be read ({type(error).__name__})") from None
    log.info("%s runs on %s", folder.name, place)
    return model.eval()


@contextmanager
def _no_bars() -> Iterator[None]:
    """Keeps transformers' progress bars off the screen, where a run has its own."""
    from transformers.utils import logging as bars

    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def _unusable(folder: Path, why: str) -> EndpointRefusedError:
    return EndpointRefusedError(
        f"The model in {folder} cannot be used: {why}.",
        hint="Give a whole checkpoint of Qwen2-VL, Qwen2.5-VL or Qwen3-VL that fits this machine.",
    )
