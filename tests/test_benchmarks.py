"""The plumbing of the benchmarks, on material of seconds; no figure is judged here."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import (
    busy,
    exports,
    growth,
    listing,
    media,
    page,
    processes,
    programs,
    quality,
    rerun,
    rivals,
    search,
    speed,
    storm,
    tagging,
)
from benchmarks.plots import draw
from benchmarks.processes import Comparison, Contender, Cost, compare, run_alone, run_batch
from benchmarks.results import Results, Section
from benchmarks.speed import Plan
from benchmarks.tables import write_tables
from shotlog.testing import videos

ROOT = Path(__file__).parents[1]
FAST = Cost(1.0, 2.0, 30_000_000)
SLOW = Cost(4.0, 4.0, 10_000_000)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Small sources of two seconds in place of those that the recipe makes."""
    folder = tmp_path_factory.mktemp("media")
    recipe = videos.Recipe(320, 180, Fraction(30), 2, videos.street, sound=True)
    kinds = (media.Kind("portrait", 320, 180, 30, 1, True), media.KINDS[-1])
    for kind in kinds:
        videos.make_video(folder / f"{kind.name}-2s.mp4", recipe)
    return Plan(media.Material(folder, 2, kinds), rounds=1, workers=2, full=False)


def _python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def test_the_command_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--full" in done.stdout
    assert "--only" in done.stdout


def test_the_cost_of_a_batch_counts_every_program() -> None:
    cost = run_batch([_python("sum(range(10**6))")] * 2, 2)
    assert cost.cpu_seconds > 0
    assert cost.wall_seconds > 0


def test_a_program_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_batch([_python("raise SystemExit(3)")], 1)


def test_the_peak_of_a_program_is_that_of_its_largest_process() -> None:
    small = run_alone(_python("pass"))
    large = run_alone(_python("b'x' * 100_000_000"))
    assert large.peak_bytes - small.peak_bytes > 50_000_000


def test_contenders_take_turns_and_change_who_goes_first() -> None:
    seen: list[str] = []

    def noted(name: str) -> Contender:
        def go() -> Cost:
            seen.append(name)
            return FAST

        return Contender(name, go)

    found = compare("a job", noted("a"), noted("b"), rounds=3)
    assert seen == ["a", "b", "b", "a", "a", "b"]
    assert found.cpu_ratio == 1


def test_ratios_are_taken_pair_by_pair() -> None:
    found = Comparison("job", "a", "b", (FAST, SLOW, FAST), (SLOW, SLOW, SLOW), bar=None)
    assert found.cpu_ratio == 0.5
    assert found.wall_ratio == 0.25


def test_a_server_is_busy_from_the_first_full_moment_to_the_last_request() -> None:
    seen = [(1, 1), (2, 2), (2, 1), (3, 2), (4, 2), (4, 0)]
    assert busy.busy_share(seen, 2) == pytest.approx(7 / 8)
    assert busy.busy_share([(1, 1)], 2) == 0


@pytest.mark.slow
def test_shotlog_and_ffmpeg_do_the_same_jobs(plan: Plan) -> None:
    found = [*speed.against_cutting(plan)]
    assert [each.first for each in found] == ["run", "run"]
    assert all(each.cpu_ratio > 0 for each in found)


@pytest.mark.slow
def test_frames_for_a_model_and_the_old_commands_are_measured(plan: Plan) -> None:
    found = [*speed.against_decoding(plan), *speed.against_old_script(plan)]
    assert [each.bar for each in found] == [1.15, 0.25]


def test_the_same_clip_is_as_good_as_itself(plan: Plan) -> None:
    kind = plan.material.kinds[0]
    source = plan.material.source(kind)
    assert quality.ssim(source, source, 0, kind) == 1


@pytest.mark.slow
def test_growth_by_number_of_files_is_measured_below_one_process(plan: Plan) -> None:
    point = growth.by_count(plan, (2,))[0]
    assert point.amount == 2
    assert point.cost.peak_bytes > 0


def test_a_filled_library_has_nothing_left_to_do() -> None:
    costs = rerun.unchanged_runs(videos=20, rounds=1)
    assert costs[0].wall_seconds > 0


@pytest.mark.slow
def test_rules_are_applied_to_a_filled_library() -> None:
    assert [each.cost.wall_seconds > 0 for each in tagging.tagged(20)] == [True] * 3


@pytest.mark.slow
def test_a_filled_library_is_written_in_each_format() -> None:
    found = exports.exported_many(40)
    assert {each.name for each in found} >= {"jsonl", "parquet"}
    assert all(each.bytes_written and each.cost.peak_bytes for each in found)


@pytest.mark.slow
def test_requests_in_flight_are_seen(plan: Plan) -> None:
    source = plan.material.source(plan.material.kinds[0])
    found = busy.kept_busy([source], 1, clip_seconds=0.05)
    assert found.requests > busy.LIMIT
    assert 0 <= found.share <= 1


@pytest.mark.slow
def test_a_server_that_refuses_is_kept_full(plan: Plan) -> None:
    found, asking = storm.at_capacity(plan.material.source(plan.material.kinds[0]), 1, copies=2)
    assert (found.lost, found.clips) == (0, asking.clips)
    assert asking.sent_bytes > 0


