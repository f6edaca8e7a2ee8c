"""Videos in which short tones are heard at known times, with silence between."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE_HZ = 48_000
BEEP_SECONDS = 0.3


def beeping_video(
    path: Path,
    seconds: int,
    beeps: Sequence[tuple[float, int]],
    *,
    fps: int = 2,
    delay_seconds: float = 0.0,
) -> Path:
    """A video whose sound beeps at ``(second, pitch in Hz)``; the ending names the container.

    With ``delay_seconds`` the picture begins so much later than the sound, on the file's clock;
    beeps are still told from the first frame.
    """
    with av.open(str(path), "w") as output:
        picture = output.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream("aac", rate=RATE_HZ, layout="mono")
        sound.bit_rate = 96_000
        whole = np.zeros(round((seconds + delay_seconds) * RATE_HZ), np.float32)
        for start, pitch in beeps:
            first = round((start + delay_seconds) * RATE_HZ)
            angle = 2 * np.pi * pitch * np.arange(int(BEEP_SECONDS * RATE_HZ)) / RATE_HZ
            part = whole[first : first + len(angle)]
            part += (0.5 * np.sin(angle[: len(part)])).astype(np.float32)
        for second in range(seconds):
            for number in range(fps):
                shade = np.full((48, 64, 3), (second * 37 + number * 11) % 256, np.uint8)
                frame = av.VideoFrame.from_ndarray(shade, format="rgb24")
                frame.time_base = Fraction(1, 1000)
                time = second + number / fps + delay_seconds
                frame.pts = round(time * 1000)
                output.mux(picture.encode(frame))
            _add(output, sound, whole, second)
        if delay_seconds:
            _add(output, sound, whole, seconds)
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))
    return path


def _add(
    output: av.container.OutputContainer,
    stream: av.audio.stream.AudioStream,
    whole: np.ndarray[tuple[int], np.dtype[np.float32]],
    second: int,
) -> None:
    part = whole[None, second * RATE_HZ : (second + 1) * RATE_HZ]
    if not part.shape[1]:
        return
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, second * RATE_HZ, Fraction(1, RATE_HZ)
    output.mux(stream.encode(frame))
