"""Listings that are tables: CSV with titles or without, whatever the delimiter."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shotlog.errors import RowError
from shotlog.records import SkippedRow
from shotlog.sources.columns import (
    Columns,
    columns_by_content,
    columns_by_title,
    known_titles,
    looks_like_data,
)
from shotlog.sources.intake import Row, bad_row

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is to be read."""

    delimiter: str
    columns: Columns
    titles: tuple[str, ...] = ()
    """The cells of the first row; empty where the first row is a video already."""


def recognised_table(sample: Sequence[str]) -> Table | None:
    """How to read the table that begins with these lines; None where they are no table."""
    with_titles = _titled(sample)
    if with_titles is not None:
        return with_titles
    for delimiter in DELIMITERS:
        rows = [cells for _, cells in csv_rows(sample, delimiter)]
        columns = columns_by_content(rows) if rows and looks_like_data(rows[0]) else None
        if columns is not None and (columns.address is not None or columns.size is not None):
            return Table(delimiter, columns)
    return None


def _titled(sample: Sequence[str]) -> Table | None:
    best: tuple[int, str, list[str]] | None = None
    for delimiter in DELIMITERS:
        cells = next((cells for _, cells in csv_rows(sample[:50], delimiter)), [])
        known = known_titles(cells)
        if known and not looks_like_data(cells) and (best is None or known > best[0]):
            best = known, delimiter, cells
    if best is None:
        return None
    _, delimiter, cells = best
    return Table(delimiter, columns_by_title(cells), tuple(cells))


def table_rows(lines: Iterable[str], table: Table) -> Iterator[Row | SkippedRow]:
    """The rows of a table, its titles left out."""
    columns = table.columns
    count, further = columns.count, columns.further
    # A column that is not there is read from an empty cell put behind the others.
    name, size, modified, address = (
        count if place is None else place
        for place in (columns.name, columns.size, columns.modified, columns.address)
    )
    titles = list(table.titles)
    for line, cells in csv_rows(lines, table.delimiter):
        # Titles stand again in the middle where listings were joined.
        if cells == titles:
            continue
        mended = ""
        if len(cells) != count:
            fitted, mended = _fitted(cells, table)
            if fitted is None:
                yield _misshapen(line, cells, table)
                continue
            cells = fitted  # noqa: PLW2901 - the same row, as it was meant
        cells.append("")
        kept = tuple([(title, cells[place]) for title, place in further]) if further else ()
        row = Row(
            line, cells[name], cells[size], cells[modified], cells[address].strip(), kept, mended
        )
        if row.address or row.name or any(cells):
            yield row


def csv_rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the number of its first line.

    A quote that is never closed costs its own line only: what cannot be read as CSV is read again
    line by line.
    """
    held: list[str] = []
    reader = csv.reader(_remembered(lines, held), delimiter=delimiter, strict=True)
    while True:
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num - len(held) + 1, cells
                held.clear()
        except csv.Error:
            first = reader.line_num - len(held) + 1
            for number, line in enumerate(held, first):
                yield from ((number, cells) for cells in _lenient(line, delimiter) if cells)
            held.clear()
        else:
            return


def _remembered(lines: Iterable[str], held: list[str]) -> Iterator[str]:
    remember = held.append
    for line in lines:
        remember(line)
        yield line


def _lenient(line: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader([line.rstrip("\r\n")], delimiter=delimiter))
    except csv.Error:
        return [line.rstrip("\r\n").split(delimiter)]


def _fitted(cells: list[str], table: Table) -> tuple[list[str] | None, str]:
    """Cells as many as there are columns, and what was repaired; None where that is a guess.

    Missing cells at the end are empty ones. Too many come from a name with commas that nobody
    quoted: it stands in the first column and again at the end of the address, in the last one.
    """
    columns, surplus = table.columns, len(cells) - table.columns.count
    if surplus < 0:
        address = columns.name if columns.address is None else columns.address
        if address is None or address >= len(cells):
            return None, ""
        return cells + [""] * -surplus, ""
    if not any(cells[columns.count :]):
        return cells[: columns.count], ""
    if columns.name != 0 or columns.address not in (None, columns.count - 1):
        return None, ""
    half = surplus if columns.address is None else surplus // 2
    tail = surplus - half
    name = table.delimiter.join(cells[: half + 1])
    address_text = table.delimiter.join(cells[len(cells) - tail - 1 :])
    if columns.address is not None and not (half == tail and address_text.endswith(name)):
        return None, ""
    fitted = [name, *cells[half + 1 : len(cells) - tail - 1], address_text]
    return fitted, "the name holds commas that were not quoted"


def _misshapen(line: int, cells: list[str], table: Table) -> SkippedRow:
    count = table.columns.count
    if any("\n" in cell or cell.count('"') % 2 for cell in cells):
        hint = 'A quote is opened and not closed: write the name as "…", quotes in it doubled.'
    elif len(cells) > count:
        hint = 'Write a cell that holds the delimiter in quotes, as "a,b.mp4".'
    else:
        hint = "Fill in the missing cells."
    error = RowError(
        f"the row has {len(cells)} columns where {count} belong.", line=line, hint=hint
    )
    return bad_row(line, cells[0][:200], error)
