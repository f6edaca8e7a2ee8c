"""300 clips that show their own number, 64 questions in flight, faults, a kill between."""

from __future__ import annotations

import io
import math
import threading
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from running import PATIENCE_SECONDS, count, kill, results, shotlog, start, wait_until

from shotlog.testing import videos
from shotlog.testing.endpoint import Endpoint, Fault
from shotlog.testing.questions import Question

VIDEOS, CLIPS_A_VIDEO = 20, 15
CLIPS = VIDEOS * CLIPS_A_VIDEO
IN_FLIGHT = 64
WIDTH, HEIGHT, BITS = 180, 96, 9

ANSWERS_AFTER_THAT = 20

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


class Reader:
    """A model that reads the number which all frames of a clip show.

    Once it has as many questions as may be in flight, it answers so many more, and then none.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        """What was told, by the hash of the frames."""
        self.full = threading.Event()
        self.latency_seconds = 1.0
        """Long against what a busy machine adds, which would look like a server that is tired."""
        self._reading = 0
        self._free = math.inf
        self._changed = threading.Condition()

    @property
    def is_done(self) -> bool:
        """Whether no answer is left to give."""
        with self._changed:
            return self._free == 0

    def answer_all_at_once(self) -> None:
        with self._changed:
            self.latency_seconds, self._free = 0.0, math.inf
            self._changed.notify_all()

    def __call__(self, question: Question) -> str:
        found = {number_in(jpeg) for jpeg in question.jpegs}
        if len(found) != 1 or not question.frames_hash:
            return "A small picture."
        (number,) = found
        with self._changed:
            self._reading += 1
            if self._reading == IN_FLIGHT and not self.full.is_set():
                self._free = ANSWERS_AFTER_THAT
                self.full.set()
        time.sleep(self.latency_seconds)
        with self._changed:
            assert self._changed.wait_for(lambda: self._free > 0, PATIENCE_SECONDS)
            self._reading -= 1
            self._free -= 1
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
        with start(*words) as process:
            assert reader.full.wait(PATIENCE_SECONDS)
            endpoint.fail(*BROKEN)
            wait_until(
                lambda: reader.is_done and kept(library) == len(reader.numbers),
                "every answer to be kept",
            )
            kill(process)
        paid, before = set(reader.numbers), len(endpoint.requests)
        assert len(paid) < CLIPS
        reader.answer_all_at_once()
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


def kept(library: Path) -> int:
    return count(library, "SELECT count(*) FROM answers")
