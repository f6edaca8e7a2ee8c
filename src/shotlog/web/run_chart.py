"""How a run went over its time, as SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from shotlog.web.run_objects import PointObject
from shotlog.wording import clock

WIDTH, HEIGHT = 1000, 84


def trail_of(points: Sequence[PointObject]) -> Markup:
    """A rising line of clips over time, with its ends in words; for two points and more."""
    seconds = max(points[-1].elapsed_seconds, 1e-9)
    clips = max(points[-1].clips, 1)
    places = [
        (
            round(WIDTH * point.elapsed_seconds / seconds, 1),
            round((HEIGHT - 4) * (1 - point.clips / clips) + 2, 1),
        )
        for point in points
    ]
    if points[0].elapsed_seconds:
        places.insert(0, (0.0, HEIGHT - 2.0))
    line = " ".join(f"{x:g},{y:g}" for x, y in places)
    name = f"{points[-1].clips} clips described in {clock(seconds)}"
    return Markup(  # noqa: S704 - numbers alone are filled in
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img"'
        f' aria-label="{name}"><path class="area" d="M{places[0][0]:g},{HEIGHT} L{line}'
        f' L{places[-1][0]:g},{HEIGHT} Z"/><path class="line" d="M{line}"/></svg>'
        f"<p><span>0:00</span><span>{clock(seconds)}</span></p>"
    )
