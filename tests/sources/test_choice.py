"""Which videos are chosen before a byte moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from listing_material import PREFIX, names, utc

from shotlog.errors import SettingError
from shotlog.records import ListingReport, Source
from shotlog.sources import Choice, choose

UNKNOWN = Source(PREFIX + "u", PREFIX + "u", "u")


def source(name: str, size: int, day: str) -> Source:
    return Source(PREFIX + name, PREFIX + name, name, size, utc(day))


SOURCES = [
    source("A.mp4", 10, "2026-01-01"),
    source("sub/b.MOV", 20, "2026-01-02"),
    source("c[1].mp4", 30, "2026-01-03"),
    UNKNOWN,
]


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (Choice(), ["A.mp4", "sub/b.MOV", "c[1].mp4", "u"]),
        (Choice(min_size=20), ["sub/b.MOV", "c[1].mp4"]),
        (Choice(max_size=20), ["A.mp4", "sub/b.MOV"]),
        (Choice(min_size=20, max_size=20), ["sub/b.MOV"]),
        (Choice(modified_after=utc("2026-01-02")), ["sub/b.MOV", "c[1].mp4"]),
        (Choice(modified_before=utc("2026-01-02")), ["A.mp4"]),
        (Choice(match="*.mov"), ["sub/b.MOV"]),
        (Choice(match="B.*"), ["sub/b.MOV"]),
        (Choice(match="SUB/*"), ["sub/b.MOV"]),
        (Choice(match="c[[]1].mp4"), ["c[1].mp4"]),
        (Choice(limit=2), ["A.mp4", "sub/b.MOV"]),
        (Choice(min_size=20, limit=1), ["sub/b.MOV"]),
    ],
)
def test_bounds_choose(choice: Choice, chosen: list[str]) -> None:
    report = ListingReport()
    assert names(list(choose(SOURCES, choice, report))) == chosen
    if choice.limit is None:
        assert report.counts.get("not_chosen", 0) == len(SOURCES) - len(chosen)


def test_what_is_not_known_and_asked_for_keeps_a_video_out_with_the_reason() -> None:
    report = ListingReport()
    assert not list(choose([UNKNOWN], Choice(min_size=1), report))
    assert not list(choose([UNKNOWN], Choice(modified_after=utc("2026-01-01")), report))
    assert "size is not known" in report.rows[0].reason
    assert "time is not known" in report.rows[1].reason


def test_nothing_is_read_past_the_limit() -> None:
    def endless() -> Iterator[Source]:
        yield SOURCES[0]
        raise AssertionError("read too far")

    assert len(list(choose(endless(), Choice(limit=1), ListingReport()))) == 1


@pytest.mark.parametrize(
    ("bounds", "option"),
    [
        ({"limit": 0}, "--limit"),
        ({"min_size": 2, "max_size": 1}, "--min-size"),
        (
            {"modified_after": utc("2026-01-02"), "modified_before": utc("2026-01-02")},
            "--modified-after",
        ),
    ],
)
def test_bounds_that_nothing_keeps_are_refused(bounds: dict[str, object], option: str) -> None:
    with pytest.raises(SettingError, match=option):
        Choice(**bounds)  # type: ignore[arg-type]
