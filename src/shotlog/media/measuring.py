"""Measures a sampled frame: brightness, contrast, sharpness, motion, colours."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from shotlog.media.orientation import Orientation
from shotlog.media.scaling import Scaler, Target
from shotlog.records import Resolution, Sample
from shotlog.sameness import cells_of
from shotlog.segments import fitted_size

STEP_SECONDS = Fraction(1, 2)
"""How often a video is measured."""

MEASURED = Resolution(320, 320)
"""The size at which it is measured; also the size of a clip's thumbnail."""

COLOURS_NAMED = 4

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """One measured frame; see :class:`~shotlog.records.Sample` for the units."""

    time: Fraction
    picture: av.VideoFrame
    """Upright, square pixels, at most 320 pixels wide and high, full range."""
    brightness: float
    contrast: float
    sharpness: float
    motion: float
    colors: tuple[tuple[str, float], ...]
    cells: bytes = b""
    """Its luma, averaged down for comparing clips (shotlog.sameness)."""

    @property
    def showiness(self) -> float:
        """How well the frame stands for its clip: detailed, and neither black nor blank."""
        return self.sharpness + self.contrast

    @property
    def sample(self) -> Sample:
        """What is kept to the end: not the picture, of which hours would fill the memory, and no
        loudness, since sound comes earlier or later.
        """
        return Sample(
            self.time,
            self.brightness,
            self.contrast,
            self.sharpness,
            self.motion,
            self.colors,
            loudness_db=None,
        )


class Looker:
    """Measures one frame after another of one video."""

    def __init__(self, width: int, height: int, orientation: Orientation, threads: int) -> None:
        """``width`` and ``height`` as displayed."""
        wide, high = fitted_size(width, height, MEASURED)
        target = Target(wide, high, jpeg=True, smooth=True)
        self._scaler = Scaler(target, orientation, threads=threads)
        self._before: Plane | None = None

    def look(self, frame: av.VideoFrame, time: Fraction, time_base: Fraction) -> Look:
        small = self._scaler.scale(frame, time_base)
        planes = np.asarray(small.to_ndarray(), dtype=np.uint8)
        luma = planes[: small.height]
        motion = 0.0
        if self._before is not None and self._before.shape == luma.shape:
            change = np.abs(np.subtract(luma, self._before, dtype=np.int16))
            motion = float(change.mean()) / 255
        self._before = luma
        return Look(
            time=time,
            picture=small,
            brightness=float(luma.mean()) / 255,
            contrast=float(luma.std()) / 255,
            sharpness=_sharpness(luma),
            motion=motion,
            colors=_colours(planes, small.width, small.height),
            cells=cells_of(luma),
        )


def _sharpness(luma: Plane) -> float:
    """Mean absolute value of the 4-neighbour Laplacian, over its largest value 4 x 255."""
    if min(luma.shape) < 3:
        return 0.0
    wide = luma.astype(np.int16)
    laplacian = (
        4 * wide[1:-1, 1:-1] - wide[:-2, 1:-1] - wide[2:, 1:-1] - wide[1:-1, :-2] - wide[1:-1, 2:]
    )
    return float(np.abs(laplacian).mean()) / (4 * 255)


def _colours(planes: Plane, width: int, height: int) -> tuple[tuple[str, float], ...]:
    """Names of the colours that cover the most of a full-range 4:2:0 BT.601 picture."""
    chroma = planes[height:].reshape(2, height // 2, width // 2)[:, ::2, ::2].astype(np.float32)
    luma = planes[:height][::4, ::4].astype(np.float32)
    rows, columns = (min(a, b) for a, b in zip(luma.shape, chroma.shape[1:], strict=True))
    y = luma[:rows, :columns]
    cb, cr = chroma[0, :rows, :columns] - 128, chroma[1, :rows, :columns] - 128
    # ITU-T T.871 (JFIF), section 7
    rgb = np.stack((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb))
    names = _named(np.clip(rgb / 255, 0, 1))
    found, counts = np.unique(names, return_counts=True)
    ranked = sorted(zip(counts.tolist(), found.tolist(), strict=True), reverse=True)
    total = names.size
    return tuple((NAMES[name], count / total) for count, name in ranked[:COLOURS_NAMED])


NAMES = (
    "black", "grey", "white", "red", "orange", "brown", "yellow", "green", "cyan", "blue",
    "purple", "pink",
)  # fmt: skip
_HUE_EDGES_DEGREES = np.array([15, 45, 70, 165, 195, 255, 290, 345])
_HUE_NAMES = np.array([NAMES.index(name) for name in
    ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "red")])  # fmt: skip


def _named(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The number in :data:`NAMES` of each pixel's colour, by hue, saturation and value."""
    value, least = rgb.max(axis=0), rgb.min(axis=0)
    spread = value - least
    saturation = np.divide(spread, value, out=np.zeros_like(value), where=value > 0)
    safe = np.where(spread > 0, spread, 1)
    red, green, blue = rgb
    hue = np.select(
        [value == red, value == green],
        [(green - blue) / safe % 6, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    names = _HUE_NAMES[np.searchsorted(_HUE_EDGES_DEGREES, hue * 60, side="right")]
    names = np.where((names == NAMES.index("orange")) & (value < 0.6), NAMES.index("brown"), names)
    names = np.where(saturation < 0.18, NAMES.index("grey"), names)
    names = np.where((saturation < 0.12) & (value > 0.85), NAMES.index("white"), names)
    return np.where(value < 0.16, NAMES.index("black"), names)
