"""An OpenAI-style speech server, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
import pytest

from shotlog.errors import HearingError, HearingInterruptedError, HearingRefusedError, SettingError
from shotlog.hearing import Listener, make_listener
from shotlog.hearing.endpoint import transcriptions_address
from shotlog.retries import RetryPolicy
from shotlog.settings import load_settings
from shotlog.speech import SoundFile, SoundStretch, Transcript
from shotlog.testing.transcriptions import TranscriptionEndpoint

RATE_HZ = 16_000


def sound_of(folder: Path, *stretches: tuple[int, tuple[float, ...]]) -> SoundFile:
    """Stretches of 10 s; each begins at a second of the video and beeps at these of its own."""
    made = []
    for number, (start, beeps) in enumerate(stretches, start=1):
        samples = np.zeros(10 * RATE_HZ, np.int16)
        for beep in beeps:
            first = round(beep * RATE_HZ)
            angle = 2 * np.pi * 500 * np.arange(RATE_HZ // 4) / RATE_HZ
            samples[first : first + len(angle)] = (8000 * np.cos(angle)).astype(np.int16)
        path = folder / f"sound_{number}.flac"
        with av.open(str(path), "w", "flac") as output:
            stream = output.add_stream("flac", rate=RATE_HZ, layout="mono")
            frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
            frame.sample_rate = RATE_HZ
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        size = path.stat().st_size
        made.append(SoundStretch(path.name, Fraction(start), Fraction(10), size))
    return SoundFile(tuple(made))


@contextmanager
def listener_to(server: TranscriptionEndpoint, **given: object) -> Iterator[Listener]:
    settings = load_settings({"hearing": server.url, **given}, environment={})
    listener = make_listener(settings, policy=RetryPolicy(attempts=3, base_seconds=0.001))
    assert listener is not None
    try:
        yield listener
    finally:
        listener.close()


def times(transcript: Transcript) -> list[tuple[float, float]]:
    return [(round(float(w.start), 3), round(float(w.end), 3)) for w in transcript.words]


def test_words_have_their_times_in_the_video(tmp_path: Path) -> None:
    sound = sound_of(tmp_path, (0, (1.0, 8.5)), (10, (0.5,)), (600, (9.75,)))
    with TranscriptionEndpoint() as server, listener_to(server) as listener:
        heard = listener.hear(sound, tmp_path)
        assert [each.seconds for each in server.requests] == [10.0, 10.0, 10.0]
        first = server.requests[0]
    assert times(heard) == [(1.0, 1.25), (8.5, 8.75), (10.5, 10.75), (609.75, 610.0)]
    assert heard.text == "tone500 tone500 tone500 tone500"
    assert heard.language == "english"
    assert (first.rate_hz, first.channels, first.language) == (RATE_HZ, 1, None)
    assert first.granularities == ("word", "segment")


def test_language_and_model_are_told(tmp_path: Path) -> None:
    with (
        TranscriptionEndpoint(models=("large-v3",)) as server,
        listener_to(server, hearing_model="large-v3", hearing_language="de") as listener,
    ):
        assert listener.hear(sound_of(tmp_path, (0, (1.0,))), tmp_path).language == "de"
        assert (server.requests[0].model, server.requests[0].language) == ("large-v3", "de")


def test_a_server_without_words_tells_the_times_of_segments(tmp_path: Path) -> None:
    with TranscriptionEndpoint(word_times=False) as server, listener_to(server) as listener:
        heard = listener.hear(sound_of(tmp_path, (30, (1.0, 2.0))), tmp_path)
    assert times(heard) == [(31.0, 31.25), (32.0, 32.25)]


def test_a_server_of_plain_text_tells_the_stretch_and_is_remembered(tmp_path: Path) -> None:
    sound = sound_of(tmp_path, (0, (1.0,)), (10, ()), (20, (2.0, 4.0)))
    with TranscriptionEndpoint(formats=("json",)) as server, listener_to(server) as listener:
        heard = listener.hear(sound, tmp_path)
        formats = [each.response_format for each in server.requests]
    assert formats == ["verbose_json", "verbose_json", "json", "json", "json"]
    assert times(heard) == [(0.0, 10.0), (20.0, 30.0)]
    assert heard.words[1].text == "tone500 tone500"


def test_no_sound_asks_nothing(tmp_path: Path) -> None:
    with TranscriptionEndpoint() as server, listener_to(server) as listener:
        assert listener.hear(SoundFile(), tmp_path) == Transcript()
        assert not server.requests


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    with TranscriptionEndpoint() as server, listener_to(server) as listener:
        server.fail(429, 503)
        assert times(listener.hear(sound_of(tmp_path, (0, (1.0,))), tmp_path)) == [(1.0, 1.25)]
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((500, 500, 500), HearingInterruptedError),
        ((401,), HearingRefusedError),
        ((413, 413, 413), HearingError),
    ],
)
def test_what_goes_wrong_is_an_error_that_names_the_settings_of_hearing(
    statuses: tuple[int, ...], kind: type[HearingError], tmp_path: Path
) -> None:
    with TranscriptionEndpoint() as server, listener_to(server) as listener:
        server.fail(*statuses)
        with pytest.raises(HearingError) as caught:
            listener.hear(sound_of(tmp_path, (0, (1.0,))), tmp_path)
        assert len(server.requests) == len(statuses)
    assert type(caught.value) is kind
    assert "QwenVL" not in str(caught.value)


def test_an_unknown_model_is_refused_for_good(tmp_path: Path) -> None:
    with (
        TranscriptionEndpoint() as server,
        listener_to(server, hearing_model="other") as listener,
        pytest.raises(HearingRefusedError, match="does not exist"),
    ):
        listener.hear(sound_of(tmp_path, (0, ())), tmp_path)


def test_the_key_goes_to_the_server_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sound = sound_of(tmp_path, (0, (1.0,)))
    with TranscriptionEndpoint(key="sk-ear") as server:
        with listener_to(server, hearing_key="sk-ear") as listener:
            assert listener.hear(sound, tmp_path).words
            known = str(listener.identity())
        with (
            listener_to(server, hearing_key="sk-wrong") as listener,
            pytest.raises(HearingRefusedError) as caught,
        ):
            listener.hear(sound, tmp_path)
    everything = (known, str(caught.value), caplog.text, repr(listener))
    assert not any("sk-ear" in each or "sk-wrong" in each for each in everything)


def test_a_key_that_no_key_can_be_is_refused() -> None:
    settings = load_settings(
        {"hearing": "http://localhost:9/v1", "hearing_key": "schlüssel"}, environment={}
    )
    with pytest.raises(SettingError, match="hearing endpoint"):
        make_listener(settings)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://h:1", "http://h:1/v1/audio/transcriptions"),
        ("http://h:1/v1/", "http://h:1/v1/audio/transcriptions"),
        ("http://h/v1/audio/transcriptions", "http://h/v1/audio/transcriptions"),
        ("http://h/openai/v1?token=x", "http://h/openai/v1/audio/transcriptions?token=x"),
        ("http://h/api/predict/ear", "http://h/api/predict/ear/v1/audio/transcriptions"),
    ],
)
def test_the_address_may_be_given_as_it_is_shown_anywhere(given: str, address: str) -> None:
    assert str(transcriptions_address(httpx.URL(given))) == address
