"""The settings that a batch file was written by, as they are kept to read its answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shotlog.catalog import Catalog
from shotlog.describers import CheckedDescriber
from shotlog.describers.summarizer import make_teller
from shotlog.model_servers.addresses import parse_endpoint, shown
from shotlog.pipeline.models import Models
from shotlog.pipeline.recipe import Recipe
from shotlog.settings import Settings
from shotlog.speech import Transcript

_LEFT_OUT = frozenset(
    {
        *("access_key", "hearing_key", "mongodb_uri", "hearing"),
        *("output", "temporary", "vpc_endpoint", "use_vpc", "endpoint_names"),
    }
)
"""Secrets, places, and what stands for the addresses that were taken."""


def kept_settings(settings: Settings) -> dict[str, object]:
    """All that decides a question and what is made of its answer, without any secret."""
    kept: dict[str, object] = settings.model_dump(
        mode="json", exclude_none=True, exclude=set(_LEFT_OUT)
    )
    kept["public_endpoint"] = [shown(parse_endpoint(each)) for each in settings.endpoints]
    kept["protocol"] = "openai"
    if settings.hearing is not None:
        # Whether words heard are told counts, not where they were written down.
        kept["hearing"] = "local"
    if settings.clip_template is not None:
        kept["clip_template"] = str(settings.clip_template.absolute())
    return kept


def recipe_of(settings: Settings, describer: CheckedDescriber) -> Recipe:
    """What is wanted of every video. Nobody listens here: words are told that a run has heard."""
    return Recipe.of(settings, Models(describer, make_teller(settings, describer)))


def transcript_told(catalog: Catalog, settings: Settings, video_id: str) -> Transcript | None:
    """The words heard in a video, where the model is told them."""
    return catalog.transcript(video_id) if settings.hearing is not None else None


def settings_from(kept: Mapping[str, object], folder: Path) -> Settings:
    """The settings again, for the library in ``folder``."""
    return Settings.model_validate({**kept, "output": folder})
