"""Runs whole programs and says what they cost: time, processor time, memory."""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str]
PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""In what ``ru_maxrss`` counts."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a batch of programs took, with all the processes that they started."""

    wall_seconds: float
    cpu_seconds: float
    """In user mode and in the kernel, of all of them together."""
    peak_bytes: int = 0
    """Of the largest single process."""


def run_batch(
    commands: Sequence[Command], at_a_time: int, *, allowed: tuple[int, ...] = ()
) -> Cost:
    """Runs programs, ``at_a_time`` of them beside each other, to their end.

    Raises RuntimeError when one ends with neither 0 nor an exit code that is ``allowed``.
    """
    before, began = _spent(), time.perf_counter()
    with ThreadPoolExecutor(at_a_time) as pool:
        ends = list(pool.map(_run, commands))
    wall, after = time.perf_counter() - began, _spent()
    for command, (code, said) in zip(commands, ends, strict=True):
        if code not in (0, *allowed):
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{said[-2000:]}")
    return Cost(wall, after - before)


def run_alone(command: Command, *, allowed: tuple[int, ...] = ()) -> Cost:
    """Runs one program below a small process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "cost.json")
        below = [sys.executable, "-S", __file__, str(report), *command]
        code, said = _run(below)
        if code not in (0, *allowed):
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{said[-2000:]}")
        return Cost(**json.loads(report.read_text()))


def _run(command: Command) -> tuple[int, str]:
    done = subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _report(path: str, command: Command) -> int:
    began = time.perf_counter()
    code = subprocess.run(list(command), check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter() - began
    cost = {
        "wall_seconds": wall,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * PEAK_UNIT_BYTES,
    }
    Path(path).write_text(json.dumps(cost))
    return code


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do a job. ``go`` does it anew, from nothing, each time it is called."""

    name: str
    go: Callable[[], Cost]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same job done by two, in turn; ratios are first to second, round by round."""

    title: str
    first: str
    second: str
    first_costs: tuple[Cost, ...]
    second_costs: tuple[Cost, ...]
    bar: float | None
    """The ratio that is to be reached; None where none is set."""
    notes: tuple[str, ...] = ()

    @property
    def cpu_ratio(self) -> float:
        return _middle(self.first_costs, self.second_costs, lambda cost: cost.cpu_seconds)

    @property
    def wall_ratio(self) -> float:
        return _middle(self.first_costs, self.second_costs, lambda cost: cost.wall_seconds)


def _middle(firsts: Sequence[Cost], seconds: Sequence[Cost], of: Callable[[Cost], float]) -> float:
    pairs = zip(firsts, seconds, strict=True)
    return statistics.median(of(first) / of(second) for first, second in pairs)


def compare(
    title: str, first: Contender, second: Contender, *, rounds: int, bar: float | None = None
) -> Comparison:
    """Lets two do the same job in turn, so that what else the machine does falls on both."""
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for turn in range(rounds):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        for place in order:
            costs[place].append((first, second)[place].go())
    return Comparison(title, first.name, second.name, tuple(costs[0]), tuple(costs[1]), bar)


def middle_cost(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.wall_seconds for cost in costs),
        statistics.median(cost.cpu_seconds for cost in costs),
        max(cost.peak_bytes for cost in costs),
    )


def machine() -> str:
    """The machine in words."""
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        found = re.search(r"model name\s*:\s*(.+)", facts.read_text())
        model = found[1] if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}"


if __name__ == "__main__":
    sys.exit(_report(sys.argv[1], sys.argv[2:]))
