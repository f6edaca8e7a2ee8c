"""Templates and what they may say: how times, sizes and names are written on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from shotlog import __version__
from shotlog.exports.building import shown
from shotlog.gate.spending import money
from shotlog.web.run_chart import trail_of
from shotlog.wording import clock, counted, exact_clock, spoken_duration, stretch


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A link in the head of every page."""

    address: str
    name: str


NAV: tuple[NavEntry, ...] = (
    NavEntry("/", "Videos"),
    NavEntry("/run", "Run"),
    NavEntry("/charts", "Charts"),
)
"""In order. A page of its own is named here."""


def media_address(path: str) -> str:
    """Where a file of the library is served; ``path`` is relative to its folder."""
    return "/media/" + quote(path.encode("utf-8", "surrogateescape"), safe="/")


def size(size_bytes: int | None) -> str:
    """``12.3 MB``; empty for None."""
    if size_bytes is None:
        return ""
    value, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if value < 99.95 and unit != "B" else f"{value:.0f} {unit}"


def date(time: datetime | None) -> str:
    """``2026-11-23``; empty for None."""
    return time.astimezone(UTC).date().isoformat() if time else ""


def day_and_hour(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if time else ""


def evidence_value(value: str | float | bool) -> str:
    """What a rule saw, short: ``0.0123``, ``yes``, ``forklift``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, int | float) else value


def as_json(records: Sequence[Any]) -> str:
    """Dataclasses for a script to read from an attribute."""
    return json.dumps([asdict(each) for each in records], separators=(",", ":"))


def percent(share: float) -> str:
    """As SVG takes it: ``12.5%`` from 0.125."""
    return f"{100 * share:.4f}".rstrip("0").rstrip(".") + "%"


def lasting(seconds: float) -> str:
    """``3:20``; what is shorter than a second, ``0.4 s``."""
    return clock(seconds) if seconds >= 1 else f"{seconds:.1f} s"


FILTERS: Mapping[str, Any] = {
    "as_json": as_json,
    "evidence_value": evidence_value,
    "clock": lambda seconds: clock(float(seconds)),
    "exact_clock": exact_clock,
    "date": date,
    "day_and_hour": day_and_hour,
    "in_words": lambda seconds: spoken_duration(round(seconds)),
    "json_list": lambda texts: json.dumps(list(texts)),
    "lasting": lasting,
    "media": media_address,
    "money": money,
    "percent": percent,
    "shown": shown,
    "size": size,
    "thousands": "{:,}".format,
}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("shotlog.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(
        nav=NAV, version=__version__, trail_of=trail_of, counted=counted, stretch=stretch
    )
    return environment


templates = _environment()


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page from ``templates/``; every value in it is escaped."""
    text = templates.get_template(template).render(
        path=request.url.path, has_token=request.app.state.token is not None, **context
    )
    return HTMLResponse(text, status_code=status, headers=headers)
