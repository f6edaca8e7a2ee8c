"""The options that commands share, each said once: what it is called, takes and means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from shotlog import api
from shotlog.errors import SettingError
from shotlog.quantities import parse_size, parse_time
from shotlog.sources import Choice

Value = TypeVar("Value")

FROM = "Where the videos come from"
CHOOSE = "Which of them"
CUT = "How they are cut"
ASK = "What the model is asked"
WORK = "How the work is done"

SECTIONS = (FROM, CHOOSE, CUT, ASK, WORK)
"""The order in which help tells of them."""

Csv = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A listing: CSV, rclone lsf or lsjson; - is standard input.",
        rich_help_panel=FROM,
    ),
]
Urls = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL...", help="Addresses of videos, as many as follow.", rich_help_panel=FROM
    ),
]
Manifest = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A manifest, as shotlog manifest makes one.", rich_help_panel=FROM
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--dir", metavar="FOLDER", help="Every video below this folder.", rich_help_panel=FROM
    ),
]
Rclone = Annotated[
    str | None,
    typer.Option(
        metavar="REMOTE:PATH", help="List this remote with your own rclone.", rich_help_panel=FROM
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        metavar="PREFIX",
        help="Web address before every name, say https://mybucket.online/vids/.",
        rich_help_panel=FROM,
    ),
]
MinSize = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="Only videos of this size or more, say 10MB.", rich_help_panel=CHOOSE
    ),
]
MaxSize = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="Only videos of this size or less, say 2GB.", rich_help_panel=CHOOSE
    ),
]
ModifiedAfter = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Only videos modified at this time or later, say 2024-01-31.",
        rich_help_panel=CHOOSE,
    ),
]
ModifiedBefore = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Only videos modified before this time.", rich_help_panel=CHOOSE
    ),
]
Match = Annotated[
    str | None,
    typer.Option(
        metavar="GLOB", help="Only names like this, say '2024/*.mp4'.", rich_help_panel=CHOOSE
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Only the first N videos.", rich_help_panel=CHOOSE),
]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="The library's folder. [processed_videos]", rich_help_panel=WORK
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Settings file. [config.ini if there]", rich_help_panel=WORK),
]
SegmentLength = Annotated[
    str | None,
    typer.Option(metavar="SECONDS", help="Length of a clip. [15]", rich_help_panel=CUT),
]
Overlap = Annotated[
    str | None,
    typer.Option(metavar="SECONDS", help="Shared with the clip before. [0]", rich_help_panel=CUT),
]
Split = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="By length, or along scenes. [length]", rich_help_panel=CUT),
]
MinClip = Annotated[
    str | None,
    typer.Option(
        metavar="SECONDS",
        help="With --split scenes, shorter ones are joined. [2]",
        rich_help_panel=CUT,
    ),
]
MaxResolution = Annotated[
    str | None,
    typer.Option(metavar="CAP", help="720p, 1080p or 1280x720. [720p]", rich_help_panel=CUT),
]
MaxFps = Annotated[
    str | None, typer.Option(metavar="CAP", help="Frames a second. [30]", rich_help_panel=CUT)
]
SceneThreshold = Annotated[
    float | None,
    typer.Option(
        metavar="X", help="ffmpeg's scene score of a cut, 0..1. [0.3]", rich_help_panel=CUT
    ),
]
SceneDetector = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How scenes are found: ffmpeg, content or adaptive. [ffmpeg]",
        rich_help_panel=CUT,
    ),
]
Clips = Annotated[
    bool | None,
    typer.Option(
        "--clips/--no-clips",
        help="Whether clip files are written. [clips]",
        rich_help_panel=CUT,
    ),
]
Instruction = Annotated[
    str | None,
    typer.Option(
        "--instruction",
        "--qwen-instruction",
        metavar="TEXT",
        help="What the model is asked of each clip. [Describe this video.]",
        rich_help_panel=ASK,
    ),
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the model answers, or a name of [Endpoints]. [the built-in describer]",
        rich_help_panel=ASK,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The model's name; local:NAME runs it here.", rich_help_panel=ASK
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="openai or plain. [seen from the address]", rich_help_panel=ASK
    ),
]
UseVpc = Annotated[
    bool | None,
    typer.Option("--use-vpc", help="Take VpcEndpoint of the settings.", rich_help_panel=ASK),
]
Structured = Annotated[
    bool | None,
    typer.Option(
        "--structured/--no-structured",
        help="Ask for fields: actions, objects, people, setting... [where the server can]",
        rich_help_panel=ASK,
    ),
]
Keywords = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Words that matter to you, one a line.", rich_help_panel=ASK),
]
Categories = Annotated[
    str | None,
    typer.Option(metavar="A,B,C", help="What a clip may be one of.", rich_help_panel=ASK),
]
Context = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="What is told of the clip before: none or previous. [none]",
        rich_help_panel=ASK,
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="The language of descriptions, say en. [any]", rich_help_panel=ASK
    ),
]
Hear = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where speech is written down, or local. [nowhere]",
        rich_help_panel=ASK,
    ),
]
Summary = Annotated[
    str | None,
    typer.Option(
        metavar="BY",
        help="Who sums a video up: model or built-in. [who described it]",
        rich_help_panel=ASK,
    ),
]
Rules = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Rules that give tags and classes.", rich_help_panel=ASK),
]
Describe = Annotated[
    bool | None,
    typer.Option(
        "--describe/--no-describe",
        help="Whether clips are described, or all but that is done. [describe]",
        rich_help_panel=ASK,
    ),
]
MaxCost = Annotated[
    str | None,
    typer.Option(metavar="MONEY", help="Stop before more is spent.", rich_help_panel=ASK),
]
MaxRequests = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Ask no more than that.", rich_help_panel=ASK),
]
ReuseSame = Annotated[
    bool | None,
    typer.Option(
        "--reuse-same",
        help="Take the answer of an earlier clip with the same picture.",
        rich_help_panel=ASK,
    ),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Most model requests in flight. [shotlog finds out]",
        rich_help_panel=WORK,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Media processes. [one a core]", rich_help_panel=WORK),
]
Hardware = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What an NVIDIA GPU does: none, nvdec (decode) or cuda (encode too). [none]",
        rich_help_panel=WORK,
    ),
]
KeepSources = Annotated[
    bool | None,
    typer.Option("--keep-sources", help="Keep fetched videos.", rich_help_panel=WORK),
]
Mongodb = Annotated[
    bool | None,
    typer.Option(
        "--mongodb/--no-mongodb",
        help="Send documents to MongoDB as videos finish. [as the settings say]",
        rich_help_panel=WORK,
    ),
]
Redo = Annotated[
    str | None,
    typer.Option(
        metavar="STEP", help=f"Do again: {', '.join(api.REDO_STEPS)}.", rich_help_panel=WORK
    ),
]
LogLevel = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR. [INFO]", rich_help_panel=WORK
    ),
]


def origin_of(
    csv: str | None,
    urls: list[str] | None,
    manifest: Path | None,
    folder: Path | None,
    rclone: str | None,
    public_url: str | None,
) -> api.Origin:
    """Where the videos come from. Raises SettingError unless exactly one place is named."""
    return api.Origin(
        csv=Path(csv) if csv else None,
        urls=tuple(urls or ()),
        json=manifest,
        folder=folder,
        rclone=rclone,
        public_url=public_url,
    )


def choice_of(
    min_size: str | None,
    max_size: str | None,
    modified_after: str | None,
    modified_before: str | None,
    match: str | None,
    limit: int | None,
) -> Choice:
    """Which videos are wanted. Raises SettingError."""
    return Choice(
        min_size=parsed("--min-size", parse_size, min_size),
        max_size=parsed("--max-size", parse_size, max_size),
        modified_after=parsed("--modified-after", parse_time, modified_after),
        modified_before=parsed("--modified-before", parse_time, modified_before),
        match=match,
        limit=limit,
    )


def structured_word(structured: bool | None) -> str | None:
    """The setting's word for --structured and --no-structured; None where neither was given."""
    return None if structured is None else ("yes" if structured else "no")


def keywords_in(path: Path) -> dict[str, tuple[str, ...]]:
    """The file's lines as one group of words. Raises SettingError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            f"--keywords: {path} cannot be read as UTF-8 text.", hint="Check the path."
        ) from None
    return {"keywords": tuple(line.strip() for line in lines if line.strip())}


def parsed(option: str, parse: Callable[[str], Value], text: str | None) -> Value | None:
    """What ``parse`` makes of the option's text; None where it was not given.

    A ValueError of ``parse`` is raised as SettingError, with the option's name before it.
    """
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(f"{option}: {error}.", hint="Change it and run again.") from None
