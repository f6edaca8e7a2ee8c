"""The charts of a library: what they say, where each bar leads, and its drawing. Pure.

A chart is a table of which one column is drawn, so that it is read out and printed as it stands.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from markupsafe import Markup, escape

from shotlog.catalog.collection import Band, Collection, Month
from shotlog.exports.building import shown
from shotlog.rows import TagCount
from shotlog.wording import spoken_duration

MOST_BARS = 24
FEWEST_PLACES = 12
"""Columns are no wider than if there were so many."""
FEWEST_NAMED = 4
"""Columns behind the first from which the middle one is named too."""
AT_THE_EDGE = 6.0
"""Percent of the width: a name in the middle of a column so near to an edge would be cut off."""
MOST_MONTHS = 60
"""More than so many are put together as years."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a chart."""

    name: str
    value: int
    share: float
    """Of the longest bar, 0..1."""
    percent: float
    """Of all videos or clips, 0..100."""
    address: str | None = None
    """The grid of what it counts; None where the grid cannot ask for it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stretch of time."""

    name: str
    """``2024-03``, or ``2024`` where there are many."""
    value: int
    share: float
    """Of the highest column, 0..1."""
    address: str
    further: str = ""
    """What else there is to say of it."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One tag over time."""

    name: str
    address: str
    total: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Charts:
    """All of them, in the order of the page; empty where there is nothing to count."""

    lengths: tuple[Bar, ...]
    sizes: tuple[Bar, ...]
    short_sides: tuple[Bar, ...]
    models: tuple[Bar, ...]
    classes: tuple[tuple[str, tuple[Bar, ...]], ...]
    """By group."""
    tags: tuple[Bar, ...]
    times: tuple[Column, ...]
    strips: tuple[Strip, ...]


def charts_of(found: Collection, counts: Sequence[TagCount]) -> Charts:
    """Of a library in numbers; ``counts`` with the most frequent first."""
    periods = _periods(found.months)
    return Charts(
        lengths=_bands(found.lengths, _length, _length_address),
        sizes=_bands(found.sizes, _size),
        short_sides=_bands(found.short_sides, _side),
        models=bars(
            [(shown(each.name), each.clips, None) for each in found.models],
            of=sum(each.clips for each in found.models),
        ),
        classes=_classes(counts, found.videos),
        tags=bars(
            [
                (each.name, each.clips or each.videos, _grid(tag=each.name))
                for each in counts
                if each.group is None
            ],
            of=found.clips,
        ),
        times=_times(found.months, periods),
        strips=tuple(_strip(each.tag, dict(each.counts), periods) for each in found.tags),
    )


def bars(
    counted: Sequence[tuple[str, int, str | None]], of: int, most: int = MOST_BARS
) -> tuple[Bar, ...]:
    """(name, how many, address) each, the first ``most`` of them; ``of`` how many there are in all.

    What is counted may overlap, as tags do, so that percents need not come to a hundred.
    """
    longest = max((value for _, value, _ in counted[:most]), default=0)
    return tuple(
        Bar(name, value, value / longest, 100 * value / max(of, value), address)
        for name, value, address in counted[:most]
        if value
    )


def bar_of(bar: Bar) -> Markup:
    """A bar as wide as its place at most; the number beside it says what it is."""
    width = f"{max(100 * bar.share, 0.4):.4g}%"
    return Markup(  # noqa: S704 - a number alone is filled in
        f'<svg class="bar-drawn" width="100%" height="12" aria-hidden="true">'
        f'<rect width="{width}" height="12" rx="2"/></svg>'
    )


def columns_of(columns: Sequence[Column], name: str, height: int) -> Markup:
    """Columns side by side, each a link; ``name`` says what they are."""
    drawn = [_column(each, *_place(at, len(columns)), height) for at, each in enumerate(columns)]
    return Markup(  # noqa: S704 - names and addresses are escaped where they are filled in
        f'<svg class="columns" width="100%" height="{height}" role="group"'
        f' aria-label="{escape(name)}">{"".join(drawn)}</svg>'
    )


