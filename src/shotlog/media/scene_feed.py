"""Between the decoder and the cutter: finds the cuts, and lets clips follow them."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from shotlog.media.cutter import Cutter
from shotlog.media.detectors import CutFinder
from shotlog.media.measuring import Look
from shotlog.media.reading import Picture
from shotlog.splitting import ScenePlan

MOST_HELD = 32
"""Frames held back at most, so that memory has a bound; twice what ``content`` needs at the rate
that the file declares. A cut that is announced later still is a scene, but no clip begins there."""


class SceneFeed:
    """Hands frames to the cutter; with a plan, not before it is known whether a scene begins there.

    ``cuts`` holds the times of all cuts found, in rising order.
    """

    def __init__(self, cutter: Cutter, finder: CutFinder, plan: ScenePlan | None) -> None:
        self._cutter, self._finder, self._plan = cutter, finder, plan
        self._held: deque[tuple[Picture, Look | None]] = deque()
        self._waiting_cuts: deque[Fraction] = deque()
        self._passed = Fraction(0)
        self.cuts: list[Fraction] = []

    def find(self, picture: Picture, score: float) -> None:
        """Looks for cuts in the next frame as it was decoded; ``score`` is ffmpeg's of it."""
        found = self._finder.add(picture, score)
        self.cuts += found
        if self._plan is not None:
            self._waiting_cuts += found

    def show(self, picture: Picture, look: Look | None) -> None:
        """Takes the next frame as it is to be shown; cuts have been looked for up to it."""
        if self._plan is None:
            self._cutter.add_picture(picture, look)
            return
        self._held.append((picture, look))
        while self._held and (
            self._held[0][0].time <= self._finder.settled or len(self._held) > MOST_HELD
        ):
            self._release(self._plan)

    def finish(self) -> None:
        """Hands on what is still held; no further cut can be found."""
        while self._held and self._plan is not None:
            self._release(self._plan)

    def _release(self, plan: ScenePlan) -> None:
        picture, look = self._held.popleft()
        while self._waiting_cuts and self._waiting_cuts[0] <= picture.time:
            cut = self._waiting_cuts.popleft()
            if cut > self._passed:
                plan.cut(cut)
        plan.reach(picture.time)
        self._passed = picture.time
        self._cutter.add_picture(picture, look)
