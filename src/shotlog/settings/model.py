"""Every setting, once: its name, its default, where it is read from, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shotlog.errors import SettingError
from shotlog.records import Detector, Hardware, Resolution, SceneMethod
from shotlog.settings.kinds import (
    Addresses,
    Cap,
    Exact,
    ExactAboveZero,
    HeldSeconds,
    LanguageCode,
    LanguageWord,
    Money,
    Size,
    Words,
)


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
        "Paths",
        "TemporaryDirectory",
        "where fetched sources lie, each library's apart; default: in the library",
        None,
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
    min_clip: HeldSeconds = _setting(
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
    public_endpoint: Addresses = _setting(
        "QwenVL",
        "PublicEndpoint",
        "addresses of the model, or a name from [Endpoints]; none: the built-in describer",
        (),
    )
    vpc_endpoint: Addresses = _setting(
        "QwenVL", "VpcEndpoint", "its addresses inside the VPC, taken with --use-vpc", ()
    )
    use_vpc: bool = _setting("QwenVL", "UseVpc", "whether the VPC address is taken", False)
    access_key: SecretStr | None = _setting(
        "QwenVL", "AccessKey", "the endpoint's key; better in the environment", None
    )
    model: str | None = _setting(
        "QwenVL", "Model", "the model's name at the endpoint, or local:NAME", None
    )
    protocol: Literal["openai", "plain"] | None = _setting(
        "QwenVL", "Protocol", "how the endpoint is spoken to; default: seen from the address", None
    )
    send: Literal["auto", "frames", "list", "clip", "url", "images"] = _setting(
        "QwenVL",
        "Send",
        "how a clip travels to the model; auto finds what the server takes",
        "auto",
    )
    describe: bool = _setting("QwenVL", "Describe", "whether clips are described at all", True)
    structured: Literal["auto", "yes", "no"] = _setting(
        "QwenVL",
        "Structured",
        "whether answers are asked for in fields; auto: where the server can",
        "auto",
    )
    context: Literal["none", "previous"] = _setting(
        "QwenVL", "Context", "what the model is told of the clip before: none or previous", "none"
    )
    language: LanguageWord | None = _setting(
        "QwenVL", "Language", "the language of descriptions, as en; none: any", None
    )
    categories: Words = _setting(
        "QwenVL", "Categories", "what a clip's category may be; none: the model's choice", ()
    )
    clip_template: Path | None = _setting(
        "QwenVL", "ClipTemplate", "file with the words of a question; default: shotlog's own", None
    )
    reuse_same: bool = _setting(
        "QwenVL",
        "ReuseSame",
        "whether a clip that shows what an earlier one does is not asked",
        False,
    )
    concurrency: int = _setting(
        "QwenVL",
        "Concurrency",
        "most model requests in flight; 0 lets shotlog find out",
        0,
        ge=0,
        le=4096,
    )
    tokens_per_minute: int = _setting(
        "QwenVL", "TokensPerMinute", "tokens that may be used in a minute; 0 is no limit", 0, ge=0
    )
    max_requests: int | None = _setting(
        "QwenVL", "MaxRequests", "model requests of one run; none is no limit", None, ge=0
    )
    max_cost: Money | None = _setting(
        "QwenVL", "MaxCost", "money for one run, by the tariff; none is no limit", None
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

    input_price: Money | None = _setting(
        "Tariff", "InputPerMillion", "price of a million tokens sent", None
    )
    output_price: Money | None = _setting(
        "Tariff", "OutputPerMillion", "price of a million tokens answered", None
    )
    currency: str = _setting("Tariff", "Currency", "what prices are in", "USD")
    batch_factor: Annotated[float, Field(ge=0, le=1)] = _setting(
        "Tariff", "BatchFactor", "share of the price that batch files cost", 0.5
    )

    summary: Literal["auto", "model", "built-in"] = _setting(
        "Summary", "By", "who sums a video up; auto: the model where clips have one", "auto"
    )
    summary_template: Path | None = _setting(
        "Summary", "Template", "file with the words of the question; default: shotlog's own", None
    )

    rules: Path | None = _setting(
        "Tagging", "Rules", "file of rules that give tags and classes; none: no rules", None
    )

    hearing: str | None = _setting(
        "Hearing",
        "Endpoint",
        "where speech is written down: an address, or local; none: nowhere",
        None,
    )
    hearing_model: str = _setting("Hearing", "Model", "the model that hears", "whisper-1")
    hearing_language: LanguageCode | None = _setting(
        "Hearing", "Language", "the language spoken, as en; none: found out", None
    )
    hearing_key: SecretStr | None = _setting(
        "Hearing", "AccessKey", "the key of that endpoint; better in the environment", None
    )

    embedding_endpoint: str | None = _setting(
        "Search", "EmbeddingEndpoint", "where words become vectors: an OpenAI-style address", None
    )
    embedding_model: str | None = _setting(
        "Search",
        "EmbeddingModel",
        "the model that makes vectors, or local:NAME; none: search by words alone",
        None,
    )
    embedding_key: SecretStr | None = _setting(
        "Search", "EmbeddingAccessKey", "the key of that endpoint; better in the environment", None
    )
    embedding_dimensions: int | None = _setting(
        "Search", "EmbeddingDimensions", "numbers of a vector; none: as the model does", None, ge=8
    )
    embedding_query_prompt: str | None = _setting(
        "Search", "QueryPrompt", "put before what is looked for; none: what the model wants", None
    )
    embedding_text_prompt: str | None = _setting(
        "Search", "TextPrompt", "put before a clip's words; none: what the model wants", None
    )

    local_batch: int = _setting(
        "Local", "Batch", "clips that a model in process sees at a time", 4, ge=1, le=1024
    )
    local_device: Literal["auto", "cuda", "cpu"] = _setting(
        "Local", "Device", "where a model in process runs", "auto"
    )

    mongodb_uri: SecretStr | None = _setting(
        "MongoDB", "URI", "where documents are exported; better in the environment", None
    )
    mongodb_database: str = _setting("MongoDB", "DatabaseName", "the database", "shotlog")
    mongodb_collection: str = _setting("MongoDB", "CollectionName", "the collection", "videos")
    mongodb_export: bool = _setting(
        "MongoDB", "Export", "whether a run sends documents as videos finish", False
    )

    token: SecretStr | None = _setting(
        "Web", "Token", "the secret that the page asks for; better in the environment", None
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "Logging", "Level", "how much is said", "INFO"
    )

    keywords: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="the [Keywords] section: words that matter to the user, by group",
    )

    endpoint_names: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="the [Endpoints] section: addresses of models by names of your own",
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
    def endpoints(self) -> tuple[str, ...]:
        """The addresses that answer: the VPC's when they were asked for, else the public ones.

        A name from [Endpoints] stands for its addresses. Raises SettingError for an unknown one.
        """
        chosen = self.public_endpoint
        if self.use_vpc:
            if not self.vpc_endpoint:
                raise SettingError(
                    "--use-vpc was given, and there is no VPC address.",
                    hint="Set VpcEndpoint in section [QwenVL] of config.ini.",
                )
            chosen = self.vpc_endpoint
        return tuple(address for each in chosen for address in self._addresses_of(each))

    def _addresses_of(self, word: str) -> tuple[str, ...]:
        named = {name.lower(): addresses for name, addresses in self.endpoint_names.items()}
        if word.lower() in named:
            return named[word.lower()]
        if "/" in word or "." in word or ":" in word:
            return (word,)
        raise SettingError(
            f"{word!r} is neither a web address nor a name from section [Endpoints].",
            hint=f"Names there: {', '.join(self.endpoint_names) or 'none'}; "
            "an address begins with http:// or https://.",
        )
