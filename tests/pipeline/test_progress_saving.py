"""What a run keeps in the catalog for who watches it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from shotlog.catalog import Catalog
from shotlog.pipeline.progress import Progress
from shotlog.pipeline.progress_saving import MOST_POINTS, ProgressSaver
from shotlog.records import Failure
from shotlog.rows import RunProgress, RunRow


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        yield opened


def told(catalog: Catalog) -> tuple[RunRow, RunProgress]:
    run = catalog.last_run()
    assert run is not None
    assert run.progress is not None
    return run, run.progress


def test_all_that_is_told_comes_back(catalog: Catalog) -> None:
    stopped = Failure("describe", "budget_spent", "Half an emoji \ud83d.", "Raise it.", True)
    progress = Progress(videos=9, videos_done=4, requests=3, cost=Decimal("0.25"), currency="EUR")
    progress.notes.append("a note")
    progress.stopped_because, progress.stopping = stopped, True
    progress.elapsed_seconds = 8.0
    ProgressSaver(catalog, catalog.begin_run({})).tell(progress)
    run, kept = told(catalog)
    assert (kept.videos, kept.videos_ended, kept.seconds_left) == (9, 4, 10.0)
    assert kept.notes == ("a note",)
    assert kept.stopped_because is not None
    assert kept.stopped_because.message == "Half an emoji \ufffd."
    assert (run.spent.cost, run.spent.currency) == (Decimal("0.25"), "EUR")


def test_it_is_told_about_once_a_second_and_at_the_end(catalog: Catalog) -> None:
    saver = ProgressSaver(catalog, catalog.begin_run({}))
    seen = []
    for tenth in range(30):
        saver.look(Progress(elapsed_seconds=tenth / 10), ())
        seen.append(told(catalog)[1].elapsed_seconds)
    assert sorted(set(seen)) == [0.0, 1.0, 2.0]
    saver.tell(Progress(elapsed_seconds=2.95))
    assert told(catalog)[1].elapsed_seconds == 2.95


def test_the_trail_of_a_long_run_stays_short_and_keeps_its_ends(catalog: Catalog) -> None:
    saver = ProgressSaver(catalog, catalog.begin_run({}))
    for second in range(2000):
        progress = Progress(elapsed_seconds=float(second), clips_described=second * 2)
        saver.look(progress, ())
    trail = told(catalog)[1].trail
    assert len(trail) <= MOST_POINTS
    times = [point.elapsed_seconds for point in trail]
    assert times[0] == 0.0
    assert 1999 - times[-1] < 40
    gaps = {after - before for before, after in pairwise(times)}
    assert max(gaps) <= 2 * min(gaps)
