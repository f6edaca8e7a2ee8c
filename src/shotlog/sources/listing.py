"""``--csv FILE``: a listing of whatever kind, recognised by what is in it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from shotlog.errors import ListingError, RowError
from shotlog.records import ListingReport, SkippedRow, Source
from shotlog.sources.addresses import Prefix
from shotlog.sources.columns import columns_by_title, no_address_error
from shotlog.sources.intake import Intake, Row
from shotlog.sources.json_items import array_items
from shotlog.sources.lsf import lsf_rows, recognised_format
from shotlog.sources.lsjson import lsjson_rows
from shotlog.sources.mangled import inferred_prefix, mangled_rows
from shotlog.sources.table import Table, recognised_table, table_rows
from shotlog.sources.text import opened, shown, text_blocks, text_lines

SAMPLE_LINES = 1000

_JSON = re.compile(r'\s*(\[\s*([{\]]|$)|\{\s*("|$))')


def read_listing(path: Path, *, public_url: str | None, report: ListingReport) -> Iterator[Source]:
    """The videos that a listing names, each once, in its order; ``-`` is standard input.

    Reads CSV with titles or without, the CSV that awk made of ``rclone lsf``, ``rclone lsf`` with
    or without ``--csv``, and ``rclone lsjson``. Memory does not grow with the listing, but for 8
    bytes of hash a video. Rows that are left out or mended go to ``report``. Raises ListingError
    if it cannot be read at all or no row can be used, SettingError for a wrong ``public_url``.
    """
    prefix = Prefix.of_option(public_url) if public_url is not None else None
    name = shown(path)
    with opened(path) as stream:
        blocks = text_blocks(stream, name)
        first = next(blocks, "")
        if not first or first.isspace():
            raise ListingError(
                f"{name} is empty.", hint="Check that the listing was written to its end."
            )
        rows, prefix = _rows(first, blocks, name, prefix)
        yield from Intake(report, shown=name, prefix=prefix).sources(rows)


def _rows(
    first: str, blocks: Iterator[str], name: str, prefix: Prefix | None
) -> tuple[Iterator[Row | SkippedRow], Prefix | None]:
    """The rows of the listing and the prefix of their names' addresses. Raises ListingError."""
    whole = chain((first,), blocks)
    if _JSON.match(first):
        rows = lsjson_rows(array_items(whole, name), name)
        begun = list(islice(rows, 1))
        return chain(begun, rows), _needed(prefix, name)
    sample = io.StringIO(first, newline="").readlines()[:SAMPLE_LINES]
    lines = text_lines(whole, name)
    inferred = inferred_prefix(sample)
    if inferred is not None:
        return mangled_rows(lines, inferred), _inferred(inferred, name)
    table = recognised_table(sample)
    if table is not None and table.titles:
        return table_rows(lines, table), _prefix_of_table(table, name, prefix)
    letters = recognised_format(sample)
    if letters is not None and not _is_clearly_csv(table):
        return lsf_rows(lines, letters), _needed(prefix, name)
    if table is not None:
        return table_rows(lines, table), _prefix_of_table(table, name, prefix)
    titles = _titles(sample)
    raise no_address_error(name, titles, columns_by_title(titles))


def _is_clearly_csv(table: Table | None) -> bool:
    """Whether rows without titles are CSV, though names in them hold semicolons as lsf's lines."""
    return table is not None and (table.delimiter == "," or table.columns.address is not None)


def _titles(sample: Sequence[str]) -> list[str]:
    first = next(line for line in sample if line.strip())
    return [title.strip()[:80] for title in next(csv.reader([first.rstrip("\r\n")]))]


def _prefix_of_table(table: Table, name: str, prefix: Prefix | None) -> Prefix | None:
    columns = table.columns
    if columns.address is not None or (columns.name is not None and prefix is not None):
        return prefix
    if not table.titles:
        return _needed(prefix, name)
    raise no_address_error(name, table.titles, columns)


def _inferred(text: str, name: str) -> Prefix:
    try:
        return Prefix.of_listing(text, line=0)
    except RowError as error:
        raise ListingError(f"{name}: {error.what}", hint=error.hint) from None


def _needed(prefix: Prefix | None, name: str) -> Prefix:
    if prefix is None:
        raise ListingError(
            f"{name} holds names and no addresses.",
            hint="Give the web address below which the files lie with --public-url, "
            "say --public-url https://mybucket.online/vids/.",
        )
    return prefix
