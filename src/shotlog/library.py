"""A library, open for reading: its videos and clips, what a search finds, what leaves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from shotlog.catalog import Catalog, catalog_in
from shotlog.catalog.collection import Collection
from shotlog.errors import UsageError
from shotlog.exports import Chosen, Target, VideoObject, Written, chosen, format_named, video_object
from shotlog.exports.mongodb import place, require_pymongo
from shotlog.queries import Column, FilterFields, Filters, Sort, read_query
from shotlog.records import Sample, Spent, Status
from shotlog.rows import (
    BrowsedPage,
    ClipRow,
    Counts,
    FailureGroup,
    FailureRow,
    RunRow,
    ScanRow,
    TagCount,
    VideoRow,
)
from shotlog.search import DEFAULT_LIMIT, Hit, did_you_mean, search, similar
from shotlog.semantic_search import By, Meaning, check_by
from shotlog.settings import Settings
from shotlog.speech import Transcript
from shotlog.storage import is_running, make_folder

if TYPE_CHECKING:
    from shotlog.exports.mongodb.sending import Sent


class Library:
    """A library, open for reading. A context manager; others may read and write beside it."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        """``settings`` say who makes vectors of what is looked for; None: words alone.

        Raises LibraryError where there is no library in the folder.
        """
        path = catalog_in(folder)
        self.folder = folder
        self._catalog = Catalog.open(path, read_only=True)
        self._meaning = Meaning(self._catalog, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self._meaning.close()
        self._catalog.close()

    def videos(self) -> Iterator[VideoObject]:
        """Every video, as in ``results.json``, in the order first seen. Streams."""
        for row in self._catalog.videos():
            yield self.object_of(row)

    def video(self, name: str) -> VideoObject | None:
        """The video with this name, id or folder; the first one of that name."""
        row = self.find(name)
        return self.object_of(row) if row else None

    def find(self, name: str) -> VideoRow | None:
        """The catalog's row of the video with this name, id or folder."""
        return self._catalog.video_named(name)

    def rows(self) -> Iterator[VideoRow]:
        """Every video as the catalog has it. Streams."""
        return self._catalog.videos()

    def row(self, video_id: str) -> VideoRow | None:
        """The catalog's row of the video with this id."""
        return self._catalog.video(video_id)

    def browse(
        self,
        query: str = "",
        *,
        sort: Sort = "newest",
        after: str | None = None,
        limit: int = 48,
        **filters: Unpack[FilterFields],
    ) -> BrowsedPage:
        """A page of the videos that fit, or of which a clip does; ``after`` is the page before's.

        ``query`` and ``filters`` as :meth:`search` takes them, but that a length is the video's.
        """
        asked = read_query(query), Filters(**filters)
        return self._catalog.browse(*asked, sort, after, limit)

    def count(self, query: str = "", *, most: int = 1000, **filters: Unpack[FilterFields]) -> int:
        """How many videos :meth:`browse` has; one more than ``most`` where there are more."""
        return self._catalog.count_browsed(read_query(query), Filters(**filters), most)

    def statuses(self) -> Mapping[Status | None, int]:
        """How many videos stand how; None: no run has finished them."""
        return self._catalog.statuses()

    def class_names(self) -> Sequence[tuple[str, str]]:
        """Group and name of every class there is, in order."""
        return self._catalog.class_names()

    def revision(self) -> int:
        """The number of the last change of what is shown of any video."""
        return self._catalog.revision()

    def collection(self, tags: Sequence[str] = ()) -> Collection:
        """The library in numbers; ``tags`` are those to be counted by month.

        Goes through the whole library: seconds where there are a million clips.
        """
        return self._catalog.collection(tags)

    def clips(self, video_id: str) -> tuple[ClipRow, ...]:
        return self._catalog.clips(video_id)

    def clip(self, video_id: str, index: int) -> ClipRow | None:
        """The clip of this number, from 1."""
        return self._catalog.clip(video_id, index)

    def samples(self, video_id: str) -> tuple[Sample, ...]:
        """What was measured along a video, two samples a second; empty where none was scanned."""
        return self._catalog.samples(video_id)

    def scan(self, video_id: str) -> ScanRow | None:
        return self._catalog.scan(video_id)

    def transcript(self, video_id: str) -> Transcript | None:
        """The words heard, each with its time; None where nobody listened."""
        return self._catalog.transcript(video_id)

    def counts(self) -> Counts:
        return self._catalog.counts()

    def failures(self) -> Iterator[FailureRow]:
        return self._catalog.failures()

    def last_run(self) -> RunRow | None:
        return self._catalog.last_run()

    def runs(self, *, before: int | None = None, limit: int = 20) -> Sequence[RunRow]:
        """Runs over this library, the last first; those before run ``before`` where it is named."""
        return self._catalog.runs(before, limit)

    def is_running(self) -> bool | None:
        """Whether a run, or another command that writes, goes on now.

        None where the disk keeps no locks by which it could be told.
        """
        return is_running(self.folder)

    def failure_groups(self, run_id: int) -> Sequence[FailureGroup]:
        """What failed of the videos of this run, failures with one remedy together."""
        return self._catalog.failure_groups(run_id)

    def spending(self) -> tuple[Spent, ...]:
        """What all runs used of models, one for each currency."""
        return self._catalog.spending()

    def search(
        self,
        query: str = "",
        *,
        limit: int = DEFAULT_LIMIT,
        by: By | None = None,
        on_note: Callable[[str], None] | None = None,
        **filters: Unpack[FilterFields],
    ) -> Iterator[Hit]:
        """The clips that fit, the best first; without words, those of the newest videos first.

        ``query`` as in docs/search.md; ``filters`` are the fields of
        :class:`~shotlog.queries.Filters`. ``by`` says whether words, meaning or both count; None:
        both where the library has vectors and the settings name who makes them, and words alone
        elsewhere: ``on_note`` is then told why, in a sentence. Raises UsageError where something
        cannot be meant, EmbeddingError where ``by`` insists on meaning and nobody answers.
        """
        read, asked = read_query(query), Filters(**filters)
        near, note = self._meaning.near(query, read, asked, by)
        if note is not None and on_note is not None:
            on_note(note)
        return search(self._catalog, read, asked, limit, near, by_words=by != "meaning")

    def similar(
        self,
        video_id: str,
        index: int | None = None,
        *,
        limit: int = DEFAULT_LIMIT,
        by: By | None = None,
        copies: bool = False,
        **filters: Unpack[FilterFields],
    ) -> Iterator[Hit]:
        """Clips like a clip, or (``index`` None) videos like a video; the likest first.

        By meaning where it has a vector, and by the words that tell it from others elsewhere, or
        where ``by`` says so. Copies of its picture, and of each other's, are left out unless
        ``copies`` are wanted. Nobody is asked. Raises UsageError where there is no such clip, or
        no vector where ``by`` insists on it.
        """
        asked = Filters(**filters)
        check_by(by, asked)
        video = self._catalog.video(video_id)
        if video is None or (index is not None and self._catalog.clip(video_id, index) is None):
            raise not_there(video.source.file_name if video else video_id, index)
        by_words = by == "words" or (by is None and asked.columns)
        near = None if by_words else self._meaning.near_clip(video_id, index)
        if near is None and by in ("meaning", "both"):
            raise UsageError(
                "The clip has no vector.", hint="`shotlog embed` makes what is missing."
            )
        return similar(self._catalog, video_id, index, asked, limit, near, copies=copies)

    def did_you_mean(
        self,
        query: str,
        columns: tuple[Column, ...] = (),
        tags: tuple[str, ...] = (),
        classes: tuple[str, ...] = (),
    ) -> str | None:
        """For a search that found nothing: which tag, class or word is nowhere, and what is.

        None where each of them is to be found by itself.
        """
        asked = Filters(tags=tags, classes=classes, columns=columns)
        return did_you_mean(self._catalog, read_query(query), asked)

    def chosen(self, query: str = "", **filters: Unpack[FilterFields]) -> Iterator[Chosen]:
        """All videos of which something fits, with the clips that do, in the order first seen.

        ``query`` and ``filters`` as :meth:`search` takes them; nothing asked: everything. Streams.
        """
        selected = self._catalog.selected(read_query(query), Filters(**filters))
        return chosen(self._catalog, selected)

    def export(
        self,
        name: str = "json",
        place: str | Path | None = None,
        query: str = "",
        **filters: Unpack[FilterFields],
    ) -> Written:
        """Writes what fits in one of the formats of docs/exports.md, whole or not at all.

        ``place`` is the file or folder to write; None: the format's own name in the library's
        ``exports``, and for ``sidecars`` the library itself. Raises UsageError, LibraryError,
        DiskFullError, MissingToolError.
        """
        known = format_named(name)
        named = Path(place) if place is not None else self.folder / known.folder / known.default
        # A folder takes its place by its name, and "." has none. Links are not followed.
        path = named if named.name not in ("", "..") else Path(os.path.abspath(named))  # noqa: PTH100
        make_folder(path.parent)
        return known.write(self.chosen(query, **filters), Target(path, self.folder))

    def export_mongodb(
        self,
        uri: str,
        query: str = "",
        *,
        database: str = "shotlog",
        collection: str = "videos",
        everything: bool = False,
        **filters: Unpack[FilterFields],
    ) -> Sent:
        """Puts a document for each video into a collection: of what is not there as it is here.

        With ``everything``, of all videos; with a query or filters, of the clips that fit. Raises
        SettingError, UsageError, MissingToolError, DatabaseRefusedError, DatabaseInterruptedError.
        """
        require_pymongo()
        from shotlog.exports.mongodb.sending import export

        where = place(uri, database, collection)
        asked, narrowed = read_query(query), Filters(**filters)
        some = None
        if asked.groups or narrowed != Filters():
            some = chosen(self._catalog, self._catalog.selected(asked, narrowed))
        return export(self._catalog, where, some, everything=everything)

    def tag_counts(self) -> Sequence[TagCount]:
        """Tags and classes as they hold now, the most frequent first."""
        return self._catalog.tag_counts()

    def object_of(self, row: VideoRow) -> VideoObject:
        """All that is known of the video of this row, as it is exported."""
        catalog = self._catalog
        heard = catalog.transcript(row.id)
        return video_object(row, catalog.scan(row.id), catalog.clips(row.id), heard)


def not_there(video: str, index: int | None) -> UsageError:
    """What is said of a video, or a clip of it, that the library has not."""
    which = "video" if index is None else f"clip {index} of a video"
    return UsageError(
        f"The library has no {which} {video!r}.",
        hint="`shotlog show --json` lists the videos; clips count from 1.",
    )
