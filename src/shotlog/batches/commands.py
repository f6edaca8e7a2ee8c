"""What ``shotlog batch`` does, as functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shotlog.api import LOG_NAME, logged_to
from shotlog.batches.client import BatchClient
from shotlog.batches.limits import BatchLimits, limits_for
from shotlog.batches.reading import BatchReader, ReadReport
from shotlog.batches.submitting import SubmitReport, Submitting, Tell
from shotlog.batches.writing import BatchPlan, BatchWriter, WriteReport
from shotlog.catalog import Catalog, catalog_in
from shotlog.describers import key_of, make_describer
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.modelled import ModelDescriber
from shotlog.errors import SettingError, UsageError
from shotlog.exports import write_manifest_with_segments, write_results
from shotlog.model_servers.addresses import parse_endpoint
from shotlog.model_servers.server import MODEL_POLICY
from shotlog.retries import RetryPolicy
from shotlog.settings import Settings
from shotlog.storage import run_lock


def write(settings: Settings, *, limits: BatchLimits | None = None) -> WriteReport:
    """Writes the clips without an answer in the library at ``settings.output`` to batch files.

    The settings must be those of the run that cut the clips. ``limits`` are the server's own where
    none are given. Nothing is asked over the network.
    Raises SettingError, LibraryError, DiskFullError.
    """
    if settings.context == "previous":
        raise SettingError(
            "--context previous cannot go into batch files, which hold each clip alone.",
            hint="Leave it out, for the run too.",
        )
    describer = make_describer(settings)
    asker = getattr(describer, "asker", None)
    try:
        if not isinstance(describer, ModelDescriber) or not isinstance(asker, ChatAsker):
            raise SettingError(
                "Batch files are for OpenAI-style endpoints, and the settings name none.",
                hint="Give --endpoint URL and --model NAME, as for shotlog run.",
            )
        if settings.model is None:
            raise SettingError(
                "A batch file is for one model, and none is named.",
                hint="Give it with --model NAME, to shotlog run too.",
            )
        with _opened(settings.output, settings.log_level) as catalog:
            manner = catalog.endpoint_manner(asker.address, asker.model_named)
            if manner is not None:
                asker.recall(manner)
            carrying = asker.unasked(settings.model)
            bounds = limits or limits_for(carrying.flavour.name, settings.model)
            plan = BatchPlan(settings, describer, carrying, bounds, asker.address)
            return BatchWriter(catalog, plan).write()
    finally:
        describer.close()


def read(
    folder: Path, files: Iterable[Path], *, secrets: Iterable[str] = (), log_level: str = "INFO"
) -> ReadReport:
    """Reads result and error files into the library; each may come again, in any order.

    ``secrets`` are cut out of the servers' words. Raises UsageError where one of the files is not
    there, before any is read; LibraryError, DiskFullError.
    """
    paths = list(files)
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f"There is no file {path}.",
                hint="Name the result and error files as the batch's server gave them.",
            )
    with _opened(folder, log_level) as catalog:
        reader = BatchReader(catalog, folder, secrets=secrets)
        try:
            for path in paths:
                reader.read(path)
        finally:
            _finish(catalog, folder, reader)
        return reader.report


def _no_words(_line: str) -> None:
    """For programs."""


def submit(
    settings: Settings,
    *,
    wait: bool = False,
    poll_seconds: float = 60.0,
    tell: Tell = _no_words,
    policy: RetryPolicy = MODEL_POLICY,
) -> SubmitReport:
    """Carries the library's batch files to the endpoint, and reads those that are answered.

    What was submitted before is not submitted again. With ``wait`` it returns once every batch has
    ended. Raises SettingError, LibraryError, DiskFullError, and DescribeError where the endpoint
    says no for good or cannot be reached; all that was done is kept.
    """
    with _opened(settings.output, settings.log_level) as catalog:
        key = key_of(settings)
        address = _address(catalog, settings)
        reader = BatchReader(catalog, settings.output, secrets=(key,) if key else ())
        if address is None:
            return SubmitReport(read=reader.report)
        door = BatchClient(
            parse_endpoint(address),
            key=key,
            timeout_seconds=float(settings.request_timeout),
            policy=policy,
        )
        with door:
            work = Submitting(catalog, settings.output, door, reader, tell)
            try:
                work.submit()
                if wait:
                    work.wait(poll_seconds)
                else:
                    work.look()
            finally:
                _finish(catalog, settings.output, reader)
            return work.report


def _address(catalog: Catalog, settings: Settings) -> str | None:
    """Where open files go: as the settings say, else where they were written for; None without any.

    A key is for one address: where files were written for several, one must be named.
    """
    if settings.endpoints:
        return settings.endpoints[0]
    written = sorted({each.address for each in catalog.batches(only_open=True)})
    if len(written) > 1:
        raise SettingError(
            f"Batch files are open for several endpoints: {', '.join(written)}.",
            hint="Name the one that all of them go to with --endpoint, or delete the files of the "
            "others.",
        )
    return written[0] if written else None


@contextmanager
def _opened(folder: Path, log_level: str) -> Iterator[Catalog]:
    """The library's catalog, for this process alone to write."""
    path = catalog_in(
        folder, hint="Cut the videos first: shotlog run --no-describe, with the same --output."
    )
    with (
        run_lock(folder),
        logged_to(folder / LOG_NAME, log_level),
        Catalog.open(path) as catalog,
    ):
        yield catalog


def _finish(catalog: Catalog, folder: Path, reader: BatchReader) -> None:
    """Closes the videos that got answers, and writes the library's JSON where any did."""
    report = reader.finish()
    if report.videos or report.videos_open:
        write_results(catalog, folder)
        write_manifest_with_segments(catalog, folder)
