"""The second step: one decode of a video, from which everything about it is made."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from shotlog.media.process import MediaPool
from shotlog.media.scan import ScanRequest, ScanResult
from shotlog.pipeline.hearing import keep_sound, kept_sound
from shotlog.pipeline.job import End, Failed, Job, Next, Run
from shotlog.pipeline.material import merged, placed, requests_for, requests_from_clips
from shotlog.pipeline.runner import attempt
from shotlog.records import Clip, Failure, SceneCuts
from shotlog.speech import SoundFile

log = logging.getLogger("shotlog.run")


class Scanning:
    """Scans as many videos at a time as there are media processes; the others wait here."""

    def __init__(
        self, run: Run, media: MediaPool, *, then: Next, failed: Failed, free: Next
    ) -> None:
        """``free`` gives back a video's sources as soon as they were read."""
        self._run, self._media = run, media
        self._then, self._failed, self._free = then, failed, free
        self._waiting: deque[Job] = deque()
        self._seconds_ended = 0.0

    @property
    def busy(self) -> int:
        """Videos that are being scanned now."""
        return self._run.progress.scanning

    @property
    def waiting(self) -> int:
        """Videos that wait for a media process."""
        return len(self._waiting)

    def take(self, job: Job) -> None:
        """Puts the video in line; hands one on of which nothing must be read."""
        if job.needs.media:
            job.stage = "waiting"
            self._waiting.append(job)
        else:
            self._then(job)

    def begin(self) -> None:
        """Starts what may start."""
        while self._waiting and self.busy < self._run.workers and not self._run.stopping:
            job = self._waiting.popleft()
            threads = max(1, self._run.workers // (1 + self.busy + self.waiting))
            if job.needs.clips and job.video.clips_key is not None:
                self._run.catalog.forget("clips", [job.video.id])
            self._scan(job, threads)

    def look(self) -> None:
        """Brings the progress up to date and ends processes that have stalled."""
        beats = self._media.check()
        progress = self._run.progress
        progress.seconds_scanned = self._seconds_ended + sum(beat.seconds for beat in beats)
        progress.clips_under_way = sum(beat.clips for beat in beats)
        progress.waiting_to_scan = self.waiting

    def _scan(self, job: Job, threads: int) -> None:
        def ended(end: End[tuple[ScanResult, ...]]) -> None:
            self._run.events.put(lambda: self._scanned(job, end))

        job.stage = "scan"
        self._run.progress.scanning += 1
        self._media.submit(job.name, self._requests(job, threads), ended)

    def _requests(self, job: Job, threads: int) -> tuple[ScanRequest, ...]:
        run, folder = self._run, self._run.folder(job)
        if job.files:
            scan = run.catalog.scan(job.video.id) if job.needs.only_sound else None
            return requests_for(
                job.video,
                run.recipe,
                job.needs,
                job.files,
                folder=folder,
                threads=threads,
                known=scan.facts if scan else None,
            )
        rows = run.catalog.clips(job.video.id)
        return requests_from_clips(
            rows, run.recipe, library=run.library, folder=folder, threads=threads
        )

    def _scanned(self, job: Job, end: End[tuple[ScanResult, ...]]) -> None:
        self._run.progress.scanning -= 1
        got = attempt("scan", job.name, lambda: self._save(job, end()))
        self._free(job)
        if isinstance(got, Failure):
            self._failed(job, got)
        else:
            self._then(job)

    def _save(self, job: Job, results: tuple[ScanResult, ...]) -> None:
        self._seconds_ended += sum(float(each.facts.duration_seconds) for each in results)
        if job.files:
            self._save_scan(job, merged(job.video, self._run.recipe, results))
            log.info("scanned %s", job.name)
        else:
            self._save_frames(job, [clip for each in results for clip in each.clips])

    def _save_scan(self, job: Job, result: ScanResult) -> None:
        video, recipe, catalog = job.video, self._run.recipe, self._run.catalog
        self._save_sound(job, result.sound)
        if job.needs.only_sound:
            return
        cuts = None
        if recipe.scenes.detector != "ffmpeg":
            cuts = SceneCuts(recipe.scenes, result.cuts)
        if job.needs.only_scenes and cuts is not None:
            catalog.save_scenes(video.id, recipe.scenes_key(video), cuts)
            return
        before = {row.clip.span: row.clip for row in catalog.clips(video.id)}
        clips = []
        for clip in result.clips:
            made = placed(clip, f"videos/{video.folder}")
            if not job.needs.clips and clip.span in before:
                made = replace(made, video=before[clip.span].video)
            clips.append(made)
        catalog.save_scan(
            video.id, recipe.scan_key(video), result.facts, result.scores, result.samples
        )
        catalog.save_scenes(video.id, recipe.scenes_key(video), cuts)
        clips_key = recipe.clips_key(video) if job.needs.clips else video.clips_key
        catalog.save_clips(video.id, clips_key, recipe.frames_key(video), clips)
        self._run.progress.clips_made += len(clips)
        _remove_others(self._run.library, self._run.folder(job), clips)

    def _save_sound(self, job: Job, sound: SoundFile) -> None:
        """Words that were heard in another sound are forgotten; new ones follow if wanted."""
        folder = self._run.folder(job)
        if job.needs.sound:
            keep_sound(folder, job.video, sound)
        elif job.needs.scan and kept_sound(folder, job.video) is None:
            self._run.catalog.forget_transcript(job.video.id)

    def _save_frames(self, job: Job, made: Iterable[Clip]) -> None:
        """Frames made from the clip files join the clips that are there."""
        folder = f"videos/{job.video.folder}"
        frames = {clip.span.index: placed(clip, folder).frames for clip in made}
        clips = [
            replace(row.clip, frames=frames.get(row.clip.span.index))
            for row in self._run.catalog.clips(job.video.id)
        ]
        key = self._run.recipe.frames_key(job.video)
        self._run.catalog.save_clips(job.video.id, job.video.clips_key, key, clips)


def _remove_others(library: Path, folder: Path, clips: Iterable[Clip]) -> None:
    """Removes what an earlier cutting, or an interrupted one, left in a video's folder."""
    kept = set()
    for clip in clips:
        named = (clip.video and clip.video.file, clip.frames and clip.frames.file, clip.thumb)
        kept |= {library / file for file in named if file}
    for kind in ("clips", "frames", "thumbs"):
        for path in (folder / kind).glob("*"):
            if path not in kept:
                path.unlink()
