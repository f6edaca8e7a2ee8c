"""A program of somebody else that calls shotlog."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from shotlog.testing import videos

SCRIPT = """\
import shotlog

print("begun")
report = shotlog.run(dir="films", output="log")
print(report.status)
"""


@pytest.mark.slow
def test_a_script_without_a_guard_is_loaded_once_and_its_run_is_done(tmp_path: Path) -> None:
    recipe = videos.Recipe(160, 120, Fraction(10), 1.0, videos.street, sound=False)
    (tmp_path / "films").mkdir()
    videos.make_video(tmp_path / "films" / "a.mp4", recipe)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, ["begun", "done"]), done.stderr
