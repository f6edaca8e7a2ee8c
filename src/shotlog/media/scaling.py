"""Turns decoded frames into the pictures that are wanted: upright, square pixels, right size."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import av.filter

from shotlog.media.orientation import Orientation

HD_HEIGHT = 720
"""From this height on, a stream that names no matrix is taken to be BT.709, as players do."""

BT709, BT470BG, SMPTE170M, BT2020_NCL, BT2020_CL = 1, 5, 6, 9, 10
UNSPECIFIED = 2
_MATRIX_NAMES = {
    BT709: "bt709",
    BT470BG: "bt470bg",
    SMPTE170M: "smpte170m",
    4: "fcc",
    7: "smpte240m",
    BT2020_NCL: "bt2020nc",
    BT2020_CL: "bt2020c",
}
FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class Colour:
    """How the numbers of a picture mean colours; values as in ITU-T H.273."""

    matrix: int
    primaries: int
    transfer: int
    full_range: bool

    @property
    def matrix_name(self) -> str:
        return _MATRIX_NAMES.get(self.matrix, "bt709")


def colour_of(frame: av.VideoFrame) -> Colour:
    """The frame's colours; a matrix that the stream leaves open is chosen as players choose it."""
    matrix = int(frame.colorspace)
    if matrix not in _MATRIX_NAMES:
        matrix = BT709 if max(frame.height, frame.width * 9 // 16) >= HD_HEIGHT else SMPTE170M
    full = int(frame.color_range) == FULL_RANGE or frame.format.name.startswith("yuvj")
    return Colour(matrix, int(frame.color_primaries), int(frame.color_trc), full)


@dataclass(frozen=True, slots=True)
class Target:
    """What a scaler makes."""

    width: int
    height: int
    """Of the upright picture."""
    jpeg: bool = False
    """Full-range BT.601, as JFIF defines it; else limited range with the source's own matrix."""
    smooth: bool = False
    """Averages every source pixel, for measuring; else bicubic, for looking at."""


class Scaler:
    """One libavfilter chain: scale, turn, convert. Builds itself anew when the source changes."""

    def __init__(self, target: Target, orientation: Orientation, *, threads: int = 1) -> None:
        self._target = target
        self._orientation = orientation
        self._threads = threads
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()

    def scale(self, frame: av.VideoFrame, time_base: Fraction) -> av.VideoFrame:
        """A new frame with the same time stamp."""
        colour = (int(frame.colorspace), int(frame.color_range))
        shape = (frame.width, frame.height, frame.format.name, *colour)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._build(frame, time_base), shape
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _build(self, frame: av.VideoFrame, time_base: Fraction) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = self._threads
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=time_base
        )
        chain = [source]
        for step in self._steps(frame):
            name, _, arguments = step.partition("=")
            chain.append(graph.add(name, arguments or None))
        chain.append(graph.add("buffersink"))
        graph.link_nodes(*chain).configure()
        return graph

    def _steps(self, frame: av.VideoFrame) -> list[str]:
        target, colour = self._target, colour_of(frame)
        width, height = target.width, target.height
        if self._orientation.swaps_sides:
            width, height = height, width
        output = "yuvj420p" if target.jpeg else "yuv420p"
        matrix_out = "smpte170m" if target.jpeg else colour.matrix_name
        seen = (frame.width, frame.height, frame.format.name, colour.full_range, colour.matrix_name)
        steps = []
        if seen != (width, height, output, target.jpeg, matrix_out):
            steps.append(
                f"scale={width}:{height}:flags={'area' if target.smooth else 'bicubic'}"
                f":in_color_matrix={colour.matrix_name}:out_color_matrix={matrix_out}"
                f":in_range={'full' if colour.full_range else 'limited'}"
                f":out_range={'full' if target.jpeg else 'limited'}"
            )
        steps += self._orientation.filters
        steps.append(f"format={output}")
        return steps
