"""Where a row of whatever listing becomes a video, or is left out and said so."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from shotlog.errors import ListingError, RowError
from shotlog.quantities import parse_size, parse_time
from shotlog.records import ListingReport, SkippedRow, Source
from shotlog.signed import unsigned
from shotlog.sources.addresses import Prefix, fetchable, name_of, shown_address
from shotlog.sources.endings import VIDEO_ENDINGS, is_resource_fork, is_video_name, may_be_video
from shotlog.wording import listed, spoken_count

log = logging.getLogger("shotlog.sources")

DIRECTORY_SIZE = "-1"
"""What rclone prints as the size of a directory."""

LARGEST_SIZE = 2**63 - 1
"""Bytes; the largest number that the catalog holds."""


class Row(NamedTuple):
    """One row as its listing says it; an empty text is a thing not said."""

    line: int
    """1-based; the entry's number where there are no lines."""
    name: str
    size: str
    modified: str
    address: str
    """Empty: the listing's prefix and the name."""
    further: tuple[tuple[str, str], ...] = ()
    mended: str = ""
    """What the reader had to repair to read it."""


def bad_row(line: int, name: str, error: ListingError) -> SkippedRow:
    return SkippedRow(line, "bad", name, error.what, error.hint)


def empty_file(line: int, name: str) -> SkippedRow:
    reason = "it has 0 bytes: there is nothing to read."
    return SkippedRow(line, "bad", name, reason, "Upload it again, or leave it out.")


class Intake:
    """Turns the rows of one listing into videos, each address once.

    What is left out or mended goes to ``report``. ``shown`` names the listing in messages;
    ``prefix`` makes the address of a row that has none; ``local`` admits ``file://``.
    """

    def __init__(
        self,
        report: ListingReport,
        *,
        shown: str,
        prefix: Prefix | None = None,
        local: bool = False,
    ) -> None:
        self._report = report
        self._shown = shown
        self._prefix = prefix
        self._local = local
        self._seen: set[int] = set()
        self._left_out: dict[str, int] = {}
        self._first_bad: SkippedRow | None = None

    def sources(self, rows: Iterable[Row | SkippedRow]) -> Iterator[Source]:
        """The videos among the rows. Raises ListingError after the last one if there is none."""
        for row in rows:
            found = row if isinstance(row, SkippedRow) else self.judge(row)
            if isinstance(found, Source):
                yield found
            else:
                self.leave_out(found)
        self.require_a_video()

    def judge(self, row: Row) -> Source | SkippedRow:
        """The row's video, or why it is none. A row that was mended is reported."""
        line, name, size_text, time_text, address, further, mended = row
        size_text = size_text.strip()
        if size_text == DIRECTORY_SIZE or name.endswith("/"):
            return SkippedRow(line, "directory", name)
        ending = name.rpartition(".")[2].lower()
        if (ending not in VIDEO_ENDINGS or "._" in name) and not _may_be_video(name, address):
            return SkippedRow(line, "not_video", name or name_of(address))
        size, size_mended = _size(size_text)
        if size == 0:
            return empty_file(line, name or name_of(address))
        shown_name = name or name_of(address)
        try:
            if not (shown_name.isascii() and address.isascii()):
                _require_storable(shown_name + address, line)
            if address:
                public_url = address
                url = fetchable(address, name, line=line, local=self._local)
            else:
                public_url, url = self._below_prefix(line, name)
        except RowError as error:
            return bad_row(line, name or shown_address(address), error)
        known = len(self._seen)
        self._seen.add(hash(unsigned(url)))
        if len(self._seen) == known:
            return SkippedRow(line, "duplicate", shown_name)
        modified, time_mended = _time(time_text)
        if mended or size_mended or time_mended:
            self._mended(line, shown_name, [mended, size_mended, time_mended])
        return Source(public_url, url, shown_name, size, modified, further=further)

    def leave_out(self, row: SkippedRow) -> None:
        """Reports a row that is no video of this run."""
        if not row.name.isascii():
            row = replace(row, name=shown_text(row.name))
        self._report.add(row)
        self._left_out[row.kind] = self._left_out.get(row.kind, 0) + 1
        if row.kind == "bad":
            self._first_bad = self._first_bad or row
            log.info("%s, line %d, %r: left out: %s", self._shown, row.line, row.name, row.reason)
        else:
            log.debug("%s, line %d, %r: left out: %s", self._shown, row.line, row.name, row.kind)

    def require_a_video(self) -> None:
        """Raises ListingError, with what the rows were instead, unless one was a video."""
        if self._seen:
            return
        if not self._left_out:
            raise ListingError(
                f"{self._shown} has no rows.", hint="Check that the listing was written to its end."
            )
        nouns = {"directory": "folder", "not_video": "other file", "bad": "unusable row"}
        what = listed([spoken_count(n, nouns[kind]) for kind, n in self._left_out.items()])
        first = self._first_bad
        if first is None:
            raise ListingError(
                f"{self._shown} names no video ({what}).",
                hint="Check that it is the right listing.",
            )
        raise ListingError(
            f"{self._shown} has no row that can be used ({what}). "
            f"The first, line {first.line}: {first.reason.rstrip('.')}.",
            hint=first.hint,
        )

    def _below_prefix(self, line: int, name: str) -> tuple[str, str]:
        """The address of a row that has only a name: as shown, and ready. Raises RowError."""
        if self._prefix is None or not name:
            raise RowError(
                "the row has no address.",
                line=line,
                hint="Fill it in, or give what stands before the names as --public-url.",
            )
        return self._prefix.address(name)

    def _mended(self, line: int, name: str, what: list[str]) -> None:
        reason = "; ".join(filter(None, what))
        self._report.add(SkippedRow(line, "mended", name, reason))
        log.info("%s, line %d, %r: mended: %s", self._shown, line, name, reason)


def _may_be_video(name: str, address: str) -> bool:
    """By the name; where that says no or nothing, by the address."""
    path = name_of(address) if address else ""
    if is_resource_fork(name or path):
        return False
    return may_be_video(name or path) or is_video_name(path)


def _size(text: str) -> tuple[int | None, str]:
    """Bytes, None where unknown, and what is wrong with the text."""
    if text.isdecimal() and len(text) < 19:
        return int(text), ""
    if not text:
        return None, ""
    try:
        size = parse_size(text)
    except ValueError:
        size = LARGEST_SIZE + 1
    if size > LARGEST_SIZE:
        return None, f"the size {text[:80]!r} cannot be read and is taken as unknown"
    return size, ""


def _time(text: str) -> tuple[datetime | None, str]:
    """The time in UTC, None where unknown, and what is wrong with the text."""
    if not text:
        return None, ""
    try:
        # Most times have no zone, which means UTC, or are in UTC.
        return datetime.fromisoformat(text if text[-1] == "Z" else text + "Z"), ""
    except ValueError:
        pass
    try:
        return parse_time(text) if text.strip() else None, ""
    except ValueError:
        return None, f"the time {text[:80]!r} cannot be read and is taken as unknown"


def shown_text(text: str) -> str:
    r"""The text as UTF-8 can hold it: half a character is shown as ``\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode()


def _require_storable(text: str, line: int) -> None:
    """Raises RowError if UTF-8 cannot hold the text: JSON can spell half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RowError(
            "its name or address holds half a character (a lone surrogate).",
            line=line,
            hint="Rename the file, and list the bucket again.",
        ) from None
