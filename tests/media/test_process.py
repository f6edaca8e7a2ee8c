"""Media processes that die or hang, and those beside them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from media_work import act_as_named
from recipes import plain

from shotlog.errors import MediaProcessError, NotVideoError
from shotlog.media.process import MediaPool
from shotlog.media.scan import ScanRequest, ScanResult, scan_all
from shotlog.segments import Cutting

STALL_SECONDS = 3.0
Results = tuple[ScanResult, ...]


def fates(pool: MediaPool, requests: list[ScanRequest]) -> dict[str, Results | Exception]:
    """What became of each request, by the name of its file."""
    found: dict[str, Results | Exception] = {}
    all_there = threading.Event()

    def keeper(name: str) -> Callable[[Callable[[], Results]], None]:
        def keep(result: Callable[[], Results]) -> None:
            try:
                found[name] = result()
            except (MediaProcessError, NotVideoError) as error:
                found[name] = error
            if len(found) == len(requests):
                all_there.set()

        return keep

    for request in requests:
        pool.submit(request.path.name, (request,), keeper(request.path.name))
    while not all_there.wait(0.1):
        pool.check()
    return found


def request_for(path: Path, folder: Path) -> ScanRequest:
    return ScanRequest(path, folder, Cutting(Fraction(15)), None, None)


@pytest.mark.slow
def test_a_process_that_dies_or_hangs_costs_only_its_own_video(tmp_path: Path) -> None:
    names = ["exits", "fine", "crashes", "hangs", "beats", "fine too"]
    requests = [request_for(tmp_path / name, tmp_path) for name in names]
    with MediaPool(2, tmp_path / "beats", STALL_SECONDS, work=act_as_named) as pool:
        found = fates(pool, requests)
    assert found["fine"] == found["fine too"] == found["beats"] == ()
    for name in ("exits", "crashes"):
        assert isinstance(found[name], MediaProcessError)
        assert "died" in str(found[name])
    assert isinstance(found["hangs"], MediaProcessError)
    assert "no progress for 3 s" in str(found["hangs"])
    assert list((tmp_path / "beats").iterdir()) == []


def test_a_process_that_asks_for_more_than_its_limit_fails_with_the_reason(tmp_path: Path) -> None:
    requests = [request_for(tmp_path / name, tmp_path) for name in ("fills", "fine")]
    limit_bytes = 500_000_000
    with MediaPool(
        1, tmp_path / "beats", 60, memory_limit_bytes=limit_bytes, work=act_as_named
    ) as pool:
        found = fates(pool, requests)
    assert isinstance(found["fills"], MediaProcessError)
    assert "more memory" in str(found["fills"])
    assert found["fine"] == ()


def test_a_scan_in_a_process_gives_its_result_or_its_own_error(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("This is no video at all.\n" * 40)
    video = plain(".mp4")
    requests = [request_for(text, tmp_path / "a"), request_for(video, tmp_path / "b")]
    with MediaPool(1, tmp_path / "beats", 60, work=scan_all) as pool:
        found = fates(pool, requests)
    assert isinstance(found["text.mp4"], NotVideoError)
    assert found["text.mp4"].hint
    result = found[video.name]
    assert isinstance(result, tuple)
    assert result[0].facts.frame_count == 120


def test_leaving_the_pool_ends_what_is_under_way(tmp_path: Path) -> None:
    request = request_for(tmp_path / "hangs", tmp_path)
    with MediaPool(1, tmp_path / "beats", 600, work=act_as_named) as pool:
        for _ in range(2):
            pool.submit("hangs", (request,), lambda _result: None)
        while not (request.path.exists() and request.path.read_text()):
            time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int(request.path.read_text()), 0)


def test_a_process_is_deaf_to_ctrl_c_from_its_first_instruction(tmp_path: Path) -> None:
    """In a program of its own, whose first process it is."""
    script = f"""
import signal
from pathlib import Path
from test_process import STALL_SECONDS, MediaPool, act_as_named, fates, request_for
folder = Path({str(tmp_path)!r})
with MediaPool(1, folder / "beats", STALL_SECONDS, work=act_as_named) as pool:
    print(fates(pool, [request_for(folder / "sees Ctrl-C", folder)]))
print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["{'sees Ctrl-C': ()}", "False"]
