"""What is said of a run that another process tells of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shotlog.rows import RunProgress, RunRow, TrailPoint
from shotlog.web.run_chart import trail_of
from shotlog.web.run_objects import PointObject, rate, run_object


def row(told_seconds_ago: float) -> RunRow:
    now = datetime.now(UTC)
    progress = RunProgress(now - timedelta(seconds=told_seconds_ago), trail=(TrailPoint(0.0, 0),))
    return RunRow(1, now, None, "running", {}, progress=progress)


def points(*places: tuple[float, int]) -> list[PointObject]:
    return [PointObject(elapsed_seconds=seconds, clips=clips) for seconds, clips in places]


@pytest.mark.parametrize(
    ("is_going", "told_seconds_ago", "status"),
    [
        (True, 3600, "running"),
        (False, 0, "killed"),
        (None, 1, "running"),
        (None, 60, "killed"),
    ],
)
def test_a_run_that_goes_no_longer_was_killed(
    is_going: bool | None, told_seconds_ago: float, status: str
) -> None:
    assert run_object(row(told_seconds_ago), is_going=is_going).status == status


def test_the_rate_is_that_of_the_last_minute() -> None:
    assert rate(points((0, 0))) is None
    assert rate(points((0, 0), (30, 10))) == 20
    assert rate(points((0, 0), (100, 1000), (130, 1010), (160, 1020))) == 20
    assert rate(points((0, 0), (500, 50), (700, 70))) == 6


def test_a_trail_is_drawn_from_the_beginning_to_the_end() -> None:
    drawn = trail_of(points((1, 0), (10, 5)))
    assert 'd="M0,82 100,82 1000,2"' in drawn
    assert 'aria-label="5 clips described in 0:10"' in drawn
