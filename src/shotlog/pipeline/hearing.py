"""The step between scanning and describing: what is spoken in a video is written down."""

from __future__ import annotations

import logging
from concurrent.futures import Executor
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from shotlog import ledger
from shotlog.errors import HearingRefusedError
from shotlog.hearing import Listener
from shotlog.media.speech_audio import FOLDER
from shotlog.pipeline.job import End, Job, Next, Run
from shotlog.pipeline.runner import attempt
from shotlog.records import Failure
from shotlog.rows import VideoRow
from shotlog.speech import SoundFile, Transcript
from shotlog.storage import atomic_write

log = logging.getLogger("shotlog.run")

NOTE_NAME = "sound.json"

UNHEARD_IN_A_ROW = 4
"""So many videos unheard, each after its retries, and nothing more is sent."""


@dataclass(frozen=True)
class _Note:
    """What lies beside the sound files, written last: with it they are whole."""

    key: str
    """Of the ledger: whose sound it is."""
    sound: SoundFile


class Hearing:
    """Has each video's words written down, and hands the video on, heard or not.

    A failure costs the words alone: the clips are described without them.
    """

    def __init__(
        self, run: Run, threads: Executor, listener: Listener | None, *, then: Next
    ) -> None:
        self._run, self._threads, self._listener, self._then = run, threads, listener, then
        self._refused: Failure | None = None
        self._unheard_in_a_row = 0

    @property
    def busy(self) -> int:
        """Videos that are being heard now."""
        return self._run.progress.hearing

    def take(self, job: Job) -> None:
        """Has the video heard, unless its words are there, nobody listens, or nobody answers."""
        key = self._run.recipe.sound_key(job.video)
        listener = self._listener
        if listener is None or key is None:
            self._then(job)
        elif job.video.sound_key == key:
            job.transcript = self._run.catalog.transcript(job.video.id)
            self._then(job)
        elif self._refused is not None:
            self._failed(job, self._refused)
        elif not self._run.stopping:
            self._hear(job, key, listener)

    def _hear(self, job: Job, key: str, listener: Listener) -> None:
        folder = self._run.folder(job)
        sound = kept_sound(folder, job.video) or SoundFile()
        if not sound.stretches:
            self._save(job, key, Transcript())
            return
        job.stage = "hear"
        self._run.progress.hearing += 1
        self._run.in_thread(
            self._threads,
            lambda: listener.hear(sound, folder),
            lambda end: self._heard(job, key, end),
        )

    def _heard(self, job: Job, key: str, end: End[Transcript]) -> None:
        self._run.progress.hearing -= 1
        got = attempt("hear", job.name, end)
        if not isinstance(got, Failure):
            self._unheard_in_a_row = 0
            self._run.progress.videos_heard += 1
            log.info("heard %s: %d words", job.name, len(got.words))
            self._save(job, key, got)
            return
        self._unheard_in_a_row += got.retryable
        if got.code == HearingRefusedError.code or self._unheard_in_a_row >= UNHEARD_IN_A_ROW:
            self._refused = got
        if not (self._run.stopping and got.retryable):
            self._failed(job, got)

    def _save(self, job: Job, key: str, transcript: Transcript) -> None:
        self._run.catalog.save_transcript(job.video.id, key, transcript)
        job.transcript = transcript
        self._then(job)

    def _failed(self, job: Job, failure: Failure) -> None:
        job.unheard = failure
        self._then(job)


def needs_sound(run: Run, video: VideoRow) -> bool:
    """Whether the sound must be made so that it can be heard."""
    key = run.recipe.sound_key(video)
    if key is None or video.sound_key == key:
        return False
    if video.scan_key == run.recipe.scan_key(video):
        scan = run.catalog.scan(video.id)
        if scan is not None and scan.facts.audio is None:
            return False
    return kept_sound(run.library / "videos" / video.folder, video) is None


def keep_sound(folder: Path, video: VideoRow, sound: SoundFile) -> None:
    """Notes down that the sound files are there, and removes those of an earlier sound."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    names = {folder / stretch.file for stretch in sound.stretches}
    for path in place.glob("*"):
        if path not in names:
            path.unlink()
    note = _Note(ledger.sound_key(video.source_key), sound)
    with atomic_write(place / NOTE_NAME) as file:
        file.write(TypeAdapter(_Note).dump_json(note))


def kept_sound(folder: Path, video: VideoRow) -> SoundFile | None:
    """The sound of this source, where it was made and all of its files are there."""
    try:
        note = TypeAdapter(_Note).validate_json((folder / FOLDER / NOTE_NAME).read_bytes())
    except (OSError, ValidationError):
        return None
    if note.key != ledger.sound_key(video.source_key):
        return None
    whole = all(
        path.is_file() and path.stat().st_size == stretch.size_bytes
        for stretch in note.sound.stretches
        for path in [folder / stretch.file]
    )
    return note.sound if whole else None
