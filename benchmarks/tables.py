"""What was measured, as Markdown for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import rerun
from benchmarks.busy import BUSY_BAR, Busy
from benchmarks.exports import Exported
from benchmarks.growth import LENGTH, PEAK_BAR_BYTES, Point, lengths_of, line_of
from benchmarks.listing import PEAK_BAR_BYTES as LISTING_BAR_BYTES
from benchmarks.listing import ROWS_A_SECOND_BAR, Listed
from benchmarks.page import BAR_MILLISECONDS as PAGE_BAR_MILLISECONDS
from benchmarks.page import Answered
from benchmarks.processes import Comparison, Cost, middle_cost
from benchmarks.quality import Quality
from benchmarks.results import Results, Section
from benchmarks.search import BAR_MILLISECONDS, Indexed, Searched
from benchmarks.storm import STORM_BAR, Asking, Storm
from benchmarks.tagging import WALL_BAR_SECONDS as TAG_BAR_SECONDS
from benchmarks.tagging import Tagged


def write_tables(results: Results, folder: Path) -> None:
    """Writes the tables of all parts beside their JSON."""
    (folder / f"{results.name}.md").write_text(text(results))


def text(results: Results) -> str:
    """All tables, each part's below its name, date, machine and versions."""
    parts: list[str] = []
    for name, section in results.sections.items():
        parts += [f"**{name}**: {section.origin}\n", *_tables(section)]
    lines = [_line(series, chosen) for series, chosen in lengths_of(results.points).items()]
    if any(lines):
        parts.append(
            "CPU time against length, by least squares of shares over all lengths measured:\n"
        )
        parts.append("".join(lines))
    return "\n".join(parts)


def _tables(section: Section) -> list[str]:
    found = [_comparisons(section.comparisons)] if section.comparisons else []
    found += [_qualities(section.qualities)] if section.qualities else []
    found += [_points(section.points)] if section.points else []
    found += [_unchanged(section.unchanged)] if section.unchanged else []
    found += [_busy(section.busy)] if section.busy else []
    found += [_storm(section.storm)] if section.storm else []
    found += [_asking(section.asking)] if section.asking else []
    found += [_listings(section.listings)] if section.listings else []
    found += [_indexed(section.indexed)] if section.indexed else []
    found += [_searches(section.searches)] if section.searches else []
    found += [_exported(section.exported)] if section.exported else []
    found += [_answers(section.answers)] if section.answers else []
    found += [_tagged(section.tagged)] if section.tagged else []
    found += [f"- {line}\n" for line in section.left_out]
    return found


