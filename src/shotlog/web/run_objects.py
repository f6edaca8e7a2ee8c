"""What the JSON API says of runs, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from shotlog.exports.building import shown
from shotlog.records import Failure, Spent
from shotlog.rows import FailureGroup, FailureRow, RunProgress, RunRow, RunStatus, Stage

SILENT_SECONDS = 20.0
"""A run tells of itself about once a second; where no lock tells whether it goes on, this does."""

RATE_SECONDS = 60.0
"""The rate is that of about the last minute."""


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpentObject(_Object):
    """What a run used of models."""

    requests: int = Field(description="those that failed counted in")
    prompt_tokens: int = Field(description="tokens sent")
    completion_tokens: int = Field(description="tokens answered")
    cost: Decimal | None = Field(description="by the tariff, as decimal text, or null: no tariff")
    currency: str | None = Field(description="of the cost; null without a tariff")


class CauseObject(_Object):
    """Why something was not done."""

    step: str = Field(description="the step that failed: fetch, scan, describe, …")
    code: str = Field(description="a stable word for programs, as in docs/errors.md")
    message: str = Field(description="what was seen, and what would have been right")
    hint: str = Field(description="what to do")
    retryable: bool = Field(description="whether the same may succeed later with nothing changed")


class FailedObject(_Object):
    """A video or clip that failed."""

    address: str = Field(description="its page")
    file_name: str = Field(description="the video's name in the listing")
    clip: int | None = Field(description="the clip's number, or null: the video as a whole")
    message: str = Field(description="what was seen of this one")


class FailuresObject(_Object):
    """Failures at one step with one code and one remedy."""

    count: int = Field(description="videos and clips")
    cause: CauseObject = Field(description="of the first of them")
    first: tuple[FailedObject, ...] = Field(description="some of them")


class InHandObject(_Object):
    """A video that the run is at."""

    address: str = Field(description="its page")
    file_name: str = Field(description="its name in the listing")
    stage: Stage = Field(description="where it is on its way; waiting: for its turn to be scanned")
    clips_open: int = Field(description="clips that wait for their description, once known")


class PointObject(_Object):
    """How far a run was at a moment."""

    elapsed_seconds: float = Field(description="from its beginning")
    clips: int = Field(description="described by then in this run")


class ProgressObject(_Object):
    """How far a run is; counts are of this run alone."""

    told_at: datetime = Field(description="when it said so, in UTC; about once a second")
    elapsed_seconds: float = Field(description="from its beginning")
    seconds_left: float | None = Field(description="an estimate; null: it cannot be told yet")
    clips_a_minute: float | None = Field(description="described in about the last minute, or null")
    videos: int = Field(description="chosen in all")
    videos_ended: int = Field(description="of them, done with in one way or another")
    videos_unchanged: int = Field(description="found complete, nothing done")
    videos_done: int = Field(description="done in this run")
    videos_partial: int = Field(description="done in part")
    videos_failed: int = Field(description="failed as a whole")
    videos_left: int = Field(description="made ready for a model that was not to be asked")
    clips_made: int = Field(description="cut in this run")
    clips_described: int = Field(description="in this run")
    clips_described_before: int = Field(description="answers found, not asked for again")
    clips_reused: int = Field(description="answers of earlier clips with the same picture")
    clips_failed: int = Field(description="clips that got no description")
    bytes_fetched: int = Field(description="over the network")
    seconds_scanned: float = Field(description="of video decoded")
    fetching: int = Field(description="videos now")
    waiting_to_scan: int = Field(description="videos now")
    scanning: int = Field(description="videos now")
    hearing: int = Field(description="videos now")
    waiting_to_describe: int = Field(description="clips now")
    describing: int = Field(description="clips now")
    summarizing: int = Field(description="videos now")
    stopping: bool = Field(description="whether it only finishes what is in hand")
    stopped_because: CauseObject | None = Field(description="why it cannot go on, or null")
    notes: tuple[str, ...] = Field(description="what people should know of whom the run asks")
    in_hand: tuple[InHandObject, ...] = Field(description="some of the videos on their way")
    trail: tuple[PointObject, ...] = Field(description="how far it was, from its beginning")


class RunObject(_Object):
    """A run over the library."""

    id: int = Field(description="runs count from 1")
    status: RunStatus = Field(
        description="running, or how it ended; stopped: the model or a cap said no, and the same "
        "command goes on; killed: it never said how it ended"
    )
    started_at: datetime = Field(description="in UTC")
    ended_at: datetime | None = Field(description="null while it goes, and where it was killed")
    spent: SpentObject = Field(description="what it used of models")
    progress: ProgressObject | None = Field(description="as it told last; null: it never did")


class NowObject(_Object):
    """The last run over the library."""

    run: RunObject | None = Field(description="null where there was none yet")
    failures: tuple[FailuresObject, ...] = Field(
        description="what failed of its videos and has not succeeded since, the most first"
    )
    trouble: str | None = Field(description="why the library cannot be read now, or null")


class RunsObject(_Object):
    """A page of runs."""

    runs: tuple[RunObject, ...] = Field(description="the last first")
    before: int | None = Field(description="asks for the next page; null on the last")


def run_object(row: RunRow, *, is_going: bool | None) -> RunObject:
    """``is_going``: whether its process is there; None where the disk cannot tell."""
    status = row.status
    if status == "running" and not (_tells(row.progress) if is_going is None else is_going):
        status = "killed"
    return RunObject(
        id=row.id,
        status=status,
        started_at=row.started_at,
        ended_at=row.ended_at,
        spent=_spent(row.spent),
        progress=_progress(row.progress) if row.progress else None,
    )


def failures_object(group: FailureGroup) -> FailuresObject:
    return FailuresObject(
        count=group.count,
        cause=_cause(group.first[0].failure),
        first=tuple(map(_failed, group.first)),
    )


def rate(trail: Sequence[PointObject]) -> float | None:
    """Clips a minute over about the last :data:`RATE_SECONDS`; None where it cannot be told."""
    if len(trail) < 2:
        return None
    last = trail[-1]
    since = last.elapsed_seconds - RATE_SECONDS
    first = next(point for point in trail if point.elapsed_seconds >= since or point is last)
    if first is last:
        first = trail[-2]
    took = last.elapsed_seconds - first.elapsed_seconds
    return (last.clips - first.clips) * 60.0 / took if took > 0 else None


def _tells(progress: RunProgress | None) -> bool:
    if progress is None:
        return True
    return (datetime.now(UTC) - progress.told_at).total_seconds() < SILENT_SECONDS


def _spent(spent: Spent) -> SpentObject:
    return SpentObject(
        requests=spent.requests,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        cost=spent.cost,
        currency=spent.currency,
    )


def _cause(failure: Failure) -> CauseObject:
    return CauseObject(
        step=failure.step,
        code=failure.code,
        message=shown(failure.message),
        hint=shown(failure.hint),
        retryable=failure.retryable,
    )


def _failed(row: FailureRow) -> FailedObject:
    clip = "" if row.clip_index is None else f"?clip={row.clip_index}#clip-{row.clip_index}"
    return FailedObject(
        address=f"/videos/{row.video_id}{clip}",
        file_name=shown(row.file_name),
        clip=row.clip_index,
        message=shown(row.failure.message),
    )


def _progress(told: RunProgress) -> ProgressObject:
    trail = tuple(
        PointObject(elapsed_seconds=point.elapsed_seconds, clips=point.clips)
        for point in told.trail
    )
    same = {
        name: getattr(told, name)
        for name in ProgressObject.model_fields
        if name not in ("clips_a_minute", "stopped_because", "notes", "in_hand", "trail")
    }
    return ProgressObject(
        **same,
        clips_a_minute=rate(trail),
        stopped_because=_cause(told.stopped_because) if told.stopped_because else None,
        notes=tuple(map(shown, told.notes)),
        in_hand=tuple(
            InHandObject(
                address=f"/videos/{each.video_id}",
                file_name=each.file_name,
                stage=each.stage,
                clips_open=each.clips_open,
            )
            for each in told.in_hand
        ),
        trail=trail,
    )
