"""``shotlog doctor``: what is installed here, and what an endpoint can do."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shotlog import __version__
from shotlog.cli.screen import size
from shotlog.describers import make_describer
from shotlog.errors import DescribeError
from shotlog.settings import Settings, load_settings

NEEDED_ENCODERS = ("libx264", "aac", "mjpeg")
DECODERS = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "prores", "mjpeg")

Line = tuple[str, bool, str]


def doctor(
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Ask this model server what it is.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask for.")] = None,
    protocol: Annotated[str | None, typer.Option(metavar="NAME", help="openai or plain.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings file.")] = None,
) -> int:
    """Say what is installed here and whether the model's endpoint answers.

    Ends with 1 where something that shotlog needs is missing.
    \f
    Examples:
      shotlog doctor
      shotlog doctor --endpoint http://localhost:8000/v1
    """
    given = {"public_endpoint": endpoint, "model": model, "protocol": protocol}
    settings = load_settings(
        {name: value for name, value in given.items() if value is not None}, file=config
    )
    lines = [*_machine(settings.output), *_media(), _gpu(settings), *_programs()]
    if settings.endpoints:
        lines.append(_asked(settings))
    console = Console()
    table = Table.grid(padding=(0, 2))
    for name, fine, detail in lines:
        table.add_row(Text("✓", "green") if fine else Text("✗", "red"), name, Text(detail))
    console.print(table)
    return 0 if all(fine for _, fine, _ in lines) else 1


def _machine(output: Path) -> list[Line]:
    place = next(each for each in (output, *output.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    return [
        ("shotlog", True, f"{__version__}, Python {platform.python_version()}"),
        ("machine", True, f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
        ("disk", free > 10**9, f"{size(free)} free for {output}"),
        ("SQLite", True, f"{sqlite3.sqlite_version}, full-text search {_fts5()}"),
    ]


def _fts5() -> str:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (words)")
    except sqlite3.OperationalError:
        return "missing"
    else:
        return "there"
    finally:
        connection.close()


def _media() -> list[Line]:
    import av
    import av.codec

    available = av.codec.codecs_available
    encoders = [name for name in NEEDED_ENCODERS if not _has(name, "w")]
    decoders = [name for name in DECODERS if name in available and _has(name, "r")]
    detail = f"missing: {', '.join(encoders)}; reinstall av" if encoders else "H.264, AAC, JPEG"
    return [
        ("FFmpeg", True, f"{av.ffmpeg_version_info}, inside PyAV {av.__version__}"),
        ("encoders", not encoders, detail),
        ("decoders", bool(decoders), ", ".join(decoders)),
    ]


def _gpu(settings: Settings) -> Line:
    """Amiss only where the settings ask for what is not there."""
    from shotlog.media.hardware import look_for_gpu

    asked, found = settings.hardware, look_for_gpu(settings.memory_limit)
    if found.no_decoding is not None:
        lack = found.no_decoding
        return ("GPU", asked == "none", f"not used: {lack.what} {lack.remedy}")
    if found.no_encoding is not None:
        lack = found.no_encoding
        return ("GPU", asked != "cuda", f"decodes (--hardware nvdec). {lack.what} {lack.remedy}")
    return ("GPU", True, "decodes and encodes (--hardware cuda)")


def _has(name: str, mode: str) -> bool:
    import av.codec

    try:
        av.codec.Codec(name, "w" if mode == "w" else "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _programs() -> list[Line]:
    found = shutil.which("rclone")
    note = found or "not installed; only --rclone needs it (apt or brew install rclone)"
    return [("rclone", True, note)]


def _asked(settings: Settings) -> Line:
    describer = make_describer(settings)
    try:
        check = describer.check()
    except DescribeError as error:
        return ("endpoint", False, str(error))
    finally:
        describer.close()
    said = f"{check.address} answers in {check.latency_seconds * 1000:.0f} ms ({check.protocol})"
    if check.models:
        said += f", models: {', '.join(check.models)}"
    if check.lists_model is False:
        return ("endpoint", False, f"{said}; {check.model} is not among them: see --model")
    return ("endpoint", True, said)
