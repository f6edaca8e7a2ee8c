"""Sends documents to MongoDB beside a run. Only at its end does the run wait for them, a while."""

from __future__ import annotations

import logging
import shlex
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from shotlog.catalog import Catalog
from shotlog.errors import DatabaseInterruptedError, ShotlogError
from shotlog.exports.mongodb import Place, place_of
from shotlog.pipeline.job import Run
from shotlog.pipeline.runner import attempt
from shotlog.records import Failure
from shotlog.retries import RetryPolicy

if TYPE_CHECKING:
    from shotlog.exports.mongodb.server import Refused, Server

log = logging.getLogger("shotlog.mongodb")

LOOK_SECONDS = 1.0
"""How often it is looked for videos that ended."""
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
"""Between tries while the server is away."""
END_SECONDS = 60.0
"""How long a run that is over waits for what is still to go."""
REFUSED_SHOWN = 3


class Delivering:
    """Follows the catalog's changes in a thread of its own. A context manager; does nothing where
    the settings do not ask for it.

    The thread reads the catalog by its own connection, and keeps nothing there: what is missing at
    the end is found by comparing, by the next run or ``shotlog export mongodb``.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._place = place_of(run.settings) if run.settings.mongodb_export else None
        self._thread: threading.Thread | None = None
        self._ending, self._leaving = threading.Event(), threading.Event()
        self._deadline: float | None = None
        # Written by the thread alone, each in one assignment; read by the driver.
        self._sent = 0
        self._trouble: Failure | None = None
        self._refused: dict[str, Refused] = {}
        # The thread's own: indexes are made, the revision sent last, rounds failed in a row.
        self._ready = False
        self._seen: int | None = None
        self._failures = 0
        # The driver's own: whether the progress tells of the trouble.
        self._told = False

    def __enter__(self) -> Self:
        if self._place is not None:
            self._thread = threading.Thread(
                target=self._work, args=(self._place,), name="shotlog-mongodb", daemon=True
            )
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        self._ending.set()

    def look(self) -> None:
        """Tells the progress how far it is; called by the driver."""
        progress = self._run.progress
        progress.documents_sent = self._sent
        trouble = self._trouble
        if trouble is not None and not self._told and not self._ending.is_set():
            self._told = True
            then = ", and documents follow later" if trouble.retryable else " without it"
            progress.notes.append(f"{trouble.message} The run goes on{then}.")

    def end(self, meanwhile: Callable[[], None]) -> None:
        """Waits until all that is there has been sent, a while at most; called by the driver.

        ``meanwhile`` is called again and again as long as it waits.
        """
        if self._thread is None or self._place is None:
            return
        self._deadline = time.monotonic() + END_SECONDS
        self._ending.set()
        while self._thread.is_alive() and time.monotonic() < self._deadline + LOOK_SECONDS:
            if self._run.stop.immediate.is_set():
                break
            self._thread.join(0.1)
            self.look()
            meanwhile()
            self._run.reporter.progress(self._run.progress)
        self._leaving.set()
        self.look()
        self._tell(self._place)

    def _tell(self, place: Place) -> None:
        notes = self._run.progress.notes
        trouble = self._trouble
        if trouble is not None or (self._thread is not None and self._thread.is_alive()):
            why = f" {trouble.message} {trouble.hint}".rstrip() if trouble else ""
            notes.append(
                f"Not all documents are in {place}.{why} The next run with --mongodb sends the "
                f"rest, or: shotlog export mongodb {shlex.quote(str(self._run.library))}"
            )
        elif self._told:
            notes.append(f"It answered again; all documents are in {place}.")
        refused = tuple(self._refused.values())
        for each in refused[:REFUSED_SHOWN]:
            notes.append(f"{each.file_name} is not in {place}: {each.reason}.")
        if len(refused) > REFUSED_SHOWN:
            notes.append(f"{len(refused) - REFUSED_SHOWN} more were refused there.")

    def _work(self, place: Place) -> None:
        from shotlog.exports.mongodb.server import Server

        try:
            with (
                Catalog.open(self._run.catalog.path, read_only=True) as catalog,
                Server(place, stop=self._leaving, tries=RetryPolicy(attempts=1)) as server,
            ):
                pause: float | None = 0.0
                while not self._ending.wait(pause):
                    pause = self._round(catalog, server, place, whole=False)
                if not self._leaving.is_set():
                    self._round(catalog, server, place, whole=True)
        except ShotlogError as error:
            log.warning("no more documents are sent: %s", error)
            self._trouble = Failure("mongodb", error.code, error.what, error.hint)

    def _round(
        self, catalog: Catalog, server: Server, place: Place, *, whole: bool
    ) -> float | None:
        """Sends what is there; returns the pause after it, None: until the run ends."""
        outcome = attempt("mongodb", str(place), lambda: self._send(catalog, server, whole))
        if outcome is None:
            self._trouble, self._failures = None, 0
            return LOOK_SECONDS
        self._trouble, self._seen = outcome, None
        self._failures += 1
        if not outcome.retryable:
            return None
        return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 16))

    def _send(self, catalog: Catalog, server: Server, whole: bool) -> None:
        """With ``whole``, everything that differs, what the run has left in hand too."""
        from shotlog.exports.mongodb.sending import Sent, differing, send

        sent, before = Sent(str(server.place)), self._sent

        def written() -> None:
            self._sent = before + sent.documents
            self._limit()

        if not self._ready:
            for note in server.prepare():
                log.info("%s", note)
            self._ready = True
        revision = catalog.revision()
        if whole or self._seen is None:
            changed = differing(catalog, server, sent)
        else:
            changed = catalog.changed_since(self._seen)
        send(catalog, server, changed, sent, only_ended=not whole, written=written)
        if whole:
            self._refused = {each.video_id: each for each in sent.refused}
        self._seen = revision

    def _limit(self) -> None:
        """Once the run is over there is a last moment. Raises DatabaseInterruptedError after it."""
        over = self._deadline is not None and time.monotonic() > self._deadline
        if over or self._leaving.is_set():
            raise DatabaseInterruptedError("There were too many to wait for.")