def axis_of(columns: Sequence[Column]) -> Markup:
    """The names of the first, the middle and the last column, each under its own."""
    last = len(columns) - 1
    named = sorted({0, last, len(columns) // 2 if last >= FEWEST_NAMED else 0})
    texts = "".join(_axis_name(columns[at].name, at, len(columns)) for at in named)
    return Markup(  # noqa: S704 - names are escaped where they are filled in
        f'<svg class="axis" width="100%" height="16" aria-hidden="true">{texts}</svg>'
    )


def _axis_name(name: str, at: int, count: int) -> str:
    """Under the middle of its column, or from the column's edge where it would be cut off."""
    x, width = _place(at, count)
    if x < AT_THE_EDGE:
        place = f'x="{x:.4g}%" text-anchor="start"'
    elif x + width > 100 - AT_THE_EDGE:
        place = f'x="{x + width:.4g}%" text-anchor="end"'
    else:
        place = f'x="{x + width / 2:.4g}%" text-anchor="middle"'
    return f'<text {place} y="12">{escape(name)}</text>'


def _place(at: int, count: int) -> tuple[float, float]:
    """Where a column begins and how wide it is, in percent: few are slim and stand apart."""
    step = 100 / count
    width = min(step, 100 / FEWEST_PLACES) * 0.88
    return (at + 0.5) * step - width / 2, width


def _column(column: Column, x: float, width: float, height: int) -> str:
    high = max((height - 2) * column.share, 1.5) if column.value else 0
    says = f"{column.name}: {column.value:,}{column.further}"
    place = f'x="{x:.4g}%" width="{width:.4g}%"'
    field = f'<rect class="field" {place} y="0" height="{height}"/>'
    if not column.value:
        return field
    # The name of a link: a tooltip for who points at it, and what a screen reader says.
    return (
        f'<a href="{escape(column.address)}" aria-label="{escape(says)}">'
        f"<title>{escape(says)}</title>{field}"
        f'<rect {place} y="{height - high:.4g}" height="{high:.4g}" rx="1"/></a>'
    )


def _bands(
    bands: Sequence[Band],
    name: Callable[[Band], str],
    address: Callable[[Band], str | None] = lambda _: None,
) -> tuple[Bar, ...]:
    """Those between the first and the last that hold anything, empty ones among them too."""
    holding = [place for place, band in enumerate(bands) if band.videos]
    if not holding:
        return ()
    within = bands[holding[0] : holding[-1] + 1]
    total, longest = sum(each.videos for each in within), max(each.videos for each in within)
    return tuple(
        Bar(
            name(each),
            each.videos,
            each.videos / longest,
            100 * each.videos / total,
            address(each) if each.videos else None,
        )
        for each in within
    )


def _length(band: Band) -> str:
    return _between(band, _short, "longer")


def _short(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def _length_address(band: Band) -> str:
    asked = {"min_length": str(band.low)} if band.low else {}
    return _grid(**asked, **({"max_length": str(band.high)} if band.high else {}))


def _size(band: Band) -> str:
    return _between(band, _bytes, "larger")


def _bytes(count: int) -> str:
    return f"{count // 10**9} GB" if count >= 10**9 else f"{count // 10**6} MB"


def _side(band: Band) -> str:
    if band.low and band.high is not None:
        return f"{band.low}p – {band.high - 1}p"
    return _between(band, "{}p".format, "finer")


def _between(band: Band, say: Callable[[int], str], more: str) -> str:
    """From the lower bound on, but below the upper one."""
    if band.high is None:
        return f"{say(band.low)} and {more}"
    return f"{say(band.low)} – {say(band.high)}" if band.low else f"under {say(band.high)}"


def _classes(counts: Sequence[TagCount], videos: int) -> tuple[tuple[str, tuple[Bar, ...]], ...]:
    groups: dict[str, list[tuple[str, int, str | None]]] = {}
    for each in counts:
        if each.group is not None:
            address = _grid(**{"class": f"{each.group}={each.name}"})
            groups.setdefault(each.group, []).append(
                (each.name, each.videos or each.clips, address)
            )
    return tuple(
        (group, bars(sorted(told, key=lambda each: -each[1]), of=videos))
        for group, told in groups.items()
    )


def _periods(months: Sequence[Month]) -> tuple[str, ...]:
    """Every month, or every year, from the first to the last."""
    if not months:
        return ()
    first, last = (tuple(map(int, each.name.split("-"))) for each in (months[0], months[-1]))
    if _number(last) - _number(first) >= MOST_MONTHS:
        return tuple(f"{year:04}" for year in range(first[0], last[0] + 1))
    return tuple(
        f"{number // 12:04}-{number % 12 + 1:02}"
        for number in range(_number(first), _number(last) + 1)
    )


def _number(month: tuple[int, ...]) -> int:
    return month[0] * 12 + month[1] - 1


def _times(months: Sequence[Month], periods: Sequence[str]) -> tuple[Column, ...]:
    seconds: dict[str, float] = {}
    for month in months:
        period = _within(month.name, periods)
        seconds[period] = seconds.get(period, 0) + month.seconds
    found = _columns({each.name: each.videos for each in months}, periods)
    return tuple(
        replace(
            column,
            further=f" video{'' if column.value == 1 else 's'}"
            + (f", {spoken_duration(seconds[column.name])}" if seconds.get(column.name) else ""),
        )
        for column in found
    )


def _strip(tag: str, counts: dict[str, int], periods: Sequence[str]) -> Strip:
    return Strip(tag, _grid(tag=tag), sum(counts.values()), _columns(counts, periods, tag=tag))


def _columns(counts: dict[str, int], periods: Sequence[str], **asked: str) -> tuple[Column, ...]:
    values = dict.fromkeys(periods, 0)
    for month, value in counts.items():
        values[_within(month, periods)] += value
    highest = max(values.values(), default=0) or 1
    return tuple(
        Column(period, value, value / highest, _grid(**asked, **_bounds(period)))
        for period, value in values.items()
    )


def _within(month: str, periods: Sequence[str]) -> str:
    return month[: len(periods[0])]


def _bounds(period: str) -> dict[str, str]:
    """The first and the last day, as the grid asks for them."""
    if "-" not in period:
        return {"since": f"{period}-01-01", "before": f"{period}-12-31"}
    year, month = map(int, period.split("-"))
    return {"since": f"{period}-01", "before": f"{period}-{monthrange(year, month)[1]:02}"}


def _grid(**asked: str) -> str:
    return f"/?{urlencode(asked)}"