def test_the_share_in_hand_is_weighed_by_time() -> None:
    server = storm.CapacityServer(2, 0.0, answered=10)
    server.changes = [(0.0, 2, 0), (1.0, 2, 3), (2.0, 1, 5), (4.0, 2, 9), (9.0, 0, 10)]
    assert server.share() == pytest.approx((2 * 1 + 1 * 2) / 3 / 2)


def test_a_rival_that_is_not_there_is_left_out_with_a_line() -> None:
    rival = rivals.Rival("Nobody", "nobody", "BENCH_NOBODY", "no-such-program")
    assert rival.path() is None
    assert "BENCH_NOBODY" in rival.missing


def test_a_rival_that_ends_well_but_writes_less_fails() -> None:
    contender = speed.job("idle", lambda _: [_python("pass")], 1, judged=rivals.writes(2))
    with pytest.raises(RuntimeError, match="0 of 2 clips"):
        contender.go()


@pytest.fixture
def section() -> Section:
    """What a part may have measured."""
    section = Section(machine="a machine", versions={"shotlog": "1"}, measured_at="2026-11-24")
    section.comparisons.append(Comparison("job", "run", "other", (FAST,), (SLOW,), bar=0.25))
    section.points += [growth.Point("length, a", f"{each} min", each, FAST) for each in (1, 2)]
    section.points.append(growth.Point("files", "2 x a", 2, FAST))
    section.unchanged.append(FAST)
    section.busy = busy.Busy(16, 0.5, 80, 0.97)
    section.storm = storm.Storm(24, 0.4, 80, 0, 3, 0.955)
    section.asking = storm.Asking(80, 4.5, 2e6, 1e6)
    section.listings.append(listing.Listed("CSV", 100, FAST))
    section.indexed = search.Indexed(100, 2.0, 1_000_000, 2_000_000)
    section.exported.append(exports.Exported("jsonl", 100, FAST, 5_000_000))
    section.searches.append(search.Searched("a word", "car", 100, 9.0, 4.0, 3.0, 20))
    section.answers.append(page.Answered("the grid", "/", 100, 30.0, 12.0, 45_000))
    return section


def test_results_are_written_for_programs_and_for_people(section: Section, tmp_path: Path) -> None:
    results = Results(full=False)
    results.add("clips", section, ["clips"])
    results.write(tmp_path)
    write_tables(results, tmp_path)
    text = (tmp_path / "bench.md").read_text()
    assert "**clips**: 2026-11-24; a machine; shotlog 1." in text
    assert "| job: run / other | **0.50** |" in text
    assert "97.0%" in text
    assert "95.5%" in text
    assert "| 4.5 | 2.00 | 1.00 | 2.00 |" in text
    assert "| jsonl, 100 clips | 1.0 | 2.0 | 30 | 5.0 |" in text
    assert "| a word: `car` | 9 | 4 | 3 |" in text
    assert "| the grid: `/` | 30 | 12 | 45 |" in text
    assert '"cpu_ratio": 0.5' in (tmp_path / "bench.json").read_text()


def test_a_part_measured_again_leaves_the_others_as_they_were(
    section: Section, tmp_path: Path
) -> None:
    results = Results(full=True)
    results.add("busy", section, ["clips", "busy"])
    results.write(tmp_path)
    again = Results.kept(tmp_path, full=True)
    again.add("clips", Section(left_out=["something"]), ["clips", "busy"])
    assert list(again.sections) == ["clips", "busy"]
    assert again.sections["busy"] == section


def test_a_line_is_laid_through_the_lengths() -> None:
    costs = [Cost(0, 1 + 2 * minutes) for minutes in (1, 4, 16)]
    points = [growth.Point("length, a", "", cost.cpu_seconds // 2, cost) for cost in costs]
    line = growth.line_of(points)
    assert line.start_cpu_seconds == pytest.approx(1)
    assert line.cpu_seconds_a_minute == pytest.approx(2)
    assert line.worst_share == pytest.approx(0)


def test_the_plot_is_drawn_where_matplotlib_is_installed(section: Section, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results = Results(full=False)
    results.add("clips", section, ["clips"])
    assert draw(results, tmp_path / "bench.png") is None
    assert (tmp_path / "bench.png").stat().st_size > 0


@pytest.mark.slow
def test_every_format_of_a_listing_is_read_and_one_goes_into_the_catalog() -> None:
    found = listing.listings(100)
    assert len(found) == len(listing.FORMATS) + 1
    assert all(each.rows == 100 and each.cost.peak_bytes > 0 for each in found)


@pytest.mark.slow
def test_every_kind_of_search_finds_something_in_a_made_library() -> None:
    indexed, found = search.searches(400)
    assert indexed.bytes_after > indexed.bytes_before
    assert [each.name for each in found] == [name for name, _, _ in search.ASKED]
    assert all(each.hits for each in found if search.RARE not in each.query)


def test_the_clips_of_the_floor_have_the_size_and_rate_of_the_caps() -> None:
    command = programs.cut(Path("a.mp4"), (1920, 1080), 60, Path("out"))
    assert "scale=1280:720:flags=bicubic,fps=30" in command
    within = programs.cut(Path("a.mp4"), (1280, 720), 30, Path("out"))
    assert "-vf" not in within


def test_the_machine_is_named() -> None:
    assert "cores" in processes.machine()


@pytest.mark.slow
def test_every_part_of_the_page_answers_of_a_made_library() -> None:
    found = page.answers(200)
    assert {"/", "/run", "/charts"} <= {each.address for each in found}
    assert all(each.size_bytes > 100 for each in found)
