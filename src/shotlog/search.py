"""What a search of the library finds, and what to do where it finds nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from shotlog.catalog import Catalog
from shotlog.catalog.hybrid_search import Nearness
from shotlog.catalog.tags import fold
from shotlog.exports import segment_url
from shotlog.queries import Filters, Query, Term
from shotlog.records import Status
from shotlog.rows import FoundBy, FoundRow, Snippet, VideoRow

DEFAULT_LIMIT = 20

SNIPPET_CHARACTERS = 240
"""A longer text is cut around its first words."""
BEFORE_CHARACTERS = 60
"""So much of them in front of the first word."""

FURTHER = 3
"""So many times what is to be shown is looked at where copies are left out, and some more."""

ALIKE = 0.6
"""difflib's ratio from which a word may have been meant."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A moment of the library that fits; half-open, in seconds from the first frame shown."""

    video_id: str
    file_name: str
    title: str | None
    status: Status | None
    index: int | None
    """Of the clip; None where the words are the whole video's."""
    start: Fraction
    end: Fraction
    url: str
    """Plays that moment."""
    thumb: str | None
    """Relative to the library's folder."""
    score: float
    """Higher is better; only scores of one search compare."""
    snippet: Snippet | None
    """None where nothing is said."""
    tags: tuple[str, ...]
    found_by: FoundBy = "words"
    similarity: float | None = None
    """How near its meaning is, -1..1; None where that was not asked."""


def search(
    catalog: Catalog,
    query: Query,
    filters: Filters,
    limit: int,
    near: Nearness | None = None,
    *,
    by_words: bool = True,
) -> Iterator[Hit]:
    """The clips that fit, the best first; without words, those of the newest videos first.

    With ``near`` those that are near to it too, and without ``by_words`` those alone.
    """
    if near is None:
        rows = catalog.search(query, filters, limit)
    else:
        rows = catalog.search_near(query, filters, near, limit, by_words=by_words)
    yield from _hits(catalog, rows)


def similar(
    catalog: Catalog,
    video_id: str,
    index: int | None,
    filters: Filters,
    limit: int,
    near: Nearness | None,
    *,
    copies: bool = False,
) -> Iterator[Hit]:
    """Clips like one (with ``index`` None: videos like one), the likest first, never itself.

    Without ``near``, its vector, by the words that tell it from others. Of clips that show the same
    picture the likest alone comes, and none that shows what the one asked about does, unless
    ``copies`` are wanted.
    """
    many = FURTHER * limit + 50
    asked = replace(filters, whole=index is None)
    if near is not None:
        rows = catalog.search_near(Query(), asked, near, many, by_words=False)
    else:
        query = catalog.distinctive_words(video_id, index)
        rows = catalog.search(query, asked, many) if query.groups else iter(())
    others: Iterator[FoundRow] = (
        row for row in rows if (row.video_id, row.clip_index) != (video_id, index)
    )
    if not copies:
        others = _pictures_apart(catalog, others, video_id, index)
    yield from _hits(catalog, islice(others, limit))


def _pictures_apart(
    catalog: Catalog, rows: Iterable[FoundRow], video_id: str, index: int | None
) -> Iterator[FoundRow]:
    seen = {catalog.picture(video_id, index)} if index is not None else set()
    for row in rows:
        picture = None if row.clip_index is None else catalog.picture(row.video_id, row.clip_index)
        if picture is None or picture not in seen:
            yield row
        seen.add(picture)


def _hits(catalog: Catalog, rows: Iterable[FoundRow]) -> Iterator[Hit]:
    for row in rows:
        video = catalog.video(row.video_id)
        if video is not None:
            yield _hit(catalog, video, row)


def did_you_mean(catalog: Catalog, query: Query, filters: Filters) -> str | None:
    """For a search that found nothing: the first tag, class or word that is nowhere, with the
    nearest there is.

    A sentence for people; None where each of them is to be found by itself.
    """
    for tag in filters.tags:
        known = catalog.tags_like(tag)
        if fold(tag) not in known:
            near = difflib.get_close_matches(fold(tag), known, n=1, cutoff=ALIKE)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            return f"Nothing has the tag {tag!r}.{meant}"
    for named in filters.classes:
        there = [
            f"{group}={name}" if "=" in named else name for group, name in catalog.class_names()
        ]
        if fold(named) not in map(fold, there):
            near = difflib.get_close_matches(fold(named), there, n=1, cutoff=ALIKE)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            return f"Nothing is classed {named!r}.{meant}"
    for term in query.terms:
        if next(catalog.search(Query(((term,),)), Filters(columns=filters.columns), 1), None):
            continue
        near = difflib.get_close_matches(
            term.text.casefold(), catalog.words_like(term.text), n=1, cutoff=ALIKE
        )
        shown = _as_written(catalog, near[0]) if near else None
        meant = f" Did you mean {shown!r}?" if shown else ""
        return f"The library has {term.text!r} nowhere.{meant}"
    return None


def _as_written(catalog: Catalog, stem: str) -> str | None:
    """A word that has this stem, as a clip says it."""
    found = next(catalog.search(Query(((Term(stem, prefix=True),),)), Filters(), 1), None)
    if found is None or found.snippet is None or not found.snippet.marks:
        return None
    start, end = found.snippet.marks[0]
    return found.snippet.text[start:end].casefold()


def _hit(catalog: Catalog, video: VideoRow, row: FoundRow) -> Hit:
    whole = row.clip_index is None
    first = catalog.clip(video.id, row.clip_index or 1)
    last = catalog.clip(video.id, video.clip_count) if whole else first
    tags = video.tags_now if whole else first.tags_now if first else ()
    url = segment_url(video.source, first) if first and not whole else video.source.url
    return Hit(
        video_id=video.id,
        file_name=video.source.file_name,
        title=video.title,
        status=video.status,
        index=row.clip_index,
        start=first.clip.span.start if first else Fraction(0),
        end=last.clip.span.end if last else Fraction(0),
        url=url,
        thumb=first.clip.thumb if first else None,
        score=row.score,
        snippet=shortened(row.snippet) if row.snippet else None,
        tags=tags,
        found_by=row.found_by,
        similarity=row.similarity,
    )


def shortened(snippet: Snippet) -> Snippet:
    """The part of a text around its first marked word, cut between words where there are blanks."""
    text = " ".join(snippet.text.split()) if not snippet.marks else snippet.text
    if len(text) <= SNIPPET_CHARACTERS:
        return replace(snippet, text=text)
    first = snippet.marks[0][0] if snippet.marks else 0
    start = max(0, min(first - BEFORE_CHARACTERS, len(text) - SNIPPET_CHARACTERS))
    if start:
        start = max(start, text.find(" ", start, first) + 1)
    end = min(len(text), start + SNIPPET_CHARACTERS)
    if end < len(text):
        blank = text.rfind(" ", start, end)
        marked = max((stop for _, stop in snippet.marks if stop <= end), default=start)
        end = max(blank, marked) if blank > start else end
    before, after = "…" if start else "", "…" if end < len(text) else ""
    moved = len(before) - start
    marks = tuple(
        (first + moved, min(stop, end) + moved)
        for first, stop in snippet.marks
        if start <= first < end
    )
    return Snippet(snippet.column, f"{before}{text[start:end]}{after}", marks)
