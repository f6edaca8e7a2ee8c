"""The sound for whoever writes down what is spoken: 16 kHz, one channel, FLAC, in stretches.

FLAC because every server takes it and no sample is moved: lossy formats begin with some that are
not the source's. Stretches because servers bound a file (25 MB) or its length; a stretch as raw
samples is smaller than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container.output import OutputContainer

from shotlog.media.heartbeat import Heart
from shotlog.media.keyframes import only
from shotlog.media.reading import Reader
from shotlog.media.sound import Samples, Sound, SoundForm, Soundtrack
from shotlog.speech import SoundFile, SoundStretch

RATE_HZ = 16_000
"""What speech models listen to (Whisper)."""

QUIET_SAMPLES = RATE_HZ // 10
"""A cut is made in the middle of the quietest tenth of a second."""

SEARCHED_SHARE = 10
"""A cut is searched in the last tenth of the longest stretch."""

FOLDER = "sound"


@dataclass(frozen=True, slots=True)
class SoundWanted:
    """How the sound is written."""

    name: str = "sound"
    """Begins the files' names: a video that lies in several files has several."""
    longest_seconds: int = 600
    """Of a stretch."""


class SoundWriter:
    """Writes stretches as the sound comes. A context manager; leaving it before :meth:`finish`
    leaves no unfinished file behind.
    """

    def __init__(
        self, folder: Path, wanted: SoundWanted, audio: AudioStream, zero_seconds: Fraction
    ) -> None:
        """``folder`` is the video's; ``zero_seconds`` when its first frame is, by the file."""
        form = SoundForm(RATE_HZ, "mono")
        self._soundtrack = Soundtrack(audio.sample_rate, audio.channels, zero_seconds, form)
        self._folder, self._wanted = folder, wanted
        self._longest = wanted.longest_seconds * RATE_HZ
        self._plain = self._longest - self._longest // SEARCHED_SHARE
        self._open: _Stretch | None = None
        self._held: list[Samples] = []
        self._held_samples = 0
        self._done: list[SoundStretch] = []
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)

    @classmethod
    def of(cls, reader: Reader, folder: Path, wanted: SoundWanted | None) -> SoundWriter | None:
        """For a file whose first frame was read; None where nothing is wanted, or no sound."""
        if wanted is None or reader.audio is None:
            return None
        return cls(folder, wanted, reader.audio, reader.first_frame_seconds or Fraction(0))

    def add(self, frame: av.AudioFrame) -> None:
        for sound in self._soundtrack.pieces(frame):
            shown = sound.between(0, sound.end)
            if shown is not None:
                self._take(shown)

    def finish(self) -> SoundFile:
        if self._open is not None:
            self._write_held(self._held_samples)
            self._close()
        return SoundFile(tuple(self._done))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            self._open.discard()
            self._open = None

    def _take(self, sound: Sound) -> None:
        if self._open is not None and sound.start != self._next:
            self._write_held(self._held_samples)
            self._close()
        if self._open is None:
            self._begin(sound.start)
        self._held.append(sound.data)
        self._held_samples += sound.data.shape[1]
        while self._length < self._plain and self._held_samples:
            if not self._write_held(min(self._held_samples, self._plain - self._length)):
                return
        while self._length + self._held_samples >= self._longest:
            self._cut()

    @property
    def _length(self) -> int:
        """Samples written of the open stretch."""
        return self._open.length if self._open else 0

    @property
    def _next(self) -> int:
        return (self._open.start if self._open else 0) + self._length + self._held_samples

    def _cut(self) -> None:
        """Ends the stretch where it is quietest; the rest begins the next one."""
        held = np.concatenate(self._held, axis=1)
        self._held = [held]
        place = _quietest(held[0, : self._longest - self._length])
        start = (self._open.start if self._open else 0) + self._length + place
        self._write_held(place)
        self._close()
        self._begin(start)
        self._write_held(min(self._held_samples, self._plain))

    def _begin(self, start: int) -> None:
        name = f"{self._wanted.name}_{len(self._done) + 1:03}.flac"
        self._open = _Stretch(self._folder / FOLDER / name, start)

    def _write_held(self, count: int) -> int:
        """Writes the first ``count`` of the samples held back; returns how many."""
        if not count or self._open is None:
            return 0
        held = np.concatenate(self._held, axis=1) if len(self._held) > 1 else self._held[0]
        self._open.write(held[:, :count])
        self._held = [held[:, count:]] if count < held.shape[1] else []
        self._held_samples -= count
        return count

    def _close(self) -> None:
        if self._open is not None:
            self._done.append(self._open.close())
            self._open = None


class _Stretch:
    """One file on its way to disk."""

    def __init__(self, path: Path, start: int) -> None:
        self.start, self.length = start, 0
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._output: OutputContainer = av.open(str(self._part), "w", "flac")
        self._stream = self._output.add_stream("flac", rate=RATE_HZ, layout="mono")
        self._stream.codec_context.format = av.AudioFormat("s16")

    def write(self, samples: Samples) -> None:
        whole = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), "s16", "mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = self.length
        self.length += samples.shape[1]
        self._output.mux(self._stream.encode(frame))

    def close(self) -> SoundStretch:
        self._output.mux(self._stream.encode(None))
        self._output.close()
        self._part.replace(self._path)
        return SoundStretch(
            file=f"{FOLDER}/{self._path.name}",
            start=Fraction(self.start, RATE_HZ),
            duration_seconds=Fraction(self.length, RATE_HZ),
            size_bytes=self._path.stat().st_size,
        )

    def discard(self) -> None:
        self._output.close()
        self._part.unlink(missing_ok=True)


def write_sound(
    path: Path,
    folder: Path,
    wanted: SoundWanted,
    zero_seconds: Fraction,
    *,
    heartbeat: Path | None = None,
) -> SoundFile:
    """The sound of a file whose first frame is known; no picture is decoded. Raises MediaError."""
    with Reader(path) as reader:
        if reader.audio is None:
            return SoundFile()
        if not reader.clock_may_restart:
            only(reader.audio)
        with SoundWriter(folder, wanted, reader.audio, zero_seconds) as writer:
            _write_all(writer, reader.sounds(), Heart(heartbeat), zero_seconds)
            return writer.finish()


def _write_all(
    writer: SoundWriter, frames: Iterator[av.AudioFrame], heart: Heart, zero_seconds: Fraction
) -> None:
    for frame in frames:
        writer.add(frame)
        if frame.time is not None:
            heart.beat(max(0.0, frame.time - float(zero_seconds)), 0)


def _quietest(samples: Samples) -> int:
    """The middle of the quietest stretch of :data:`QUIET_SAMPLES`, at least one sample in."""
    energy = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    window = min(QUIET_SAMPLES, len(samples) - 1)
    first = int(np.argmin(energy[window:] - energy[:-window])) if window > 0 else 0
    return max(1, first + window // 2)
