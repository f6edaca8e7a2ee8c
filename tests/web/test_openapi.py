"""Every route of the JSON API, asked much that a program might ask and much that none should."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shotlog.web.app import make_app
from web.serving import Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
ENDLESS = "/api/run/events"


@pytest.fixture(scope="module")
def written(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A library of one's own: what is asked writes too."""
    copy = shutil.copytree(library, tmp_path_factory.mktemp("api") / "library")
    with Served(copy) as served:
        yield served


@pytest.fixture(scope="module")
def document(written: Served) -> Any:
    return schemathesis.openapi.from_url(f"{written.url}/openapi.json")


@pytest.fixture(scope="module")
def videos(written: Served) -> list[str]:
    found = httpx.get(f"{written.url}/api/videos").json()["videos"]
    return [each["id"] for each in found if each["clips"]]


def operations() -> list[tuple[str, str]]:
    paths = make_app(Path("nowhere")).openapi()["paths"]
    return [(path, method) for path, told in paths.items() for method in told if path != ENDLESS]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), operations(), ids=lambda each: each.strip("/"))
def test_every_answer_is_as_the_document_says(
    document: Any, videos: list[str], path: str, method: str, mode: GenerationMode
) -> None:
    operation = document[path][method]
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        pytest.skip("nothing of it can be said wrongly")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def asked(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and "video_id" in case.path_parameters:
            case.path_parameters["video_id"] = videos[0]
        case.call_and_validate(checks=CHECKS)

    asked()
