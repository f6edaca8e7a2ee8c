"""``shotlog show`` and ``shotlog verify``: looks at a library."""

from __future__ import annotations

import difflib
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from shotlog import api
from shotlog.cli.lines import say
from shotlog.cli.run_report import spending
from shotlog.cli.screen import duration, printable
from shotlog.cli.tag import given_by
from shotlog.errors import UsageError
from shotlog.exports import ClassObject, RuleTagObject, SegmentObject, VideoObject
from shotlog.verify import verify as findings_of
from shotlog.wording import clock, counted

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The library's folder.")]
DEFAULT_FOLDER = Path("processed_videos")

FINDINGS_SHOWN = 50
SEGMENT_INDENT = 21
"""Blanks before a clip's second line: as wide as its times."""


def show(
    folder: Folder = DEFAULT_FOLDER,
    video: Annotated[
        str | None, typer.Argument(metavar="VIDEO", help="A video's name, id or folder.")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what failed, with the reasons.")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N videos.")] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", "--as-json", help="As JSON, one object a line.")
    ] = False,
) -> int:
    """Show what a library holds, or one video of it clip by clip.
    \f
    Examples:
      shotlog show
      shotlog show holiday-log beach.mp4
      shotlog show --failed
    """
    if video is None and not folder.exists():
        raise UsageError(
            f"There is no folder {folder}.",
            hint="Name the library's folder, and a video behind it: "
            f"`shotlog show {DEFAULT_FOLDER} VIDEO`.",
        )
    console = Console()
    with api.open(folder) as library:
        if video is not None:
            _show_video(console, _named(library, video), as_json=as_json)
        elif failed:
            _show_failures(console, library)
        elif as_json:
            for each in islice(library.videos(), limit):
                print(each.model_dump_json())
        else:
            _show_videos(console, library, limit)
    return 0


def verify(
    folder: Folder = DEFAULT_FOLDER,
    repair: Annotated[
        bool, typer.Option("--repair", help="Let the next run make missing files again.")
    ] = False,
) -> int:
    """Hold a library against its files.

    Ends with 2 where something is missing.
    \f
    Examples:
      shotlog verify
      shotlog verify holiday-log --repair
    """
    console = Console()
    with api.open(folder) as library:
        findings = list(findings_of(library))
        counts = library.counts()
    for finding in findings[:FINDINGS_SHOWN]:
        text = Text.assemble((finding.trouble, "yellow"), f" {printable(finding.file)}: ")
        say(console, text.append(finding.detail))
    if len(findings) > FINDINGS_SHOWN:
        console.print(f"… and {len(findings) - FINDINGS_SHOWN} more")
    if not findings:
        console.print(
            f"All is there: {counted(counts.videos, 'video')}, {counted(counts.clips, 'clip')}."
        )
        return 0
    broken = sorted({each.video_id or "" for each in findings if each.mended_by_cutting_again})
    if not broken:
        return 0
    if repair:
        api.forget(folder, "clips", broken)
        console.print(f"The next run makes the files of {counted(len(broken), 'video')} again.")
    else:
        console.print("shotlog verify --repair lets the next run make them again.")
    return 2


