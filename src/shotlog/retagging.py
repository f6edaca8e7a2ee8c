"""Rules over a library that is there: no model is asked, and no video is opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from shotlog.catalog import Catalog, catalog_in
from shotlog.errors import SettingError
from shotlog.exports import write_results, write_video
from shotlog.pipeline.tagging import Tagger, VideoChange
from shotlog.settings import load_settings
from shotlog.storage import run_lock


@dataclass(frozen=True, slots=True)
class TagReport:
    """What applying rules to a library came to."""

    videos: int
    clips: int
    videos_changed: int
    """Those that got or lost a tag or class, or a clip of which did."""
    added: int
    """Tags and classes, of videos and clips."""
    removed: int


def tag(
    folder: str | Path = "processed_videos",
    rules: str | Path | None = None,
    *,
    config: str | Path | None = None,
    dry_run: bool = False,
    on_change: Callable[[VideoChange], None] | None = None,
) -> TagReport:
    """Applies rules to a whole library once more.

    ``rules`` is the file; None takes ``[Tagging] Rules`` of the settings. ``on_change`` is told of
    every video with a tag or class more or less. With ``dry_run`` all stays as it is. Raises
    SettingError, RulesError, LibraryError.
    """
    given = {} if rules is None else {"rules": rules}
    path = load_settings(given, file=Path(config) if config else None).rules
    if path is None:
        raise SettingError(
            "No rules are named.",
            hint="Give --rules FILE, or set Rules in section [Tagging] of config.ini.",
        )
    tagger, place = Tagger.of(path), Path(folder)
    catalog_path = catalog_in(place)
    lock = nullcontext() if dry_run else run_lock(place)
    with lock, Catalog.open(catalog_path, read_only=dry_run) as catalog:
        return _over(catalog, tagger, place, dry_run=dry_run, on_change=on_change)


def _over(
    catalog: Catalog,
    tagger: Tagger,
    folder: Path,
    *,
    dry_run: bool,
    on_change: Callable[[VideoChange], None] | None,
) -> TagReport:
    videos = clips = changed = added = removed = shown = 0
    for change in tagger.over(catalog, dry_run=dry_run):
        videos += 1
        clips += change.clip_count
        added += sum(len(each.added) for each in change.changes)
        removed += sum(len(each.removed) for each in change.changes)
        shown += change.is_shown
        if change.is_shown and not dry_run:
            write_video(catalog, change.video_id, folder)
        if change.changes:
            changed += 1
            if on_change is not None:
                on_change(change)
    if shown and not dry_run:
        write_results(catalog, folder)
    return TagReport(videos, clips, changed, added, removed)
