"""ffmpeg's scene score of every frame, by libavfilter's own ``select`` filter."""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter

from shotlog.media.reading import Picture
from shotlog.records import SceneScore


class SceneScorer:
    """Scores each frame against the one before, as ``select='gt(scene,X)'`` does.

    Scores not above ``floor`` are forgotten; no threshold below it can be asked for afterwards.
    """

    def __init__(self, time_base: Fraction, floor: float) -> None:
        self._time_base, self._floor = time_base, floor
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()
        self.scores: list[SceneScore] = []

    def add(self, picture: Picture) -> float:
        """The frame's score, kept or not."""
        frame = picture.frame
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._build(frame), shape
        self._graph.vpush(frame)
        score = float(self._graph.vpull().metadata.get("lavfi.scene_score", 0))
        if score > self._floor:
            self.scores.append(SceneScore(picture.time, score))
        return score

    def _build(self, frame: av.VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        graph.threads = 1
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=self._time_base
        )
        graph.link_nodes(source, graph.add("select", "gte(scene,0)"), graph.add("buffersink"))
        graph.configure()
        return graph
