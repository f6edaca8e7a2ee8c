"""A run as the page shows it while it goes, in a process of its own."""

from __future__ import annotations

import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from shotlog import api
from shotlog.testing.endpoint import Endpoint
from web.looking import Looker
from web.serving import Served
from web.under_way import (
    PATIENCE_SECONDS,
    REFUSED,
    SCREENSHOTS,
    events,
    films_in,
    kill,
    running,
    slow,
    wait_until,
)


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return films_in(tmp_path / "films", 4)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    """The page of a library that is not there yet."""
    with Served(tmp_path / "log") as served:
        yield served


@pytest.fixture
def watcher(empty: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=empty.url, timeout=PATIENCE_SECONDS) as client:
        yield client


def now(watcher: httpx.Client) -> Any:
    return watcher.get("/api/run").raise_for_status().json()


def status(watcher: httpx.Client) -> str | None:
    run = now(watcher)["run"]
    return str(run["status"]) if run else None


@pytest.mark.slow
def test_events_tell_of_a_run_that_begins_later_until_it_ends(
    watcher: httpx.Client, films: Path, model: Endpoint, tmp_path: Path
) -> None:
    model.fail(slow(0.15))
    with watcher.stream("GET", "/api/run/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        told = events(response)
        first = next(told)
        assert first["run"] is None
        assert "There is no" in first["trouble"]
        with running(films, tmp_path / "log", model) as process:
            seen = []
            for each in told:
                seen.append(each)
                if each["run"] and each["run"]["status"] not in ("running", "killed"):
                    break
            assert process.wait(PATIENCE_SECONDS) == 0
    going = [each["run"] for each in seen if each["run"] and each["run"]["status"] == "running"]
    counts = [run["progress"]["clips_described"] for run in going if run["progress"]]
    assert counts == sorted(counts)
    assert any(0 < count < 12 for count in counts), "it was told of on its way"
    in_hand = [each for run in going if run["progress"] for each in run["progress"]["in_hand"]]
    assert {"describe"} <= {each["stage"] for each in in_hand}
    last = seen[-1]["run"]
    assert last["status"] == "done"
    assert last["progress"]["clips_described"] == 12
    assert last["progress"]["videos_ended"] == last["progress"]["videos_done"] == 4
    assert last["spent"]["requests"] == 12
    assert last["spent"]["prompt_tokens"] > 0
    assert [point["clips"] for point in last["progress"]["trail"]][-1] <= 12


@pytest.mark.slow
def test_a_killed_run_is_told_as_killed_and_the_next_one_goes_on(
    watcher: httpx.Client, films: Path, model: Endpoint, tmp_path: Path
) -> None:
    model.fail(slow(0.5))
    with running(films, tmp_path / "log", model) as process:
        wait_until(lambda: status(watcher) == "running", "the run")
        assert api.open(tmp_path / "log").is_running() is True
        kill(process)
    assert status(watcher) == "killed"
    assert "never said how it ended" in watcher.get("/run").text
    model.release()
    with Endpoint() as quick, running(films, tmp_path / "log", quick) as process:
        process.wait(PATIENCE_SECONDS)
    runs = watcher.get("/api/runs", params={"limit": 1}).json()
    assert [run["status"] for run in runs["runs"]] == ["done"]
    before = watcher.get("/api/runs", params={"before": runs["before"]}).json()
    assert [(run["id"], run["status"]) for run in before["runs"]] == [(1, "killed")]
    assert before["before"] is None


@pytest.mark.slow
def test_what_failed_is_told_once_for_each_remedy_with_what_to_do(
    watcher: httpx.Client, films: Path, model: Endpoint, tmp_path: Path
) -> None:
    (films / "not a film.mp4").write_bytes(b"nothing" * 300)
    for _ in range(3):
        model.fail(REFUSED)
    with running(films, tmp_path / "log", model) as process:
        assert process.wait(PATIENCE_SECONDS) == 2
    failures = {each["cause"]["code"]: each for each in now(watcher)["failures"]}
    assert failures["not_video"]["count"] == 1
    assert failures["not_video"]["first"][0]["file_name"].endswith("not a film.mp4")
    assert failures["describe_refused"]["count"] >= 1
    assert failures["describe_refused"]["first"][0]["clip"] is not None
    assert all(each["cause"]["hint"] for each in failures.values())
    page = watcher.get("/run").text
    assert all(
        each["cause"]["hint"].split(";")[0].split("'")[0] in page for each in failures.values()
    )


def test_many_watchers_cost_one_reader_and_leave_nothing_behind(
    watcher: httpx.Client,
) -> None:
    before = threading.active_count()

    def watch() -> None:
        with watcher.stream("GET", "/api/run/events") as response:
            next(events(response))

    watchers = [threading.Thread(target=watch) for _ in range(40)]
    for each in watchers:
        each.start()
    for each in watchers:
        each.join(PATIENCE_SECONDS)
    assert status(watcher) is None
    wait_until(lambda: threading.active_count() <= before + 4, "threads of those who watched")


def test_a_library_that_cannot_be_read_is_told_of_and_looked_at_again(
    watcher: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    path = tmp_path / "log" / "shotlog.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE other (id)")
    other.close()
    assert "database of another program" in now(watcher)["trouble"]
    assert "another program" in watcher.get("/run").text
    assert watcher.get("/api/runs").status_code == 503


@pytest.mark.slow
def test_a_person_watches_a_run_from_before_it_begins_to_its_end(
    chromium: Browser, empty: Served, model: Endpoint, tmp_path: Path
) -> None:
    films = films_in(tmp_path / "films", 12)
    (films / "not a film.mp4").write_bytes(b"nothing" * 300)
    model.fail(REFUSED)
    model.fail(slow(0.5))
    folder = Path(SCREENSHOTS) if SCREENSHOTS else None
    with Looker(chromium, empty.url, folder) as looker:
        page = looker.open("/run")
        expect(page.get_by_role("heading", name="No run")).to_be_visible()
        with running(films, tmp_path / "log", model) as process:
            patience = PATIENCE_SECONDS * 1000
            expect(page.get_by_role("heading", name="Run 1")).to_be_visible(timeout=patience)
            expect(page.locator("#run-hand")).to_contain_text("describing", timeout=patience)
            expect(page.locator("#run-failures")).to_contain_text("not_video", timeout=patience)
            described = page.locator(".figure dd").first
            expect(described).to_have_text(re.compile(r"^\s*([5-9]|\d\d)"), timeout=patience)
            looker.picture(page, "run-going", whole=True)
            assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
            process.send_signal(signal.SIGINT)
            expect(page.locator("#run-head")).to_contain_text("interrupted", timeout=patience)
        expect(page.get_by_role("table")).to_contain_text("interrupted")
        looker.picture(page, "run-ended", whole=True)
        dark = looker.open("/run", phone=True, scheme="dark")
        looker.picture(dark, "run-phone-dark", whole=True)
        assert Axe().run(dark).violations_count == 0, Axe().run(dark).generate_report()
        width = dark.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        assert looker.troubles == []
