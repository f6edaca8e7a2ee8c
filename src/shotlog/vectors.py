"""A library's vectors brought in step with its words; the same words are paid for once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from shotlog import ledger
from shotlog.catalog import Catalog, catalog_in
from shotlog.catalog.vectoring import Placed
from shotlog.embedding import Embedded, Embedder, make_embedder
from shotlog.errors import SettingError
from shotlog.rows import VectorModel
from shotlog.settings import load_settings
from shotlog.storage import run_lock

log = logging.getLogger("shotlog.vectors")

VIDEOS_AT_A_TIME = 200
"""Most videos whose words lie in memory."""

BATCHES_AT_A_TIME = 4
"""For each that may be on its way at a time; then the catalog says what was reached."""

REASONS_TOLD = 5


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """How far a library's vectors came."""

    videos: int = 0
    """Changed since they got vectors, and looked through."""
    videos_left: int = 0
    """Changed, and not looked through yet."""
    made: int = 0
    """Texts that became vectors now."""
    known: int = 0
    """Texts whose vectors were there: of other clips, or of before."""
    refused: int = 0
    """Texts that the model would not take."""
    reasons: tuple[str, ...] = ()
    """Why, each once, no more than :data:`REASONS_TOLD`."""
    requests: int = 0
    tokens: int = 0
    """As the server counted."""
    interrupted: bool = False


OnProgress = Callable[[EmbedReport], None]


def embed(
    folder: str | Path = "processed_videos",
    *,
    endpoint: str | None = None,
    model: str | None = None,
    config: str | Path | None = None,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> EmbedReport:
    """Gives every clip of a library a vector of its words, where it has none of this model.

    ``endpoint`` and ``model`` take the place of those in section [Search] of the settings. Once
    ``stop`` is set, what is on its way is finished. Raises SettingError, LibraryError,
    EmbeddingError; what was made until then is kept.
    """
    given = {"embedding_endpoint": endpoint, "embedding_model": model}
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None},
        file=Path(config) if config else None,
    )
    embedder = make_embedder(settings)
    if embedder is None:
        raise SettingError(
            "No model that makes vectors is named.",
            hint="Give --endpoint URL and --model NAME, or set EmbeddingEndpoint and "
            "EmbeddingModel in section [Search].",
        )
    try:
        path = catalog_in(Path(folder))
        with run_lock(path.parent), Catalog.open(path) as catalog:
            return keep_up(catalog, embedder, stop=stop, on_progress=on_progress)
    finally:
        embedder.close()


def forget_vectors(folder: str | Path = "processed_videos") -> int:
    """Throws all vectors of a library away; how many there were. Raises LibraryError."""
    path = catalog_in(Path(folder))
    with run_lock(path.parent), Catalog.open(path) as catalog:
        models = catalog.vector_models()
        for model in models:
            catalog.forget_vectors(model)
    return sum(model.made for model in models)


