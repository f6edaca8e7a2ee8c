"""A model's files: in a folder, or fetched once from the Hugging Face hub into its cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shotlog.describers.local.pixels import PixelRules
from shotlog.errors import EndpointRefusedError, MissingToolError, SettingError

PREFIX = "local:"
"""Before the name of a model that runs in this process."""

NEEDED = ("torch", "transformers")
FAMILIES = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe")
"""``model_type`` of the models that can be shown a clip here."""

FILES_WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt")
SMALL_FILES = ("*.json", "*.jinja", "*.txt")

_RULES_FILES = (
    ("video_preprocessor_config.json", None),
    ("preprocessor_config.json", None),
    ("processor_config.json", "video_processor"),
    ("processor_config.json", "image_processor"),
)
"""Where checkpoints say what pictures they want, the first found counting; with the key within."""

_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_HALF = (0.5, 0.5, 0.5)
_LEAST_PIXELS, _MOST_PIXELS = 3136, 12_845_056
_LEAST_PIXELS_3, _MOST_PIXELS_3 = 4096, 25_165_824
"""What the published checkpoints' files say, for one that has none."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """What stands behind ``local:``: a folder on this machine, or a name on the hub."""

    name: str
    folder: Path | None
    """None for a name on the hub."""

    @property
    def short(self) -> str:
        """For people and exports: no path of this machine."""
        return self.folder.name if self.folder else self.name

    def identity(self) -> Mapping[str, str]:
        """What tells this model from others; a folder is known by what is in it, not by its place.

        Weights are known by their files' names and sizes: reading gigabytes for it would be slow.
        """
        if self.folder is None:
            return {"model": self.name}
        digest = hashlib.sha256(_bytes_of(self.folder / "config.json"))
        for path in sorted(self.folder.glob("*.safetensors")):
            digest.update(f"\n{path.name} {path.stat().st_size}".encode())
        return {"model": self.short, "files": digest.hexdigest()[:12]}


def is_local(model: str | None) -> bool:
    return model is not None and model.startswith(PREFIX)


def parse_name(model: str, *, example: str = "Qwen/Qwen2.5-VL-3B-Instruct") -> ModelName:
    """``local:NAME`` or ``local:FOLDER``. Raises SettingError where no model can be behind it.

    ``example`` is a name that the hint shows.
    """
    said = model.removeprefix(PREFIX).strip()
    folder = Path(said).expanduser()
    if not (folder.is_dir() or said.startswith((".", "/", "~"))):
        if said.count("/") == 1 and not said.endswith("/"):
            return ModelName(said, None)
        raise SettingError(
            f"{model!r} names neither a folder that is there nor a model of the hub.",
            hint=f"Write local:{example}, or local:/path/to/folder.",
        )
    if not (folder / "config.json").is_file():
        raise SettingError(
            f"There is no model in {folder}: config.json is missing.",
            hint="Name the folder that holds config.json, the weights (*.safetensors) and the "
            "tokenizer.",
        )
    return ModelName(said, folder.resolve())


def require_local() -> None:
    """Raises MissingToolError where the packages that run a model are not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"A model in this process needs torch and transformers; "
            f"{' and '.join(missing)} cannot be imported.",
            hint="Install them: pip install 'shotlog[local]'.",
        )


def folder_of(name: ModelName, *, weights: bool = True) -> Path:
    """Where the model's files lie, fetched if need be; without ``weights`` only the small ones.

    Raises EndpointRefusedError where they are not here and cannot be had.
    """
    if name.folder is not None:
        return name.folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    wanted = list(FILES_WANTED if weights else SMALL_FILES)
    try:
        return Path(snapshot_download(name.name, allow_patterns=wanted))
    except (OSError, ValueError, *HfHubHTTPError.__bases__) as error:
        raise EndpointRefusedError(
            f"The model {name.name} is not on this machine and cannot be fetched from the Hugging "
            f"Face hub ({type(error).__name__}).",
            hint="Check the name and the network (HF_TOKEN for a gated model). Without a network: "
            "set HF_HOME to a cache that holds it, or give local:/path/to/folder.",
        ) from None


def read_rules(folder: Path, family: str, vision: Mapping[str, Any]) -> PixelRules:
    """What the checkpoint in ``folder`` wants of pictures; ``vision`` is its ``vision_config``."""
    third = family.startswith("qwen3")
    found = next(_said_rules(folder), {})
    size = found.get("size") or {}
    least = found.get("min_pixels") or size.get("shortest_edge")
    most = found.get("max_pixels") or size.get("longest_edge")
    mean, deviation = (_HALF, _HALF) if third else (_CLIP_MEAN, _CLIP_DEVIATION)
    return PixelRules(
        patch=int(vision["patch_size"]),
        merge=int(vision.get("spatial_merge_size", 2)),
        group=int(vision.get("temporal_patch_size", 2)),
        least_pixels=int(least or (_LEAST_PIXELS_3 if third else _LEAST_PIXELS)),
        most_pixels=int(most or (_MOST_PIXELS_3 if third else _MOST_PIXELS)),
        whole_video=third,
        mean=_three(found.get("image_mean"), mean),
        deviation=_three(found.get("image_std"), deviation),
    )


def chat_template(folder: Path) -> str | None:
    """The template that older checkpoints keep in a file of its own."""
    template = _json_of(folder / "chat_template.json").get("chat_template")
    return template if isinstance(template, str) else None


def _said_rules(folder: Path) -> Iterator[Mapping[str, Any]]:
    for file, key in _RULES_FILES:
        found = _json_of(folder / file)
        inner = found.get(key) if key else found
        if isinstance(inner, dict) and inner:
            yield inner


def _three(said: object, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    if not (isinstance(said, list) and len(said) == 3):
        return otherwise
    red, green, blue = (float(each) for each in said)
    return red, green, blue


def _json_of(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(_bytes_of(path))
    except ValueError:
        raise EndpointRefusedError(
            f"{path} is no JSON.", hint="Fetch the model's files again."
        ) from None
    return found if isinstance(found, dict) else {}


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EndpointRefusedError(
            f"{path} cannot be read: {error.strerror}.", hint="Check the folder's permissions."
        ) from None
