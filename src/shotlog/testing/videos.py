"""Makes small real videos with PyAV, each with something that real collections have."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Painter = Callable[[float, int, int], npt.NDArray[np.uint8]]
"""From the time in seconds, width and height to a picture of shape (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a video is made."""

    width: int
    height: int
    fps: Fraction
    seconds: float
    paint: Painter
    sound: bool = True
    rotation_degrees: int = 0
    """Clockwise turn that a player must apply."""
    irregular: bool = False
    """Variable frame rate: frames are left out by a fixed pattern."""


def make_video(path: Path, recipe: Recipe) -> None:
    """Writes the recipe's video as H.264 (and AAC) in the container that the ending names."""
    with av.open(str(path), "w") as output:
        picture = output.add_stream(
            "libx264", rate=recipe.fps, options={"preset": "ultrafast", "crf": "26"}
        )
        picture.width, picture.height = recipe.width, recipe.height
        picture.pix_fmt = "yuv420p"
        if recipe.rotation_degrees:
            picture.set_display_rotation(-recipe.rotation_degrees)
        audio = output.add_stream("aac", rate=48000, layout="stereo") if recipe.sound else None
        for frame in _frames(recipe):
            output.mux(picture.encode(frame))
            if audio is not None and frame.time is not None:
                second = Fraction(frame.time).limit_denominator(48000)
                if second % 1 == 0:
                    for sound in _tone(int(second), min(1.0, recipe.seconds - int(second))):
                        output.mux(audio.encode(sound))
        output.mux(picture.encode(None))
        if audio is not None:
            output.mux(audio.encode(None))


def truncated(path: Path, share: float) -> None:
    """Cuts a file off, as a broken upload does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def _frames(recipe: Recipe) -> Iterator[av.VideoFrame]:
    for number in range(round(recipe.seconds * recipe.fps)):
        if recipe.irregular and number % 7 in (2, 3, 5):
            continue
        time = float(number / recipe.fps)
        frame = av.VideoFrame.from_ndarray(
            recipe.paint(time, recipe.width, recipe.height), format="rgb24"
        )
        frame.pts, frame.time_base = number, 1 / recipe.fps
        yield frame


def _tone(second: int, length_seconds: float) -> Iterator[av.AudioFrame]:
    """One second of a quiet tone that rises from second to second."""
    count = int(48000 * length_seconds)
    angle = 2 * math.pi * (220 + 40 * (second % 8)) * np.arange(count) / 48000
    wave = (0.1 * np.sin(angle)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack((wave, wave)), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, second * 48000, Fraction(1, 48000)
    yield frame


def landscape(time: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A sky over hills, a sun that moves; a cut to dusk at five seconds."""
    dusk = time % 10 >= 5
    top, bottom = ((40, 30, 80), (200, 90, 60)) if dusk else ((90, 150, 220), (210, 230, 250))
    picture = _gradient(width, height, top, bottom)
    draw = ImageDraw.Draw(picture)
    x = int(width * ((time % 5) / 5))
    y = int(height * (0.35 - 0.2 * math.sin(math.pi * (time % 5) / 5)))
    radius = height // 12
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 230, 120))
    hill = (30, 50, 40) if dusk else (70, 140, 60)
    draw.ellipse((-width // 4, height * 6 // 10, width * 6 // 10, height * 16 // 10), fill=hill)
    draw.ellipse((width // 3, height * 7 // 10, width * 5 // 4, height * 17 // 10), fill=hill)
    return _numbered(picture, time)


def street(time: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A grey road with cars that cross it."""
    picture = _gradient(width, height, (150, 160, 170), (110, 110, 115))
    draw = ImageDraw.Draw(picture)
    for lane, (speed, color) in enumerate(((0.35, (190, 40, 40)), (-0.22, (40, 70, 170)))):
        x = int((time * speed % 1.4 - 0.2) * width)
        y = height * (5 + 2 * lane) // 10
        draw.rectangle((x, y, x + width // 7, y + height // 9), fill=color)
    return _numbered(picture, time)


def night(time: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Nearly black, with one small light that sways."""
    picture = Image.new("RGB", (width, height), (6, 7, 12))
    draw = ImageDraw.Draw(picture)
    x = int(width * (0.5 + 0.3 * math.sin(time)))
    draw.ellipse((x, height // 2, x + height // 20, height // 2 + height // 20), fill=(90, 80, 50))
    return np.asarray(picture)


def slides(time: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A still slide every four seconds."""
    number = int(time // 4)
    colors = ((235, 235, 240), (220, 60, 50), (40, 120, 190), (240, 200, 60))
    picture = Image.new("RGB", (width, height), colors[number % len(colors)])
    return _numbered(picture, float(number))


def portrait(time: float, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A phone's picture as its sensor sees it: lying on its side, to be turned clockwise."""
    upright = Image.fromarray(landscape(time, height, width))
    return np.asarray(upright.rotate(90, expand=True))


def _gradient(
    width: int, height: int, top: tuple[int, int, int], bottom: tuple[int, int, int]
) -> Image.Image:
    column = np.linspace(top, bottom, height).astype(np.uint8)[:, None, :]
    return Image.fromarray(np.broadcast_to(column, (height, width, 3)).copy())


def _numbered(picture: Image.Image, time: float) -> npt.NDArray[np.uint8]:
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=picture.height // 14)
    draw.text((picture.width // 40, picture.height // 40), f"{time:06.2f}", (20, 20, 20), font)
    return np.asarray(picture)