def keep_up(
    catalog: Catalog,
    embedder: Embedder,
    *,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> EmbedReport:
    """Brings the vectors of what has changed up to date. Raises EmbeddingError.

    A text is kept as soon as it comes back; a clip gets its vector once all of its share of videos
    have theirs. So nothing is sent twice, however often it is broken off.
    """
    ended = stop or threading.Event()
    model = catalog.add_vector_model(embedder.model, embedder.identity())
    report = EmbedReport(videos_left=catalog.changed_count(model.reached))
    with ThreadPoolExecutor(embedder.concurrency, thread_name_prefix="shotlog-embed") as threads:
        for share in _shares(catalog, embedder, model):
            work = _Work(catalog, embedder, threads, ended)
            model, report = work.make(model, share, report)
            if ended.is_set():
                return replace(report, interrupted=True)
            placed = [Placed(video_id, keys) for video_id, keys in share.videos.items()]
            catalog.place_vectors(model, placed, share.reached)
            model = replace(model, reached=share.reached)
            count = len(share.videos)
            left = max(0, report.videos_left - count)
            report = replace(report, videos=report.videos + count, videos_left=left)
            if on_progress is not None:
                on_progress(report)
    return report


@dataclass
class _Share:
    """Some changed videos."""

    videos: dict[str, Mapping[int, str]]
    """Of each the keys of what is said, by clip."""
    missing: dict[str, str]
    """Words without a vector, by key."""
    known: int = 0
    reached: int = 0


def _shares(catalog: Catalog, embedder: Embedder, model: VectorModel) -> Iterator[_Share]:
    """Of so many videos that all batches on their way are full, and memory stays flat."""
    most = BATCHES_AT_A_TIME * embedder.batch * embedder.concurrency
    share = _Share({}, {})
    for video_id, revision in catalog.changed_since(model.reached):
        told = {
            index: (ledger.vector_key(model.identity, words), words)
            for index, words in catalog.told(video_id).items()
        }
        kept = catalog.vectors_kept(key for key, _ in told.values())
        new = {key: words for key, words in told.values() if key not in kept}
        share.known += len(told) - len(new.keys() - share.missing.keys())
        share.missing |= new
        share.videos[video_id] = {index: key for index, (key, _) in told.items()}
        share.reached = revision
        if len(share.missing) >= most or len(share.videos) >= VIDEOS_AT_A_TIME:
            yield share
            share = _Share({}, {})
    if share.videos:
        yield share


@dataclass(frozen=True)
class _Work:
    """Has the missing texts of one share made vectors, several batches at a time."""

    catalog: Catalog
    embedder: Embedder
    threads: ThreadPoolExecutor
    stop: threading.Event

    def make(
        self, model: VectorModel, share: _Share, report: EmbedReport
    ) -> tuple[VectorModel, EmbedReport]:
        """The catalog is written by this thread alone; what came back before an error is kept."""
        report = replace(report, known=report.known + share.known)
        keys = list(share.missing)
        size = self.embedder.batch
        batches = [keys[start : start + size] for start in range(0, len(keys), size)]
        under_way = {
            self.threads.submit(self._ask, [share.missing[key] for key in batch]): batch
            for batch in batches
        }
        try:
            for future, batch in under_way.items():
                got = future.result()
                if got is not None:
                    model, report = self._keep(model, batch, got, report)
        except BaseException:
            # Whatever ends it, Ctrl-C too: what has come back is paid for.
            self._keep_the_rest(model, under_way)
            raise
        return model, report

    def _ask(self, texts: Sequence[str]) -> Embedded | None:
        return None if self.stop.is_set() else self.embedder.embed(texts)

    def _keep(
        self, model: VectorModel, keys: Sequence[str], got: Embedded, report: EmbedReport
    ) -> tuple[VectorModel, EmbedReport]:
        for reason in got.refused.values():
            log.warning("a text has no vector: %s", reason)
        places = [place for place in range(len(keys)) if place not in got.refused]
        taken = [keys[place] for place in places]
        model = self.catalog.save_vectors(
            model, taken, got.vectors[places], requests=got.requests, tokens=got.tokens
        )
        return model, replace(
            report,
            made=report.made + len(taken),
            refused=report.refused + len(got.refused),
            reasons=tuple(dict.fromkeys((*report.reasons, *got.refused.values())))[:REASONS_TOLD],
            requests=report.requests + got.requests,
            tokens=report.tokens + got.tokens,
        )

    def _keep_the_rest(
        self, model: VectorModel, under_way: Mapping[Future[Embedded | None], Sequence[str]]
    ) -> None:
        """What was answered is paid for, whatever befell another batch."""
        for future in under_way:
            future.cancel()
        wait(under_way)
        kept = self.catalog.vectors_kept(key for keys in under_way.values() for key in keys)
        for future, keys in under_way.items():
            if future.cancelled() or future.exception() is not None:
                continue
            got = future.result()
            if got is not None and not kept.intersection(keys):
                model, _ = self._keep(model, keys, got, EmbedReport())
