"""Every setting, once: its name, its default, where it is read from, and what it may be.

The order is: option, environment, settings file, default. Each :class:`Settings` field carries its
place in ``config.ini`` (``[Section] Key``); its environment name is ``SHOTLOG_`` and the field's
name in capitals.
"""

from __future__ import annotations

import configparser
import difflib
import os
import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from shotlog.errors import SettingError
from shotlog.quantities import parse_resolution, parse_size, parse_time
from shotlog.records import Detector, Hardware, Resolution, SceneMethod

DEFAULT_FILE = "config.ini"
ENVIRONMENT_PREFIX = "SHOTLOG_"

LONGEST_MIN_CLIP = 5
"""Seconds; that much picture lies in memory until it is known whether it is a clip of its own."""


def _fraction(value: object) -> object:
    if isinstance(value, float):
        return Fraction(str(value))
    if isinstance(value, str):
        try:
            return Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"{value!r} is no number") from None
    return value


def _above_zero(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError(f"{float(value):g} is not above 0")
    return value


def _clip_held(value: Fraction) -> Fraction:
    if not 0 <= value <= LONGEST_MIN_CLIP:
        raise ValueError(f"{float(value):g} is not between 0 and {LONGEST_MIN_CLIP}")
    return value


def _from_text(parse: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


Exact = Annotated[Fraction, BeforeValidator(_fraction)]
ExactAboveZero = Annotated[Exact, AfterValidator(_above_zero)]
Size = Annotated[int, Field(ge=0), _from_text(parse_size)]
Time = Annotated[datetime, _from_text(parse_time)]
Cap = Annotated[Resolution, _from_text(parse_resolution)]


def _setting(section: str, key: str, description: str, default: Any, **bounds: Any) -> Any:
    place: dict[str, Any] = {"section": section, "key": key}
    return Field(default, description=description, json_schema_extra=place, **bounds)


class Settings(BaseModel):
    """Everything a run may be told. Frozen; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    output: Path = _setting(
        "Paths", "ProcessedDirectory", "the library's folder", Path("processed_videos")
    )
    temporary: Path | None = _setting(
        "Paths", "TemporaryDirectory", "where fetched sources lie; default: in the library", None
    )
    keep_sources: bool = _setting(
        "Paths", "KeepSources", "whether fetched sources stay after they were used", False
    )
    disk_budget: Size = _setting(
        "Paths", "DiskBudget", "bytes that fetched sources may take at a time", 20 * 1000**3
    )

    segment_length: ExactAboveZero = _setting(
        "Processing", "SegmentLength", "seconds of a clip", Fraction(15)
    )
    overlap: Exact = _setting(
        "Processing", "Overlap", "seconds that a clip shares with the one before", Fraction(0)
    )
    split: Literal["length", "scenes"] = _setting(
        "Processing", "Split", "clips of one length, or clips that follow scenes", "length"
    )
    min_clip: Annotated[Exact, AfterValidator(_clip_held)] = _setting(
        "Processing", "MinClip", "with scenes, seconds below which a clip is joined", Fraction(2)
    )
    max_resolution: Cap = _setting(
        "Processing", "MaxResolution", "largest picture of a clip", Resolution(1280, 720)
    )
    max_fps: ExactAboveZero = _setting(
        "Processing", "MaxFPS", "highest frame rate of a clip", Fraction(30)
    )
    clips: bool = _setting("Processing", "Clips", "whether clip files are written", True)
    workers: int = _setting(
        "Processing", "Workers", "media processes; 0 is one a core", 0, ge=0, le=1024
    )
    downloads: int = _setting(
        "Processing", "Downloads", "downloads under way at a time", 4, ge=1, le=256
    )
    stall_seconds: ExactAboveZero = _setting(
        "Processing",
        "StallSeconds",
        "a media process without progress for this long is ended",
        Fraction(120),
    )
    hardware: Hardware = _setting(
        "Processing", "Hardware", "what an NVIDIA GPU does: none, nvdec or cuda", "none"
    )
    memory_limit: Size = _setting(
        "Processing",
        "MemoryLimit",
        "most memory of a media process, on Linux; 0 is no limit",
        4 * 1000**3,
    )

    scene_threshold: Annotated[float, Field(ge=0, le=1)] = _setting(
        "SceneDetection", "DefaultThreshold", "ffmpeg's scene score that makes a cut, 0..1", 0.3
    )
    scene_detector: Detector = _setting(
        "SceneDetection", "Detector", "how scenes are found: ffmpeg, content or adaptive", "ffmpeg"
    )
    content_threshold: Annotated[float, Field(ge=0, le=255)] = _setting(
        "SceneDetection", "ContentThreshold", "what makes a cut for content, 0..255", 27.0
    )
    adaptive_threshold: Annotated[float, Field(ge=0, le=255)] = _setting(
        "SceneDetection", "AdaptiveThreshold", "what makes a cut for adaptive, a ratio", 3.0
    )

    instruction: str = _setting(
        "QwenVL",
        "DefaultInstruction",
        "what the model is asked of each clip",
        "Describe this video.",
        min_length=1,
    )
    public_endpoint: str | None = _setting(
        "QwenVL", "PublicEndpoint", "address of the model; none: the built-in describer", None
    )
    vpc_endpoint: str | None = _setting(
        "QwenVL", "VpcEndpoint", "its address inside the VPC, taken with --use-vpc", None
    )
    use_vpc: bool = _setting("QwenVL", "UseVpc", "whether the VPC address is taken", False)
    access_key: SecretStr | None = _setting(
        "QwenVL", "AccessKey", "the endpoint's key; better in the environment", None
    )
    model: str | None = _setting("QwenVL", "Model", "the model's name at the endpoint", None)
    protocol: Literal["openai", "plain"] | None = _setting(
        "QwenVL", "Protocol", "how the endpoint is spoken to; default: seen from the address", None
    )
    reuse_same: bool = _setting(
        "QwenVL",
        "ReuseSame",
        "whether a clip that shows what an earlier one does is not asked",
        False,
    )
    concurrency: int = _setting(
        "QwenVL", "Concurrency", "model requests in flight; 0 lets shotlog choose", 0, ge=0, le=4096
    )
    request_timeout: ExactAboveZero = _setting(
        "QwenVL", "RequestTimeout", "seconds to wait for one answer", Fraction(300)
    )
    max_tokens: int = _setting(
        "QwenVL", "MaxTokens", "longest answer of the model, in tokens", 512, ge=1
    )
    frame_fps: ExactAboveZero = _setting(
        "QwenVL", "FrameFPS", "frames a second that the model sees", Fraction(2)
    )
    frame_max_pixels: int = _setting(
        "QwenVL", "FrameMaxPixels", "largest frame the model sees", 768 * 28 * 28, ge=56 * 56
    )

    mongodb_uri: SecretStr | None = _setting("MongoDB", "URI", "where documents are exported", None)
    mongodb_database: str = _setting("MongoDB", "DatabaseName", "the database", "shotlog")
    mongodb_collection: str = _setting("MongoDB", "CollectionName", "the collection", "videos")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "Logging", "Level", "how much is said", "INFO"
    )

    keywords: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="the [Keywords] section: words that matter to the user, by group",
    )

    @model_validator(mode="after")
    def _overlap_below_length(self) -> Settings:
        if not 0 <= self.overlap < self.segment_length:
            raise ValueError(
                f"Overlap must be at least 0 and below SegmentLength "
                f"({float(self.segment_length):g}), not {float(self.overlap):g}"
            )
        return self

    @model_validator(mode="after")
    def _scenes_split_plainly(self) -> Settings:
        if self.split != "scenes":
            return self
        if self.overlap:
            raise ValueError(
                f"Clips that follow scenes (Split) share no picture: Overlap must be 0, "
                f"not {float(self.overlap):g}"
            )
        if self.min_clip >= self.segment_length:
            raise ValueError(
                f"MinClip must be below SegmentLength ({float(self.segment_length):g}), "
                f"not {float(self.min_clip):g}"
            )
        return self

    @property
    def scenes(self) -> SceneMethod:
        """How scenes are found, and what makes a cut for that detector."""
        thresholds = {
            "ffmpeg": self.scene_threshold,
            "content": self.content_threshold,
            "adaptive": self.adaptive_threshold,
        }
        return SceneMethod(self.scene_detector, thresholds[self.scene_detector])

    @property
    def endpoint(self) -> str | None:
        """The address that answers: the VPC's when it was asked for, else the public one."""
        if self.use_vpc:
            if self.vpc_endpoint is None:
                raise SettingError(
                    "--use-vpc was given, and there is no VPC address.",
                    hint="Set VpcEndpoint in section [QwenVL] of config.ini.",
                )
            return self.vpc_endpoint
        return self.public_endpoint


def ini_places() -> dict[tuple[str, str], str]:
    """``(section, key)`` of every setting in ``config.ini``, with its field's name."""
    places = {}
    for name, info in Settings.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict):
            places[str(extra["section"]), str(extra["key"])] = name
    return places


def environment_name(field: str) -> str:
    return ENVIRONMENT_PREFIX + field.upper()


def load_settings(
    options: Mapping[str, object],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from the options given, the environment, the file and the defaults, in that order.

    ``options`` holds only what was really given. Without ``file``, ``config.ini`` in the current
    folder is read if it is there. Raises SettingError naming the place, the value and the remedy.
    """
    environment = os.environ if environment is None else environment
    origins: dict[str, str] = {}
    values: dict[str, object] = {}
    path = file if file is not None else Path(DEFAULT_FILE)
    if file is not None or path.is_file():
        for name, (value, origin) in _read_ini(path).items():
            values[name], origins[name] = value, origin
    for name in Settings.model_fields:
        variable = environment_name(name)
        if name != "keywords" and environment.get(variable):
            values[name], origins[name] = environment[variable], variable
    for name, given in options.items():
        values[name], origins[name] = given, "--" + name.replace("_", "-")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _as_setting_error(error, origins) from None


def _read_ini(path: Path) -> dict[str, tuple[object, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        with path.open(encoding="utf-8-sig") as lines:
            parser.read_file(lines)
    except OSError as error:
        raise SettingError(
            f"The settings file {path} cannot be read: {error.strerror}.",
            hint="Check the path given with --config.",
        ) from None
    except UnicodeDecodeError:
        raise SettingError(
            f"The settings file {path} is not UTF-8.", hint="Save it as UTF-8."
        ) from None
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}" if line else ""
        raise SettingError(
            f"The settings file {path} is not in the ini format{where}.",
            hint="It needs lines like 'SegmentLength = 15' under headings like '[Processing]'.",
        ) from None
    return _named(parser, path)


def _named(parser: configparser.ConfigParser, path: Path) -> dict[str, tuple[object, str]]:
    places = ini_places()
    folded = {(section.lower(), key.lower()): name for (section, key), name in places.items()}
    found: dict[str, tuple[object, str]] = {}
    for section in parser.sections():
        if section.lower() == "keywords":
            found["keywords"] = (
                {key: _words(text) for key, text in parser.items(section)},
                f"{path} [{section}]",
            )
            continue
        for key, text in parser.items(section):
            name = folded.get((section.lower(), key.lower()))
            if name is None:
                raise _unknown_key(path, section, key, places)
            if text.strip():
                found[name] = (text.strip(), f"{path} [{section}] {key}")
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[,\n]", text) if word.strip())


def _unknown_key(
    path: Path, section: str, key: str, places: Mapping[tuple[str, str], str]
) -> SettingError:
    known = [f"[{each}] {name}" for each, name in places]
    by_key = {name.lower(): f"[{each}] {name}" for each, name in places}
    near = difflib.get_close_matches(key.lower(), by_key, n=1, cutoff=0.5)
    nearest = (
        by_key[near[0]]
        if near
        else difflib.get_close_matches(f"[{section}] {key}", known, n=1, cutoff=0)[0]
    )
    return SettingError(
        f"{path} has an unknown setting, [{section}] {key}.",
        hint=f"The nearest known one is {nearest}.",
    )


def _as_setting_error(error: ValidationError, origins: Mapping[str, str]) -> SettingError:
    """Of pydantic's findings the first, without the value where it may be secret."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    reason = first["msg"].removeprefix("Value error, ")
    if name not in Settings.model_fields:
        near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0)
        if name:
            return SettingError(
                f"There is no setting {name!r}.", hint=f"The nearest known one is {near[0]!r}."
            )
        return SettingError(f"{reason}.", hint="Change one of the two.")
    where = origins.get(name, name)
    secret = "Secret" in str(Settings.model_fields[name].annotation)
    seen = "" if secret else f" {first['input']!r}"
    return SettingError(
        f"{where}: the value{seen} will not do: {reason}.",
        hint=f"What it sets: {Settings.model_fields[name].description}.",
    )
