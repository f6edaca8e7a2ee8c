"""Takes the result and error files of batches, in any order and any number of times."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from shotlog.batches.lines import Result, read_result
from shotlog.batches.saved_settings import recipe_of, settings_from, transcript_told
from shotlog.catalog import Catalog
from shotlog.describers import ClipToDescribe, make_describer
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.chat.completions import read_completion
from shotlog.describers.chat.fallbacks import blamed
from shotlog.describers.chat.flavours import SCHEMA_LADDER
from shotlog.describers.modelled import ModelDescriber
from shotlog.errors import DescribeError, DescribeRefusedError, LibraryError, UsageError
from shotlog.exports import write_video
from shotlog.gate.spending import Load, Tariff
from shotlog.model_servers.error_replies import Complaint, error_from_complaint
from shotlog.model_servers.usage import used_in
from shotlog.pipeline.finishing import close
from shotlog.pipeline.questions import ShownFrom, answer_keys, shown_clips, tagged
from shotlog.pipeline.recipe import Recipe
from shotlog.pipeline.runner import attempt
from shotlog.pipeline.summarizing import save_built_in
from shotlog.records import Answer, Failure, Spent
from shotlog.rows import BatchLine, BatchRow, ClipRow, VideoRow
from shotlog.settings import Settings

log = logging.getLogger("shotlog.batches")

LONGEST_LINE_BYTES = 16 * 1024**2
"""No answer is longer; what is, is no line of a batch."""

SAID_CLIPS = 2
"""A description that so many clips show is counted on; one of a kind is not."""

FAILURES_KEPT = 1000


@dataclass
class ReadReport:
    """What the files held."""

    answered: int = 0
    flagged: int = 0
    """Of those: answers with something doubtful."""
    failed: int = 0
    """Questions without an answer that can be used."""
    refused: int = 0
    """Of those: what the model refuses for good."""
    known: int = 0
    """Lines that were read before, or whose clip has its answer."""
    unknown: int = 0
    """Lines whose id no batch file of this library has."""
    recut: int = 0
    """Lines of clips that the library has no longer, or has cut otherwise."""
    broken: int = 0
    """Lines that are no result."""
    videos: int = 0
    """Finished by what was read."""
    videos_done: int = 0
    """Of those: with an answer to every clip."""
    videos_to_sum_up: int = 0
    """Of those: the model is to sum them up, in the next run; built-in summaries stand in."""
    videos_open: int = 0
    """That still wait for answers."""
    failures: list[tuple[str, int, Failure]] = field(default_factory=list)
    """The first :data:`FAILURES_KEPT`: video, clip, and why."""
    spent: Spent = field(default_factory=Spent)


class _Asked:
    """What one batch was written by, and so how its answers are judged."""

    def __init__(self, catalog: Catalog, batch: BatchRow, folder: Path) -> None:
        self.batch = batch
        self.settings: Settings = settings_from(batch.settings, folder)
        describer = make_describer(self.settings)
        if not isinstance(describer, ModelDescriber):
            raise LibraryError(
                f"{batch.file_name} names no endpoint in its settings.",
                hint="The catalog was changed by something else; write the batch files again.",
            )
        self.describer = describer
        describer.remember(catalog.said_often(SAID_CLIPS))
        self.recipe = recipe_of(self.settings, describer)
        self.tariff = Tariff.of_batches(self.settings)
        self.place = ShownFrom(catalog, folder, self.recipe, self.settings.frame_fps)

    def spent_on(self, result: Result) -> Spent:
        """What the question took, answered or not, as far as the server says."""
        used = used_in(result.completion) if result.completion is not None else None
        if used is None:
            return Spent(1 if result.completion is not None else 0)
        tariff = self.tariff
        cost = tariff.cost(used) if tariff else None
        currency = tariff.currency if tariff else None
        return Spent(1, used.prompt_tokens, used.completion_tokens, cost, currency)


class BatchReader:
    """Reads files into one library: :meth:`read` for each, then :meth:`finish`.

    ``secrets`` are cut out of what servers say.
    """

    def __init__(self, catalog: Catalog, folder: Path, *, secrets: Iterable[str] = ()) -> None:
        self._catalog, self._folder = catalog, folder
        self._secrets = tuple(secrets)
        self._asked: dict[int, _Asked] = {}
        self._touched: dict[str, int] = {}
        """Videos that have got something, each with the batch it came from."""
        self._clips: tuple[tuple[str, int], Mapping[str, ClipToDescribe]] = (("", 0), {})
        self._has_learned = False
        self.report = ReadReport()

    def read(self, path: Path) -> None:
        """Takes one file. Each line counts on its own: none keeps the others from being read.

        Raises UsageError where the file cannot be read at all; LibraryError, DiskFullError.
        """
        try:
            with path.open("rb") as file:
                # By video, for clips are looked up a video at a time.
                for _, _, offset in sorted(self._places(file), key=itemgetter(0, 1)):
                    file.seek(offset)
                    self._take(file.readline(LONGEST_LINE_BYTES))
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror or type(error).__name__}.",
                hint="Name the result and error files as the batch's server gives them.",
            ) from None
        log.info("read %s", path.name)

    def finish(self) -> ReadReport:
        """Closes the videos that have all their answers or errors, as a run does."""
        try:
            for video_id, number in self._touched.items():
                self._end(video_id, self._asked[number])
        finally:
            for asked in self._asked.values():
                asked.describer.close()
        for asked in self._asked.values():
            self._end_if_told(asked.batch.number)
        return self.report

    def _end(self, video_id: str, asked: _Asked) -> None:
        """Closes a video that got something, where nothing of it is open any more."""
        catalog = self._catalog
        if (video := catalog.video(video_id)) is None:
            return
        told = transcript_told(catalog, asked.settings, video_id)
        keys = answer_keys(asked.recipe, video, catalog.clips(video_id), told)
        catalog.link_answers(video_id, keys)
        rows = catalog.clips(video_id)
        if all(row.answer or row.failure for row in rows):
            self._close(asked.recipe, video, rows)
        else:
            self.report.videos_open += 1
        write_video(catalog, video_id, self._folder)

    def _close(self, recipe: Recipe, video: VideoRow, rows: Sequence[ClipRow]) -> None:
        """With the built-in summary; where a model is to sum up, the next run asks it."""
        scan, answered = self._catalog.scan(video.id), sum(row.answer is not None for row in rows)
        if scan is not None and answered:
            save_built_in(self._catalog, recipe, video.id, rows, scan)
        is_open = recipe.teller is not None and answered > (0 if recipe.single_clips else 1)
        status, _ = close(self._catalog, recipe, video, is_open=is_open)
        self.report.videos += 1
        self.report.videos_done += status == "done"
        self.report.videos_to_sum_up += is_open

    def _end_if_told(self, number: int) -> None:
        """A file that was carried to its server by hand is done once all was said of it."""
        batch = self._catalog.batch(number)
        ours = batch is not None and batch.status == "written"
        if ours and not self._catalog.count_open_lines(number):
            self._catalog.save_batch(number, "done")

    def _places(self, file: BinaryIO) -> Iterator[tuple[str, int, int]]:
        """Video, batch and offset of each line that is a result of this library."""
        offset = file.tell()
        while raw := file.readline(LONGEST_LINE_BYTES):
            place, offset = offset, file.tell()
            if not raw.strip():
                continue
            result = read_result(raw)
            if result is None:
                self.report.broken += 1
                continue
            line = self._catalog.batch_line(result.key)
            if line is None:
                self.report.unknown += 1
                continue
            yield line.video_id, line.batch, place

    def _take(self, raw: bytes) -> None:
        result = read_result(raw, self._secrets)
        line = self._catalog.batch_line(result.key) if result is not None else None
        if result is None or line is None:
            return
        if self._catalog.answer(result.key) is not None or line.told == result.digest:
            self.report.known += 1
            self._left_unfinished(line)
            return
        asked = self._asked_in(line.batch)
        clip = self._clips_of(line.video_id, asked).get(result.key)
        if clip is None:
            self.report.recut += 1
            return
        self._count(asked, result)
        name = self._name(line.video_id)
        got = attempt(
            "describe",
            f"{name} clip {clip.span.index}",
            lambda: self._judged(asked, result, clip),
        )
        self._keep(line, result, clip, name, got)
        self._touched[line.video_id] = line.batch

    def _keep(
        self,
        line: BatchLine,
        result: Result,
        clip: ClipToDescribe,
        name: str,
        got: Answer | Failure,
    ) -> None:
        catalog, report, index = self._catalog, self.report, clip.span.index
        if isinstance(got, Failure):
            catalog.save_clip_failure(line.video_id, index, got, line.key)
            catalog.save_line_state(line.key, "failed", result.digest)
            report.failed += 1
            report.refused += got.for_good
            if len(report.failures) < FAILURES_KEPT:
                report.failures.append((name, index, got))
            return
        catalog.save_answer(line.key, line.video_id, index, got)
        catalog.save_line_state(line.key, "answered")
        report.answered += 1
        report.flagged += bool(got.flags)

    def _judged(self, asked: _Asked, result: Result, clip: ClipToDescribe) -> Answer:
        batch = asked.batch
        address = f"{batch.address} ({batch.name})"
        if result.completion is None:
            error = error_from_complaint(
                result.complaint or Complaint(500),
                address=address,
                purse_is_openai="openai.com/" in batch.address,
            )
            self._learn(asked, error)
            raise error
        said = read_completion(result.completion, batch.model, address)
        answer = asked.describer.judged(replace(said, schema_told=batch.schema_told), clip)
        if asked.tariff is not None and answer.prompt_tokens is not None:
            used = Load(answer.prompt_tokens, answer.completion_tokens or 0)
            answer = replace(answer, cost=asked.tariff.cost(used))
        return tagged(answer, clip)

    def _learn(self, asked: _Asked, error: DescribeError) -> None:
        """A schema that was refused is told more loosely in later files, one step a reading."""
        batch, asker = asked.batch, asked.describer.asker
        if not isinstance(error, DescribeRefusedError) or not isinstance(asker, ChatAsker):
            return
        if self._has_learned or not batch.schema_told:
            return
        known = self._catalog.endpoint_manner(asker.address, asker.model_named)
        if known is not None:
            asker.recall(known)
        manner = asker.unasked(batch.model).manner
        if blamed(error, manner.schema) != "schema":
            return
        self._has_learned = True
        lower = SCHEMA_LADDER[SCHEMA_LADDER.index(manner.schema) + 1]
        log.info("%s: the schema is told as %s from now on", batch.name, lower)
        self._catalog.save_endpoint_manner(
            asker.address, asker.model_named, replace(manner, schema=lower)
        )

    def _count(self, asked: _Asked, result: Result) -> None:
        spent = asked.spent_on(result)
        self._catalog.spend_in_batch(asked.batch.number, spent)
        before = self.report.spent
        cost = before.cost if spent.cost is None else (before.cost or 0) + spent.cost
        self.report.spent = Spent(
            before.requests + spent.requests,
            before.prompt_tokens + spent.prompt_tokens,
            before.completion_tokens + spent.completion_tokens,
            cost,
            spent.currency or before.currency,
        )

    def _left_unfinished(self, line: BatchLine) -> None:
        """A video whose answers were kept by a reading that was killed before it closed it."""
        video = self._catalog.video(line.video_id)
        if video is not None and video.status is None:
            self._asked_in(line.batch)
            self._touched.setdefault(line.video_id, line.batch)

    def _asked_in(self, number: int) -> _Asked:
        if number not in self._asked:
            batch = self._catalog.batch(number)
            if batch is None:
                raise LibraryError(
                    f"The catalog has lines of {number} and no such batch.",
                    hint="It was changed by something else; put a copy of it back.",
                )
            self._asked[number] = _Asked(self._catalog, batch, self._folder)
        return self._asked[number]

    def _clips_of(self, video_id: str, asked: _Asked) -> Mapping[str, ClipToDescribe]:
        """The video's clips by their answers' keys, as the batch's settings have it."""
        place = video_id, asked.batch.number
        if self._clips[0] != place:
            self._clips = place, self._looked_up(video_id, asked)
        return self._clips[1]

    def _looked_up(self, video_id: str, asked: _Asked) -> Mapping[str, ClipToDescribe]:
        video, scan = self._catalog.video(video_id), self._catalog.scan(video_id)
        if video is None or scan is None:
            return {}
        rows = {row.clip.span.index: row for row in self._catalog.clips(video_id)}
        told = transcript_told(self._catalog, asked.settings, video_id)
        shown = shown_clips(asked.place, video, scan, rows, told)
        keys = answer_keys(asked.recipe, video, rows.values(), told)
        return {keys[index]: clip for index, clip in shown.items()}

    def _name(self, video_id: str) -> str:
        video = self._catalog.video(video_id)
        return video.source.file_name if video is not None else video_id