def table(titles: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    ruler = ["---", *["---:"] * (len(titles) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [titles, ruler, *rows])


def _comparisons(comparisons: Sequence[Comparison]) -> str:
    rows = []
    for each in comparisons:
        mine, theirs = middle_cost(each.first_costs), middle_cost(each.second_costs)
        rows.append(
            [
                f"{each.title}: {each.first} / {each.second}",
                f"**{each.cpu_ratio:.2f}**",
                f"{each.wall_ratio:.2f}",
                "" if each.bar is None else f"{each.bar:.3g}",
                f"{mine.cpu_seconds:.1f} / {theirs.cpu_seconds:.1f}",
                f"{mine.wall_seconds:.1f} / {theirs.wall_seconds:.1f}",
                str(len(each.first_costs)),
            ]
        )
    titles = ["job: shotlog / other", "CPU ratio", "wall ratio", "bar", "CPU s", "wall s", "rounds"]
    return table(titles, rows)


def _qualities(qualities: Sequence[Quality]) -> str:
    rows = [
        [
            each.source,
            f"{each.shotlog_ssim:.5f}",
            f"{each.ffmpeg_ssim:.5f}",
            f"{each.shotlog_bytes / 1e6:.2f}",
            f"{each.ffmpeg_bytes / 1e6:.2f}",
        ]
        for each in qualities
    ]
    return table(["clips of", "SSIM shotlog", "SSIM ffmpeg", "MB shotlog", "MB ffmpeg"], rows)


def _points(points: Sequence[Point]) -> str:
    rows = [
        [
            f"{each.series}: {each.label}",
            f"{each.cost.cpu_seconds:.1f}",
            f"{each.cost.cpu_seconds / each.amount:.2f}" if each.series.startswith(LENGTH) else "",
            f"{each.cost.wall_seconds:.1f}",
            f"{each.cost.peak_bytes / 1e6:.0f}",
        ]
        for each in points
    ]
    bar = f"peak MB (bar {PEAK_BAR_BYTES / 1e6:.0f})"
    return table(["one run", "CPU s", "CPU s a minute of video", "wall s", bar], rows)


def _line(series: str, points: Sequence[Point]) -> str:
    if len(points) < 2:
        return ""
    line = line_of(points)
    return (
        f"- {series}: {line.start_cpu_seconds:.1f} s and {line.cpu_seconds_a_minute:.2f} s a minute"
        f" of video; the farthest point is {line.worst_share:.1%} off the line\n"
    )


def _unchanged(costs: Sequence[Cost]) -> str:
    cost = middle_cost(costs)
    row = [
        f"nothing changed, {rerun.VIDEOS:,} videos",
        f"{cost.wall_seconds:.2f}",
        f"{cost.cpu_seconds:.2f}",
        f"{rerun.WALL_BAR_SECONDS:g}",
        f"{cost.peak_bytes / 1e6:.0f}",
    ]
    return table(["second run", "wall s", "CPU s", "bar", "peak MB"], [row])


def _busy(busy: Busy) -> str:
    row = [
        f"{busy.requests} requests, {busy.limit} at a time, {busy.latency_seconds:g} s each",
        f"{busy.share:.1%}",
        f"{BUSY_BAR:.0%}",
    ]
    return table(["model server", "in flight over limit, once warm", "bar"], [row])


def _storm(storm: Storm) -> str:
    row = [
        f"{storm.clips} clips at a server of {storm.capacity} at a time, "
        f"{storm.latency_seconds:g} s each, 429 above",
        f"{storm.share:.1%}",
        f"{1 - STORM_BAR:.0%}..{1 + STORM_BAR:.0%}",
        str(storm.refused),
        str(storm.lost),
    ]
    titles = ["storm of refusals", "in hand over capacity", "bar", "refused", "clips lost"]
    return table(titles, [row])


def _asking(asking: Asking) -> str:
    row = [
        f"{asking.clips} clips",
        f"{asking.cpu_milliseconds:.1f}",
        f"{asking.sent_bytes / 1e6:.2f}",
        f"{asking.clip_bytes / 1e6:.2f}",
        f"{asking.sent_bytes / asking.clip_bytes:.2f}",
    ]
    titles = ["asking", "CPU ms a request", "MB sent a clip", "MB of its MP4 in base64", "ratio"]
    return table(titles, [row])


def _listings(listings: Sequence[Listed]) -> str:
    rows = [
        [
            f"{each.rows:,} rows: {each.format}",
            f"{each.rows / each.cost.wall_seconds:,.0f}",
            f"{each.rows / each.cost.cpu_seconds:,.0f}",
            f"{each.cost.peak_bytes / 1e6:.0f}",
        ]
        for each in listings
    ]
    titles = ["listing", f"rows a second (bar {ROWS_A_SECOND_BAR:,})", "rows a CPU second"]
    return table([*titles, f"peak MB (bar {LISTING_BAR_BYTES / 1e6:.0f})"], rows)


def _indexed(indexed: Indexed) -> str:
    clips = f"{indexed.clips:,}"
    row = [
        f"indexing a library of {clips} clips",
        f"{indexed.cpu_seconds:.0f}",
        f"{indexed.bytes_before / 1e6:.0f}",
        f"{indexed.bytes_after / 1e6:.0f}",
        f"{indexed.vectors_cpu_seconds:.0f}",
        f"{indexed.vectors_bytes / 1e6:.0f}",
    ]
    heads = ["once", "CPU s", "catalog MB before", "after", "vectors, CPU s", "further MB"]
    return table(heads, [row])


def _searches(searches: Sequence[Searched]) -> str:
    rows = [
        [
            f"{each.name}: `{each.query}`",
            f"{each.cold_milliseconds:.0f}",
            f"{each.warm_milliseconds:.0f}",
            f"{each.warm_cpu_milliseconds:.0f}",
        ]
        for each in searches
    ]
    bar = f"warm ms (bar {BAR_MILLISECONDS:.0f})"
    return table([f"search, {searches[0].clips:,} clips", "cold ms", bar, "warm CPU ms"], rows)


def _exported(exports: Sequence[Exported]) -> str:
    rows = [
        [
            f"{each.name}, {each.clips:,} clips",
            f"{each.cost.wall_seconds:.1f}",
            f"{each.cost.cpu_seconds:.1f}",
            f"{each.cost.peak_bytes / 1e6:.0f}",
            f"{each.bytes_written / 1e6:.1f}",
        ]
        for each in exports
    ]
    return table(["exports", "wall s", "CPU s", "peak MB", "written MB"], rows)


def _answers(answers: Sequence[Answered]) -> str:
    rows = [
        [
            f"{each.name}: `{each.address}`",
            f"{each.first_milliseconds:.0f}",
            f"{each.again_milliseconds:.0f}",
            f"{each.size_bytes / 1000:.0f}",
        ]
        for each in answers
    ]
    bar = f"again ms (bar {PAGE_BAR_MILLISECONDS:.0f})"
    return table([f"page, {answers[0].clips:,} clips", "first ms", bar, "kB"], rows)


def _tagged(applied: Sequence[Tagged]) -> str:
    rows = [
        [
            f"{each.clips:,} clips: {each.what}",
            f"{each.cost.wall_seconds:.1f}",
            f"{each.cost.cpu_seconds:.1f}",
            f"{TAG_BAR_SECONDS:g}",
            f"{each.cost.peak_bytes / 1e6:.0f}",
        ]
        for each in applied
    ]
    return table(["rules applied again", "wall s", "CPU s", "bar", "peak MB"], rows)
