"""The sound for whoever writes down what is spoken: where it is cut, and that no time is moved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from shotlog.errors import DamagedVideoError
from shotlog.media.scan import ScanRequest, ScanResult, scan
from shotlog.media.speech_audio import RATE_HZ, SoundWanted
from shotlog.segments import Cutting
from shotlog.speech import SoundFile
from shotlog.testing.beeps import beeping_video
from shotlog.testing.transcriptions import bursts
from shotlog.testing.videos import Recipe, make_video, street, truncated

BEEPS = ((1.0, 440), (4.5, 600), (9.9, 800), (13.25, 1000))


def scanned(path: Path, folder: Path, longest: int = 600) -> ScanResult:
    wanted = SoundWanted(longest_seconds=longest)
    return scan(ScanRequest(path, folder, Cutting(Fraction(15)), None, None, sound=wanted))


def samples_of(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    with av.open(str(path), "r") as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels, stream.codec_context.name) == (RATE_HZ, 1, "flac")
        whole = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
    return whole.astype(np.float32) / np.float32(32768)


def heard(sound: SoundFile, folder: Path) -> list[tuple[float, str]]:
    """Every burst of sound, by its time in the video."""
    found = []
    for stretch in sound.stretches:
        samples = samples_of(folder / stretch.file)
        assert stretch.duration_seconds == Fraction(len(samples), RATE_HZ)
        assert stretch.size_bytes == (folder / stretch.file).stat().st_size
        words = bursts(samples, RATE_HZ)
        found += [(float(stretch.start) + word.start_seconds, word.text) for word in words]
    return found


def assert_beeps(found: list[tuple[float, str]]) -> None:
    assert [text for _, text in found] == [f"tone{pitch}" for _, pitch in BEEPS]
    for (time, _), (told, _) in zip(found, BEEPS, strict=True):
        # AAC smears an onset over half a packet, 512 samples of 48 kHz.
        assert time == pytest.approx(told, abs=0.012)


@pytest.mark.parametrize("name", ["plain.mp4", "stream.ts", "film.mkv"])
def test_a_beep_is_heard_when_it_is_seen(name: str, tmp_path: Path) -> None:
    result = scanned(beeping_video(tmp_path / name, 15, BEEPS), tmp_path)
    assert len(result.sound.stretches) == 1
    assert_beeps(heard(result.sound, tmp_path))


def test_times_count_from_the_first_frame_shown(tmp_path: Path) -> None:
    late = beeping_video(tmp_path / "late.mkv", 15, BEEPS, delay_seconds=0.5)
    assert_beeps(heard(scanned(late, tmp_path).sound, tmp_path))


def test_a_long_sound_is_cut_where_it_is_quiet_and_no_sample_is_lost(tmp_path: Path) -> None:
    film = beeping_video(tmp_path / "long.mp4", 15, BEEPS)
    result = scanned(film, tmp_path, longest=5)
    stretches = result.sound.stretches
    assert len(stretches) == 4
    for before, after in pairwise(stretches):
        assert before.start + before.duration_seconds == after.start
        assert before.duration_seconds <= 5
    # The second beep, from 4.5 s to 4.8 s, lies where a cut is searched.
    assert not 4.5 < stretches[1].start < 4.8
    assert_beeps(heard(result.sound, tmp_path))
    whole = scanned(film, tmp_path / "whole").sound.stretches[0]
    joined = np.concatenate([samples_of(tmp_path / each.file) for each in stretches])
    assert np.array_equal(joined, samples_of(tmp_path / "whole" / whole.file))


@pytest.mark.parametrize("name", ["plain.mp4", "stream.ts"])
def test_the_sound_alone_is_the_sound_of_the_whole_decode(name: str, tmp_path: Path) -> None:
    film = beeping_video(tmp_path / name, 15, BEEPS)
    result = scanned(film, tmp_path / "whole")
    wanted = SoundWanted(longest_seconds=600)
    request = ScanRequest(film, tmp_path / "alone", Cutting(Fraction(15)), None, None, sound=wanted)
    alone = scan(replace(request, known=result.facts))
    assert (alone.facts, alone.clips, alone.samples) == (result.facts, (), ())
    assert alone.sound == result.sound
    for stretch in alone.sound.stretches:
        assert (tmp_path / "alone" / stretch.file).read_bytes() == (
            tmp_path / "whole" / stretch.file
        ).read_bytes()
    assert not (tmp_path / "alone" / "thumbs").exists()


def test_a_video_without_sound_gives_none(tmp_path: Path) -> None:
    recipe = Recipe(160, 120, Fraction(10), 2, street, sound=False)
    make_video(tmp_path / "silent.mp4", recipe)
    result = scanned(tmp_path / "silent.mp4", tmp_path)
    assert result.facts.audio is None
    assert result.sound == SoundFile()


def test_what_breaks_off_leaves_no_unfinished_file(tmp_path: Path) -> None:
    film = beeping_video(tmp_path / "film.mp4", 15, BEEPS)
    truncated(film, 0.02)
    with pytest.raises(DamagedVideoError):
        scanned(film, tmp_path)
    assert not list(tmp_path.rglob("*.part"))
