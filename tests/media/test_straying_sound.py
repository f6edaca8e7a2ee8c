"""Sound that goes on when the picture has ended, or that becomes another on the way."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from programs import sound, stream_of
from recipes import PICTURE, cut_off, lavfi, made, written
from scanning import scanned

from shotlog.media.sound import Soundtrack

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime")
TRACKS = {
    ".mp4": (*H264, "-c:a", "aac"),
    ".mkv": (*H264, "-c:a", "aac"),
    ".webm": (*VP8, "-c:a", "libvorbis"),
    ".flv": (*H264, "-c:a", "aac"),
    ".wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    ".ts": (*H264, "-c:a", "aac"),
    ".avi": ("-c:v", "mpeg4", "-c:a", "mp3"),
}


def long_sound(suffix: str) -> Path:
    """A picture of four seconds, and nine seconds of sound."""
    tone = "sine=frequency=440:sample_rate=44100:duration=9"
    return made(f"long-sound{suffix}", *lavfi(PICTURE), *lavfi(tone), *TRACKS[suffix])


def seconds_of(path: Path, kind: str) -> float:
    stream = stream_of(path, kind)
    assert stream is not None
    return float(stream["duration"])


@pytest.mark.parametrize("suffix", TRACKS)
def test_sound_ends_with_the_picture_in_the_last_clip_too_and_is_no_damage(suffix: str) -> None:
    done = scanned(long_sound(suffix), "1.5")
    assert done.result.facts.damage == ()
    assert float(done.result.facts.duration_seconds) == pytest.approx(4, abs=0.05)
    assert len(done.clips) == 3
    for path in done.clips:
        late = seconds_of(path, "audio") - seconds_of(path, "video")
        assert -0.05 < late < 0.03


def test_words_that_are_shown_after_the_picture_are_no_damage() -> None:
    words = written("late.srt", b"1\n00:00:01,000 --> 00:00:20,000\nstill here\n")
    name, choice = "words.mkv", ("-map", "0", "-map", "1", "-c:s", "srt")
    source = made(name, *lavfi(PICTURE), "-i", str(words), *choice, *H264)
    assert scanned(source).result.facts.damage == ()


@pytest.mark.parametrize("suffix", [".mkv", ".flv", ".webm"])
def test_a_file_broken_off_is_told_though_its_sound_would_have_gone_on(suffix: str) -> None:
    facts = scanned(cut_off(long_sound(suffix), 0.4), "1.5").result.facts
    assert facts.frame_count < 110
    assert any(note.startswith("the picture ends at") for note in facts.damage)


def joined(name: str, *parts: tuple[str, ...]) -> Path:
    """A transport stream of two seconds of each kind of sound, the second an octave higher."""
    data = b""
    for number, arguments in enumerate(parts):
        tone = f"sine=frequency={440 * (number + 1)}:sample_rate=48000:duration=2"
        picture = "testsrc2=size=160x90:rate=25:duration=2"
        part = made(f"{number}-{name}", *lavfi(picture), *lavfi(tone), *H264, *arguments)
        data += part.read_bytes()
    return written(name, data)


STEREO = ("-c:a", "ac3", "-ac", "2")
CHANGES = {
    "surround-to-stereo.ts": (("-c:a", "ac3", "-ac", "6"), STEREO),
    "stereo-to-surround.ts": (STEREO, ("-c:a", "ac3", "-ac", "6")),
    "stereo-to-mono.ts": (STEREO, ("-c:a", "ac3", "-ac", "1")),
    "rate.ts": (STEREO, (*STEREO, "-ar", "44100")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_sound_may_change_its_channels_and_its_rate_on_the_way(name: str) -> None:
    done = scanned(joined(name, *CHANGES[name]), "2")
    assert done.result.facts.frame_count == 100
    for path, hertz in zip(done.clips, (440, 880), strict=True):
        samples = sound(path)
        assert float(np.abs(samples).max()) > 0.05
        loudest = np.abs(np.fft.rfft(samples)).argmax() * 48_000 / len(samples)
        assert loudest == pytest.approx(hertz, abs=8)


def test_frames_of_sound_of_which_none_can_be_made_are_left_out_and_counted() -> None:
    track = Soundtrack(48_000, 2, Fraction(0))
    kept = []
    for number, (channels, layout) in enumerate(
        [(2, "stereo"), (55, "55 channels"), (2, "stereo")]
    ):
        data = np.zeros((1, 1024 * channels), np.float32)
        frame = av.AudioFrame.from_ndarray(data, "flt", layout)
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = 1024 * number
        kept += track.pieces(frame)
    assert track.frames_left_out == 1
    assert [piece.data.shape for piece in kept] == [(2, 1024)] * 2
