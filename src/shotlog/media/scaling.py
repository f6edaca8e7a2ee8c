"""Turns decoded frames into the pictures that are wanted: upright, square pixels, right size."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter

from shotlog.media.hdr import WideColour, table, wide_colour_of
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


SDR = Colour(BT709, primaries=1, transfer=1, full_range=False)


def written_colour(frame: av.VideoFrame) -> Colour:
    """The colours of the clips of a source with such frames: its own, BT.709 for wide ones."""
    return SDR if wide_colour_of(frame) else colour_of(frame)


@dataclass(frozen=True, slots=True)
class Target:
    """What a scaler makes."""

    width: int
    height: int
    """Of the upright picture."""
    jpeg: bool = False
    """Full-range BT.601, as JFIF defines it; else limited range."""
    matrix_name: str = _MATRIX_NAMES[SMPTE170M]
    """Of the numbers made, whatever that of a frame: a clip is tagged once, at its beginning."""
    smooth: bool = False
    """Averages every source pixel, for measuring; else bicubic, for looking at."""


class Scaler:
    """One libavfilter chain: scale, turn, convert. Builds itself anew when the source changes.

    What lets light through is laid on black; BT.2020 and HDR become BT.709.
    """

    def __init__(self, target: Target, orientation: Orientation, *, threads: int = 1) -> None:
        self._target = target
        self._orientation = orientation
        self._threads = threads
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()

    def scale(self, frame: av.VideoFrame, time_base: Fraction) -> av.VideoFrame:
        """A new frame with the same time stamp."""
        wide = wide_colour_of(frame)
        colour = (int(frame.colorspace), int(frame.color_range), wide)
        shape = (frame.width, frame.height, frame.format.name, *colour)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._build(frame, time_base, wide), shape
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _build(
        self, frame: av.VideoFrame, time_base: Fraction, wide: WideColour | None
    ) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = self._threads
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=time_base
        )
        chain = [source]
        steps = self._narrowing(frame) if wide else self._steps(frame)
        if any(part.is_alpha for part in frame.format.components):
            steps.insert(0, "premultiply=inplace=1")
        with tempfile.TemporaryDirectory(prefix="shotlog-") as folder:
            for step in (*steps, *self._orientation.filters, f"format={self._output}"):
                name, _, arguments = step.partition("=")
                if name == "lut3d" and wide:
                    file = Path(folder, "table.cube")
                    file.write_text(table(wide))
                    chain.append(graph.add(name, file=str(file), interp="tetrahedral"))
                else:
                    chain.append(graph.add(name, arguments or None))
            chain.append(graph.add("buffersink"))
            graph.link_nodes(*chain).configure()
        return graph

    @property
    def _output(self) -> str:
        return "yuvj420p" if self._target.jpeg else "yuv420p"

    @property
    def _stored_size(self) -> tuple[int, int]:
        """Before it is turned."""
        width, height = self._target.width, self._target.height
        return (height, width) if self._orientation.swaps_sides else (width, height)

    @property
    def _kernel(self) -> str:
        return "area" if self._target.smooth else "bicubic"

    def _steps(self, frame: av.VideoFrame) -> list[str]:
        colour, jpeg = colour_of(frame), self._target.jpeg
        width, height = self._stored_size
        matrix_out = self._target.matrix_name
        seen = (frame.width, frame.height, frame.format.name, colour.full_range, colour.matrix_name)
        if seen == (width, height, self._output, jpeg, matrix_out):
            return []
        return [
            f"scale={width}:{height}:flags={self._kernel}"
            f":in_color_matrix={colour.matrix_name}:out_color_matrix={matrix_out}"
            f":in_range={'full' if colour.full_range else 'limited'}"
            f":out_range={'full' if jpeg else 'limited'}"
        ]

    def _narrowing(self, frame: av.VideoFrame) -> list[str]:
        """Scaled first, so that the table is looked up for few pixels; in 16 bit RGB."""
        colour, jpeg = colour_of(frame), self._target.jpeg
        width, height = self._stored_size
        return [
            f"scale={width}:{height}:flags={self._kernel}:in_color_matrix={colour.matrix_name}"
            f":in_range={'full' if colour.full_range else 'limited'}:out_range=full",
            "format=gbrp16le",
            "lut3d",
            "setparams=color_primaries=bt709:color_trc=bt709",
            f"scale=out_color_matrix={self._target.matrix_name}"
            f":out_range={'full' if jpeg else 'limited'}",
        ]
