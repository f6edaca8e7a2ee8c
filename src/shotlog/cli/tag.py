"""``shotlog tag``: rules over a library that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shotlog import api
from shotlog.cli.screen import printable
from shotlog.exports import ClassObject, RuleTagObject
from shotlog.pipeline.tagging import TagChange, VideoChange
from shotlog.rows import Evidence, RuleTag
from shotlog.wording import counted

EVIDENCE_SHOWN = 3
"""Of what a rule saw, so much is printed; the JSON has all."""


def tag(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The library's folder.")] = Path(
        "processed_videos"
    ),
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The rules. [Rules of the settings]"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings file. [config.ini if there]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
) -> int:
    """Apply rules to the whole library again, and say what changed.

    Asks no model and opens no video.
    \f
    Examples:
      shotlog tag --rules rules.yaml
      shotlog tag holiday-log --rules rules.yaml --dry-run
    """
    report = api.tag(
        folder,
        rules,
        config=config,
        dry_run=dry_run,
        on_change=_tell,
    )
    would = "would be " if dry_run else ""
    print(
        f"{counted(report.videos, 'video')}, {counted(report.clips, 'clip')}: "
        f"{counted(report.videos_changed, 'video')} {would}changed; "
        f"{report.added:,} {'tag or class' if report.added == 1 else 'tags and classes'} "
        f"{would}given, {report.removed:,} {would}taken away"
    )
    return 0


def given_by(given: ClassObject | RuleTagObject) -> str:
    """``safety (rule helmets): clip 3 description 'forklift'``."""
    seen = [_seen(each.clip, each.field, each.value) for each in given.evidence]
    return printable(f"{_kind(given)}{given.name} (rule {given.rule}): {_some(seen)}")


def _kind(given: ClassObject | RuleTagObject) -> str:
    return f"{given.group}: " if isinstance(given, ClassObject) else ""


def _tell(change: VideoChange) -> None:
    """By the plain way to print: a library may have a hundred thousand lines to tell."""
    typer.secho(printable(change.file_name), bold=True)
    for each in change.changes:
        _tell_one(each)


def _tell_one(change: TagChange) -> None:
    where = "" if change.clip is None else f"clip {change.clip}: "
    for removed in change.removed:
        typer.echo(f"  {where}" + typer.style(f"- {printable(_named(removed))}", fg="red"))
    for added in change.added:
        seen = _some([_seen_by(each) for each in added.evidence])
        given = typer.style(f"+ {printable(_named(added))}", fg="green")
        typer.echo(f"  {where}{given}  {printable(f'rule {added.rule}: {seen}')}")


def _named(given: RuleTag) -> str:
    return given.name if given.group is None else f"{given.group}: {given.name}"


def _seen_by(evidence: Evidence) -> str:
    return _seen(evidence.clip, evidence.field, evidence.value)


def _seen(clip: int | None, field: str, value: object) -> str:
    where = "" if clip is None else f"clip {clip} "
    if value is None:
        return f"{where}no such {field}"
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    else:
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
    return f"{where}{field} {shown}"


def _some(seen: list[str]) -> str:
    further = f", and {len(seen) - EVIDENCE_SHOWN} more" if len(seen) > EVIDENCE_SHOWN else ""
    return ", ".join(seen[:EVIDENCE_SHOWN]) + further
