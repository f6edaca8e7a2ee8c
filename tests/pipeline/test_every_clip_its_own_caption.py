"""Two hundred clips that show their own number, 64 questions in flight, faults, a kill between."""

from __future__ import annotations

import io
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from running import count, kill, results, shotlog, start, wait_until

from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.questions import Question

VIDEOS, CLIPS_A_VIDEO = 20, 10
CLIPS = VIDEOS * CLIPS_A_VIDEO
IN_FLIGHT = 64
WIDTH, HEIGHT, BITS = 160, 96, 8

LATENCY_SECONDS = 0.3

BROKEN = (
    Fault(drop=True, times=2),
    Fault(status=200, body=b"{not json", times=2),
    Fault(status=500, times=2),
)
BUSY = (Fault(status=429, retry_after="0", times=5), Fault(status=503, times=3))


Picture = npt.NDArray[np.uint8]


def painted(number: int, width: int, height: int) -> Picture:
    """Black and white blocks that spell the number, the lowest bit first."""
    picture = np.full((height, width, 3), 90, np.uint8)
    block = width // BITS
    for bit in range(BITS):
        picture[: height // 2, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 16
    return picture


def number_in(jpeg: bytes) -> int:
    with Image.open(io.BytesIO(jpeg)) as picture:
        grey = np.asarray(picture.convert("L"))
    row, block = grey.shape[0] // 4, grey.shape[1] / BITS
    return sum(int(grey[row, int((bit + 0.5) * block)] > 126) << bit for bit in range(BITS))


def spoken(number: int) -> str:
    return f"A board that bears the number {number}."


@dataclass
class Reader:
    """A model that reads the number which all frames of a clip show."""

    numbers: dict[str, int] = field(default_factory=dict)
    """By the hash of the frames."""

    def __call__(self, question: Question) -> str:
        time.sleep(LATENCY_SECONDS)
        found = {number_in(jpeg) for jpeg in question.jpegs}
        if len(found) != 1 or not question.frames_hash:
            return "A small picture."
        (number,) = found
        self.numbers[question.frames_hash] = number
        return spoken(number)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for video in range(VIDEOS):

        def paint(
            time: float, width: int, height: int, first: int = video * CLIPS_A_VIDEO
        ) -> Picture:
            return painted(first + int(time), width, height)

        recipe = videos.Recipe(WIDTH, HEIGHT, Fraction(4), CLIPS_A_VIDEO, paint, sound=False)
        videos.make_video(folder / f"{video:02}.mp4", recipe)
    return folder


def assert_each_its_own(library: Path) -> None:
    found = results(library)
    assert len(found) == VIDEOS
    for video in range(VIDEOS):
        segments = found[f"{video:02}.mp4"]["segments"]
        first = video * CLIPS_A_VIDEO
        assert [each["description"] for each in segments] == [
            spoken(first + place) for place in range(CLIPS_A_VIDEO)
        ]


@pytest.mark.slow
def test_every_clip_gets_its_own_caption_and_none_is_asked_twice(
    films: Path, tmp_path: Path
) -> None:
    library, reader = tmp_path / "log", Reader()
    with Endpoint(answer=reader) as endpoint:
        model = ("--endpoint", endpoint.url, "--model", "test-model", "--summary", "built-in")
        words = ["run", "--dir", films, "--output", library, "--segment-length", 1, "--no-clips"]
        words += [*model, "--concurrency", IN_FLIGHT]
        assert shotlog(*words, "--no-describe").returncode in (0, 2), (
            "so that no clip is waited for"
        )
        process = start(*words)
        wait_until(lambda: in_flight(endpoint) == IN_FLIGHT, "all questions in flight at once")
        endpoint.fail(*BROKEN)
        endpoint.hold()
        wait_until(lambda: not answering(endpoint, reader), "the answers under way")
        paid = set(reader.numbers)
        wait_until(lambda: count(library, "SELECT count(*) FROM answers") == len(paid), "them kept")
        kill(process)
        before = len(endpoint.requests)
        endpoint.release()
        endpoint.fail(*BROKEN, *BUSY)
        assert shotlog(*words).returncode == 0
        asked = Counter(
            request.question.frames_hash
            for request in endpoint.requests[before:]
            if request.answered and request.question is not None
        )
    assert_each_its_own(library)
    assert set(reader.numbers.values()) == set(range(CLIPS))
    assert not paid & set(asked), "an answer that was given is never paid for again"
    again = {reader.numbers[each]: asked[each] for each in set(reader.numbers) - paid}
    assert {number: times for number, times in again.items() if times != 1} == {}


def in_flight(endpoint: Endpoint) -> int:
    return sum(request.status is None for request in endpoint.requests)


def answering(endpoint: Endpoint, reader: Reader) -> int:
    """Answers that were read before the server was held, and are not sent yet."""
    sent = {
        each.question.frames_hash for each in endpoint.requests if each.answered and each.question
    }
    return len(set(reader.numbers) - sent)
