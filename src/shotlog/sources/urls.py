"""``--urls URL…``: addresses as they were typed or pasted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shotlog.records import ListingReport, Source
from shotlog.sources.intake import Intake, Row


def read_urls(urls: Iterable[str], *, report: ListingReport) -> Iterator[Source]:
    """The videos at these addresses, each once; a row's number is the address's place, from 1.

    Raises ListingError after the last one if none can be used.
    """
    rows = (Row(place, "", "", "", url.strip()) for place, url in enumerate(urls, 1))
    yield from Intake(report, shown="The list of addresses").sources(rows)
