"""What holds for every describer, whoever answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from describing import clip_to_describe, openai_describer, plain_describer

from shotlog.describers import CheckedDescriber
from shotlog.describers.signals import SignalsDescriber
from shotlog.testing.endpoint import Endpoint


@pytest.fixture(params=["signals", "openai", "plain"])
def describer(request: pytest.FixtureRequest) -> Iterator[CheckedDescriber]:
    with Endpoint() as endpoint:
        made: dict[str, CheckedDescriber] = {
            "signals": SignalsDescriber(),
            "openai": openai_describer(endpoint.url),
            "plain": plain_describer(endpoint.plain_url),
        }
        yield made[request.param]
        for each in made.values():
            each.close()


def test_the_same_clip_gets_the_same_answer(describer: CheckedDescriber, tmp_path: Path) -> None:
    clip = clip_to_describe(tmp_path)
    assert describer.describe(clip) == describer.describe(clip)


def test_clips_are_shown_from_several_threads(describer: CheckedDescriber, tmp_path: Path) -> None:
    clips = [clip_to_describe(tmp_path, index) for index in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(describer.describe, clips))
    assert answers == [describer.describe(clip) for clip in clips]


def test_what_was_said_before_changes_no_single_answer(
    describer: CheckedDescriber, tmp_path: Path
) -> None:
    clip = clip_to_describe(tmp_path)
    answer = describer.describe(clip)
    describer.remember((answer.description, ("video", str(n), str(n + 1))) for n in range(2))
    assert describer.describe(clip) == answer


def test_its_identity_is_short_text_and_names_its_protocol(describer: CheckedDescriber) -> None:
    identity = describer.identity()
    assert identity["protocol"] == describer.name
    assert all(isinstance(value, str) and len(value) < 100 for value in identity.values())
    assert "127.0.0.1" not in str(identity)


def test_it_can_be_looked_at_and_closed_twice(describer: CheckedDescriber) -> None:
    assert describer.check().protocol == describer.name
    assert describer.concurrency >= 1
    describer.close()
    describer.close()
