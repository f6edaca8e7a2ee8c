"""The user's own case: a bucket of real videos with awkward names, listed by the awk line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from running import results, shotlog

from shotlog.testing.bucket import Bucket

AWK = (
    'BEGIN {print "file_name,file_size,last_modified,public_url"} '
    '{print $1","$2","$3","bucket_url $1}'
)

NAMES = {
    "video1.mp4": "fades.mp4",
    "my holiday.mov": "rotated-90.mov",
    "a,b.mp4": "counter.mp4",
    "semi;colon.mp4": "h265_10bits.mp4",
    "Ümläut – 100%.mkv": "av1_video.mkv",
    "sub/dir/clip #1.mkv": "asl-book.mkv",
    "what?.mp4": "delayed_start.mp4",
    "my long holiday video.mp4": "fades.mp4",
}
"""Names in the bucket, with the shared video that lies there."""

CUT_OFF = {"my long holiday video.mp4"}
"""Of three blanks awk leaves nothing to recover."""


@pytest.fixture
def bucket_and_listing(shared_media: Path, tmp_path: Path) -> tuple[Bucket, Path]:
    bucket = Bucket({name: shared_media / file for name, file in NAMES.items()})
    rows = "".join(
        f"{entry.name};{entry.size_bytes};{entry.last_modified:%Y-%m-%d %H:%M:%S}\n"
        for entry in bucket.entries
    )
    made = subprocess.run(
        ["awk", "-v", f"bucket_url={bucket.prefix}", AWK],
        input=rows,
        capture_output=True,
        text=True,
        check=True,
    )
    listing = tmp_path / "videos.csv"
    listing.write_text(made.stdout, encoding="utf-8")
    return bucket, listing


def test_every_recoverable_row_is_done_and_the_others_are_reported(
    bucket_and_listing: tuple[Bucket, Path], tmp_path: Path
) -> None:
    bucket, listing = bucket_and_listing
    with bucket:
        done = shotlog("run", "--csv", listing, "--output", tmp_path / "log")
        again = shotlog("run", "--csv", listing, "--output", tmp_path / "log")
    assert done.returncode == 2, done.stdout + done.stderr
    found = results(tmp_path / "log")
    assert set(found) == set(NAMES) - CUT_OFF
    assert {video["status"] for video in found.values()} == {"done"}
    for name, video in found.items():
        assert video["public_url"] == bucket.prefix + name
        assert video["segments"][0]["segment_url"].startswith(bucket.url(name) + "#t=0,")
        assert all(segment["description"] for segment in video["segments"])
    assert "The listing was repaired in 7 rows" in done.stdout
    assert "rclone lsf -R --csv --format pst" in done.stdout
    assert "(my long holiday …)" in done.stdout
    assert "7  nothing to do" in again.stdout


@pytest.mark.slow
def test_the_demo_runs_to_its_end_and_says_where_to_look(tmp_path: Path) -> None:
    done = shotlog("demo", tmp_path / "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    found = results(tmp_path / "demo" / "library")
    states = {name: video["status"] for name, video in found.items()}
    assert states.pop("broken upload.mkv") == "partial"
    assert set(states.values()) == {"done"}
    assert found["phone, upright.mov"]["media"]["rotation_degrees"] == 90
    *_, opens = done.stdout.splitlines()
    assert f"serve {tmp_path / 'demo' / 'library'} --open" in opens
    assert found["landscape 1080p60.mp4"]["segments"][0]["fps"] == 30
    assert "a name with" in done.stdout
    assert "results.json" in done.stdout
