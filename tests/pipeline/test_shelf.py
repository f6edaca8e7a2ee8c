"""What fetched sources take of the disk's budget."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from shotlog.catalog import Catalog
from shotlog.fetch import ByteBudget
from shotlog.pipeline.fetching import Shelf
from shotlog.pipeline.job import Job
from shotlog.pipeline.recipe import Needs
from shotlog.records import Source

ADDRESS = "https://b.example/a.mp4"


@pytest.fixture
def budget(tmp_path: Path) -> ByteBudget:
    return ByteBudget(100, tmp_path, margin_bytes=0)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        source = Source(public_url=ADDRESS, url=ADDRESS, file_name="a.mp4")
        catalog.add_sources(catalog.begin_run({}), [source], lambda each: each.id)
        [video] = catalog.videos()
    return Job(video, Needs(scan=True, clips=True, frames=True))


def test_a_source_of_unknown_size_takes_what_comes_of_it(budget: ByteBudget, job: Job) -> None:
    shelf = Shelf(budget, threading.Event(), keep=False)
    shelf.reserve(job, None)
    for count in (60, 60, 60):
        shelf.arrived(job, count)
    assert budget.reserved_bytes == 180
    shelf.free(job)
    assert budget.reserved_bytes == 0


def test_bytes_that_come_twice_take_no_more_than_the_size_listed(
    budget: ByteBudget, job: Job
) -> None:
    shelf = Shelf(budget, threading.Event(), keep=False)
    shelf.reserve(job, 50)
    for count in (40, 50):
        shelf.arrived(job, count)
    assert budget.reserved_bytes == 50
