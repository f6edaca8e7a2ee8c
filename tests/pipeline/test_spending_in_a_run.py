"""What a run may use of the model, where it ends, and what is told of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from running import count, results, shotlog, small_video

import shotlog as library_of
from shotlog.errors import SettingError
from shotlog.testing.endpoint import Endpoint, Fault

PRICES: dict[str, Any] = {"input_price": "100", "output_price": "1000", "currency": "EUR"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4", 4.0)


def run(film: Path, log: Path, endpoint: Endpoint, **settings: Any) -> library_of.api.RunReport:
    return library_of.run(
        dir=film.parent,
        output=log,
        segment_length=1,
        public_endpoint=endpoint.url,
        model="test-model",
        summary="built-in",
        **settings,
    )


def test_max_requests_ends_the_run_and_the_same_command_goes_on(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Endpoint() as endpoint:
        report = run(film, log, endpoint, max_requests=3)
        assert (report.status, report.exit_code) == ("stopped", 2)
        reason = report.progress.stopped_because
        assert reason is not None
        assert reason.code == "budget_spent"
        assert "--max-requests is 3" in reason.message
        assert len(endpoint.requests) == endpoint.answered == 3
        assert report.progress.clips_failed == 0
        assert count(log, "SELECT count(*) FROM clips WHERE failure IS NOT NULL") == 0
        segments = results(log)["film.mp4"]["segments"]
        assert sorted(each["error"]["code"] for each in segments if each["error"]) == [
            "not_described"
        ]
        assert run(film, log, endpoint, max_requests=1).status == "done"
        assert endpoint.answered == 4


def test_a_refusal_in_the_middle_stops_the_run_and_no_clip_fails(
    film: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with Endpoint() as endpoint:
        endpoint.fail(Fault(delay_only=True, times=2), Fault(status=403, times=None))
        report = run(film, log, endpoint, concurrency=1)
        assert (report.status, report.progress.clips_failed) == ("stopped", 0)
        assert report.progress.stopped_because is not None
        assert "403" in report.progress.stopped_because.message
    assert count(log, "SELECT count(*) FROM answers") == 2
    assert count(log, "SELECT count(*) FROM runs WHERE status = 'stopped'") == 1
    with Endpoint() as mended:
        assert run(film, log, mended).status == "done"
        assert mended.answered == 2


def test_what_was_used_is_in_the_catalog_the_results_and_the_report(
    film: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with Endpoint() as endpoint:
        endpoint.fail(Fault(status=503))
        report = run(film, log, endpoint, **PRICES)
    usages = [each["usage"] for each in results(log)["film.mp4"]["segments"]]
    costs = [Decimal(each["cost"]) for each in usages]
    assert len(costs) == 4
    for each, cost in zip(usages, costs, strict=True):
        paid = 100 * each["prompt_tokens"] + 1000 * each["completion_tokens"]
        assert cost == Decimal(paid) / 1_000_000
    with library_of.open(log) as library:
        row = library.last_run()
        totals = library.spending()
    assert row is not None
    assert row.spent == report.progress.spent
    assert (row.spent.requests, row.spent.cost, row.spent.currency) == (5, sum(costs), "EUR")
    assert totals == (row.spent,)


def test_max_cost_ends_the_run_before_it_is_passed(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Endpoint() as endpoint:
        cap = Decimal("0.2")
        report = run(film, log, endpoint, **PRICES, max_cost=cap, max_tokens=64)
        spent = report.progress.spent
        assert report.status == "stopped"
        assert spent.cost is not None
        assert 0 < spent.cost <= cap
        assert 1 <= endpoint.answered < 4
        assert run(film, log, endpoint, **PRICES, max_tokens=64).status == "done"
        assert endpoint.answered == 4


def test_max_cost_without_prices_is_refused(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        with pytest.raises(SettingError, match="no prices"):
            run(film, tmp_path / "log", endpoint, max_cost=1)
        with pytest.raises(SettingError, match="plain protocol"):
            run(film, tmp_path / "log", endpoint, max_cost=1, protocol="plain", **PRICES)


def test_a_run_with_nothing_to_describe_asks_nothing(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        run(film, tmp_path / "log", endpoint)
    report = run(film, tmp_path / "log", endpoint)
    assert (report.status, report.progress.requests) == ("done", 0)


@pytest.mark.slow
def test_the_end_says_why_it_stopped_and_what_was_used(film: Path, tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        words = ["run", "--dir", film.parent, "--output", tmp_path / "log"]
        words += ["--segment-length", "1", "--endpoint", endpoint.url, "--summary", "built-in"]
        stopped = shotlog(*words, "--max-requests", "2", SHOTLOG_INPUT_PRICE="100")
    assert stopped.returncode == 2
    for said in ("Stopped early", "--max-requests is 2", "Raise the cap", "2 requests", "USD"):
        assert said in stopped.stdout
    assert "the same command again" in stopped.stdout
    shown = shotlog("show", tmp_path / "log")
    assert "Models took in all 2 requests" in shown.stdout
