"""Makes whole pictures of interlaced frames, as many as there were frames, each at its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import av
import av.filter
from av.video.stream import VideoStream

from shotlog.media.reading import Picture

Parity = Literal["tff", "bff"]
"""The top field first, or the bottom one."""

SMALLEST_SIDE = 4
"""Smaller pictures than the filter takes are left as they are."""


_WITHOUT_A_FLAG = frozenset(
    ("ffvhuff", "huffyuv", "jpeg2000", "magicyuv", "mjpeg", "png", "qtrle", "utvideo")
)
"""Codecs whose frames cannot say that they are interlaced, or do so only where each field is a
picture of its own (Motion JPEG); their container can."""
_PARITIES: dict[int, Parity] = {2: "tff", 3: "bff", 4: "bff", 5: "tff"}
"""Which field is shown first, by AVFieldOrder of libavcodec/defs.h."""


def told_by_container(stream: VideoStream) -> Parity | None:
    """Which field comes first where the container alone says that the stream is interlaced.

    Frames that have a flag of their own are believed before it.
    """
    context = stream.codec_context
    if context.codec.canonical_name not in _WITHOUT_A_FLAG:
        return None
    return _PARITIES.get(context.field_order)


class Deinterlacer:
    """libavfilter's ``bwdif``, put in from the first frame on that says it is interlaced, or from
    the first one where the container says it (``told``).

    It looks at the frames before and after, so it holds one back; :meth:`finish` gives it.
    """

    def __init__(
        self, time_base: Fraction, *, told: Parity | None = None, threads: int = 1
    ) -> None:
        self._time_base, self._told, self._threads = time_base, told, threads
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()
        self._waiting: deque[Picture] = deque()
        self._count = 0
        self.used = False

    def add(self, picture: Picture) -> Iterator[Picture]:
        """Takes the next picture and hands out those that are whole; progressive ones stay."""
        frame = picture.frame
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is not None and shape != self._shape:
            yield from self.finish()
        if self._graph is None:
            woven = frame.interlaced_frame or self._told is not None
            if not woven or min(frame.width, frame.height) < SMALLEST_SIDE:
                yield picture
                return
            self._graph, self._shape, self.used = self._build(frame), shape, True
        frame.pts, frame.time_base = self._count, self._time_base
        self._count += 1
        self._waiting.append(picture)
        self._graph.vpush(frame)
        yield from self._ready(self._graph)

    def finish(self) -> Iterator[Picture]:
        """What was held back."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.vpush(None)
            yield from self._ready(graph)
        yield from self._waiting
        self._waiting.clear()

    def _ready(self, graph: av.filter.Graph) -> Iterator[Picture]:
        while True:
            try:
                whole = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield replace(self._waiting.popleft(), frame=whole)

    def _build(self, frame: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = self._threads
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=self._time_base
        )
        which = f"parity={self._told}:deint=all" if self._told else "parity=auto:deint=interlaced"
        weaver = graph.add("bwdif", f"mode=send_frame:{which}")
        graph.link_nodes(source, weaver, graph.add("buffersink")).configure()
        return graph
