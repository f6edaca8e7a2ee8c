"""Writes the questions that have no answer yet into batch files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from shotlog.batches.limits import BatchLimits, door_of
from shotlog.batches.lines import request_line
from shotlog.batches.saved_settings import kept_settings, recipe_of, transcript_told
from shotlog.catalog import Catalog
from shotlog.describers import ClipToDescribe
from shotlog.describers.chat.negotiation import Carrying, packed
from shotlog.describers.chat.token_loads import load_of
from shotlog.describers.modelled import ModelDescriber
from shotlog.errors import DescribeRefusedError
from shotlog.gate.spending import Load, Tariff
from shotlog.pipeline.questions import ShownFrom, answer_keys, shown_clips
from shotlog.pipeline.runner import attempt
from shotlog.records import Failure
from shotlog.rows import BatchLine, BatchRow, ClipRow, VideoRow
from shotlog.settings import Settings
from shotlog.storage import atomic_write, make_folder

log = logging.getLogger("shotlog.batches")

FOLDER = "batches"
"""Below the library's folder."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A clip that could not be put into a file."""

    file_name: str
    clip_index: int
    failure: Failure


@dataclass
class WriteReport:
    """What was written, and what was not."""

    files: list[Path] = field(default_factory=list)
    clips: int = 0
    size_bytes: int = 0
    load: Load = field(default_factory=Load)
    """The most tokens that the questions may take."""
    cost: Decimal | None = None
    """Of these at the batch tariff; None without one."""
    currency: str = ""
    answered: int = 0
    """Clips that have their answer."""
    waiting: int = 0
    """Clips that stand in files written before, whose answers may still come."""
    same: int = 0
    """Clips that will take the answer of another one with the same picture."""
    refused: int = 0
    """Clips that the model refused for good."""
    not_ready: list[str] = field(default_factory=list)
    """Videos that have not been cut as the settings say."""
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    row: BatchLine
    content: bytes = field(repr=False)
    load: Load


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How files are made: what is asked, in which form, and how much a file may hold."""

    settings: Settings
    describer: ModelDescriber
    carrying: Carrying
    limits: BatchLimits
    address: str
    """Of the endpoint, without secrets."""


class BatchWriter:
    """Writes one library's open questions; use once. One question is held at a time."""

    def __init__(self, catalog: Catalog, plan: BatchPlan) -> None:
        self._catalog, self._plan = catalog, plan
        settings = plan.settings
        self._folder = settings.output / FOLDER
        self._recipe = recipe_of(settings, plan.describer)
        self._place = ShownFrom(catalog, settings.output, self._recipe, settings.frame_fps)
        self._carrying = _within(plan.carrying, plan.limits)
        self._report = WriteReport()

    def write(self) -> WriteReport:
        """Writes as many files as it takes, each whole or not at all.

        Raises LibraryError, DiskFullError; the files finished before stay, and count.
        """
        forget_lost_files(self._catalog, self._folder)
        make_folder(self._folder)
        lines = self._lines()
        line = next(lines, None)
        while line is not None:
            line = self._write_file(line, lines)
        report, tariff = self._report, Tariff.of_batches(self._plan.settings)
        if tariff is not None:
            report.cost, report.currency = tariff.cost(report.load), tariff.currency
        return report

    def _write_file(self, line: _Line | None, lines: Iterator[_Line]) -> _Line | None:
        """One file, beginning with ``line``; returns the first line that it has no room for."""
        plan, report = self._plan, self._report
        number = self._catalog.next_batch_number()
        written: list[BatchLine] = []
        size_bytes, load = 0, Load()
        kept = kept_settings(plan.settings)
        told = self._carrying.manner.schema != "words" and plan.describer.asks_for_fields
        batch = BatchRow(number, plan.address, self._carrying.model, kept, told, 0, 0)
        path = self._folder / batch.file_name
        with atomic_write(path) as file:
            while line is not None and self._has_room(line, len(written), size_bytes):
                file.write(line.content)
                written.append(replace(line.row, batch=number))
                size_bytes += len(line.content)
                load = load.plus(line.load)
                line = next(lines, None)
        # The file first: without its rows it is written over, rows without a file would wait.
        self._catalog.add_batch(replace(batch, lines=len(written), size_bytes=size_bytes), written)
        log.info("wrote %s: %d lines, %d bytes", path.name, len(written), size_bytes)
        report.files.append(path)
        report.clips += len(written)
        report.size_bytes += size_bytes
        report.load = report.load.plus(load)
        return line

    def _has_room(self, line: _Line, count: int, size_bytes: int) -> bool:
        limits = self._plan.limits
        return count < limits.lines and size_bytes + len(line.content) <= limits.file_bytes

    def _lines(self) -> Iterator[_Line]:
        for video in self._catalog.videos():
            if video.complete_key == self._recipe.complete_key(video):
                self._report.answered += video.clip_count
                continue
            yield from self._lines_of(video)

    def _lines_of(self, video: VideoRow) -> Iterator[_Line]:
        scan = self._catalog.scan(video.id)
        rows = self._catalog.clips(video.id)
        if scan is None or not rows or self._recipe.needs(video).media:
            self._report.not_ready.append(video.source.file_name)
            return
        transcript = transcript_told(self._catalog, self._plan.settings, video.id)
        keys = answer_keys(self._recipe, video, rows, transcript)
        wanted: dict[str, ClipRow] = {}
        for row in rows:
            key = keys[row.clip.span.index]
            if key in wanted:
                # The same stretch listed twice is one question: ids are unique.
                self._report.same += 1
            elif self._is_open(row, key):
                wanted[key] = row
        shown = {row.clip.span.index: row for row in wanted.values()}
        for index, clip in shown_clips(self._place, video, scan, shown, transcript).items():
            line = self._line(video, clip, keys[index])
            if line is not None:
                yield line

    def _is_open(self, row: ClipRow, key: str) -> bool:
        report = self._report
        if self._catalog.answer(key) is not None:
            report.answered += 1
            return False
        if row.failure is not None and row.failure.is_final(key):
            report.refused += 1
            return False
        line = self._catalog.batch_line(key)
        if line is not None and line.state == "open":
            report.waiting += 1
            return False
        if self._plan.settings.reuse_same and row.same_as is not None:
            report.same += 1
            return False
        return True

    def _line(self, video: VideoRow, clip: ClipToDescribe, key: str) -> _Line | None:
        """One question as a line; None where it cannot be one, which is told."""
        name, index = video.source.file_name, clip.span.index

        def put() -> tuple[bytes, Load]:
            question, body = packed(self._plan.describer.question_about(clip), self._carrying)
            model = self._carrying.model
            content = request_line(key, body, door_of(model))
            if len(content) > self._plan.limits.longest_line_bytes:
                raise _too_long(len(content), self._plan.limits)
            return content, load_of(question, model)

        got = attempt("describe", f"{name} clip {index}", put)
        if isinstance(got, Failure):
            self._report.left_out.append(LeftOut(name, index, got))
            return None
        content, load = got
        return _Line(BatchLine(key, 0, video.id, index), content, load)


def forget_lost_files(catalog: Catalog, folder: Path) -> None:
    """Lets the clips of files that were deleted before they were submitted be written again."""
    for batch in catalog.batches(only_open=True):
        if batch.batch_id is None and not (folder / batch.file_name).exists():
            log.info("%s is gone, and was not submitted: its clips are open", batch.file_name)
            catalog.forget_batch(batch.number)


def _within(carrying: Carrying, limits: BatchLimits) -> Carrying:
    """With the line's limit as that of a request, so that pictures are fitted to it."""
    flavour, most = carrying.flavour, limits.line_bytes
    if most is None:
        return carrying
    bounds = flavour.limits
    narrowed = replace(bounds, request_bytes=min(most, bounds.request_bytes or most))
    return replace(carrying, flavour=replace(flavour, limits=narrowed))


def _too_long(size_bytes: int, limits: BatchLimits) -> DescribeRefusedError:
    return DescribeRefusedError(
        f"Its line takes {size_bytes} bytes, and {limits.longest_line_bytes} are allowed.",
        hint="Lower FrameFPS or FrameMaxPixels in section [QwenVL] of config.ini, or publish the "
        "clips and set Send = url.",
    )
