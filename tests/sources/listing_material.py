"""Short ways to read a listing and to say what was found."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from shotlog.records import ListingReport, Source
from shotlog.sources import read_listing

PREFIX = "https://mybucket.online/vids/"

AWK_PROGRAM = (
    'BEGIN {print "file_name,file_size,last_modified,public_url"} '
    '{print $1","$2","$3","bucket_url $1}'
)
"""The users' own, to the letter."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(
    path: Path, content: str | bytes = b"", *, public_url: str | None = None
) -> tuple[list[Source], ListingReport]:
    """What a listing of this content gives; without content, the file that is there."""
    if content:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = ListingReport()
    return list(read_listing(path, public_url=public_url, report=report)), report


def said(report: ListingReport) -> list[tuple[int, str, str]]:
    return [(row.line, row.kind, row.name) for row in report.rows]


def names(sources: Sequence[Source]) -> list[str]:
    return [source.file_name for source in sources]


def awk(lines: Sequence[str], bucket_url: str = PREFIX, program: str = AWK_PROGRAM) -> str:
    """What the users' command makes of these lines of ``rclone lsf --format pst``."""
    done = subprocess.run(
        ["awk", "-v", f"bucket_url={bucket_url}", program],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()
