"""shotlog as a library: :func:`run` makes a shot log, :func:`open` reads one.

Three sizes of entry: :func:`run` takes words as the command line does, :func:`process` takes
records, :class:`~shotlog.pipeline.road.Road` is what both are built on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from shotlog.catalog import Catalog
from shotlog.catalog.collection import Collection
from shotlog.embedding import Embedder, make_embedder
from shotlog.errors import (
    EmbeddingError,
    LibraryError,
    ListingError,
    SettingError,
    UsageError,
)
from shotlog.estimates import Estimate
from shotlog.estimating import estimate_of
from shotlog.exports import (
    Chosen,
    Target,
    VideoObject,
    Written,
    chosen,
    format_named,
    video_object,
    write_manifest_with_segments,
    write_results,
    write_video,
)
from shotlog.exports.mongodb import place, place_of, require_pymongo
from shotlog.exports.writing import MANIFEST_NAME, RESULTS_NAME
from shotlog.meaning import By, Meaning, check_by
from shotlog.media.detectors import require_detector
from shotlog.media.hardware import require_hardware
from shotlog.pipeline.job import Stop
from shotlog.pipeline.models import Models
from shotlog.pipeline.progress import Progress, Reporter, Silent
from shotlog.pipeline.road import Road
from shotlog.pipeline.tagging import Tagger
from shotlog.queries import Column, Filters, Sort, read_query
from shotlog.records import ListingReport, Sample, Source, Spent, Status
from shotlog.retagging import TagReport, tag
from shotlog.rows import (
    BrowsedPage,
    ClipRow,
    Counts,
    Edit,
    FailureGroup,
    FailureRow,
    RunRow,
    RunStatus,
    ScanRow,
    Step,
    TagCount,
    VideoRow,
)
from shotlog.search import DEFAULT_LIMIT, Hit, did_you_mean, search, similar
from shotlog.settings import Settings, load_settings
from shotlog.sources import (
    Choice,
    choose,
    read_folder,
    read_listing,
    read_manifest,
    read_rclone,
    read_urls,
)
from shotlog.speech import Transcript
from shotlog.storage import folder_name, is_running, prepare_library, run_lock
from shotlog.vectors import EmbedReport, embed, forget_vectors, keep_up
from shotlog.wording import counted

if TYPE_CHECKING:
    from shotlog.exports.mongodb.sending import Sent

log = logging.getLogger("shotlog")

__all__ = [
    "REDO_STEPS",
    "By",
    "Choice",
    "Edit",
    "EmbedReport",
    "Estimate",
    "Filters",
    "Hit",
    "Library",
    "Origin",
    "RunReport",
    "Settings",
    "TagReport",
    "edit",
    "embed",
    "estimate",
    "forget",
    "forget_vectors",
    "open",
    "process",
    "run",
    "tag",
]

CATALOG_NAME = "shotlog.db"
LOG_NAME = "shotlog.log"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the list of videos comes from; exactly one of them, ``public_url`` apart."""

    csv: Path | None = None
    urls: tuple[str, ...] = ()
    json: Path | None = None
    folder: Path | None = None
    rclone: str | None = None
    public_url: str | None = None
    """The address below which a bucket's files are reached; with ``csv`` or ``rclone``."""

    def __post_init__(self) -> None:
        given = [self.csv, self.urls or None, self.json, self.folder, self.rclone]
        if sum(each is not None for each in given) != 1:
            raise SettingError(
                "A run needs exactly one of --csv, --urls, --json, --dir and --rclone.",
                hint="For example: shotlog run --csv videos.csv",
            )

    def sources(self, report: ListingReport) -> Iterator[Source]:
        """The videos named, one after the other; what is amiss goes to ``report``."""
        if self.csv is not None:
            return read_listing(self.csv, public_url=self.public_url, report=report)
        if self.json is not None:
            return read_manifest(self.json, report=report)
        if self.folder is not None:
            return read_folder(self.folder, report=report)
        if self.rclone is not None:
            return read_rclone(self.rclone, public_url=self.public_url, report=report)
        return read_urls(self.urls, report=report)


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended."""

    status: RunStatus
    output: Path
    progress: Progress
    listing: ListingReport

    @property
    def exit_code(self) -> Literal[0, 2, 130]:
        """0 all done; 2 some videos, clips or rows failed, or it stopped; 130 interrupted."""
        if self.status == "interrupted":
            return 130
        return 0 if self.status == "done" else 2


def run(  # noqa: PLR0913 - as many as the command has
    *,
    csv: str | Path | None = None,
    urls: Iterable[str] = (),
    json: str | Path | None = None,
    dir: str | Path | None = None,  # noqa: A002 - the command line's word
    rclone: str | None = None,
    public_url: str | None = None,
    config: str | Path | None = None,
    choice: Choice | None = None,
    redo: Step | None = None,
    **settings: object,
) -> RunReport:
    """``shotlog run`` as a function: ``shotlog.run(csv="videos.csv", segment_length=10)``.

    ``settings`` are the fields of :class:`~shotlog.settings.Settings`. Raises what
    :func:`process` raises, and SettingError.
    """
    origin = Origin(
        csv=Path(csv) if csv else None,
        urls=tuple(urls),
        json=Path(json) if json else None,
        folder=Path(dir) if dir else None,
        rclone=rclone,
        public_url=public_url,
    )
    read = load_settings(settings, file=Path(config) if config else None)
    return process(origin, read, choice=choice, redo=redo)


def process(
    origin: Origin,
    settings: Settings,
    *,
    choice: Choice | None = None,
    redo: Step | None = None,
    reporter: Reporter | None = None,
    stop: Stop | None = None,
) -> RunReport:
    """Carries every video that ``origin`` names into the library at ``settings.output``.

    What the library has already is not done again; ``redo`` names a step to do again all the same.
    Raises UsageError, ListingError, LibraryError; what befalls one video costs that video alone.
    """
    stop = stop or Stop()
    reporter = reporter or Silent()
    require_detector(settings.scene_detector)
    require_hardware(
        settings.hardware, clips=settings.clips, memory_limit_bytes=settings.memory_limit
    )
    if settings.mongodb_export:
        _require_mongodb(settings)
    tagger = Tagger.of(settings.rules)
    models = Models.of(settings, stop=stop.gentle)
    embedder = make_embedder(settings)
    prepare_library(settings.output)
    with (
        run_lock(settings.output),
        logged_to(settings.output / LOG_NAME, settings.log_level),
        Catalog.open(settings.output / CATALOG_NAME) as catalog,
    ):
        began = time.monotonic()
        report = ListingReport()
        run_id = catalog.begin_run(settings.model_dump(mode="json", exclude_none=True))
        status: RunStatus = "failed"
        try:
            videos = _choose(catalog, run_id, origin, choice or Choice(), report)
            if redo is not None:
                catalog.forget(redo, (video.id for video in catalog.pending(run_id)))
            log.info("run %d: %d videos chosen", run_id, videos)
            progress = Road(catalog, settings, models, tagger, reporter, stop).go(run_id, videos)
            status = _status(progress, report, stop)
            _write_outputs(catalog, run_id, settings.output, progress)
            if embedder is not None and not stop.gentle.is_set():
                _embed(catalog, embedder, progress, stop)
            progress.elapsed_seconds = time.monotonic() - began
        finally:
            models.close()
            if embedder is not None:
                embedder.close()
            catalog.end_run(run_id, status)
        log.info("run %d ended: %s", run_id, status)
    return RunReport(status, settings.output, progress, report)


def estimate(
    origin: Origin,
    settings: Settings,
    *,
    choice: Choice | None = None,
    probe: int = 0,
    clips_a_minute: float | None = None,
) -> Estimate:
    """What :func:`process` would take of the model: tokens, money, hours, bytes sent.

    Moves nothing, unless ``probe`` says of how many videos the headers may be read.
    ``clips_a_minute`` is how quickly the model describes; None: as the library's last run did.
    Raises UsageError, ListingError, LibraryError.
    """
    report = ListingReport()
    sources = choose(origin.sources(report), choice or Choice(), report)
    return estimate_of(sources, settings, probe=probe, clips_a_minute=clips_a_minute)


def _require_mongodb(settings: Settings) -> None:
    """Raises MissingToolError, and SettingError for an address that cannot be read."""
    where = place_of(settings)
    require_pymongo()
    from shotlog.exports.mongodb.server import Server

    Server(where).close()


def _choose(
    catalog: Catalog, run_id: int, origin: Origin, choice: Choice, report: ListingReport
) -> int:
    chosen = choose(origin.sources(report), choice, report)
    videos = catalog.add_sources(
        run_id, chosen, lambda source: folder_name(source.file_name, source.id)
    )
    if not videos and not report.counts.get("not_chosen") and not report.counts.get("bad"):
        raise ListingError(
            "The listing names no video.",
            hint="Check that it is the right file, and that the bucket holds videos.",
        )
    return videos


def _status(progress: Progress, report: ListingReport, stop: Stop) -> RunStatus:
    if progress.stopped_because is not None:
        return "stopped"
    if stop.gentle.is_set():
        return "interrupted"
    missing = progress.videos_partial + progress.videos_failed + report.counts.get("bad", 0)
    return "partial" if missing else "done"


def _write_outputs(catalog: Catalog, run_id: int, folder: Path, progress: Progress) -> None:
    """Writes the library's JSON files, unless nothing has changed since they were written.

    What a hand or the rules changed between two runs counts too.
    """
    revision = catalog.revision()
    worked = progress.videos_ended > progress.videos_unchanged or progress.stopping
    changed = worked or progress.videos_retagged or catalog.written_revision() != revision
    if changed or not (folder / RESULTS_NAME).exists():
        write_results(catalog, folder)
    if changed or not (folder / MANIFEST_NAME).exists():
        write_manifest_with_segments(catalog, folder)
    catalog.save_written(run_id, revision)


def _embed(catalog: Catalog, embedder: Embedder, progress: Progress, stop: Stop) -> None:
    """Vectors of what this run changed. Where they fail the videos are none the worse for it."""

    def told(report: EmbedReport) -> None:
        progress.texts_embedded = report.made

    try:
        report = keep_up(catalog, embedder, stop=stop.gentle, on_progress=told)
    except EmbeddingError as error:
        log.warning("no vectors: %s", error)
        progress.notes.append(f"Vectors were not made. {error}")
        return
    progress.texts_embedded = report.made
    if report.refused:
        progress.notes.append(
            f"{counted(report.refused, 'text')} without a vector: {report.reasons[0]}"
        )


@contextmanager
def logged_to(path: Path, level: str) -> Iterator[None]:
    """Adds what shotlog logs to ``path``, while it lasts."""
    root = logging.getLogger("shotlog")
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


class Library:
    """A library, open for reading. A context manager; others may read and write beside it."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        """``settings`` say who makes vectors of what is looked for; None: words alone."""
        path = folder / CATALOG_NAME
        if not path.is_file():
            raise _no_library(folder)
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
        **filters: Any,
    ) -> BrowsedPage:
        """A page of the videos that fit, or of which a clip does; ``after`` is the page before's.

        ``query`` and ``filters`` as :meth:`search` takes them, but that a length is the video's.
        """
        asked = read_query(query), Filters(**filters)
        return self._catalog.browse(*asked, sort, after, limit)

    def count(self, query: str = "", *, most: int = 1000, **filters: Any) -> int:
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
        **filters: Any,
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
        **filters: Any,
    ) -> Iterator[Hit]:
        """Clips like a clip, or (``index`` None) videos like a video; the likest first.

        By meaning where it has a vector, and by the words that tell it from others elsewhere, or
        where ``by`` says so. Copies of its picture, and of each other's, are left out unless
        ``copies`` are wanted. Nobody is asked. Raises UsageError where there is no such clip, or
        no vector where ``by`` insists on it.
        """
        asked = Filters(**filters)
        check_by(by, asked)
        here = self._catalog.video(video_id) if index is None else None
        if here is None and (index is None or self._catalog.clip(video_id, index) is None):
            raise _not_there(video_id, index)
        near = None if by == "words" else self._meaning.near_clip(video_id, index)
        if near is None and by in ("meaning", "both"):
            raise UsageError(
                "The clip has no vector.", hint="`shotlog embed` makes what is missing."
            )
        return similar(self._catalog, video_id, index, asked, limit, near, copies=copies)

    def did_you_mean(self, query: str, columns: tuple[Column, ...] = ()) -> str | None:
        """For a query that found nothing, a sentence: which of its words is nowhere, and what is.

        None where every word is to be found by itself.
        """
        return did_you_mean(self._catalog, read_query(query), Filters(columns=columns))

    def chosen(self, query: str = "", **filters: Any) -> Iterator[Chosen]:
        """All videos of which something fits, with the clips that do, in the order first seen.

        ``query`` and ``filters`` as :meth:`search` takes them; nothing asked: everything. Streams.
        """
        selected = self._catalog.selected(read_query(query), Filters(**filters))
        return chosen(self._catalog, selected)

    def export(
        self, name: str = "json", place: str | Path | None = None, query: str = "", **filters: Any
    ) -> Written:
        """Writes what fits in one of the formats of docs/exports.md, whole or not at all.

        ``place`` is the file or folder to write; None: the format's own name in the library's
        ``exports``, and for ``sidecars`` the library itself. Raises UsageError, LibraryError,
        DiskFullError, MissingToolError.
        """
        known = format_named(name)
        path = Path(place) if place is not None else self.folder / known.folder / known.default
        path.parent.mkdir(parents=True, exist_ok=True)
        return known.write(self.chosen(query, **filters), Target(path, self.folder))

    def export_mongodb(
        self,
        uri: str,
        query: str = "",
        *,
        database: str = "shotlog",
        collection: str = "videos",
        everything: bool = False,
        **filters: Any,
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


def open(  # noqa: A001 - reads as shotlog.open
    folder: str | Path = "processed_videos", *, config: str | Path | None = None, **settings: object
) -> Library:
    """The library in ``folder``. Raises LibraryError where there is none.

    To search by meaning, name who makes vectors: in ``config``, a settings file, or by fields of
    :class:`~shotlog.settings.Settings`, as ``embedding_model``. Without either no settings are
    read. Raises SettingError.
    """
    read = None
    if config is not None or settings:
        read = load_settings(settings, file=Path(config) if config else None)
    return Library(Path(folder), read)


def forget(folder: Path, step: Step, video_ids: Iterable[str]) -> None:
    """Lets the next run do a step of these videos again. Raises LibraryError."""
    with run_lock(folder), Catalog.open(folder / CATALOG_NAME) as catalog:
        catalog.forget(step, video_ids)


def edit(
    folder: str | Path,
    video_id: str,
    edit: Edit,
    *,
    index: int | None = None,
    seen: str | None = None,
) -> None:
    """Keeps what a person says of a clip, or (``index`` None) of a video as a whole.

    It takes the place of what was said by hand before; an empty :class:`Edit` takes that back. What
    was told stays beside it. May be done while a run writes. With ``seen``, the row's
    ``edit_version`` as it was looked at, nothing is written over what another has said since.
    Raises UsageError (EditedMeanwhileError where that is so), LibraryError.
    """
    path = Path(folder) / CATALOG_NAME
    if not path.is_file():
        raise _no_library(Path(folder))
    with Catalog.open(path) as catalog:
        try:
            if index is None:
                catalog.save_video_edit(video_id, edit, seen=seen)
            else:
                catalog.save_clip_edit(video_id, index, edit, seen=seen)
        except KeyError:
            raise _not_there(video_id, index) from None
        write_video(catalog, video_id, Path(folder))


def _not_there(video_id: str, index: int | None) -> UsageError:
    which = "video" if index is None else f"clip {index} of a video"
    return UsageError(
        f"The library has no {which} {video_id!r}.",
        hint="`shotlog show --json` lists the videos; clips count from 1.",
    )


def _no_library(folder: Path) -> LibraryError:
    return LibraryError(
        f"There is no shotlog library in {folder}: {CATALOG_NAME} is missing.",
        hint="Name the folder that was given to shotlog run as --output.",
    )


REDO_STEPS: tuple[Step, ...] = get_args(Step)
"""What ``redo`` may name."""
