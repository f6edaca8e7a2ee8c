"""shotlog as a library: :func:`run` makes a shot log, :func:`open` reads one.

Three sizes of entry: :func:`run` takes words as the command line does, :func:`process` takes
records, :class:`~shotlog.pipeline.road.Road` is what both are built on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from shotlog.catalog import FILE_NAME, Catalog, catalog_in
from shotlog.embedding import Embedder, make_embedder
from shotlog.errors import (
    EmbeddingError,
    ListingError,
    SettingError,
    from_os_error,
)
from shotlog.estimates import Estimate
from shotlog.exports import (
    write_manifest_with_segments,
    write_results,
    write_video,
)
from shotlog.exports.library_files import MANIFEST_NAME, RESULTS_NAME
from shotlog.exports.mongodb import place_of, require_pymongo
from shotlog.library import Library, not_there
from shotlog.listing_estimates import estimate_of
from shotlog.media.detectors import require_detector
from shotlog.media.hardware import require_hardware
from shotlog.pipeline.job import Stop
from shotlog.pipeline.models import Models
from shotlog.pipeline.progress import Progress, Reporter, Silent
from shotlog.pipeline.road import Road
from shotlog.pipeline.tagging import Tagger
from shotlog.queries import Filters
from shotlog.records import ListingReport, Source
from shotlog.retagging import TagReport, tag
from shotlog.rows import (
    Edit,
    RunStatus,
    Step,
)
from shotlog.search import Hit
from shotlog.semantic_search import By
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
from shotlog.storage import folder_name, prepare_library, run_lock
from shotlog.vectors import EmbedReport, embed, forget_vectors, keep_up
from shotlog.wording import counted

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
    with ExitStack() as stack:
        models = Models.of(settings, stop=stop.gentle)
        stack.callback(models.close)
        embedder = make_embedder(settings)
        if embedder is not None:
            stack.callback(embedder.close)
        prepare_library(settings.output)
        stack.enter_context(run_lock(settings.output))
        stack.enter_context(logged_to(settings.output / LOG_NAME, settings.log_level))
        catalog = stack.enter_context(Catalog.open(settings.output / FILE_NAME))
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
    """Adds what shotlog logs to ``path``, while it lasts. Raises LibraryError, DiskFullError."""
    root = logging.getLogger("shotlog")
    try:
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise from_os_error(error, path) from None
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


def forget(folder: str | Path, step: Step, video_ids: Iterable[str]) -> None:
    """Lets the next run do a step of these videos again; ids that are not there are passed over.

    Raises LibraryError where there is no library, or a run is writing to it.
    """
    path = catalog_in(Path(folder))
    with run_lock(path.parent), Catalog.open(path) as catalog:
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
    with Catalog.open(catalog_in(Path(folder))) as catalog:
        try:
            if index is None:
                catalog.save_video_edit(video_id, edit, seen=seen)
            else:
                catalog.save_clip_edit(video_id, index, edit, seen=seen)
        except KeyError:
            raise not_there(video_id, index) from None
        write_video(catalog, video_id, Path(folder))


REDO_STEPS: tuple[Step, ...] = get_args(Step)
"""What ``redo`` may name."""