def _named(library: api.Library, name: str) -> VideoObject:
    found = library.video(name)
    if found is not None:
        return found
    names = [row.source.file_name for row in islice(library.rows(), 10_000)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    raise UsageError(
        f"The library has no video {name!r}.",
        hint=f"Did you mean {near[0]!r}?" if near else "shotlog show lists what it has.",
    )


def _show_videos(console: Console, library: api.Library, limit: int) -> None:
    counts = library.counts()
    for each in islice(library.videos(), limit):
        _show_in_short(console, each)
    if counts.videos > limit:
        console.print(f"… and {counts.videos - limit} more; --limit {counts.videos} shows all.")
    unfinished = f", {counts.videos_unfinished} not finished" if counts.videos_unfinished else ""
    console.print(
        f"{counted(counts.videos, 'video')}: {counts.videos_done} done, "
        f"{counts.videos_partial} partly, {counts.videos_failed} failed{unfinished}; "
        f"{counts.clips_described} of {counted(counts.clips, 'clip')} described"
    )
    for spent in library.spending():
        console.print(f"Models took in all {spending(spent)}", highlight=False)


def _show_in_short(console: Console, video: VideoObject) -> None:
    """Two or three lines a video: what it is, and what is in it or what is wrong with it."""
    media, count = video.media, len(video.segments)
    head = Text.assemble(
        (printable(video.file_name), "bold"), "  ", (video.status, _style(video.status))
    )
    if media is not None:
        facts = f"{duration(media.duration_seconds)}  {media.width}x{media.height}"
        head.append(f"  {facts}  {count} clip{'s' * (count != 1)}", "dim")
    for each in video.classes:
        head.append(f"  {printable(each.name)}", "magenta")
    if video.tags:
        head.append(f"  {printable(', '.join(video.tags))}", "cyan")
    say(console, head, indent=4)
    for words, style in ((video.description, ""), (video.error and video.error.message, "yellow")):
        if words:
            console.print(Padding(Text(printable(words), style), (0, 0, 0, 4)))


def _show_failures(console: Console, library: api.Library) -> None:
    count = 0
    for row in library.failures():
        count += 1
        where = (
            row.file_name if row.clip_index is None else f"{row.file_name}, clip {row.clip_index}"
        )
        failure = row.failure
        head = Text.assemble((printable(where), "bold"), f" ({failure.step}: {failure.code})")
        say(console, head)
        say(console, f"  {printable(failure.message)} {failure.hint}", indent=2)
    console.print(f"{counted(count, 'failure')}." if count else "Nothing failed.")


def _show_video(console: Console, video: VideoObject, *, as_json: bool) -> None:
    if as_json:
        print(video.model_dump_json(indent=2))
        return
    console.print(Text.assemble((printable(video.file_name), "bold"), f"  {video.status}"))
    console.print(Text(printable(video.public_url)), soft_wrap=True)
    if video.media is not None:
        console.print(_facts(video), highlight=False)
    if video.error is not None:
        say(console, Text(printable(video.error.message), "red"))
    if video.title or video.description:
        console.print()
    if video.title:
        say(console, Text(printable(video.title), "bold"))
    if video.description:
        say(console, Text(_lines(video.description)))
    for chapter in video.chapters:
        times = f"{clock(chapter.start_seconds)} – {clock(chapter.end_seconds)}"
        text = Text.assemble((f"{times:>19}", "cyan"), "  ", printable(chapter.title))
        say(console, text)
    _show_tags(console, video)
    console.print()
    for segment in video.segments:
        _show_segment(console, segment)


def _show_tags(console: Console, video: VideoObject) -> None:
    if video.tags:
        console.print(Text("Tags: " + printable(", ".join(video.tags))))
    given: tuple[ClassObject | RuleTagObject, ...] = (*video.classes, *video.rule_tags)
    for each in given:
        say(console, Text("  " + given_by(each)))


def _lines(text: str) -> str:
    """A summary may have several lines, and nothing else that steers a terminal."""
    return "\n".join(printable(line) for line in text.splitlines())


def _facts(video: VideoObject) -> str:
    media = video.media
    if media is None:
        return ""
    sound = f"{media.audio_codec} sound" if media.has_audio else "no sound"
    return (
        f"{duration(media.duration_seconds)}, {media.width}x{media.height}, {media.fps:.2f} fps, "
        f"{media.video_codec}, {sound}, {counted(len(video.scenes), 'scene')}"
    )


def _show_segment(console: Console, segment: SegmentObject) -> None:
    times = f"{segment.start_seconds:8.2f} – {segment.end_seconds:.2f} s"
    words = segment.description or (segment.error.message if segment.error else "")
    text = Text.assemble((times, "cyan"), "  ", printable(words))
    if segment.heard:
        text.append(f"  “{printable(segment.heard)}”", "italic")
    for each in segment.classes:
        text.append(f"  {printable(each.name)}", "magenta")
    if segment.tags:
        text.append(f"  [{printable(', '.join(segment.tags))}]", "dim")
    if segment.flags:
        text.append(f"  ({', '.join(segment.flags)})", "yellow")
    say(console, text, indent=SEGMENT_INDENT)


def _style(status: str) -> str:
    return {"done": "green", "partial": "yellow"}.get(status, "red")
